//! Files that a document names and that are not there.

use std::path::Path;

/// Endings of what a document names by its path.
const ENDINGS: &[&str] = &[".rs", ".md", ".js", ".json", ".toml", ".x", ".py", ".txt"];

/// Finds each path between backticks, or behind a link, that names no file of `root` or of the
/// document's `folder`.
/// A path has a folder in it; `*`, `<…>` and capital letters alone stand for something.
///
/// ```
/// use cortexscope_source::paths::missing;
///
/// let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
/// let document = "See `src/lib.rs`, [words](src/words.rs) and `src/no.rs`, not `NAME.toml`.";
/// assert_eq!(missing(document, root, root), ["src/no.rs"]);
/// ```
pub fn missing(document: &str, folder: &Path, root: &Path) -> Vec<String> {
    let quoted = document.split('`').skip(1).step_by(2);
    let linked = document
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(link, _)| link));
    let mut missing = Vec::new();
    for path in quoted.filter(|path| path.contains('/')) {
        if is_file_name(path) && ![root, folder].iter().any(|base| base.join(path).is_file()) {
            missing.push(path.to_owned());
        }
    }
    for link in linked {
        let path = link.split('#').next().unwrap_or(link);
        if !path.is_empty() && !path.contains("://") && !folder.join(path).exists() {
            missing.push(link.to_owned());
        }
    }
    missing
}

fn is_file_name(path: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    ENDINGS.iter().any(|ending| path.ends_with(ending))
        && path.chars().all(is_plain)
        && path
            .split('/')
            .all(|part| part.chars().any(char::is_lowercase))
}
