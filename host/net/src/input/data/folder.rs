//! A folder of pictures, or a folder of pictures for each class.

use std::path::{Path, PathBuf};

use super::DataError;
use crate::file::has_extension;
use crate::labels;

/// Endings of files that are inputs.
const INPUTS: &[&str] = &[
    "png", "jpg", "jpeg", "bmp", "gif", "pbm", "pgm", "ppm", "pnm", "pam", "webp", "npy",
];
/// Names of other files that a message lists.
const LISTED: usize = 4;

/// What was found in a folder.
pub(super) struct Folder {
    pub(super) files: Vec<PathBuf>,
    pub(super) labels: Option<Vec<usize>>,
    pub(super) notes: Vec<String>,
}

/// What lies directly in a folder, in the order of names; hidden files are skipped.
#[derive(Default)]
struct Entries {
    inputs: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    others: Vec<PathBuf>,
}

/// The inputs of a folder; `class_names` are the model's.
pub(super) fn read(path: &Path, class_names: &[String]) -> Result<Folder, DataError> {
    let here = entries(path)?;
    if !here.inputs.is_empty() {
        let mut notes = others_note(path, &here.others);
        if !here.folders.is_empty() {
            notes.push(format!(
                "{}: the {} pictures in it were taken, and its folders left out",
                path.display(),
                here.inputs.len()
            ));
        }
        return Ok(Folder {
            files: here.inputs,
            labels: None,
            notes,
        });
    }
    let mut classes = Vec::new();
    let mut others = here.others;
    let mut deeper = Vec::new();
    for folder in here.folders {
        let below = entries(&folder)?;
        others.extend(below.others);
        if !below.inputs.is_empty() {
            classes.push((folder, below.inputs));
        } else if !below.folders.is_empty() {
            deeper.push(folder);
        }
    }
    if classes.is_empty() {
        let path = path.to_owned();
        return Err(if deeper.is_empty() {
            let what = instead(&others);
            DataError::Empty { path, what }
        } else {
            DataError::Deeper {
                path,
                folders: deeper,
            }
        });
    }
    let names: Vec<String> = classes
        .iter()
        .map(|(folder, _)| {
            let name = folder.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        })
        .collect();
    let mut notes = others_note(path, &others);
    let numbers = numbers(path, &names, class_names, &mut notes)?;
    let mut files = Vec::new();
    let mut labels = Vec::new();
    for ((_, inputs), number) in classes.into_iter().zip(numbers) {
        labels.resize(labels.len() + inputs.len(), number);
        files.extend(inputs);
    }
    Ok(Folder {
        files,
        labels: Some(labels),
        notes,
    })
}

/// The class that each folder stands for: by the model's names, by numbers, or by the
/// order of the folders.
fn numbers(
    path: &Path,
    names: &[String],
    class_names: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<usize>, DataError> {
    let known = |name: &String| labels::find(class_names, name);
    let found: Vec<Option<usize>> = names.iter().map(known).collect();
    if found.iter().all(Option::is_some) {
        return Ok(found.into_iter().flatten().collect());
    }
    // Names that are in part the model's own: the others are a mistake.
    let unknown = names.iter().zip(&found).find(|(_, found)| found.is_none());
    if let (Some((name, _)), true) = (unknown, found.iter().any(Option::is_some)) {
        return Err(DataError::UnknownClass {
            path: path.to_owned(),
            label: name.clone(),
            labels: class_names.to_vec(),
        });
    }
    let shown: Vec<String> = names
        .iter()
        .enumerate()
        .take(LISTED)
        .map(|(class, name)| format!("{name} is class {class}"))
        .collect();
    let more = if names.len() > LISTED { ", …" } else { "" };
    notes.push(format!(
        "{}: the classes are the folders in the order of their names: {}{more}",
        path.display(),
        shown.join(", ")
    ));
    Ok((0..names.len()).collect())
}

fn entries(path: &Path) -> Result<Entries, DataError> {
    let read_error = |source| DataError::Read {
        path: path.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(path).map_err(read_error)? {
        let entry = entry.map_err(read_error)?;
        if !is_hidden(&entry.file_name().to_string_lossy()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let mut entries = Entries::default();
    for path in paths {
        if path.is_dir() {
            entries.folders.push(path);
        } else if has_extension(&path, INPUTS) {
            entries.inputs.push(path);
        } else {
            entries.others.push(path);
        }
    }
    Ok(entries)
}

/// What systems leave in folders beside their users' files.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || matches!(name, "__MACOSX" | "Thumbs.db" | "desktop.ini")
}

fn listed(others: &[PathBuf]) -> String {
    let names: Vec<_> = others
        .iter()
        .take(LISTED)
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let more = if others.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}

fn others_note(path: &Path, others: &[PathBuf]) -> Vec<String> {
    let note = format!(
        "{}: left out {} that are not pictures: {}",
        path.display(),
        others.len(),
        listed(others)
    );
    if others.is_empty() {
        Vec::new()
    } else {
        vec![note]
    }
}

/// What a folder without inputs has.
fn instead(others: &[PathBuf]) -> String {
    match others.len() {
        0 => ": neither it nor the folders in it have pictures".to_owned(),
        count => format!(
            ": it has {count} files that are not pictures of a format that is read (PNG, JPEG, BMP, GIF, PNM, WebP): {}",
            listed(others)
        ),
    }
}
