//! `cortexscope brain demo`.

use super::bars::shown;
use super::tell;
use crate::common::{blame, ctrl_c};
use clap::Args;
use cortexscope_present::brain::demonstration::{DemonstrationRequest, demonstrate_neurons};
use cortexscope_present::documents::brain_demo::BrainDemo;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

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
        let request = DemonstrationRequest {
            data: self.data.clone(),
            seed: self.seed,
            folder: self.output.clone(),
        };
        let cancel = ctrl_c()?;
        let run = shown(&cancel, |watch| {
            demonstrate_neurons(&request, &cancel, watch)
        });
        tell(&run.map_err(blame)?, self.json, say)?;
        Ok(ExitCode::SUCCESS)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::BrainCommand;
    use clap::Parser;
    use cortexscope_present::brain::demonstration::{DemonstrationPlan, ExperimentRequest};

    /// A command line below `cortexscope brain`.
    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: BrainCommand,
    }

    /// What a command line asks for.
    fn asked(words: &[String]) -> ExperimentRequest {
        let words = std::iter::once("brain").chain(words.iter().map(String::as_str));
        let line = Line::try_parse_from(words).map_err(|error| error.to_string());
        match line.unwrap().command {
            BrainCommand::Plant(plant) => ExperimentRequest::Plant(plant.request()),
            BrainCommand::Fit(fit) => ExperimentRequest::Fit(fit.request().unwrap()),
            BrainCommand::Sites(sites) => ExperimentRequest::Sites(sites.request()),
            BrainCommand::Control(control) => ExperimentRequest::Control(control.request()),
            BrainCommand::Evolve(evolve) => {
                ExperimentRequest::Evolution(Box::new(evolve.request().unwrap()))
            }
            BrainCommand::Compare(compare) => ExperimentRequest::Similarity {
                model: compare.model().to_owned(),
                request: compare.request(),
            },
            BrainCommand::Autoencode(autoencode) => {
                ExperimentRequest::Autoencoders(autoencode.request().unwrap())
            }
            BrainCommand::Demo(_) | BrainCommand::Trials(_) => panic!("no experiment with neurons"),
        }
    }

    /// The report tells its reader how to do each experiment again: each line of both plans asks
    /// for what was run, options that it leaves out included.
    #[test]
    fn every_line_asks_for_what_is_run() {
        let data = tempfile::tempdir().unwrap();
        for name in ["models", "v4", "brain"] {
            std::fs::create_dir(data.path().join(name)).unwrap();
        }
        for name in [
            "models/alexnet_conv.onnx",
            "v4/images_190923.zip",
            "v4/responses_190923.npy",
            "brain/v4_190923_compact_onnx",
            "brain/v4_190923_compact_predictions.npy",
            "brain/fmri78_evc_it.npz",
            "brain/v4_210325_bashivan640.npz",
        ] {
            std::fs::write(data.path().join(name), "").unwrap();
        }
        for data in [None, Some(data.path().to_owned())] {
            let plan = DemonstrationPlan::of(&DemonstrationRequest {
                data,
                seed: 3,
                folder: "out".into(),
            });
            for planned in plan.unwrap().experiments {
                let [run, asked] =
                    [planned.request, asked(&planned.words)].map(|request| format!("{request:?}"));
                assert_eq!(asked, run, "{:?}", planned.words);
            }
        }
    }
}
