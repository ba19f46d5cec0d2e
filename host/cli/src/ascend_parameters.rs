//! The parameters of `cortexscope ascend`: a preset, and what is changed in it.

use super::common::{blame, wrong};
use super::full::one_input;
use super::preparation::ShowInputArgs;
use clap::{Args, ValueEnum};
use cortexscope_explain::ascend::{
    Ascent, Blur, Bound, Optimiser, Parametrisation, Penalty, Preset, StartImage,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::documents::ascend::Parameters;

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
    /// norm: the length ‖v‖ that the input is kept at.
    #[arg(long, help_heading = "Ascent")]
    norm: Option<f64>,
    /// How a step is made.
    #[arg(long, value_enum, help_heading = "Ascent")]
    optimiser: Option<OptimiserArg>,
    /// Rate of the steps.
    #[arg(long, help_heading = "Ascent")]
    rate: Option<f64>,
    /// Weight of Σ|v|; 1 is the lecture's y − Σ|x|.
    #[arg(long, help_heading = "Ascent")]
    l1: Option<f64>,
    /// Weight of Σv².
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
    /// Blur the input with this standard deviation; 0 is no blur.
    #[arg(long, value_name = "SIGMA", help_heading = "Ascent")]
    blur: Option<f64>,
    /// Steps from one blur to the next.
    #[arg(long, value_name = "STEPS", help_heading = "Ascent")]
    blur_every: Option<usize>,
    /// Resolutions from coarse to fine.
    #[arg(long, value_name = "N", help_heading = "Ascent")]
    octaves: Option<usize>,
    /// How much finer each octave is than the one before.
    #[arg(long, value_name = "RATIO", help_heading = "Ascent")]
    octave_ratio: Option<f64>,
    /// How many steps at most, in each octave.
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

impl AscentArgs {
    fn preset(&self) -> Preset {
        match self.preset {
            PresetArg::Erhan2009 => Preset::Erhan2009,
            PresetArg::Lecture => Preset::Lecture,
            PresetArg::Simonyan2014 => Preset::Simonyan2014,
            PresetArg::Yosinski2015 => Preset::Yosinski2015,
            PresetArg::Mahendran2016 => Preset::Mahendran2016,
            PresetArg::Olah2017 => Preset::Olah2017,
        }
    }

    /// One ascent for each seed.
    pub fn ascents(&self, model: &FloatModel) -> anyhow::Result<Vec<Ascent>> {
        let mut ascent = self.preset().ascent(model.input_shape());
        ascent.start_image = match self.from.as_deref() {
            None => ascent.start_image,
            Some("zero") => StartImage::Zero,
            Some("grey") => StartImage::Grey,
            Some(input) => {
                StartImage::Input(one_input(input, model, &ShowInputArgs::default())?.values)
            }
        };
        ascent.noise = self.noise.unwrap_or(ascent.noise);
        self.change_space(&mut ascent)?;
        let rate = self.rate.unwrap_or(ascent.optimiser.rate());
        ascent.optimiser = match (self.optimiser, ascent.optimiser) {
            (Some(OptimiserArg::Plain), _) | (None, Optimiser::Plain { .. }) => {
                Optimiser::Plain { rate }
            }
            (Some(OptimiserArg::LineSearch), _) | (None, Optimiser::LineSearch { .. }) => {
                Optimiser::LineSearch { rate }
            }
            (Some(OptimiserArg::Normalised), _) | (None, Optimiser::Normalised { .. }) => {
                Optimiser::Normalised { rate }
            }
            (Some(OptimiserArg::Adam), _) | (None, Optimiser::Adam { .. }) => {
                Optimiser::Adam { rate }
            }
        };
        let penalty = ascent.penalty;
        ascent.penalty = Penalty {
            l1: self.l1.unwrap_or(penalty.l1),
            l2: self.l2.unwrap_or(penalty.l2),
            tv: self.tv.unwrap_or(penalty.tv),
            tv_beta: self.tv_beta.unwrap_or(penalty.tv_beta),
        };
        ascent.jitter = self.jitter.unwrap_or(ascent.jitter);
        let [_, height, width] = model.input_shape();
        if ascent.jitter >= height.min(width) {
            return Err(wrong("--jitter must be less than the sides of the input"));
        }
        let old = ascent.blur.unwrap_or(Blur {
            sigma: 0.0,
            every: 1,
        });
        let sigma = self.blur.unwrap_or(old.sigma);
        let every = self.blur_every.unwrap_or(old.every);
        ascent.blur = (sigma != 0.0).then_some(Blur { sigma, every });
        ascent.octaves.count = self.octaves.unwrap_or(ascent.octaves.count);
        ascent.octaves.ratio = self.octave_ratio.unwrap_or(ascent.octaves.ratio);
        ascent.stop.steps = self.steps.unwrap_or(ascent.stop.steps);
        ascent.stop.patience = self.patience.unwrap_or(ascent.stop.patience);
        ascent.stop.rise = self.rise.unwrap_or(ascent.stop.rise);
        ascent.check().map_err(blame)?;
        let seeded = self.seed.iter().map(|&seed| Ascent {
            seed,
            ..ascent.clone()
        });
        Ok(seeded.collect())
    }

    fn change_space(&self, ascent: &mut Ascent) -> anyhow::Result<()> {
        ascent.parametrisation = match (self.parametrisation, ascent.parametrisation) {
            (Some(ParametrisationArg::Pixels), _) => Parametrisation::Pixels,
            (Some(ParametrisationArg::Fourier), Parametrisation::Pixels) => {
                Parametrisation::Fourier { decay: 1.0 }
            }
            (_, same) => same,
        };
        if let Some(new) = self.decay {
            match &mut ascent.parametrisation {
                Parametrisation::Fourier { decay } => *decay = new,
                Parametrisation::Pixels => {
                    return Err(wrong("--decay is for --parametrisation fourier"));
                }
            }
        }
        ascent.decorrelate = self.decorrelate.unwrap_or(ascent.decorrelate);
        let norm = match (self.norm, ascent.bound) {
            (Some(norm), _) | (None, Bound::Norm(norm)) => Some(norm),
            _ => None,
        };
        ascent.bound = match (self.bound, ascent.bound) {
            (Some(BoundArg::None), _) => Bound::None,
            (Some(BoundArg::Clip), _) => Bound::Clip,
            (Some(BoundArg::Sigmoid), _) => Bound::Sigmoid,
            (Some(BoundArg::Norm), _) | (None, Bound::Norm(_)) => {
                Bound::Norm(norm.ok_or_else(|| wrong("--bound norm needs --norm"))?)
            }
            (None, same) => same,
        };
        Ok(())
    }

    /// The parameters in a line, for a picture.
    pub fn statement(&self, ascent: &Ascent) -> String {
        let mut parts = vec![format!(
            "{} {}",
            ascent.optimiser.name(),
            ascent.optimiser.rate()
        )];
        if let Parametrisation::Fourier { decay } = ascent.parametrisation {
            parts.push(format!("spectrum, 1/f^{decay}"));
        }
        let penalty = ascent.penalty;
        for (name, weight) in [
            ("Σ|v|", penalty.l1),
            ("Σv²", penalty.l2),
            ("TV", penalty.tv),
        ] {
            if weight != 0.0 {
                parts.push(format!("− {weight} {name}"));
            }
        }
        match ascent.bound {
            Bound::None => {}
            Bound::Clip => parts.push("clipped".to_owned()),
            Bound::Sigmoid => parts.push("logistic bound".to_owned()),
            Bound::Norm(norm) => parts.push(format!("norm {norm:.2}")),
        }
        if ascent.jitter > 0 {
            parts.push(format!("jitter {}", ascent.jitter));
        }
        if let Some(Blur { sigma, every }) = ascent.blur {
            parts.push(format!("blur {sigma} every {every}"));
        }
        if ascent.octaves.count > 1 {
            parts.push(format!("{} octaves", ascent.octaves.count));
        }
        format!(
            "{}: {} · {}",
            self.preset().name(),
            parts.join(", "),
            ascent.stop
        )
    }

    /// The parameters, for the receipt.
    pub fn document(&self, ascent: &Ascent) -> Parameters {
        let (parametrisation, decay) = match ascent.parametrisation {
            Parametrisation::Pixels => ("pixels", None),
            Parametrisation::Fourier { decay } => ("fourier", Some(decay)),
        };
        let (bound, norm) = match ascent.bound {
            Bound::None => ("none", None),
            Bound::Clip => ("clip", None),
            Bound::Sigmoid => ("sigmoid", None),
            Bound::Norm(norm) => ("norm", Some(norm)),
        };
        Parameters {
            preset: self.preset().name().to_owned(),
            from: self
                .from
                .clone()
                .unwrap_or_else(|| match ascent.start_image {
                    StartImage::Zero => "zero".to_owned(),
                    _ => "grey".to_owned(),
                }),
            noise: ascent.noise,
            parametrisation: parametrisation.to_owned(),
            decay,
            decorrelate: ascent.decorrelate,
            bound: bound.to_owned(),
            norm,
            optimiser: ascent.optimiser.name().to_owned(),
            rate: ascent.optimiser.rate(),
            l1: ascent.penalty.l1,
            l2: ascent.penalty.l2,
            tv: ascent.penalty.tv,
            tv_beta: ascent.penalty.tv_beta,
            jitter: ascent.jitter,
            blur: ascent.blur.map(|blur| blur.sigma),
            blur_every: ascent.blur.map(|blur| blur.every),
            octaves: ascent.octaves.count,
            octave_ratio: ascent.octaves.ratio,
            steps: ascent.stop.steps,
            patience: ascent.stop.patience,
            rise: ascent.stop.rise,
            stop: ascent.stop.to_string(),
        }
    }
}
