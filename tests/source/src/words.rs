//! Names and phrases that this project no longer uses.
//!
//! They are rows of `retired-words.txt`. A row has four parts between bars: what kind it
//! is, the folders or files where it holds (all without one, several after commas), the
//! word, and what to write instead.
//!
//! | kind | what counts |
//! |---|---|
//! | `name` | the word in code or text, where neither a letter, a digit nor `_` is beside it |
//! | `phrase` | the words in that order, small or capital, across ends of lines |
//! | `file` | a file's name |
//! | `predicate` | a verb and `no` before any noun, as in `is no list`; `there is no list` and `is no longer` are plain English. Comments of Rust are left out, but not those of the program, whose help they are |

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What has text that a person reads.
const READ: &[&str] = &[
    "css", "html", "js", "json", "md", "mjs", "py", "rs", "sh", "snap", "svg", "toml", "txt", "x",
];

/// What is not ours or has been built, and the list itself.
const LEFT_OUT: &[&str] = &[
    ".git",
    "target",
    "node_modules",
    "Cargo.lock",
    "retired-words.txt",
];

/// Where comments of Rust are the help of the program.
const HELP: &str = "host/cli/src";
/// Words before which `is no` is plain English.
const COMPARISONS: &[&str] = &[
    "fewer", "greater", "less", "longer", "more", "other", "wider",
];

/// A row of the list.
#[derive(Debug)]
pub struct Retired {
    kind: Kind,
    places: Vec<String>,
    word: String,
    instead: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Phrase,
    File,
    Predicate,
}

/// Reads the list.
///
/// # Errors
/// A row that has not four parts, or a kind that there is not: the row.
pub fn parse(list: &str) -> Result<Vec<Retired>, String> {
    let rows = list.lines().map(str::trim);
    rows.filter(|row| !row.is_empty() && !row.starts_with('#'))
        .map(|row| {
            let parts: Vec<&str> = row.split('|').map(str::trim).collect();
            let &[kind, places, word, instead] = parts.as_slice() else {
                return Err(format!("not four parts: {row}"));
            };
            let kind = match kind {
                "name" => Kind::Name,
                "phrase" => Kind::Phrase,
                "file" => Kind::File,
                "predicate" => Kind::Predicate,
                _ => return Err(format!("no such kind: {row}")),
            };
            if word.is_empty() || instead.is_empty() {
                return Err(format!("an empty part: {row}"));
            }
            let places = places.split(',').map(str::trim);
            Ok(Retired {
                kind,
                places: places
                    .filter(|place| !place.is_empty())
                    .map(str::to_owned)
                    .collect(),
                word: word.to_owned(),
                instead: instead.to_owned(),
            })
        })
        .collect()
}

/// Finds the retired words in a file: `path` is relative to the workspace's root.
pub fn find(list: &[Retired], path: &str, text: &str) -> Vec<String> {
    let prose = Prose::of(text);
    let said = Prose::of(&said(path, text));
    let mut found = Vec::new();
    for retired in list {
        let places = &retired.places;
        if !places.is_empty() && !places.iter().any(|place| path.starts_with(place.as_str())) {
            continue;
        }
        let lines = match retired.kind {
            Kind::Name => names(text, &retired.word),
            Kind::Phrase => prose.phrases(&retired.word),
            Kind::Predicate => said.predicates(&retired.word),
            Kind::File => {
                let is_it = path.rsplit('/').next() == Some(retired.word.as_str());
                if is_it { vec![1] } else { Vec::new() }
            }
        };
        let Retired { word, instead, .. } = retired;
        let say = |line| format!("{path}:{line}: `{word}`; write {instead}");
        found.extend(lines.into_iter().map(say));
    }
    found
}

/// Finds the retired words in every file of a folder.
///
/// # Errors
/// A folder or file cannot be read.
pub fn find_below(list: &[Retired], root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files(root)? {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        let relative = file.strip_prefix(root).unwrap_or(&file);
        let relative = relative.to_string_lossy().replace('\\', "/");
        // Its tests have to write retired words.
        if relative.ends_with("source/src/words.rs") {
            continue;
        }
        found.extend(find(list, &relative, &text));
    }
    Ok(found)
}

/// Every file with text below a folder, sorted.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            if LEFT_OUT.iter().any(|left_out| name == *left_out) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|ending| READ.iter().any(|read| ending == *read))
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What a file says to users, line by line: comments of Rust are empty lines.
fn said(path: &str, text: &str) -> String {
    let is_code = path.ends_with(".rs") && !path.starts_with(HELP);
    let lines = text.lines().map(|line| {
        let is_comment = is_code && line.trim_start().starts_with("//");
        if is_comment { "" } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The lines where a name stands by itself.
fn names(text: &str, name: &str) -> Vec<usize> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let (begins, ends) = (name.starts_with(is_part), name.ends_with(is_part));
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let stands_alone = line.match_indices(name).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + name.len()..]);
            !(begins && before.ends_with(is_part)) && !(ends && after.starts_with(is_part))
        });
        if stands_alone {
            lines.push(index + 1);
        }
    }
    lines
}

