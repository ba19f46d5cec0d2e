//! `cortexscope filters`.

use super::activations::ScaleArg;
use super::common::{blame, print_json, wrong};
use super::full::FloatModelArgs;
use clap::Args;
use cortexscope_explain::filters::Slice;
use cortexscope_explain::float_model::LayerId;
use cortexscope_present::documents;
use cortexscope_present::dump;
use cortexscope_present::results::{ResultFolder, SaveError};
use cortexscope_present::scene::filters::draw;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Draws the filters of a convolution.
#[derive(Args)]
pub(super) struct Filters {
    #[command(flatten)]
    model: FloatModelArgs,
    /// The convolution, by the name of its node or of its tensor [default: the first].
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Draw the weights of all filters for this input channel.
    #[arg(long, value_name = "C", conflicts_with = "filter")]
    channel: Option<usize>,
    /// Draw all weights of this filter, a map for each input channel.
    #[arg(long, value_name = "N")]
    filter: Option<usize>,
    /// Whether the filters share one scale.
    #[arg(long, value_enum, default_value_t)]
    scale: ScaleArg,
    /// Write LAYER.filters.png and LAYER.filters.npy, [O, I, KH, KW], to this folder.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Filters {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let id = match &self.layer {
            Some(name) => model.find(name).map_err(blame)?,
            None => {
                let mut layers = model.layers().iter();
                let first = layers.position(|layer| layer.normal_form == "Conv");
                LayerId(first.ok_or_else(|| wrong("the model has no convolution"))?)
            }
        };
        let slice = match (self.channel, self.filter) {
            (Some(channel), _) => Slice::Channel(channel),
            (None, Some(filter)) => Slice::Filter(filter),
            (None, None) => Slice::Auto,
        };
        let drawing = draw(&model, id, slice, self.scale.into()).map_err(blame)?;
        let weights = model.conv_weights(id)?;
        let layer = model.layer(id);
        let results = ResultFolder::begin(&self.output).map_err(blame)?;
        let base = format!("{}.filters", dump::file_name(&layer.name));
        let save = || -> Result<_, SaveError> {
            let picture = results.drawing(&format!("{base}.png"), &drawing, 2)?;
            let array = format!("{base}.npy");
            let array = results.array(&array, &weights.shape, &weights.values)?;
            Ok((picture, array))
        };
        let (picture, array) = save().map_err(blame)?;
        results.commit().map_err(blame)?;
        if self.json {
            print_json(&documents::filters::Filters {
                model: model.name.clone(),
                model_sha256: model.sha256_hex(),
                layer: layer.name.clone(),
                shape: weights.shape,
                picture: picture.display().to_string(),
                array: array.display().to_string(),
            })?;
        } else {
            let [outputs, inputs, height, width] = weights.shape;
            writeln!(
                crate::printer::stdout(),
                "{}: {outputs} filters of {inputs}×{height}×{width}\n{}\n{}",
                layer.name,
                picture.display(),
                array.display()
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
