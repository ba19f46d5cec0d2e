//! Arrays, archives and IDX files: arbitrary bytes, and
//! sound files that were changed.

#![no_main]

use std::sync::LazyLock;

use cortexscope_fuzz::{Input, array_files};
use libfuzzer_sys::fuzz_target;

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(array_files::seeds);
static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a folder for the files"));

fuzz_target!(|input: Input| {
    array_files::check(FOLDER.path(), &input.file(&SEEDS));
});
