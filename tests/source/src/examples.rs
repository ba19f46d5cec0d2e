//! Whether a library shows an example that is run.

/// Whether the documentation at the top of a crate's root file has an example that
/// `cargo test` runs.
///
/// ```
/// use cortexscope_source::examples::has_example;
///
/// assert!(has_example("//! What it is.\n//!\n//! ```\n//! assert!(true);\n//! ```\n"));
/// assert!(!has_example("//! ```text\n//! a → b\n//! ```\n"));
/// assert!(!has_example("/// ```\n/// an item's\n/// ```\nfn f() {}\n"));
/// ```
pub fn has_example(root: &str) -> bool {
    let mut is_inside = false;
    let mut found = false;
    for line in root.lines() {
        let Some(text) = line.strip_prefix("//!") else {
            continue;
        };
        let Some(language) = text.trim().strip_prefix("```") else {
            continue;
        };
        if !is_inside {
            let is_rust = language.is_empty() || language == "rust";
            found |= is_rust;
        }
        is_inside = !is_inside;
    }
    found
}
