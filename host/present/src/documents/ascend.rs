//! The document of `cortexscope ascend`, which is also its receipt.

use super::Document;
use cortexscope_explain::ascend::{Ascent, Bound, Parametrisation, Preset, StartImage};
use cortexscope_net::described;

described! {
    /// The receipt of an ascent. The steps work on v = x / (white − black): an input x, divided
    /// by the range of its pixels.
    pub struct Ascend {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The parameters, the same for all results but for the seed.
        pub parameters: Parameters,
        /// Path of the PNG file with every result.
        pub picture: String,
        /// One result for each target and seed.
        pub results: Vec<AscentResult>,
    }

    /// The parameters of an ascent.
    pub struct Parameters {
        /// The named set of parameters that the others change.
        pub preset: String,
        /// The start image: `zero`, `grey` or an input.
        pub from: String,
        /// Standard deviation of the noise that is added to the first parameters.
        pub noise: f64,
        /// What is changed: `pixels` or `fourier`, a spectrum.
        pub parametrisation: String,
        /// Amplification of a spectrum by 1/f^decay; `null` for pixels.
        pub decay: Option<f64>,
        /// Whether colours change along their principal axes.
        pub decorrelate: bool,
        /// How v is kept in its bounds: `none`, `clip`, `sigmoid` or `norm`.
        pub bound: String,
        /// The length of v; `null` if `bound` is not `norm`.
        pub norm: Option<f64>,
        /// `plain`, `line-search`, `normalised` or `adam`.
        pub optimiser: String,
        /// Size of a step.
        pub rate: f64,
        /// Weight of the sum of magnitudes.
        pub l1: f64,
        /// Weight of the sum of squares.
        pub l2: f64,
        /// Weight of the total variation.
        pub tv: f64,
        /// Exponent β of the total variation.
        pub tv_beta: f64,
        /// Pixels by which the input is shifted at most.
        pub jitter: usize,
        /// Standard deviation of the blur, in pixels; `null` without a blur.
        pub blur: Option<f64>,
        /// Steps from one blur to the next; `null` without a blur.
        pub blur_every: Option<usize>,
        /// Resolutions that follow each other.
        pub octaves: usize,
        /// Ratio of the sizes of two resolutions that follow each other.
        pub octave_ratio: f64,
        /// Steps in each octave at most.
        pub steps: usize,
        /// Steps within which the value has to rise.
        pub patience: usize,
        /// Share by which the value has to rise.
        pub rise: f64,
        /// When an octave ends, in words.
        pub stop: String,
    }

    /// What one ascent found.
    pub struct AscentResult {
        /// The target as it was asked for.
        pub target: String,
        /// The target in words.
        pub climbed: String,
        /// Seed of noise and jitter.
        pub seed: u64,
        /// The target's value for the start image.
        pub start: f64,
        /// The target's value for the result, without jitter.
        pub value: f64,
        /// The class's probability for the result; `null` if the target is not a class.
        pub probability: Option<f64>,
        /// The penalties of the result.
        pub penalty: f64,
        /// Steps that were made: the length of `values`.
        pub steps: usize,
        /// Why each octave ended, in words.
        pub stopped: Vec<String>,
        /// What the reader has to know, and what to try.
        pub notes: Vec<String>,
        /// The target's value less the penalties, before each step.
        pub values: Vec<f64>,
        /// Path of the `.npy` file, [C, H, W], in the model's units.
        pub array: String,
        /// Path of the folder with the frames; `null` without `--frames`.
        pub frames: Option<String>,
        /// Seconds that the ascent took.
        pub seconds: f64,
    }
}

impl Document for Ascend {
    const NAME: &'static str = "ascend";
}

impl Parameters {
    /// Of `ascent`, which changes `preset`. `from` is what the user called the start image,
    /// if it is not the preset's.
    pub fn new(preset: Preset, from: Option<&str>, ascent: &Ascent) -> Self {
        let from = from.unwrap_or(match ascent.start_image {
            StartImage::Zero => "zero",
            StartImage::Grey | StartImage::Input(_) => "grey",
        });
        let decay = match ascent.parametrisation {
            Parametrisation::Fourier { decay } => Some(decay),
            Parametrisation::Pixels => None,
        };
        let norm = match ascent.bound {
            Bound::Norm(norm) => Some(norm),
            Bound::None | Bound::Clip | Bound::Sigmoid => None,
        };
        Self {
            preset: preset.name().to_owned(),
            from: from.to_owned(),
            noise: ascent.noise,
            parametrisation: ascent.parametrisation.name().to_owned(),
            decay,
            decorrelate: ascent.decorrelate,
            bound: ascent.bound.name().to_owned(),
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
