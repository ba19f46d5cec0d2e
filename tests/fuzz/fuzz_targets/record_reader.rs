//! Recordings, parts, fits, and what a page and a boot loader send: arbitrary bytes, and
//! sound files that were changed.

#![no_main]

use std::sync::LazyLock;

use cortexscope_fuzz::{Input, record_files};
use libfuzzer_sys::fuzz_target;

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(record_files::seeds);
static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a folder for the files"));

fuzz_target!(|input: Input| {
    record_files::check(FOLDER.path(), &input.file(&SEEDS));
});
