//! `cortexscope brain compare`.

use super::bars::shown;
use super::tell;
use crate::common::{blame, ctrl_c};
use crate::full::FloatModelArgs;
use clap::Args;
use cortexscope_brain::similarity::ReferenceFile;
use cortexscope_present::brain::SavedExperiment;
use cortexscope_present::brain::similarity::{SimilarityRequest, compare_layers};
use cortexscope_present::documents::brain_compare::BrainCompare;
use cortexscope_present::terminal::{Column, Style, write_table};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compares a network, layer by layer, with dissimilarities or responses of brains to the same
/// images.
#[derive(Args)]
pub(super) struct CompareCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// The images in their order: a folder, a zip in the order of its names, FILE.npy or
    /// FILE.npz:NAME of u8 [N, H, W], [N, H, W, 3] or [N, 3, H, W].
    #[arg(long)]
    images: String,
    /// Dissimilarities [N, N] or [subjects, N, N] of the images: FILE.npy or FILE.npz:NAME.
    #[arg(
        long,
        required_unless_present = "responses",
        conflicts_with = "responses"
    )]
    rdm: Option<String>,
    /// Responses [neurons, images] or [neurons, images, repeats]: FILE.npy or FILE.npz:NAME.
    #[arg(long)]
    responses: Option<String>,
    /// What stands in the responses where there is no repeat, beside NaN.
    #[arg(long, value_name = "V", allow_negative_numbers = true)]
    missing: Option<f64>,
    /// A layer; may be given several times [default: what each rectifier writes, or every layer
    /// where there is none].
    #[arg(long, value_name = "NAME")]
    layer: Vec<String>,
    /// Average features in square windows until at most N cells a side are left.
    #[arg(long, value_name = "N", default_value_t = 13)]
    cells: usize,
    /// Shuffles for p, and draws with replacement for the interval.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    draws: usize,
    /// Seed of shuffles, draws and halves of repeats.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder for the picture and the receipt; without it nothing is written.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl CompareCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        tell(&self.make()?.document, self.json, say)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Compares, and writes what was found into the folder, if one is given.
    fn make(&self) -> anyhow::Result<SavedExperiment<BrainCompare>> {
        let request = self.request();
        // Before a network is opened.
        request.check().map_err(blame)?;
        let model = self.model.open()?;
        let cancel = ctrl_c()?;
        let compared = shown(&cancel, |watch| compare_layers(model, &request, watch));
        compared.map_err(blame)
    }

    /// The network as it was named.
    #[cfg(test)]
    pub fn model(&self) -> &str {
        &self.model.model
    }

    /// What was asked for, in the library's terms.
    pub fn request(&self) -> SimilarityRequest {
        SimilarityRequest {
            images: self.images.clone(),
            reference: match &self.rdm {
                Some(name) => ReferenceFile::Dissimilarities(name.clone()),
                None => ReferenceFile::Responses {
                    name: self.responses.clone().unwrap_or_default(),
                    missing: self.missing,
                },
            },
            layers: self.layer.clone(),
            cells: self.cells,
            draws: self.draws,
            seed: self.seed,
            folder: self.output.clone(),
        }
    }
}

fn say(document: &BrainCompare) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let columns = [
        Column::text("layer"),
        Column::number("ρ"),
        Column::number("95 %"),
        Column::number("p"),
        Column::number("τ_a"),
        Column::number("CKA"),
    ];
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
    let rows = document.layers.iter().map(|layer| {
        let interval = layer.rsa_interval;
        vec![
            layer.layer.clone(),
            number(layer.rsa),
            interval.map_or_else(String::new, |[low, high]| format!("{low:.3} … {high:.3}")),
            number(layer.p),
            number(layer.kendall),
            number(layer.cka),
        ]
    });
    write_table(&mut out, Style::of_stdout(), &columns, rows.collect())?;
    match (document.ceiling.lower, document.ceiling.upper) {
        (Some(lower), Some(upper)) => writeln!(
            out,
            "ceiling {lower:.3} to {upper:.3}: {}",
            document.ceiling.formula
        )?,
        _ => writeln!(out, "no ceiling: one subject, and no repeats")?,
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}
