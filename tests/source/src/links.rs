//! Links, pictures and anchors of documents that lead nowhere.
//!
//! Only what is in the repository is looked at: an address with `://` is not asked for.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// What a document refers to and what may be referred to in it.
struct Document {
    /// Links, pictures, and `src` and `srcset` of HTML.
    links: Vec<String>,
    /// Anchors of its headings.
    anchors: BTreeSet<String>,
}

/// Finds each relative link of the document at `path` whose file is not there, or whose
/// anchor is not in that file. A document below `book` may only link to files below it:
/// others are not in the built book.
///
/// ```
/// use cortexscope_source::links::broken;
///
/// let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
/// let text = "# A title\n[a](#a-title) [b](src/links.rs) [c](#b-title) [d](src/no.rs)";
/// let broken = broken("page.md".as_ref(), text, root, "book".as_ref());
/// assert_eq!(broken, ["no such anchor: #b-title", "no such file: src/no.rs"]);
/// ```
pub fn broken(path: &Path, text: &str, root: &Path, book: &Path) -> Vec<String> {
    let document = Document::parse(text);
    let mut broken = Vec::new();
    for link in &document.links {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        if file.is_empty() {
            if !document.anchors.contains(anchor) {
                broken.push(format!("no such anchor: {link}"));
            }
            continue;
        }
        let target = normal(&path.parent().unwrap_or(Path::new("")).join(file));
        if path.starts_with(book) && !target.starts_with(book) {
            broken.push(format!("leads out of the book: {link}"));
        } else if !root.join(&target).exists() {
            broken.push(format!("no such file: {link}"));
        } else if !anchor.is_empty() {
            let text = fs::read_to_string(root.join(&target)).unwrap_or_default();
            if !Document::parse(&text).anchors.contains(anchor) {
                broken.push(format!("no such anchor: {link}"));
            }
        }
    }
    broken
}

/// The files that a document links to, in their order and without anchors.
///
/// ```
/// use cortexscope_source::links::files;
///
/// let summary = "- [One](one.md)\n- [Two](two.md#three)\n- [Out](https://example.org)\n";
/// assert_eq!(files(summary), ["one.md", "two.md"]);
/// ```
pub fn files(text: &str) -> Vec<String> {
    let links = Document::parse(text).links.into_iter();
    links
        .filter(|link| !link.contains("://"))
        .map(|link| link.split('#').next().unwrap_or_default().to_owned())
        .filter(|file| !file.is_empty())
        .collect()
}

impl Document {
    fn parse(text: &str) -> Self {
        let mut links = Vec::new();
        let mut anchors = BTreeSet::new();
        let mut used = BTreeMap::new();
        let mut heading: Option<String> = None;
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let times: &mut usize = used.entry(anchor.clone()).or_default();
                    anchors.insert(match *times {
                        0 => anchor,
                        again => format!("{anchor}-{again}"),
                    });
                    *times += 1;
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        *heading += &words;
                    }
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    links.extend(["src=\"", "srcset=\""].iter().flat_map(|name| {
                        let after = html.split(name).skip(1);
                        after.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
                    }));
                }
                _ => {}
            }
        }
        Self { links, anchors }
    }
}

/// A heading's anchor, as mdBook and GitHub make it.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().chars();
    letters
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect::<String>()
        .to_lowercase()
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_the_built_book() {
        assert_eq!(anchor("Use it when"), "use-it-when");
        assert_eq!(anchor("`explain`, or not?"), "explain-or-not");
        let document = Document::parse("# Twice\n\n## Twice\n");
        assert!(document.anchors.contains("twice") && document.anchors.contains("twice-1"));
    }

    #[test]
    fn a_picture_of_html_and_a_way_out_of_the_book_are_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = "<img alt=\"\" src=\"no.png\">\n\n[out](../src/lib.rs) [in](lib.rs)\n";
        let in_the_book = broken("src/page.md".as_ref(), text, root, "src".as_ref());
        assert_eq!(in_the_book, ["no such file: no.png"]);
        let out = broken("tests/page.md".as_ref(), text, root, "tests".as_ref());
        assert_eq!(
            out,
            [
                "no such file: no.png",
                "leads out of the book: ../src/lib.rs",
                "no such file: lib.rs"
            ]
        );
    }

    #[test]
    fn a_link_in_a_block_of_code_is_no_link() {
        assert!(Document::parse("```\n[a](b.md)\n```\n").links.is_empty());
    }
}
