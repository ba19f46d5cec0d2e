//! What people answered to disturbed pictures, from a log of trials.

use crate::documents::brain_trials::{BrainTrials, TrialColumn, TrialDesign};
use cortexscope_brain::trials::{COLUMNS, LEVEL, People, TrialError, TrialLog};
use cortexscope_statistics::sample_size::{trials_against, trials_per_arm};
use std::path::Path;

/// The probability with which an experiment is to find its effect.
const POWER: f64 = 0.8;
/// The share of steered answers that is expected, and that without an effect.
const SHARES: [f64; 2] = [0.6, 0.5];

/// Reads `log` and says what is in it. Without a log there is the design of an experiment, and no
/// number about people.
///
/// # Errors
/// [`TrialError`].
pub fn people_of_log(log: Option<&Path>) -> Result<BrainTrials, TrialError> {
    let read = log.map(TrialLog::open).transpose()?;
    let people = read.as_ref().map(People::of);
    let [share, chance] = SHARES;
    let design = TrialDesign {
        level: LEVEL,
        power: POWER,
        share,
        chance,
        trials_against_chance: trials_against(share, chance, LEVEL, POWER) as u64,
        trials_per_arm: trials_per_arm(share, chance, LEVEL, POWER) as u64,
    };
    let notes = match (&read, &people) {
        (Some(log), Some(people)) => notes(log, people, &design),
        _ => vec!["no log of trials was given, so there is no number about people".to_owned()],
    };
    let columns = COLUMNS.map(|(name, holds)| TrialColumn {
        name: name.to_owned(),
        holds: holds.to_owned(),
    });
    Ok(BrainTrials {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        log: log.map(|path| path.display().to_string()),
        log_sha256: read.map(|log| log.sha256),
        design,
        columns: columns.into(),
        people,
        notes,
    })
}

fn notes(log: &TrialLog, people: &People, design: &TrialDesign) -> Vec<String> {
    let mut notes = Vec::new();
    let answered = |name: &str| {
        let arm = people.arms.iter().find(|arm| arm.condition == name);
        arm.map_or(0, |arm| arm.answered)
    };
    let arms = ["adv", "flip"].map(answered);
    if people.steering.is_none() {
        notes.push(format!(
            "nothing is compared: adv has {} answers and flip {}; only against flip, the mirrored disturbance, does a share say that answers were steered",
            arms[0], arms[1]
        ));
    } else if arms.iter().any(|&own| (own as u64) < design.trials_per_arm) {
        notes.push(format!(
            "fewer than {} answers in an arm: an effect of {:.0} % against {:.0} % may be there and not be found",
            design.trials_per_arm,
            100.0 * design.share,
            100.0 * design.chance
        ));
    }
    if people.observers > 1 {
        notes.push("answers of one person resemble each other: where p over the trials and p over the people differ, take the one over the people".to_owned());
    }
    if !log.others.is_empty() {
        notes.push(format!("columns not read: {}", log.others.join(", ")));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_log_there_is_no_number_about_people() {
        let document = people_of_log(None).unwrap();
        assert_eq!((document.people, document.log_sha256), (None, None));
        let design = document.design;
        let trials = [design.trials_against_chance, design.trials_per_arm];
        assert_eq!(trials, [194, 388]);
        // Neither is there one with a log of no trial.
        let file = tempfile::NamedTempFile::new().unwrap();
        let header = COLUMNS.map(|(name, _)| name).join(",");
        std::fs::write(file.path(), header).unwrap();
        let error = people_of_log(Some(file.path())).unwrap_err();
        assert!(matches!(error, TrialError::Empty { .. }), "{error}");
    }
}
