//! The parameters of `cortexscope ascend`: a preset, and what is changed in it.

use super::common::blame;
use super::full::one_input;
use super::preparation::ShowInputArgs;
use clap::{Args, ValueEnum};
use cortexscope_explain::ascend::{
    Ascent, AscentChanges, BoundKind, OptimiserKind, ParametrisationKind, Preset, StartImage,
};
use cortexscope_explain::float_model::FloatModel;

/// A preset of the literature; every flag changes one of its parameters.
#[derive(Args)]
pub(super) struct AscentArgs {
    /// A named set of parameters.
    #[arg(long, value_enum, default_value_t, help_heading = "Ascent")]
    preset: PresetArg,
    /// Where the ascent begins: zero (in the model's units), grey, or an input.
    #[arg(long, value_name = "zero|grey|INPUT", help_heading = "Ascent")]
    from: Option<String>,
    /// Standard deviation of the noise that is added at the start.
    #[arg(long, help_heading = "Ascent")]
    noise: Option<f64>,
    /// Seeds of noise and jitter, one ascent for each: 0, or 0,1,2.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "0",
        help_heading = "Ascent"
    )]
    seed: Vec<u64>,
    /// What the steps change: pixels or a spectrum.
    #[arg(long, value_enum, help_heading = "Ascent")]
    parametrisation: Option<ParametrisationArg>,
    /// fourier: frequencies f are amplified by 1/f^DECAY.
    #[arg(long, value_name = "DECAY", help_heading = "Ascent")]
    decay: Option<f64>,
    /// Whether steps follow the principal axes of the colours.
    #[arg(long, help_heading = "Ascent")]
    decorrelate: Option<bool>,
    /// How the input is kept within bounds.
    #[arg(long, value_enum, help_heading = "Ascent")]
    bound: Option<BoundArg>,
    /// norm: the length ‖v‖ that the input is kept at; v is the input divided by its range.
    #[arg(long, help_heading = "Ascent")]
    norm: Option<f64>,
    /// How a step is made.
    #[arg(long, value_enum, help_heading = "Ascent")]
    optimiser: Option<OptimiserArg>,
    /// Rate of the steps.
    #[arg(long, help_heading = "Ascent")]
    rate: Option<f64>,
    /// Weight of Σ|v|, where v is the input divided by its range; 1 is the lecture's y − Σ|x|.
    #[arg(long, help_heading = "Ascent")]
    l1: Option<f64>,
    /// Weight of Σv², with the same v.
    #[arg(long, help_heading = "Ascent")]
    l2: Option<f64>,
    /// Weight of total variation.
    #[arg(long, help_heading = "Ascent")]
    tv: Option<f64>,
    /// β of the total variation.
    #[arg(long, value_name = "BETA", help_heading = "Ascent")]
    tv_beta: Option<f64>,
    /// Shift the input by at most this many pixels before each step.
    #[arg(long, value_name = "PIXELS", help_heading = "Ascent")]
    jitter: Option<usize>,
    /// Blur the input with this standard deviation; 0 leaves it sharp.
    #[arg(long, value_name = "SIGMA", help_heading = "Ascent")]
    blur: Option<f64>,
    /// Steps from one blur to the next.
    #[arg(long, value_name = "STEPS", help_heading = "Ascent")]
    blur_every: Option<usize>,
    /// How many resolutions to climb in, from coarse to fine.
    #[arg(long, value_name = "N", help_heading = "Ascent")]
    octaves: Option<usize>,
    /// How much finer each octave is than the one before.
    #[arg(long, value_name = "RATIO", help_heading = "Ascent")]
    octave_ratio: Option<f64>,
    /// The greatest number of steps in each octave.
    #[arg(long, help_heading = "Ascent")]
    steps: Option<usize>,
    /// Stop when the best value has not risen enough over this many steps.
    #[arg(long, value_name = "STEPS", help_heading = "Ascent")]
    patience: Option<usize>,
    /// The share by which it has to rise; 0 never stops early.
    #[arg(long, value_name = "SHARE", help_heading = "Ascent")]
    rise: Option<f64>,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum PresetArg {
    /// Noise, pixels, a line search, ‖v‖ fixed.
    #[value(name = "erhan-2009")]
    Erhan2009,
    /// y − Σ|x|: noise, pixels, plain steps.
    Lecture,
    /// From zero, pixels, plain steps, L2.
    #[value(name = "simonyan-2014")]
    Simonyan2014,
    /// L2 decay and a blur every fourth step.
    #[value(name = "yosinski-2015")]
    Yosinski2015,
    /// Total variation, jitter, pixels within their range.
    #[value(name = "mahendran-2016")]
    Mahendran2016,
    /// Spectra, decorrelated colours, a logistic bound, jitter, Adam.
    #[default]
    #[value(name = "olah-2017")]
    Olah2017,
}

