//! `cortexscope brain fit`.

use super::bars::shown;
use super::data::{SessionArgs, model_and_layer};
use super::tell;
use crate::common::{blame, ctrl_c, wrong};
use crate::full::InputArgs;
use clap::{Args, ValueEnum};
use cortexscope_brain::data::Span;
use cortexscope_brain::encode::{DataTerm, Factorised, Lambda, Method, Request, Ridge};
use cortexscope_present::brain::SavedExperiment;
use cortexscope_present::brain::encoding::{FitRequest, fit_neurons};
use cortexscope_present::documents::brain_fit::BrainFit;
use cortexscope_present::terminal::{Column, Style, write_table};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Fits readouts of a layer's features to recorded neurons, and judges them on images that
/// they have not seen.
#[derive(Args)]
pub(super) struct FitCommand {
    /// The network and the layer whose features are read.
    #[arg(long, value_name = "MODEL:LAYER")]
    features: String,
    #[command(flatten)]
    session: SessionArgs,
    /// Images to fit to, as 0..600.
    #[arg(long, value_name = "RANGE")]
    train: String,
    /// Images to judge on, none of which was fitted to.
    #[arg(long, value_name = "RANGE")]
    test: String,
    /// A weight for each feature, or a mask over the positions times weights of the channels.
    #[arg(long, value_enum, default_value_t)]
    readout: ReadoutArg,
    /// Seed of folds, first weights, batches and halves of repeats.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Another layer of the same network, for the table of layers; may be given several times.
    #[arg(long, value_name = "LAYER")]
    also: Vec<String>,
    /// Average features in square windows until at most N cells a side are left.
    #[arg(long, value_name = "N", default_value_t = 13, help_heading = "Fit")]
    cells: usize,
    /// Weights of the penalties of a factorised readout: mask, channels, Laplacian of the
    /// mask [default: for each neuron the best of three, by images held back from --train].
    #[arg(
        long,
        value_name = "S,D,L",
        value_delimiter = ',',
        help_heading = "Fit"
    )]
    lambda: Option<Vec<f64>>,
    /// The error of a factorised readout: the mean of squares, or their sum's root.
    #[arg(long, value_enum, default_value_t, help_heading = "Fit")]
    error: ErrorArg,
    /// A folder that keeps the features: a later fit of the same layer to the same images, or
    /// one that was interrupted, reads them there.
    #[arg(long, value_name = "DIR", help_heading = "Fit")]
    keep_features: Option<PathBuf>,
    /// A folder that keeps a factorised fit before each pass: the same command goes on from there
    /// after it was stopped, and ends with the same bytes. A ridge regression is solved at once
    /// and is not kept.
    #[arg(long, value_name = "DIR", help_heading = "Fit")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    input: InputArgs,
    /// The folder for readouts, predictions, masks and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum ReadoutArg {
    Ridge,
    #[default]
    Factorised,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum ErrorArg {
    #[default]
    MeanSquares,
    Norm,
}

impl FitCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        tell(&self.make()?.document, self.json, say)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Fits, and writes what was found into the folder.
    fn make(&self) -> anyhow::Result<SavedExperiment<BrainFit>> {
        let request = self.request()?;
        let model = self.input.open(&request.model)?;
        let cancel = ctrl_c()?;
        let fitted = shown(&cancel, |watch| fit_neurons(model, &request, watch));
        fitted.map_err(blame)
    }

    /// What was asked for, in the library's terms.
    pub fn request(&self) -> anyhow::Result<FitRequest> {
        let (model, layer) = model_and_layer(&self.features)?;
        let fit = Request {
            train: self.train.parse::<Span>().map_err(blame)?,
            test: self.test.parse::<Span>().map_err(blame)?,
            method: self.method()?,
            seed: self.seed,
        };
        // Before a network is opened.
        fit.check().map_err(blame)?;
        Ok(FitRequest {
            model: model.to_owned(),
            layer: layer.to_owned(),
            also: self.also.clone(),
            session: self.session.files(),
            fit,
            cells: self.cells,
            features: self.keep_features.clone(),
            checkpoints: self.checkpoint.clone(),
            folder: self.output.clone(),
        })
    }

    fn method(&self) -> anyhow::Result<Method> {
        let mut factorised = Factorised::new(self.seed);
        factorised.data_term = match self.error {
            ErrorArg::MeanSquares => DataTerm::MeanSquares,
            ErrorArg::Norm => DataTerm::Norm,
        };
        if let Some(weights) = &self.lambda {
            let &[space, depth, laplace] = weights.as_slice() else {
                return Err(wrong("--lambda: give three numbers, as 0.3,0.3,0.1"));
            };
            let lambda = Lambda {
                space,
                depth,
                laplace,
            };
            lambda.check().map_err(blame)?;
            factorised.lambdas = vec![lambda];
        }
        Ok(match self.readout {
            ReadoutArg::Ridge => Method::Ridge(Ridge::new(self.seed)),
            ReadoutArg::Factorised => Method::Factorised(factorised),
        })
    }
}

fn say(document: &BrainFit) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let style = Style::of_stdout();
    let columns = [
        Column::text("layer"),
        Column::number("features"),
        Column::number("median r"),
        Column::number("explained"),
    ];
    let rows = document
        .layers
        .iter()
        .map(|layer| {
            let [channels, height, width] = layer.features;
            vec![
                layer.layer.clone(),
                format!("{channels}×{height}×{width}"),
                format!("{:.3}", layer.median_r),
                format!("{:.3}", layer.median_explained_variance),
            ]
        })
        .collect();
    write_table(&mut out, style, &columns, rows)?;
    writeln!(
        out,
        "{} neurons, {} readout, {} training and {} test images",
        document.neurons.len(),
        document.readout,
        document.train_images,
        document.test_images
    )?;
    match &document.ceiling {
        Some(ceiling) => writeln!(out, "ceiling {:.3}: {}", ceiling.value, ceiling.formula)?,
        None => writeln!(out, "no ceiling: the responses have no repeats")?,
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out, "{}", document.picture)?;
    Ok(())
}
