//! A table of pictures and their classes.

use std::path::{Path, PathBuf};

use super::DataError;
use crate::file;
use crate::labels;

/// Bytes that a table may have.
const MAX_BYTES: u64 = 1 << 28;
/// What the columns are called where the first line names them.
const PATH_NAMES: &[&str] = &[
    "path",
    "file",
    "filename",
    "file_name",
    "image",
    "picture",
    "filepath",
];
const CLASS_NAMES: &[&str] = &[
    "label", "class", "target", "category", "class_id", "label_id",
];

/// What was found in a table.
pub(super) struct Table {
    pub(super) files: Vec<PathBuf>,
    pub(super) labels: Option<Vec<usize>>,
}

/// Reads a table of paths and, in the second column, classes, by number or by one of
/// `class_names`. Paths start from the folder that the table lies in.
pub(super) fn read(path: &Path, class_names: &[String]) -> Result<Table, DataError> {
    let bytes = file::read(path, MAX_BYTES).map_err(|source| DataError::Read {
        path: path.to_owned(),
        source,
    })?;
    let wrong = |line: u64, what: String| DataError::Row {
        path: path.to_owned(),
        line,
        what,
    };
    let rows = csv::ReaderBuilder::new()
        .delimiter(delimiter(&bytes))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes.as_slice())
        .into_records();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut columns = [0, 1];
    let mut files = Vec::new();
    let mut labels = Vec::new();
    for (number, row) in rows.enumerate() {
        let row = row.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            wrong(line, error.to_string())
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        if number == 0
            && let Some(named) = header(&row)
        {
            columns = named;
            continue;
        }
        let cell = |column: usize| row.get(column).filter(|cell| !cell.is_empty());
        let Some(name) = cell(columns[0]) else {
            return Err(wrong(line, "there is no path in it".to_owned()));
        };
        let file = folder.join(name);
        if !file.is_file() {
            let what = format!("no such file: {}", file.display());
            return Err(wrong(line, what));
        }
        files.push(file);
        if let Some(class) = cell(columns[1]) {
            let known = labels::find(class_names, class);
            labels.push(known.ok_or_else(|| {
                let what = format!(
                    "{class} is not a class: give its number from 0, or its name{}",
                    super::known(class_names)
                );
                wrong(line, what)
            })?);
        } else if !labels.is_empty() {
            return Err(wrong(line, "there is no class in it".to_owned()));
        }
    }
    if !labels.is_empty() && labels.len() != files.len() {
        return Err(wrong(
            1,
            "some lines have a class and some have none".to_owned(),
        ));
    }
    Ok(Table {
        files,
        labels: (!labels.is_empty()).then_some(labels),
    })
}

/// What stands between the columns, by the first line.
fn delimiter(bytes: &[u8]) -> u8 {
    let line = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |delimiter: &u8| line.iter().filter(|byte| *byte == delimiter).count();
    let all = [b',', b';', b'\t'];
    all.into_iter()
        .max_by_key(|delimiter| (count(delimiter), *delimiter == b','))
        .unwrap_or(b',')
}

/// The columns of paths and classes, if the first line names them.
fn header(row: &csv::StringRecord) -> Option<[usize; 2]> {
    let place = |names: &[&str]| {
        row.iter().position(|cell| {
            let cell = cell.trim_start_matches('\u{feff}');
            names.iter().any(|name| name.eq_ignore_ascii_case(cell))
        })
    };
    let path = place(PATH_NAMES)?;
    Some([path, place(CLASS_NAMES).unwrap_or(usize::MAX)])
}