#[derive(Clone, Copy, ValueEnum)]
enum ParametrisationArg {
    Pixels,
    Fourier,
}

#[derive(Clone, Copy, ValueEnum)]
enum BoundArg {
    None,
    Clip,
    Sigmoid,
    Norm,
}

#[derive(Clone, Copy, ValueEnum)]
enum OptimiserArg {
    Plain,
    LineSearch,
    Normalised,
    Adam,
}

impl From<ParametrisationArg> for ParametrisationKind {
    fn from(parametrisation: ParametrisationArg) -> Self {
        match parametrisation {
            ParametrisationArg::Pixels => Self::Pixels,
            ParametrisationArg::Fourier => Self::Fourier,
        }
    }
}

impl From<BoundArg> for BoundKind {
    fn from(bound: BoundArg) -> Self {
        match bound {
            BoundArg::None => Self::None,
            BoundArg::Clip => Self::Clip,
            BoundArg::Sigmoid => Self::Sigmoid,
            BoundArg::Norm => Self::Norm,
        }
    }
}

impl From<OptimiserArg> for OptimiserKind {
    fn from(optimiser: OptimiserArg) -> Self {
        match optimiser {
            OptimiserArg::Plain => Self::Plain,
            OptimiserArg::LineSearch => Self::LineSearch,
            OptimiserArg::Normalised => Self::Normalised,
            OptimiserArg::Adam => Self::Adam,
        }
    }
}

impl AscentArgs {
    pub fn preset(&self) -> Preset {
        match self.preset {
            PresetArg::Erhan2009 => Preset::Erhan2009,
            PresetArg::Lecture => Preset::Lecture,
            PresetArg::Simonyan2014 => Preset::Simonyan2014,
            PresetArg::Yosinski2015 => Preset::Yosinski2015,
            PresetArg::Mahendran2016 => Preset::Mahendran2016,
            PresetArg::Olah2017 => Preset::Olah2017,
        }
    }

    /// What `--from` named.
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// One ascent is made for each.
    pub fn seeds(&self) -> &[u64] {
        &self.seed
    }

    /// The preset with what was changed.
    pub fn ascent(&self, model: &FloatModel) -> anyhow::Result<Ascent> {
        let start_image = match self.from() {
            None => None,
            Some("zero") => Some(StartImage::Zero),
            Some("grey") => Some(StartImage::Grey),
            Some(input) => {
                let shown = ShowInputArgs::default();
                Some(StartImage::Input(one_input(input, model, &shown)?.values))
            }
        };
        let changes = AscentChanges {
            start_image,
            noise: self.noise,
            parametrisation: self.parametrisation.map(Into::into),
            decay: self.decay,
            decorrelate: self.decorrelate,
            bound: self.bound.map(Into::into),
            norm: self.norm,
            optimiser: self.optimiser.map(Into::into),
            rate: self.rate,
            l1: self.l1,
            l2: self.l2,
            tv: self.tv,
            tv_beta: self.tv_beta,
            jitter: self.jitter,
            blur: self.blur,
            blur_every: self.blur_every,
            octaves: self.octaves,
            octave_ratio: self.octave_ratio,
            steps: self.steps,
            patience: self.patience,
            rise: self.rise,
        };
        let shape = model.input_shape();
        self.preset().with_changes(&changes, shape).map_err(blame)
    }
}
