//! From ascended inputs to a picture of all of them.

use clap::ValueEnum;
use image::{Rgb, RgbImage};

use cortexscope_draw::number::{percent, significant};
use cortexscope_draw::{GridLayout, Tile, Tiles};
use cortexscope_explain::ascend::{
    Ascent, Blur, Bound, Climb, Parametrisation, Preset, StopReason,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::Aim;
use cortexscope_net::input::InputSpec;

/// How ascended inputs are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Display {
    /// As the model's pixels; what lies outside their range is cut.
    #[default]
    Range,
    /// Each from its own least to its own greatest value, in grey or in colour.
    Stretched,
    /// Zero, in the model's units, is grey; each reaches its own greatest magnitude.
    Signed,
}

/// An ascended input.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What was climbed.
    pub aim: &'a Aim,
    /// What came out.
    pub climb: &'a Climb,
    /// Its seed.
    pub seed: u64,
    /// The probability of the class that was climbed.
    pub probability: Option<f64>,
}

impl Display {
    /// What suits inputs with this bound: what is not kept within the range of
    /// pixels has a sign.
    pub fn suited(bound: Bound) -> Self {
        match bound {
            Bound::Clip | Bound::Sigmoid => Self::Range,
            Bound::None | Bound::Norm(_) => Self::Signed,
        }
    }

    /// An input as a picture.
    pub fn picture(self, spec: &InputSpec, input: &[f32]) -> RgbImage {
        match self {
            Self::Range => spec.picture(input),
            Self::Stretched => {
                let levels = levels(spec, input, false);
                let [low, high] = levels
                    .iter()
                    .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &level| {
                        [low.min(level), high.max(level)]
                    });
                between(spec, &levels, [low, high])
            }
            Self::Signed => {
                let levels = levels(spec, input, true);
                let reach = levels
                    .iter()
                    .fold(0.0_f32, |most, level| most.max(level.abs()));
                between(spec, &levels, [-reach, reach])
            }
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Range => "pixels in their range, what is beyond is cut",
            Self::Stretched => "each from its least to its greatest value",
            Self::Signed => "grey is zero, each reaches its own greatest magnitude",
        }
    }
}

/// Levels of pixels, as they are or less that of zero.
fn levels(spec: &InputSpec, input: &[f32], from_zero: bool) -> Vec<f32> {
    let [_, height, width] = spec.shape();
    let levels = input.iter().enumerate().map(|(at, &value)| {
        let channel = at / (height * width);
        let zero = if from_zero {
            spec.level(channel, 0.0)
        } else {
            0.0
        };
        spec.level(channel, value) - zero
    });
    levels.collect()
}

/// Levels from black at `low` to white at `high`.
fn between(spec: &InputSpec, levels: &[f32], [low, high]: [f32; 2]) -> RgbImage {
    let [_, height, width] = spec.shape();
    let extent = if high > low { high - low } else { 1.0 };
    let planes = spec.rgb_planes();
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb(planes.map(|plane| {
            let level = levels.get(plane * height * width + at).copied();
            let share = (level.unwrap_or(low) - low) / extent;
            (255.0 * share).round().clamp(0.0, 255.0) as u8
        }))
    })
}

/// Inputs of a model enlarged to about 110 pixels, or as they are.
pub fn layout(model: &FloatModel) -> GridLayout {
    let [_, height, width] = model.input_shape();
    GridLayout {
        max_width: 1280,
        px_per_value: (112 / height.max(width)).max(1) as u32,
    }
}

/// All climbs in one picture.
pub fn tiles(model: &FloatModel, seen: &[Seen<'_>], statement: &str, display: Display) -> Tiles {
    let several = seen.iter().any(|one| one.seed != seen[0].seed);
    let tiles = seen.iter().map(|one| {
        let steps: usize = one.climb.stopped.iter().map(|stop| stop.steps()).sum();
        let flat = one
            .climb
            .stopped
            .iter()
            .all(|stop| matches!(stop, StopReason::NoProgress { .. }));
        let value = significant(one.climb.score as f32);
        let mut second = format!("{value} from {}", significant(one.climb.start as f32));
        if let Some(probability) = one.probability {
            second = format!("{value}, P {}", percent(probability as f32));
        }
        let mut third = format!("{steps} steps{}", if flat { ", flat" } else { "" });
        if several {
            third = format!("seed {}, {third}", one.seed);
        }
        Tile {
            image: display.picture(&model.spec.input, &one.climb.input),
            lines: vec![short(&one.aim.words), second, third],
        }
    });
    Tiles {
        title: format!("{}: ascended inputs", model.name),
        shape: String::new(),
        op: String::new(),
        statement: statement.to_owned(),
        footnote: display.words().to_owned(),
        bar: None,
        columns: None,
        tiles: tiles.collect(),
    }
}

/// The parameters of `ascent`, which began with `preset`, in a line.
pub fn statement(preset: Preset, ascent: &Ascent) -> String {
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
    format!("{}: {} · {}", preset.name(), parts.join(", "), ascent.stop)
}

/// A target without what all targets share.
fn short(words: &str) -> String {
    let words = words.strip_prefix("sum of ").unwrap_or(words);
    let words = words.strip_suffix(", logit").unwrap_or(words);
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::input::ModelSpec;

    #[test]
    fn zero_is_grey_or_where_the_least_value_puts_it() {
        let spec = ModelSpec::assumed([1, 1, 3]).input;
        let greys = |display: Display| -> Vec<u8> {
            let picture = display.picture(&spec, &[-0.5, 0.0, 2.0]);
            picture.pixels().map(|pixel| pixel.0[0]).collect()
        };
        // −0.5 is a quarter of the way from zero to the greatest magnitude.
        assert_eq!(greys(Display::Signed), [96, 128, 255]);
        assert_eq!(greys(Display::Stretched), [0, 51, 255]);
        assert_eq!(greys(Display::Range), [0, 0, 255]);
    }
}
