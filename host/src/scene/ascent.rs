//! From ascended inputs to a picture of all of them.

use clap::ValueEnum;
use image::{Rgb, RgbImage};

use crate::ascend::{Climb, Stopped};
use crate::data::InputSpec;
use crate::full_model::FullModel;
use crate::picture::number::{percent, significant};
use crate::picture::{GridLayout, Tile, Tiles};
use crate::target::Aim;

/// How ascended inputs are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Display {
    /// As the model's pixels; what lies outside their range is cut.
    #[default]
    Range,
    /// Each from its own least to its own greatest value, in grey or in colour.
    Stretched,
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
    /// An input as a picture.
    pub fn picture(self, spec: &InputSpec, input: &[f32]) -> RgbImage {
        match self {
            Self::Range => spec.picture(input),
            Self::Stretched => stretched(spec, input),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Range => "pixels in their range, what is beyond is cut",
            Self::Stretched => "each from its least to its greatest value",
        }
    }
}

fn stretched(spec: &InputSpec, input: &[f32]) -> RgbImage {
    let [_, height, width] = spec.shape();
    let positions = height * width;
    let levels: Vec<f32> = input
        .iter()
        .enumerate()
        .map(|(at, &value)| spec.level(at / positions, value))
        .collect();
    let [low, high] = levels
        .iter()
        .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &level| {
            [low.min(level), high.max(level)]
        });
    let extent = if high > low { high - low } else { 1.0 };
    let planes = spec.rgb_planes();
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb(planes.map(|plane| {
            let level = levels.get(plane * positions + at).copied().unwrap_or(low);
            (255.0 * (level - low) / extent).round().clamp(0.0, 255.0) as u8
        }))
    })
}

/// Inputs of a model enlarged to about 110 pixels, or as they are.
pub fn layout(model: &FullModel) -> GridLayout {
    let [_, height, width] = model.input_shape();
    GridLayout {
        max_width: 1280,
        px_per_value: (112 / height.max(width)).max(1) as u32,
    }
}

/// All climbs in one picture.
pub fn tiles(model: &FullModel, seen: &[Seen<'_>], statement: &str, display: Display) -> Tiles {
    let several = seen.iter().any(|one| one.seed != seen[0].seed);
    let tiles = seen.iter().map(|one| {
        let steps: usize = one.climb.stopped.iter().map(|stop| stop.steps()).sum();
        let flat = one
            .climb
            .stopped
            .iter()
            .all(|stop| matches!(stop, Stopped::Flat { .. }));
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

/// A target without what all targets share.
fn short(words: &str) -> String {
    let words = words.strip_prefix("sum of ").unwrap_or(words);
    let words = words.strip_suffix(", logit").unwrap_or(words);
    words.to_owned()
}
