//! The test command: every check, what it took, and one line at the end.

mod checks;
mod dist;
mod emulated_parts;
mod long_verify;
mod no_panic;
mod one_build;
mod side;
mod slurm;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use checks::{Check, Outcome, Place};
use side::Side;

/// Runs the checks whose name contains one of the filters. Without filters, it runs
/// all but those that only run by name.
/// A check that fails does not keep the others from running. `data` is the folder that
/// the tests on outside data read; without it, they are not run.
///
/// # Errors
/// No check has such a name, or there is no such folder.
pub fn run(data: Option<&Path>, filters: &[String]) -> Result<ExitCode> {
    // The tests run in their packages' folders: the path must not be relative.
    let data = data
        .map(|folder| {
            folder
                .canonicalize()
                .with_context(|| format!("--data {}", folder.display()))
        })
        .transpose()?;
    let (aside, here): (Vec<_>, Vec<_>) = select(filters, data.as_deref())?
        .into_iter()
        .partition(|check| check.place == Place::Aside);
    let start = Instant::now();
    let mut book = Book {
        total: aside.len() + here.len(),
        reports: Vec::new(),
    };
    // Where only such checks were asked for, they may as well have the terminal.
    let (aside, here) = if here.is_empty() {
        (here, aside)
    } else {
        (aside, here)
    };
    let mut side = Side::start(
        aside.into_iter().map(|check| check.name).collect(),
        data.as_deref(),
    )?;
    for check in here {
        if check.wants_firmware {
            side.wait_for(checks::FIRMWARE, |ended| book.enter_aside(ended));
        }
        side.ended(|ended| book.enter_aside(ended));
        book.enter(&check);
    }
    side.wait(|ended| book.enter_aside(ended));
    let reports = book.reports;
    print!("\n{}", summary(&reports, start.elapsed()));
    let all_passed = reports.iter().all(|report| report.outcome.is_some());
    Ok(if all_passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the one check of this name, and prints nothing but what it prints.
///
/// # Errors
/// There is no such check.
pub fn run_one(name: &str, data: Option<&Path>) -> Result<ExitCode> {
    let checks = checks::all(data);
    let Some(check) = checks.iter().find(|check| check.name == name) else {
        bail!("no check is called `{name}`");
    };
    match check.run() {
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            println!("FAILED: {error:#}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What has ended, in this order.
struct Book {
    total: usize,
    reports: Vec<Report>,
}

impl Book {
    /// Runs a check.
    fn enter(&mut self, check: &Check) {
        self.announce(&check.name);
        let start = Instant::now();
        let outcome = check.run();
        match &outcome {
            Ok(Outcome::Passed) => {}
            Ok(Outcome::NotRun(why)) => println!("not run: {why}"),
            Err(error) => println!("FAILED: {error:#}"),
        }
        self.reports.push(Report {
            name: check.name.clone(),
            outcome: outcome.ok(),
            took: start.elapsed(),
        });
    }

    /// Prints what a check wrote that ran beside the others.
    fn enter_aside(&mut self, ended: side::Ended) {
        self.announce(&ended.name);
        println!("{}", ended.text.trim_end());
        self.reports.push(Report {
            name: ended.name,
            outcome: ended.passed.then_some(Outcome::Passed),
            took: ended.took,
        });
    }

    fn announce(&self, name: &str) {
        println!("\n[{}/{}] {name}", self.reports.len() + 1, self.total);
    }
}

/// Prints the names of the checks.
///
/// # Errors
/// No check has such a name.
pub fn list(filters: &[String]) -> Result<()> {
    for check in named(filters, None)? {
        let when = if check.only_by_name {
            " (only by name)"
        } else {
            ""
        };
        println!("{}{when}", check.name);
    }
    Ok(())
}

/// Gives the checks to run.
fn select(filters: &[String], data: Option<&Path>) -> Result<Vec<Check>> {
    let mut checks = named(filters, data)?;
    checks.retain(|check| !filters.is_empty() || !check.only_by_name);
    Ok(checks)
}

/// Gives the checks whose name contains one of the filters, or all without filters.
fn named(filters: &[String], data: Option<&Path>) -> Result<Vec<Check>> {
    let mut checks = checks::all(data);
    for filter in filters {
        if !checks.iter().any(|check| check.name.contains(filter)) {
            bail!("no check has `{filter}` in its name; `cargo xtask test --list` names them");
        }
    }
    if !filters.is_empty() {
        checks.retain(|check| filters.iter().any(|filter| check.name.contains(filter)));
    }
    Ok(checks)
}

struct Report {
    name: String,
    /// `None`: it failed.
    outcome: Option<Outcome>,
    took: Duration,
}

fn summary(reports: &[Report], took: Duration) -> String {
    let mut lines: Vec<String> = reports
        .iter()
        .map(|report| {
            let Report { name, took, .. } = report;
            match &report.outcome {
                Some(Outcome::NotRun(why)) => format!("not run          {name}: {why}"),
                Some(Outcome::Passed) => format!("ok     {:>7.1} s  {name}", took.as_secs_f64()),
                None => format!("FAILED {:>7.1} s  {name}", took.as_secs_f64()),
            }
        })
        .collect();
    let failed: Vec<&str> = reports
        .iter()
        .filter(|report| report.outcome.is_none())
        .map(|report| report.name.as_str())
        .collect();
    let not_run: Vec<&str> = reports
        .iter()
        .filter(|report| matches!(report.outcome, Some(Outcome::NotRun(_))))
        .map(|report| report.name.as_str())
        .collect();
    let minutes = took.as_secs_f64() / 60.0;
    lines.push(if failed.is_empty() && not_run.is_empty() {
        format!("all {} checks passed in {minutes:.1} min", reports.len())
    } else if failed.is_empty() {
        format!(
            "{} of {} checks passed in {minutes:.1} min; NOT RUN: {}",
            reports.len() - not_run.len(),
            reports.len(),
            not_run.join(", ")
        )
    } else {
        format!(
            "{} of {} checks FAILED in {minutes:.1} min: {}",
            failed.len(),
            reports.len(),
            failed.join(", ")
        )
    });
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Outcome, Report, select, summary};

    #[test]
    fn the_last_line_says_what_failed() {
        let report = |name: &str, passed: bool| Report {
            name: name.to_owned(),
            outcome: passed.then_some(Outcome::Passed),
            took: Duration::from_millis(1500),
        };
        let took = Duration::from_secs(90);
        let good = summary(&[report("format", true), report("fuzz", true)], took);
        assert_eq!(good.lines().last(), Some("all 2 checks passed in 1.5 min"));
        let bad = summary(&[report("format", true), report("fuzz", false)], took);
        assert_eq!(
            bad.lines().last(),
            Some("1 of 2 checks FAILED in 1.5 min: fuzz")
        );
        assert_eq!(bad.lines().nth(1), Some("FAILED     1.5 s  fuzz"));
        let without = Report {
            outcome: Some(Outcome::NotRun("no data")),
            ..report("data", true)
        };
        let partly = summary(&[report("format", true), without], took);
        assert_eq!(
            partly.lines().last(),
            Some("1 of 2 checks passed in 1.5 min; NOT RUN: data")
        );
        assert_eq!(
            partly.lines().nth(1),
            Some("not run          data: no data")
        );
    }

    #[test]
    fn filters_select_by_name() {
        let names = |filters: &[&str]| -> Vec<String> {
            let filters: Vec<_> = filters.iter().map(|filter| (*filter).to_owned()).collect();
            select(&filters, None)
                .unwrap()
                .into_iter()
                .map(|check| check.name)
                .collect()
        };
        assert_eq!(names(&["format"]), ["format"]);
        assert!(names(&["clippy", "format"]).len() > 2);
        assert!(select(&["nonsense".to_owned()], None).is_err());
        assert!(names(&["fuzz"]).contains(&"fuzz".to_owned()));
        assert!(!names(&[]).contains(&"fuzz".to_owned()));
    }
}
