//! `cortexscope brain demo`.

mod plan;

use super::{BrainCommand, Line, ran, tell};
use crate::common::{blame, wrong};
use crate::progress;
use clap::{Args, Parser};
use cortexscope_brain::autoencode::Arm;
use cortexscope_net::output::{self, make_folder};
use cortexscope_present::brain::planting::plant_neurons;
use cortexscope_present::brain_report::panels;
use cortexscope_present::brain_report::{BrainReport, Panel, html};
use cortexscope_present::documents::brain_demo::{BrainDemo, DemoPanel};
use cortexscope_present::results::ResultFolder;
use plan::{Plan, planted, recorded};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Runs every experiment with neurons, one after the other, and writes one report.
#[derive(Args)]
pub(super) struct DemoCommand {
    /// A folder with v4/, brain/ and models/: the same on recorded neurons, which the program
    /// does not have.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder for the report, and for what each experiment writes.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-brain")]
    output: PathBuf,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl DemoCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let begun = Instant::now();
        let plan = match &self.data {
            Some(data) if !data.is_dir() => {
                return Err(wrong(format!("no such folder: {}", data.display())));
            }
            Some(data) => recorded(data, &self.output, self.seed).map_err(blame)?,
            None => planted(&self.output, self.seed),
        };
        make_folder(&self.output).map_err(blame)?;
        for (name, text) in &plan.files {
            output::write(&self.output.join(name), text.as_bytes()).map_err(blame)?;
        }
        let panels = self.panels(&plan)?;
        let report = self.output.join("brain.html");
        let beside = ["report.html", "index.html"].into_iter();
        let beside = beside.filter(|name| self.output.join(name).is_file());
        let page = html(&BrainReport {
            title: "Networks and brains".to_owned(),
            introduction: plan.introduction.clone(),
            beside: beside
                .map(|name| [name.to_owned(), name.to_owned()])
                .collect(),
            panels: panels.clone(),
        });
        let results = ResultFolder::begin(&self.output).map_err(blame)?;
        results
            .bytes("brain.html", page.as_bytes())
            .map_err(blame)?;
        let panels = panels.into_iter().map(|panel| DemoPanel {
            id: panel.id,
            title: panel.title,
            commands: panel.commands,
        });
        let document = BrainDemo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            report: report.display().to_string(),
            neurons: plan.neurons.to_owned(),
            data: self.data.as_ref().map(|data| data.display().to_string()),
            seed: self.seed,
            panels: panels.collect(),
            seconds: begun.elapsed().as_secs_f64(),
        };
        results
            .receipt("brain-demo.json", &document)
            .map_err(blame)?;
        results.commit().map_err(blame)?;
        tell(&document, self.json, say)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Runs every command of the plan.
    fn panels(&self, plan: &Plan) -> anyhow::Result<Vec<Panel>> {
        let mut fits = Vec::new();
        let mut driven = None;
        let mut judged = None;
        let mut evolved = None;
        let mut compared = Vec::new();
        let mut autoencoded = None;
        for line in &plan.lines {
            // Without shipped arms there is nothing to judge.
            if line.first().is_some_and(|name| name == "autoencode") && Arm::shipped().is_empty() {
                continue;
            }
            let command = shown(line);
            progress::note(&command);
            match parse(line)? {
                BrainCommand::Plant(plant) => {
                    plant_neurons(&plant.request()).map_err(blame)?;
                }
                BrainCommand::Fit(fit) => {
                    fits.push(ran(fit.make()?, command));
                }
                BrainCommand::Sites(sites) => driven = Some(ran(sites.make()?, command)),
                BrainCommand::Control(control) => judged = Some(ran(control.make()?, command)),
                BrainCommand::Evolve(evolve) => {
                    evolved = Some(ran(evolve.make()?, command));
                }
                BrainCommand::Compare(compare) => compared.push(ran(compare.make()?, command)),
                BrainCommand::Autoencode(autoencode) => {
                    autoencoded = Some(ran(autoencode.make()?, command));
                }
                BrainCommand::Demo(_) => {}
            }
        }
        let mut all = vec![panels::encoding(&fits)?];
        all.extend(driven.map(|driven| panels::control(&driven, judged.as_ref())));
        all.extend(evolved.map(|evolved| panels::evolution(&evolved)));
        all.extend(autoencoded.map(|judged| panels::autoencoders(&judged)));
        all.push(panels::similarity(&compared));
        if let (Some(first), Some(line)) = (all.first_mut(), plan.lines.first())
            && line.first().is_some_and(|name| name == "plant")
        {
            first.commands.insert(0, shown(line));
        }
        Ok(all)
    }
}

fn say(document: &BrainDemo) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    for panel in &document.panels {
        writeln!(out, "{}", panel.title)?;
    }
    writeln!(out, "report: {}", document.report)?;
    Ok(())
}

/// A line of the plan as the command that it is.
fn parse(line: &[String]) -> anyhow::Result<BrainCommand> {
    let words = std::iter::once("brain").chain(line.iter().map(String::as_str));
    Ok(Line::try_parse_from(words)?.command)
}

/// A line as a person types it.
fn shown(line: &[String]) -> String {
    let quoted = line.iter().map(|word| {
        if word.contains(|c: char| c.is_whitespace() || "'\"$&;()".contains(c)) {
            format!("'{word}'")
        } else {
            word.clone()
        }
    });
    format!("cortexscope brain {}", quoted.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Every line of both plans is a command line that the program takes.
    #[test]
    fn every_line_is_a_command() {
        let folder = Path::new("out");
        for line in &planted(folder, 3).lines {
            assert!(parse(line).is_ok(), "{}", shown(line));
        }
        assert_eq!(
            shown(&["fit".to_owned(), "my images.zip".to_owned()]),
            "cortexscope brain fit 'my images.zip'"
        );
    }
}