/// A text as somebody reads it: in small letters, without ends of lines and the marks of
/// comments, each word between spaces.
struct Prose {
    text: String,
    /// Where each line begins in `text`.
    starts: Vec<usize>,
}

impl Prose {
    fn of(text: &str) -> Self {
        let (mut prose, mut starts) = (String::from(" "), Vec::new());
        for line in text.lines() {
            starts.push(prose.len());
            let line = line
                .trim_start()
                .trim_start_matches(['/', '!', '*', '#', '>']);
            let line = line.trim_end().trim_end_matches('\\');
            for word in line.split_whitespace() {
                prose.push_str(&word.to_lowercase());
                prose.push(' ');
            }
        }
        Self {
            text: prose,
            starts,
        }
    }

    /// The lines where a phrase begins.
    fn phrases(&self, phrase: &str) -> Vec<usize> {
        let places = self.places(&phrase.to_lowercase());
        places.into_iter().map(|at| self.line(at)).collect()
    }

    /// The lines where a predicate begins that says what something is not.
    fn predicates(&self, phrase: &str) -> Vec<usize> {
        let phrase = phrase.to_lowercase();
        let mut places = self.places(&phrase);
        places.retain(|at| {
            let (before, after) = (&self.text[..*at], &self.text[at + phrase.len()..]);
            let noun = after.split_whitespace().next().unwrap_or_default();
            let noun = noun.trim_matches(|letter: char| !letter.is_alphanumeric());
            !before.trim_end().ends_with("there") && !COMPARISONS.contains(&noun)
        });
        places.into_iter().map(|at| self.line(at)).collect()
    }

    /// Where a phrase in small letters begins.
    fn places(&self, phrase: &str) -> Vec<usize> {
        let found = self.text.match_indices(phrase).map(|(at, _)| at);
        found
            .filter(|at| {
                let before = self.text[..*at].chars().next_back();
                let after = self.text[at + phrase.len()..].chars().next();
                !before.is_some_and(char::is_alphanumeric)
                    && !after.is_some_and(char::is_alphanumeric)
            })
            .collect()
    }

    /// The line of a place, from 1 on.
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::{find, parse};

    fn found(row: &str, path: &str, text: &str) -> usize {
        let list = parse(row).unwrap();
        find(&list, path, text).len()
    }

    #[test]
    fn names_stand_alone() {
        let row = "name | host/live | Desk | Inbox";
        let text = "struct Desk;\nlet desk = Desktop;\n// a `Desk`\nfn my_Desk() {}";
        assert_eq!(found(row, "host/live/src/a.rs", text), 2);
        assert_eq!(found(row, "host/rig/src/a.rs", text), 0);
        let call = "name | | lay( | put(";
        assert_eq!(found(call, "a.rs", "desk.lay(1); relay(2); lay (3)"), 1);
    }

    #[test]
    fn phrases_cross_the_ends_of_lines() {
        let row = "phrase | | is none of | is not one of";
        let comment = "/// It IS\n/// none of these.\n";
        let list = parse(row).unwrap();
        assert_eq!(
            find(&list, "a.rs", comment),
            ["a.rs:1: `is none of`; write is not one of"]
        );
        let string = "bail!(\"this is \\\n        none of it\")";
        assert_eq!(found(row, "a.rs", string), 1);
        assert_eq!(found(row, "a.rs", "his none of, is none often"), 0);
    }

    #[test]
    fn predicates_stand_before_any_noun() {
        let row = "predicate | | is no | is not a";
        let code = "// it is no comment\nwrong(\"{} is \\\n no list\")";
        assert_eq!(found(row, "host/rig/src/a.rs", code), 1);
        assert_eq!(found(row, "host/cli/src/a.rs", code), 2);
        let plain = "There is no list. It is no longer there is no more. This is now.";
        assert_eq!(found(row, "docs/a.md", plain), 0);
    }

    #[test]
    fn files_have_names_too() {
        let row = "file | firmware/rt | linked.rs | memory_map.rs";
        assert_eq!(found(row, "firmware/rt/src/linked.rs", ""), 1);
        assert_eq!(found(row, "firmware/rt/src/unlinked.rs", ""), 0);
    }

    #[test]
    fn rows_that_make_no_sense_are_errors() {
        assert!(parse("name | | a").is_err());
        assert!(parse("verb | | a | b").is_err());
        assert!(parse("name | |  | b").is_err());
        assert!(parse("# a remark\n\nname | | a | b").is_ok_and(|list| list.len() == 1));
    }
}
