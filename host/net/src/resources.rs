//! The files that are shipped with the program, and how hashes are written.

use std::path::{Path, PathBuf};

/// The folder of the shipped models.
pub fn shipped_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

/// Names of the shipped models, sorted.
pub fn shipped() -> Vec<String> {
    let folders = std::fs::read_dir(shipped_folder())
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<String> = folders
        .filter_map(|folder| folder.file_name().into_string().ok())
        .filter(|name| {
            shipped_folder()
                .join(name)
                .join(name)
                .with_extension("ctx")
                .is_file()
        })
        .collect();
    names.sort();
    names
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
