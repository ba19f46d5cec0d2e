//! The log of an experiment with people: a trial a row.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use cortexscope_net::RequestError;
use cortexscope_net::hex::hex;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The columns that a log must have, in any order, and what is in them.
pub const COLUMNS: [(&str, &str); 6] = [
    ("observer", "who answered: a number or a made-up name"),
    ("image", "the picture before it was disturbed"),
    ("condition", "image, adv, flip or false"),
    ("target", "the class towards which the disturbance steers"),
    (
        "answer",
        "the class that was answered; empty if none in time",
    ),
    (
        "milliseconds",
        "how long the picture was shown, as the display measured it",
    ),
];
/// Bytes and trials of a log.
const MOST_BYTES: u64 = 1 << 26;
const MOST_TRIALS: usize = 1_000_000;

/// What was shown in a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The picture as it is.
    Image,
    /// The picture with its disturbance.
    Adv,
    /// The picture with its disturbance mirrored: it changes as much and steers nowhere.
    Flip,
    /// A picture of another class with the disturbance.
    False,
}

impl Condition {
    /// Every condition, in the order of the results.
    pub const ALL: [Self; 4] = [Self::Image, Self::Adv, Self::Flip, Self::False];

    /// As the log has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Adv => "adv",
            Self::Flip => "flip",
            Self::False => "false",
        }
    }
}

impl Display for Condition {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        to.write_str(self.name())
    }
}

/// One answer of a person, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Who answered.
    pub observer: String,
    /// The picture before it was disturbed.
    pub image: String,
    /// What was shown of it.
    pub condition: Condition,
    /// The class towards which the disturbance steers.
    pub target: String,
    /// The class that was answered; `None` if none in time.
    pub answer: Option<String>,
    /// How long the picture was shown.
    pub milliseconds: f64,
}

impl Trial {
    /// Whether the answer is the class towards which the disturbance steers; `None` without an
    /// answer.
    pub fn steered(&self) -> Option<bool> {
        let answer = self.answer.as_ref()?;
        Some(*answer == self.target)
    }
}

/// The trials of an experiment, one at least.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialLog {
    trials: Vec<Trial>,
    /// Columns that are not read.
    pub others: Vec<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Why a file is not a log of trials. Lines and columns count from 1.
#[derive(Debug, Error)]
pub enum TrialError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The first row does not name the columns.
    #[error("{}, line 1: {what}. The first row names the columns: {}", path.display(), names())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A row is damaged.
    #[error("{}, line {line}: {what}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Its line.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// A cell is not what its column has.
    #[error("{}, line {line}, column {column} (`{name}`): {what}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Its line.
        line: u64,
        /// Its column.
        column: usize,
        /// The column's name.
        name: &'static str,
        /// What is wrong.
        what: String,
    },
    /// There is no trial.
    #[error("{} has no trial below its first row: no number about people is made without trials", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl RequestError for TrialError {
    fn is_request(&self) -> bool {
        true
    }
}

fn names() -> String {
    COLUMNS.map(|(name, _)| name).join(",")
}

impl TrialLog {
    /// Reads a table with commas between its cells, as RFC 4180 has it.
    ///
    /// # Errors
    /// [`TrialError`].
    pub fn open(path: &Path) -> Result<Self, TrialError> {
        let bytes = cortexscope_net::file::read(path, MOST_BYTES);
        let bytes = bytes.map_err(|source| TrialError::File {
            path: path.to_owned(),
            source,
        })?;
        Self::read(&bytes, path)
    }

    /// The log that `bytes` are; errors name `path`.
    fn read(bytes: &[u8], path: &Path) -> Result<Self, TrialError> {
        let mut rows = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let header = rows.headers().map_err(|error| TrialError::Header {
            path: path.to_owned(),
            what: plain(&error),
        })?;
        let header = header.clone();
        let places = places(&header, path)?;
        let mut trials = Vec::new();
        for row in rows.records() {
            let row = row.map_err(|error| TrialError::Row {
                path: path.to_owned(),
                line: error.position().map_or(0, csv::Position::line),
                what: plain(&error),
            })?;
            let row = Row { row, places, path };
            if trials.len() == MOST_TRIALS {
                return Err(TrialError::Row {
                    path: path.to_owned(),
                    line: row.line(),
                    what: format!("more than {MOST_TRIALS} trials: give a part of them"),
                });
            }
            trials.push(row.trial()?);
        }
        if trials.is_empty() {
            let path = path.to_owned();
            return Err(TrialError::Empty { path });
        }
        let others = header.iter().enumerate();
        let others = others.filter(|(place, _)| !places.contains(place));
        Ok(Self {
            trials,
            others: others.map(|(_, name)| name.to_owned()).collect(),
            sha256: hex(&Sha256::digest(bytes)),
        })
    }

    /// Its trials, in their order; one at least.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }
}

/// What a reader of tables says, without the place that the error names itself.
fn plain(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells, and the first row has {expected_len}"),
        csv::ErrorKind::Utf8 { err, .. } => {
            let cell = err.field() + 1;
            format!("column {cell} is not text in UTF-8: save the table in UTF-8")
        }
        _ => error.to_string(),
    }
}

