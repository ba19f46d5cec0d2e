//! Names of classes: a file of them, or those that everybody knows.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::file;
use crate::resources::shipped_bytes;

/// Bytes that a file of labels may have.
const MAX_BYTES: u64 = 1 << 24;

/// Why names of classes cannot be used.
#[derive(Debug, Error)]
pub enum LabelsError {
    /// The file cannot be read.
    #[error("cannot read the labels {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not text.
    #[error("the labels {} are not UTF-8 text with the name of one class a line", path.display())]
    Text {
        /// The file.
        path: PathBuf,
    },
    /// One name is needed for each class.
    #[error(
        "there are {labels} labels, and the model has {classes} classes: give one name for each class, one a line{}",
        background(*labels, *classes)
    )]
    Count {
        /// Names.
        labels: usize,
        /// Outputs of the model.
        classes: usize,
    },
}

fn background(labels: usize, classes: usize) -> &'static str {
    if labels.abs_diff(classes) == 1 {
        " (TensorFlow's lists often have a line `background` more)"
    } else {
        ""
    }
}

/// The names in a text file, one a line; empty lines at the end are left out.
///
/// # Errors
/// [`LabelsError::Read`] or [`LabelsError::Text`].
pub fn read(path: &Path) -> Result<Vec<String>, LabelsError> {
    let bytes = file::read(path, MAX_BYTES).map_err(|source| LabelsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let text = String::from_utf8(bytes).map_err(|_| LabelsError::Text {
        path: path.to_owned(),
    })?;
    Ok(parse(&text))
}

fn parse(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{feff}').trim_end();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// Checks that a model of so many `classes` has a name for each, if it has any. One
/// output may stand for two classes.
///
/// # Errors
/// [`LabelsError::Count`].
pub fn check(labels: &[String], classes: usize) -> Result<(), LabelsError> {
    if labels.is_empty() || labels.len() == classes || (labels.len(), classes) == (2, 1) {
        return Ok(());
    }
    let labels = labels.len();
    Err(LabelsError::Count { labels, classes })
}

/// The names of a model's classes where it has none of its own, and whose they are:
/// ImageNet's for 1,000 classes, and for 1,001, with a background before them.
pub fn well_known(classes: usize) -> Option<(Vec<String>, &'static str)> {
    let names = || {
        let bytes = shipped_bytes("imagenet/labels.txt")?;
        Some(parse(std::str::from_utf8(bytes).ok()?))
    };
    match classes {
        1000 => Some((names()?, "ImageNet's 1,000 classes")),
        1001 => {
            let mut names = names()?;
            names.insert(0, "background".to_owned());
            Some((names, "ImageNet's 1,000 classes after a background"))
        }
        _ => None,
    }
}

/// The class that a user means by `text`: its number, its name, or the first of its
/// names. Names win over numbers.
pub fn find(labels: &[String], text: &str) -> Option<usize> {
    let text = text.trim();
    let is_named = |label: &String| label.eq_ignore_ascii_case(text);
    let first = |label: &String| {
        let first = label.split(',').next().unwrap_or_default().trim();
        first.eq_ignore_ascii_case(text)
    };
    let place = labels.iter().position(is_named);
    let place = place.or_else(|| labels.iter().position(first));
    place.or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imagenets_names_are_shipped_in_order() {
        let (names, _) = well_known(1000).unwrap();
        assert_eq!(names.len(), 1000);
        assert_eq!(names[0], "tench, Tinca tinca");
        assert_eq!(names[130], "flamingo");
        assert_eq!(names[999], "toilet tissue, toilet paper, bathroom tissue");
        let (names, _) = well_known(1001).unwrap();
        assert_eq!((names.len(), names[131].as_str()), (1001, "flamingo"));
        assert!(well_known(10).is_none());
    }

    #[test]
    fn labels_fit_the_classes_or_are_refused() {
        let labels = parse("\u{feff}cat, felis\r\ndog\n\n");
        assert_eq!(labels, ["cat, felis", "dog"]);
        assert!(check(&labels, 2).is_ok() && check(&[], 7).is_ok());
        let error = check(&labels, 3).unwrap_err().to_string();
        assert!(
            error.contains("2 labels") && error.contains("background"),
            "{error}"
        );
        assert_eq!(find(&labels, "Cat"), Some(0));
        assert_eq!(find(&labels, "dog"), Some(1));
        assert_eq!(find(&labels, "1"), Some(1));
        assert_eq!(find(&labels, "cow"), None);
    }

    #[test]
    fn what_is_not_text_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.txt");
        assert!(matches!(read(&path), Err(LabelsError::Read { .. })));
        std::fs::write(&path, b"\xff\xfe\x00").unwrap();
        assert!(matches!(read(&path), Err(LabelsError::Text { .. })));
    }
}
