//! Models and photographs that this repository may not ship.
//!
//! Tests that read them are ignored by default; `cargo xtask test --data DIR` runs them.

use std::path::{Path, PathBuf};

/// Gives a file of the outside data.
///
/// # Panics
/// `CORTEXSCOPE_TEST_DATA` is not set, or its folder has no such file.
pub fn outside(name: &str) -> PathBuf {
    let folder = std::env::var_os("CORTEXSCOPE_TEST_DATA").expect("CORTEXSCOPE_TEST_DATA is set");
    let path = Path::new(&folder).join(name);
    assert!(path.is_file(), "no such file: {}", path.display());
    path
}
