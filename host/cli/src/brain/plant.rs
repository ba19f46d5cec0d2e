//! `cortexscope brain plant`.

use super::tell;
use crate::common::{blame, wrong};
use clap::Args;
use cortexscope_brain::planted::Planted;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_net::input::{ModelSpec, Pick};
use cortexscope_present::documents::brain_plant::{BrainPlant, PlantedNeuron};
use cortexscope_present::results::ResultFolder;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Plants known neurons, simple and complex cells, and records spikes of them, for those who
/// have no recorded neurons.
#[derive(Args)]
pub(super) struct PlantCommand {
    /// Images: mnist, a folder of pictures, or an array.
    #[arg(long, default_value = "mnist")]
    images: String,
    /// Rows and columns of the images.
    #[arg(long, value_name = "HxW", value_parser = crate::full::sides, default_value = "28")]
    size: [usize; 2],
    /// Images to record with, from the first on.
    #[arg(long, value_name = "N", default_value_t = 600)]
    count: usize,
    /// Neurons.
    #[arg(long, value_name = "N", default_value_t = 12)]
    neurons: usize,
    /// Repeats of each image.
    #[arg(long, value_name = "N", default_value_t = 6)]
    repeats: usize,
    /// Seed of neurons and spikes.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder for images, responses and what the neurons are.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

/// Spikes that are kept in memory.
const MOST_COUNTS: usize = 1 << 27;

impl PlantCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        tell(&self.make()?, self.json, say)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Plants, records, and writes both into the folder.
    pub fn make(&self) -> anyhow::Result<BrainPlant> {
        if self.count == 0 || self.neurons == 0 || self.repeats == 0 {
            return Err(wrong(
                "--count, --neurons and --repeats are numbers from 1 up",
            ));
        }
        let counts = self.count.checked_mul(self.neurons);
        let counts = counts.and_then(|counts| counts.checked_mul(self.repeats));
        if counts.is_none_or(|counts| counts > MOST_COUNTS) {
            return Err(wrong(format!(
                "--count, --neurons and --repeats: at most {MOST_COUNTS} spike counts"
            )));
        }
        let [height, width] = self.size;
        let spec = ModelSpec::assumed([1, height, width]).input;
        let pick = Pick::First(self.count);
        let stimuli = Stimuli::open(&self.images, &spec, pick).map_err(blame)?;
        let results = ResultFolder::begin(&self.output).map_err(blame)?;
        let mut planted = Planted::draw(&stimuli, self.neurons, self.seed).map_err(blame)?;
        let count = stimuli.images.len();
        let shown: Vec<&[f32]> = stimuli.images.iter().map(Vec::as_slice).collect();
        // Another stream than that of the neurons.
        let spikes = planted.record(&shown, self.repeats, self.seed.wrapping_add(1));
        let spikes = spikes.map_err(blame)?;
        planted.save(results.staging()).map_err(blame)?;
        let pixels = stimuli.images.iter().flatten();
        let pixels = pixels.map(|level| (level * 255.0).round().clamp(0.0, 255.0) as u8);
        let pixels: Vec<u8> = pixels.collect();
        let images = results.array("images.npy", &[count, height, width], &pixels);
        let images = images.map_err(blame)?;
        let sizes = [self.neurons, count, self.repeats];
        let responses = results.array("responses.npy", &sizes, &spikes);
        let responses = responses.map_err(blame)?;
        results.commit().map_err(blame)?;
        let neurons = planted.cells.iter().enumerate();
        Ok(BrainPlant {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            folder: self.output.display().to_string(),
            images: images.display().to_string(),
            responses: responses.display().to_string(),
            count,
            repeats: self.repeats,
            seed: self.seed,
            neurons: neurons
                .map(|(index, cell)| PlantedNeuron {
                    index,
                    kind: match cell.phase {
                        Some(_) => "simple".to_owned(),
                        None => "complex".to_owned(),
                    },
                    centre: cell.centre,
                    orientation: cell.orientation.to_degrees(),
                    wavelength: cell.wavelength,
                    sigma: cell.sigma,
                })
                .collect(),
        })
    }
}

fn say(document: &BrainPlant) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    writeln!(
        out,
        "{} neurons, {} images, {} repeats",
        document.neurons.len(),
        document.count,
        document.repeats
    )?;
    writeln!(out, "{}\n{}", document.images, document.responses)?;
    Ok(())
}
