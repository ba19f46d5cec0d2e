//! `cortexscope brain trials`.

use super::tell;
use crate::common::blame;
use clap::Args;
use cortexscope_brain::trials::People;
use cortexscope_present::brain::trials::people_of_log;
use cortexscope_present::documents::brain_trials::BrainTrials;
use cortexscope_present::terminal::{Column, Style, write_table};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Says what people answered to disturbed pictures: whether a disturbance steers their answers
/// more than its mirror image does. Without a log it says what a log has and how many trials an
/// experiment needs, and nothing about people.
#[derive(Args)]
pub(super) struct TrialsCommand {
    /// A table of trials, a row each, with the columns observer, image, condition (image, adv,
    /// flip or false), target, answer and milliseconds.
    #[arg(value_name = "LOG.csv")]
    log: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl TrialsCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let document = people_of_log(self.log.as_deref()).map_err(blame)?;
        tell(&document, self.json, say)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn say(document: &BrainTrials) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    match &document.people {
        Some(people) => say_people(&mut out, people)?,
        None => say_design(&mut out, document)?,
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}

fn say_design(out: &mut dyn Write, document: &BrainTrials) -> anyhow::Result<()> {
    let columns = [Column::text("column"), Column::text("holds")];
    let rows = document.columns.iter();
    let rows = rows.map(|column| vec![column.name.clone(), column.holds.clone()]);
    write_table(out, Style::of_stdout(), &columns, rows.collect())?;
    let design = &document.design;
    let [share, chance] = [design.share, design.chance].map(|share| 100.0 * share);
    writeln!(
        out,
        "{share:.0} % against {chance:.0} %, two-sided {}, power {}: {} trials where {chance:.0} % is known, {} of adv and as many of flip",
        design.level, design.power, design.trials_against_chance, design.trials_per_arm
    )?;
    Ok(())
}

fn say_people(out: &mut dyn Write, people: &People) -> anyhow::Result<()> {
    let [least, most] = people.milliseconds;
    writeln!(
        out,
        "{} people, {} trials, pictures shown for {least} to {most} ms",
        people.observers, people.trials
    )?;
    let columns = [
        Column::text("condition"),
        Column::number("answers"),
        Column::number("none in time"),
        Column::number("steered"),
        Column::number("share"),
        Column::number("95 %"),
    ];
    let rows = people.arms.iter().map(|arm| {
        vec![
            arm.condition.clone(),
            arm.answered.to_string(),
            arm.missed.to_string(),
            arm.steered.to_string(),
            arm.share.map_or_else(String::new, percent),
            arm.interval.map_or_else(String::new, between),
        ]
    });
    write_table(out, Style::of_stdout(), &columns, rows.collect())?;
    let Some(steering) = &people.steering else {
        return Ok(());
    };
    let found = match steering.is_detected {
        true => "the answers differ",
        false => "no difference is shown",
    };
    let interval = steering
        .interval
        .map_or_else(String::new, |ends| format!(" ({})", between(ends)));
    writeln!(
        out,
        "adv − flip: {}{interval}, p = {:.2e}: {found}\n  {}",
        percent(steering.difference),
        steering.p,
        steering.test
    )?;
    if let Some(observers) = &steering.observers {
        let p = observers
            .p
            .map_or_else(String::new, |p| format!(", p = {p:.2e}"));
        writeln!(
            out,
            "over {} people: {} ({}){p}",
            observers.count,
            percent(observers.mean),
            between(observers.interval)
        )?;
    }
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn between([low, high]: [f64; 2]) -> String {
    format!("{:.1} … {:.1} %", 100.0 * low, 100.0 * high)
}
