//! An operating system whose cameras this program cannot read.

use super::Pictures;
use std::io;

/// No camera.
///
/// # Errors
/// None.
pub(super) fn name() -> io::Result<Option<String>> {
    Ok(None)
}

/// Refuses.
///
/// # Errors
/// Always.
pub(super) fn open() -> io::Result<Box<dyn Pictures>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "cameras of the host are read on Linux only; use the browser's camera",
    ))
}