/// Where the columns of [`COLUMNS`] are.
fn places(header: &csv::StringRecord, path: &Path) -> Result<[usize; 6], TrialError> {
    let mut places = [0; 6];
    for (place, (name, _)) in places.iter_mut().zip(COLUMNS) {
        let mut found = (0..header.len()).filter(|&at| header.get(at) == Some(name));
        let what = match (found.next(), found.next()) {
            (Some(only), None) => {
                *place = only;
                continue;
            }
            (None, _) => format!("no column `{name}`"),
            (_, Some(second)) => format!("column {} is a second `{name}`", second + 1),
        };
        let path = path.to_owned();
        return Err(TrialError::Header { path, what });
    }
    Ok(places)
}

/// One row, and what is needed to read it.
struct Row<'a> {
    row: csv::StringRecord,
    places: [usize; 6],
    path: &'a Path,
}

impl Row<'_> {
    fn line(&self) -> u64 {
        self.row.position().map_or(0, csv::Position::line)
    }

    fn trial(&self) -> Result<Trial, TrialError> {
        let answer = self.cell(4);
        Ok(Trial {
            observer: self.text(0)?,
            image: self.text(1)?,
            condition: self.condition()?,
            target: self.text(3)?,
            answer: (!answer.is_empty()).then(|| answer.to_owned()),
            milliseconds: self.milliseconds()?,
        })
    }

    fn cell(&self, which: usize) -> &str {
        self.row.get(self.places[which]).unwrap_or_default()
    }

    fn text(&self, which: usize) -> Result<String, TrialError> {
        match self.cell(which) {
            "" => Err(self.wrong(which, format!("it is empty; it says {}", COLUMNS[which].1))),
            text => Ok(text.to_owned()),
        }
    }

    fn condition(&self) -> Result<Condition, TrialError> {
        let found = self.cell(2);
        let known = Condition::ALL.into_iter().find(|it| it.name() == found);
        known.ok_or_else(|| self.wrong(2, format!("`{found}` is not {}", COLUMNS[2].1)))
    }

    fn milliseconds(&self) -> Result<f64, TrialError> {
        let found = self.cell(5);
        let number = found.parse::<f64>().ok();
        let number = number.filter(|number| number.is_finite() && *number > 0.0);
        number.ok_or_else(|| self.wrong(5, format!("`{found}` is not a number above 0")))
    }

    fn wrong(&self, which: usize, what: String) -> TrialError {
        TrialError::Cell {
            path: self.path.to_owned(),
            line: self.line(),
            column: self.places[which] + 1,
            name: COLUMNS[which].0,
            what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TrialLog, String> {
        let log = TrialLog::read(text.as_bytes(), Path::new("log.csv"));
        log.map_err(|error| error.to_string())
    }

    /// Columns in another order, one more, quotes, ends of lines of another system, no answer.
    #[test]
    fn a_log_is_read_by_the_names_of_its_columns() {
        let log = read(
            "\u{feff}trial,milliseconds,answer,target,condition,image,observer\r\n\
             1,66.7,cat,cat,adv,\"a, 1.png\",7\r\n2,66.7,,cat,flip,b.png,7\r\n",
        );
        let log = log.unwrap();
        assert_eq!(log.others, ["trial"]);
        let [first, second] = log.trials() else {
            panic!("{log:?}");
        };
        assert_eq!(
            (first.image.as_str(), first.steered()),
            ("a, 1.png", Some(true))
        );
        assert_eq!(
            (second.condition, second.steered()),
            (Condition::Flip, None)
        );
        assert_eq!(second.milliseconds, 66.7);
    }

    /// Each error names the line and the column.
    #[test]
    fn what_is_not_a_log_is_refused() {
        let header = "observer,image,condition,target,answer,milliseconds\n";
        let wrong = |rows: &str| read(&format!("{header}{rows}")).unwrap_err();
        for (rows, says) in [
            (
                "1,a,adv,cat,cat,60\n1,a,advers,cat,cat,60\n",
                "log.csv, line 3, column 3 (`condition`): `advers` is not image, adv, flip or false",
            ),
            (
                "1,a,adv,cat,cat,NaN\n",
                "line 2, column 6 (`milliseconds`): `NaN` is not a number above 0",
            ),
            ("1,a,adv,cat,cat,-3\n", "line 2, column 6"),
            (
                ",a,adv,cat,cat,60\n",
                "line 2, column 1 (`observer`): it is empty",
            ),
            (
                "1,a,adv,,cat,60\n",
                "line 2, column 4 (`target`): it is empty",
            ),
            ("1,a,adv\n", "line 2: 3 cells, and the first row has 6"),
            ("", "log.csv has no trial below its first row"),
        ] {
            let found = wrong(rows);
            assert!(found.contains(says), "{found}");
        }
        let found = read("observer,image\n1,a\n").unwrap_err();
        assert!(found.contains("line 1: no column `condition`"), "{found}");
        let found = read(&format!("answer,{header}")).unwrap_err();
        assert!(found.contains("column 6 is a second `answer`"), "{found}");
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(b"1,\xff,adv,cat,cat,60\n");
        let found = TrialLog::read(&bytes, Path::new("log.csv"))
            .unwrap_err()
            .to_string();
        assert!(
            found.contains("line 2: column 2 is not text in UTF-8"),
            "{found}"
        );
    }
}
