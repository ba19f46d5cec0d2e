//! The bodies of the host's fuzz targets over sound files that were changed: a fuzzer finds
//! more, but nobody runs it with every change.

#[path = "../../fuzz/src/array_files.rs"]
mod array_files;
#[path = "../../fuzz/src/crc32.rs"]
pub mod crc32;
#[path = "../../fuzz/src/onnx_files.rs"]
mod onnx_files;
#[path = "../../fuzz/src/record_files.rs"]
mod record_files;

use crc32::crc32;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Numbers that sizes, counts and offsets overflow at.
const EDGES: [u32; 6] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, u32::MAX];

/// A file that is sound but for a few changes.
fn changed(seed: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..random.random_range(1..5) {
        let at = random.random_range(0..=bytes.len());
        let count = random.random_range(1..9);
        let end = bytes.len().min(at + count);
        match random.random_range(0..7) {
            0 => bytes[at..end]
                .iter_mut()
                .for_each(|byte| *byte = random.random()),
            1 => bytes[at..end]
                .iter_mut()
                .take(1)
                .for_each(|byte| *byte ^= 1 << (count % 8)),
            2 => {
                let edge = EDGES[random.random_range(0..EDGES.len())].to_le_bytes();
                bytes[at..end]
                    .iter_mut()
                    .zip(edge)
                    .for_each(|(byte, edge)| *byte = edge);
            }
            3 => drop(bytes.drain(at..end)),
            4 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            // A digit more or less in a text.
            5 => drop(bytes.splice(at..at, *b"9")),
            _ if random.random_range(0..8) == 0 => bytes.truncate(at),
            _ => {}
        }
    }
    bytes
}

/// Calls `check` with each of `seeds`, and with so many changed files of each.
fn over(seeds: &[Vec<u8>], changes: u64, check: impl Fn(&[u8])) {
    for (number, seed) in seeds.iter().enumerate() {
        check(seed);
        for case in 0..changes {
            let mut random = ChaCha8Rng::seed_from_u64(case);
            let bytes = changed(seed, &mut random);
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&bytes)));
            assert!(done.is_ok(), "case {case} of seed {number}: {bytes:?}");
        }
    }
}

#[test]
fn networks_that_were_changed_are_read_or_refused() {
    over(&onnx_files::seeds(), 100, onnx_files::check);
}

#[test]
fn arrays_that_were_changed_are_read_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |bytes: &[u8]| array_files::check(folder.path(), bytes);
    over(&array_files::seeds(), 1_000, check);
}

#[test]
fn records_that_were_changed_are_read_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |bytes: &[u8]| record_files::check(folder.path(), bytes);
    over(&record_files::seeds(), 1_000, check);
}
