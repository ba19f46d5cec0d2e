//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// The folder of what is built for boards. It does not follow `CARGO_TARGET_DIR`:
/// the host program and the tests look for firmware here.
pub fn firmware_dir() -> PathBuf {
    root().join("target/firmware")
}
