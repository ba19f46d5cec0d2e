//! `cortexscope activations`.

use super::common::{blame, print_json};
use super::full::{FloatModelArgs, one_input};
use super::preparation::ShowInputArgs;
use super::progress;
use clap::{Args, ValueEnum};
use cortexscope_draw::number::{grouped, shape, significant};
use cortexscope_draw::{GridLayout, Scale, activation_grid};
use cortexscope_explain::activations::{Activations, Sparsity, record, survey};
use cortexscope_explain::float_model::{Layer, LayerId};
use cortexscope_present::documents;
use cortexscope_present::dump;
use cortexscope_present::results::{ResultFolder, SaveError};
use cortexscope_present::scene::activation::maps;
use cortexscope_present::terminal::Style;
use cortexscope_present::terminal::{Column, write_table};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs a float model on an input and shows the maps of its layers, and how sparse they are.
#[derive(Args)]
pub(super) struct ActivationsCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// A picture, a .npy or .npz array, or mnist:N.
    input: String,
    /// A layer, by the name of its node or of its tensor; may be given several times
    /// [default: all].
    #[arg(long, value_name = "NAME")]
    layer: Vec<String>,
    /// Whether the maps of a layer share one scale.
    #[arg(long, value_enum, default_value_t)]
    scale: ScaleArg,
    /// Write LAYER.png and LAYER.npy, [1, C, H, W], to this folder [default: write
    /// nothing].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    show: ShowInputArgs,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

/// Whether colours of two maps compare.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(super) enum ScaleArg {
    /// One scale for all.
    #[default]
    Shared,
    /// Each to its own greatest value.
    PerMap,
}

impl From<ScaleArg> for Scale {
    fn from(scale: ScaleArg) -> Self {
        match scale {
            ScaleArg::Shared => Self::Shared,
            ScaleArg::PerMap => Self::PerMap,
        }
    }
}

const MAX_WIDTH_PX: u32 = 1280;

impl ActivationsCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let layers: Vec<LayerId> = if self.layer.is_empty() {
            (0..model.layers().len()).map(LayerId).collect()
        } else {
            let named = self.layer.iter().map(|name| model.find(name));
            named.collect::<Result<_, _>>().map_err(blame)?
        };
        let input = one_input(&self.input, &model, &self.show)?;
        let (sparsities, files) = match &self.output {
            Some(folder) => {
                let recorded = record(&model, &layers, &input.values)?;
                let files = self.write(folder, &recorded).map_err(blame)?;
                let sparsities = recorded.iter().map(Activations::sparsity).collect();
                (sparsities, Some(files))
            }
            None => (survey(&model, &layers, &input.values)?, None),
        };
        let surveyed = layers.iter().map(|&id| model.layer(id)).zip(sparsities);
        if self.json {
            let layers = surveyed.enumerate().map(|(index, (layer, sparsity))| {
                let [picture, array] = files.as_ref().map_or([None, None], |files| {
                    let (picture, array) = &files[index];
                    [Some(picture), Some(array)]
                });
                documents::activations::Layer {
                    name: layer.name.clone(),
                    tensor: layer.tensor.clone(),
                    operator: layer.operator.clone(),
                    shape: layer.shape,
                    values: sparsity.values,
                    zeros: sparsity.zeros,
                    silent_maps: sparsity.silent_maps,
                    least: sparsity.least,
                    greatest: sparsity.greatest,
                    picture: picture.map(|path| path.display().to_string()),
                    array: array.map(|path| path.display().to_string()),
                }
            });
            print_json(&documents::activations::Activations {
                model: model.name.clone(),
                model_sha256: model.sha256_hex(),
                input: input.argument.clone(),
                layers: layers.collect(),
            })?;
        } else {
            say(surveyed)?;
            if let Some(folder) = &self.output {
                progress::note(format!("pictures and arrays: {}", folder.display()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Writes a picture and an array for each layer, and gives their paths.
    fn write(
        &self,
        folder: &Path,
        recorded: &[Activations],
    ) -> Result<Vec<(PathBuf, PathBuf)>, SaveError> {
        let results = ResultFolder::begin(folder)?;
        let mut files = Vec::new();
        for recorded in recorded {
            let maps = maps(recorded);
            let layout = GridLayout::for_network([&maps], MAX_WIDTH_PX);
            let drawing = activation_grid(&maps, self.scale.into(), layout)?;
            let name = dump::file_name(&recorded.layer.name);
            let [channels, height, width] = recorded.layer.shape;
            files.push((
                results.drawing(&format!("{name}.png"), &drawing, 1)?,
                results.array(
                    &format!("{name}.npy"),
                    &[1, channels, height, width],
                    &recorded.values,
                )?,
            ));
        }
        results.commit()?;
        Ok(files)
    }
}

/// The table of sparsity.
fn say<'a>(surveyed: impl Iterator<Item = (&'a Layer, Sparsity)>) -> anyhow::Result<()> {
    let columns = [
        Column::text("layer"),
        Column::text("operator"),
        Column::text("shape"),
        Column::number("values"),
        Column::number("zero"),
        Column::number("silent maps"),
        Column::number("least"),
        Column::number("greatest"),
    ];
    let rows = surveyed.map(|(layer, sparsity)| {
        vec![
            layer.name.clone(),
            layer.operator.clone(),
            shape(layer.shape),
            grouped(sparsity.values as u64),
            format!("{:.1} %", sparsity.zero_percent()),
            if layer.is_map() {
                format!("{} of {}", sparsity.silent_maps, sparsity.maps)
            } else {
                String::new()
            },
            significant(sparsity.least),
            significant(sparsity.greatest),
        ]
    });
    let rows = rows.collect();
    write_table(
        &mut crate::printer::stdout(),
        Style::of_stdout(),
        &columns,
        rows,
    )?;
    Ok(())
}
