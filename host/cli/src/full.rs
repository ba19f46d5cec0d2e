//! What every command on a whole float model has in common.

use super::common::{blame, wrong};
use super::input::FloatInput;
use super::preparation::{PreparationArgs, ShowInputArgs};
use super::progress;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use cortexscope_compile::model_files::input_steps_beside;
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::input::{self, Channels, Polarity};
use cortexscope_net::printable::printable;
use cortexscope_study::top::ChannelList;
use std::path::PathBuf;

/// Which model, and how it wants its input. `MODEL.toml` beside the model says
/// it; what is given here wins.
#[derive(Args, Clone)]
pub(super) struct FloatModelArgs {
    /// A shipped model or the path of a float ONNX.
    pub model: String,
    #[command(flatten)]
    input: InputArgs,
}

/// How a model wants its input.
#[derive(Args, Clone)]
pub(super) struct InputArgs {
    /// Read this description instead of MODEL.toml.
    #[arg(long, value_name = "TOML", help_heading = "Input")]
    spec: Option<PathBuf>,
    /// Rows and columns of the input: 224, or 224x320.
    #[arg(long, value_name = "HxW", value_parser = sides, help_heading = "Input")]
    size: Option<[usize; 2]>,
    /// Colours and their order.
    #[arg(
        long,
        value_parser = PossibleValuesParser::new(COLOURS).map(|name| ChannelsArg::colours(&name)),
        help_heading = "Input"
    )]
    channels: Option<ChannelsArg>,
    /// What pixel 0 and pixel 255 become: 0,1 or 0,255.
    #[arg(long, value_name = "LOW,HIGH", value_parser = two, allow_hyphen_values = true, help_heading = "Input")]
    range: Option<[f32; 2]>,
    /// Subtract this after --range: one number for all channels, or one for each.
    #[arg(
        long,
        value_delimiter = ',',
        allow_hyphen_values = true,
        help_heading = "Input"
    )]
    mean: Option<Vec<f32>>,
    /// Divide by this after --mean: one number for all channels, or one for each.
    #[arg(long, value_delimiter = ',', help_heading = "Input")]
    std: Option<Vec<f32>>,
    /// Whether ink is light or dark; pictures of the other kind are inverted.
    #[arg(long, value_enum, help_heading = "Input")]
    polarity: Option<PolarityArg>,
    /// A text file with the name of one class on each line.
    #[arg(long, value_name = "TXT", help_heading = "Input")]
    labels: Option<PathBuf>,
    /// Take this output of the network, if it has several [default: the first].
    #[arg(long, value_name = "NAME")]
    output_name: Option<String>,
    #[command(flatten)]
    preparation: PreparationArgs,
}

/// What `--channels` calls colours and their order.
pub(super) const COLOURS: [&str; 3] = ["grey", "rgb", "bgr"];

/// What `--channels` says.
#[derive(Clone)]
pub(super) enum ChannelsArg {
    /// Colours and their order.
    Colours(Channels),
    /// Maps of a layer, for `top` alone.
    Maps(ChannelList),
}

impl ChannelsArg {
    /// One of [`COLOURS`].
    fn colours(name: &str) -> Self {
        Self::Colours(match name {
            "grey" => Channels::Grey,
            "bgr" => Channels::Bgr,
            _ => Channels::Rgb,
        })
    }

    /// One of [`COLOURS`], or a list of maps.
    pub fn colours_or_maps(text: &str) -> Result<Self, String> {
        if COLOURS.contains(&text) {
            return Ok(Self::colours(text));
        }
        let list = text.parse::<ChannelList>();
        list.map(Self::Maps).map_err(|error| {
            format!(
                "{error}; or colours and their order: {}",
                COLOURS.join(", ")
            )
        })
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum PolarityArg {
    LightOnDark,
    DarkOnLight,
}

impl FloatModelArgs {
    /// The model that was named; says what was assumed of it.
    pub fn open(&self) -> anyhow::Result<FloatModel> {
        self.input.open(&self.model)
    }

    /// The maps that `--channels` lists, in `top`.
    pub fn maps(&self) -> Option<&ChannelList> {
        match &self.input.channels {
            Some(ChannelsArg::Maps(list)) => Some(list),
            Some(ChannelsArg::Colours(_)) | None => None,
        }
    }
}

impl InputArgs {
    /// The shipped model of this name, or the one at this path; says what was assumed of it.
    pub fn open(&self, name_or_path: &str) -> anyhow::Result<FloatModel> {
        let overrides = Overrides {
            spec: self.spec.clone(),
            size: self.size,
            channels: match &self.channels {
                Some(ChannelsArg::Colours(channels)) => Some(*channels),
                Some(ChannelsArg::Maps(_)) | None => None,
            },
            range: self.range,
            mean: self.mean.clone(),
            std: self.std.clone(),
            polarity: self.polarity.map(|polarity| match polarity {
                PolarityArg::LightOnDark => Polarity::LightOnDark,
                PolarityArg::DarkOnLight => Polarity::DarkOnLight,
            }),
            labels: self.labels.clone(),
            output: self.output_name.clone(),
        };
        let mut model = FloatModel::open(name_or_path, &overrides).map_err(blame)?;
        self.preparation.apply(&mut model.spec.input)?;
        for note in &model.notes {
            progress::note(note);
        }
        Ok(model)
    }
}

/// One input as `model` wants it; says what was done to make it, and shows it where
/// that is asked for.
pub(super) fn one_input(
    name: &str,
    model: &FloatModel,
    show: &ShowInputArgs,
) -> anyhow::Result<FloatInput> {
    let steps = input_steps_beside(&model.path)?;
    let input = FloatInput::open(name, &model.spec.input, steps).map_err(blame)?;
    for note in &input.notes {
        progress::note(format!("{}: {note}", printable(&input.name)));
    }
    show.show(std::slice::from_ref(&input), &model.spec.input)?;
    Ok(input)
}

/// The same for a picture of another size than the model's own.
pub(super) fn one_input_at(
    name: &str,
    model: &FloatModel,
    size: [usize; 2],
) -> anyhow::Result<FloatInput> {
    let mut spec = model.spec.input.clone();
    spec.size = size;
    spec.check().map_err(|error| wrong(error.to_string()))?;
    let input = FloatInput::open(name, &spec, None).map_err(blame)?;
    for note in &input.notes {
        progress::note(format!("{}: {note}", input.name));
    }
    Ok(input)
}

/// `224` or `224x320`.
pub(super) fn sides(text: &str) -> Result<[usize; 2], String> {
    input::sides(text).ok_or_else(|| "give rows and columns: 28, or 28x32".to_owned())
}

/// `0,255`.
fn two(text: &str) -> Result<[f32; 2], String> {
    let (low, high) = text.split_once(',').ok_or("give two numbers: 0,1")?;
    let number = |part: &str| {
        part.trim()
            .parse::<f32>()
            .map_err(|_| format!("{part:?} is not a number"))
    };
    Ok([number(low)?, number(high)?])
}
