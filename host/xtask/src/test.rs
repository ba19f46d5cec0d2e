//! The test command: every check, what it took, and one line at the end.

mod checks;
mod no_panic;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::consent::Consent;
use checks::Check;

/// Runs the checks whose name contains one of the filters, or all without filters.
/// A check that fails does not keep the others from running.
///
/// # Errors
/// No check has such a name.
pub fn run(consent: Consent, filters: &[String]) -> Result<ExitCode> {
    let checks = select(filters)?;
    let start = Instant::now();
    let mut reports = Vec::new();
    for (index, check) in checks.iter().enumerate() {
        println!("\n[{}/{}] {}", index + 1, checks.len(), check.name);
        let start = Instant::now();
        let outcome = check.run(consent);
        if let Err(error) = &outcome {
            println!("FAILED: {error:#}");
        }
        reports.push(Report {
            name: &check.name,
            passed: outcome.is_ok(),
            took: start.elapsed(),
        });
    }
    print!("\n{}", summary(&reports, start.elapsed()));
    let all_passed = reports.iter().all(|report| report.passed);
    Ok(if all_passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints the names of the checks.
///
/// # Errors
/// No check has such a name.
pub fn list(filters: &[String]) -> Result<()> {
    for check in select(filters)? {
        println!("{}", check.name);
    }
    Ok(())
}

fn select(filters: &[String]) -> Result<Vec<Check>> {
    let mut checks = checks::all();
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

struct Report<'a> {
    name: &'a str,
    passed: bool,
    took: Duration,
}

fn summary(reports: &[Report<'_>], took: Duration) -> String {
    let mut lines: Vec<String> = reports
        .iter()
        .map(|Report { name, passed, took }| {
            let verdict = if *passed { "ok" } else { "FAILED" };
            format!("{verdict:<6} {:>7.1} s  {name}", took.as_secs_f64())
        })
        .collect();
    let failed: Vec<&str> = reports
        .iter()
        .filter(|report| !report.passed)
        .map(|report| report.name)
        .collect();
    let minutes = took.as_secs_f64() / 60.0;
    lines.push(if failed.is_empty() {
        format!("all {} checks passed in {minutes:.1} min", reports.len())
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

    use super::{Report, select, summary};

    #[test]
    fn the_last_line_says_what_failed() {
        let report = |name, passed| Report {
            name,
            passed,
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
    }

    #[test]
    fn filters_select_by_name() {
        let names = |filters: &[&str]| -> Vec<String> {
            let filters: Vec<_> = filters.iter().map(|filter| (*filter).to_owned()).collect();
            select(&filters)
                .unwrap()
                .into_iter()
                .map(|check| check.name)
                .collect()
        };
        assert_eq!(names(&["format"]), ["format"]);
        assert!(names(&["clippy", "format"]).len() > 2);
        assert!(select(&["nonsense".to_owned()]).is_err());
    }
}
