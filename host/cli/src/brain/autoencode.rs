//! `cortexscope brain autoencode`.

mod print;

use super::bars::shown;
use super::tell;
use crate::common::{blame, ctrl_c};
use crate::full::InputArgs;
use clap::Args;
use cortexscope_brain::autoencode::{Arm, LayerNames};
use cortexscope_brain::data::Span;
use cortexscope_present::brain::SavedExperiment;
use cortexscope_present::brain::autoencoders::{
    AutoencodersRequest, NamedNetwork, SessionChoice, judge_autoencoders,
};
use cortexscope_present::documents::brain_autoencode::BrainAutoencode;
use std::path::PathBuf;
use std::process::ExitCode;

/// Judges auto-encoders that predict neurons: their reconstructions, and which neurons they
/// predict. Without --images they are judged on shipped digits and planted neurons.
#[derive(Args)]
pub(super) struct AutoencodeCommand {
    /// ONNX files; NAME-1.onnx and NAME-2.onnx are two seeds of one architecture [default: the
    /// arms that the program has].
    models: Vec<String>,
    /// The images in their order: a folder, a zip in the order of its names, FILE.npy or
    /// FILE.npz:NAME of u8 [N, H, W], [N, H, W, 3] or [N, 3, H, W] [default: shipped digits].
    #[arg(long, requires = "models")]
    images: Option<String>,
    /// Responses [neurons, images] or [neurons, images, repeats]: FILE.npy or FILE.npz:NAME.
    #[arg(long, requires = "images")]
    responses: Option<String>,
    /// What stands in the responses where there is no repeat, beside NaN.
    #[arg(
        long,
        value_name = "V",
        allow_negative_numbers = true,
        requires = "responses"
    )]
    missing: Option<f64>,
    /// Images to judge on, none of which was trained on [default: all of --images; of the shipped
    /// digits those that no arm was trained on].
    #[arg(long, value_name = "RANGE")]
    test: Option<String>,
    /// Neurons of the responses that the networks predict, as 0..10 [default: those that an
    /// arm of the recipe was trained on, and all for others].
    #[arg(long, value_name = "RANGE")]
    neurons: Option<String>,
    /// The layer that reconstructs [default: `reconstruction`, or the last].
    #[arg(long, value_name = "LAYER", requires = "models")]
    reconstruction: Option<String>,
    /// The layer that predicts the neurons [default: `response`].
    #[arg(long, value_name = "LAYER", requires = "models")]
    response: Option<String>,
    /// p of at most this is significant.
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    level: f64,
    /// Shuffles of the images, for the neurons that are significant by chance.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    shuffles: usize,
    /// Seed of the shuffles.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    input: InputArgs,
    /// The folder for the picture and the receipt; without it nothing is written.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl AutoencodeCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        tell(&self.make()?.document, self.json, print::say)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Judges, and writes what was found into the folder, if one is given.
    fn make(&self) -> anyhow::Result<SavedExperiment<BrainAutoencode>> {
        let request = self.request()?;
        // Before networks are opened.
        request.check().map_err(blame)?;
        let networks = self.names().into_iter().map(|name| {
            let model = self.input.open(&name)?;
            Ok(NamedNetwork { name, model })
        });
        let networks = networks.collect::<anyhow::Result<_>>()?;
        let cancel = ctrl_c()?;
        let judged = shown(&cancel, |watch| {
            judge_autoencoders(networks, &request, watch)
        });
        judged.map_err(blame)
    }

    /// What was asked for, in the library's terms.
    pub fn request(&self) -> anyhow::Result<AutoencodersRequest> {
        let span = |text: &Option<String>| {
            let span = text.as_deref().map(str::parse::<Span>);
            span.transpose().map_err(blame)
        };
        Ok(AutoencodersRequest {
            session: match &self.images {
                Some(images) => SessionChoice::Recorded {
                    images: images.clone(),
                    responses: self.responses.clone(),
                    missing: self.missing,
                },
                None => SessionChoice::Planted,
            },
            test: span(&self.test)?,
            neurons: span(&self.neurons)?,
            layers: LayerNames {
                reconstruction: self.reconstruction.clone(),
                response: self.response.clone(),
            },
            level: self.level,
            shuffles: self.shuffles,
            seed: self.seed,
            folder: self.output.clone(),
        })
    }

    fn names(&self) -> Vec<String> {
        if self.models.is_empty() {
            Arm::shipped().iter().map(Arm::to_string).collect()
        } else {
            self.models.clone()
        }
    }
}
