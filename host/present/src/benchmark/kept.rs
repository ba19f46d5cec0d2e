//! Results of a bench that are kept in a checkout, to be compared with later ones.

use crate::documents::Document;
use crate::documents::bench::KeptBench;
use cortexscope_net::output::{self, OutputError};
use cortexscope_net::resources::folders;
use std::io;
use std::path::PathBuf;

/// Why results cannot be kept or compared.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// There is no checkout to keep them in.
    #[error("results are kept in a clone: run this in one, or leave --check and --update out")]
    NoCheckout,
    /// There are none to compare with.
    #[error("{}: keep results there with --update", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} does not hold results of a bench", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// They cannot be written as JSON.
    #[error(transparent)]
    Document(#[from] serde_json::Error),
    /// The file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Where the results of a board are kept: in its folder in a checkout.
fn path(board: &str) -> Result<PathBuf, KeptError> {
    let checkout = folders::checkout().ok_or(KeptError::NoCheckout)?;
    let folder = checkout.join("firmware/boards").join(board);
    Ok(folder.join("bench.json"))
}

/// Keeps `results` as those of `board`.
pub(super) fn update(board: &str, results: &KeptBench) -> Result<(), KeptError> {
    let text = results.to_text()?;
    Ok(output::write(&path(board)?, text.as_bytes())?)
}

/// What has risen since the results of `board` that were kept, if they are of the same
/// compiler, plan and unit; `note` is told where they are not.
pub(super) fn check(
    board: &str,
    now: &KeptBench,
    note: &mut dyn FnMut(&str),
) -> Result<Vec<String>, KeptError> {
    let path = path(board)?;
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(KeptError::Read { path, source }),
    };
    let before: KeptBench = match serde_json::from_str(&text) {
        Ok(before) => before,
        Err(source) => return Err(KeptError::Parse { path, source }),
    };
    if let Some(why) = difference(&before, now) {
        note(&why);
        return Ok(Vec::new());
    }
    Ok(now.rises_since(&before))
}

/// Why the two cannot be compared, if they cannot.
fn difference(before: &KeptBench, now: &KeptBench) -> Option<String> {
    let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
    let kinds = |bench: &KeptBench| {
        [
            ("compiler", named(&bench.compiler)),
            ("mode", bench.mode.name().to_owned()),
            ("unit", named(&bench.unit)),
        ]
    };
    let mut pairs = kinds(before).into_iter().zip(kinds(now));
    let ((what, before), (_, now)) = pairs.find(|(before, now)| before != now)?;
    Some(format!(
        "not compared: the kept results have the {what} {before:?}, these {now:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_rig::session::Mode;

    #[test]
    fn results_of_another_plan_are_not_compared() {
        let results = |mode| KeptBench {
            board: "native".to_owned(),
            compiler: None,
            mode,
            unit: None,
            models: Vec::new(),
        };
        let (fused, tapped) = (results(Mode::Fused), results(Mode::Tapped));
        assert_eq!(difference(&fused, &fused), None);
        let why = difference(&fused, &tapped).unwrap();
        assert!(
            why.ends_with("have the mode \"fused\", these \"tapped\""),
            "{why}"
        );
    }
}
