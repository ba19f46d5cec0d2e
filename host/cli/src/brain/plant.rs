//! `cortexscope brain plant`.

use super::tell;
use crate::common::blame;
use clap::Args;
use cortexscope_present::brain::planting::{PlantRequest, plant_neurons};
use cortexscope_present::documents::brain_plant::BrainPlant;
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

impl PlantCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let planted = plant_neurons(&self.request()).map_err(blame)?;
        tell(&planted, self.json, say)?;
        Ok(ExitCode::SUCCESS)
    }

    /// What was asked for, in the library's terms.
    pub fn request(&self) -> PlantRequest {
        PlantRequest {
            images: self.images.clone(),
            size: self.size,
            count: self.count,
            neurons: self.neurons,
            repeats: self.repeats,
            seed: self.seed,
            folder: self.output.clone(),
        }
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
