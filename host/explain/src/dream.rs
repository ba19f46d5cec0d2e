//! Deep dream (Mordvintsev et al. 2015): what a layer sees in a picture, made stronger.
//!
//! The picture may have any size: the layers before the one that dreams are computed at the
//! size of each octave, and in tiles where it is larger than a tile.

mod objective;
mod slopes;
#[cfg(test)]
mod tests;

pub use objective::{Objective, best_match};
pub use slopes::Slopes;

use std::ops::ControlFlow;

use crate::ascend::{MOST_OCTAVES, Octaves};
use crate::attribute::{ExplainError, bilinear};
use crate::float_model::{FloatModel, LayerId};
use cortexscope_net::random::Random;

/// A picture that is dreamt on, `[C, H, W]` as the model wants it, of any size.
#[derive(Clone, Debug, PartialEq)]
pub struct Canvas {
    /// Rows and columns.
    pub size: [usize; 2],
    /// As many values as the channels' planes of that size.
    pub values: Vec<f32>,
}

/// Everything that a dream depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dream {
    /// The layer whose answer is made stronger.
    pub layer: LayerId,
    /// Which of its maps; all by default.
    pub channel: Option<usize>,
    /// What is raised.
    pub objective: Objective,
    /// Steps in each octave.
    pub steps: usize,
    /// Resolutions from coarse to fine.
    pub octaves: Octaves,
    /// The mean step of a pixel, in levels of 0..255.
    pub rate: f64,
    /// The picture is shifted by up to this many pixels before each step, around its edges,
    /// and back.
    pub jitter: usize,
    /// Rows and columns of a tile at most.
    pub tile: usize,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Dream {
    /// The constants of Mordvintsev's notebook: 4 octaves of ratio 1.4, 10 steps of 1.5
    /// levels each, jitter 32.
    pub fn of(layer: LayerId, objective: Objective) -> Self {
        Self {
            layer,
            channel: None,
            objective,
            steps: 10,
            octaves: Octaves {
                count: 4,
                ratio: 1.4,
            },
            rate: 1.5,
            jitter: 32,
            tile: 512,
            seed: 0,
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`] says which cannot be used.
    pub fn check(&self, model: &FloatModel) -> Result<(), ExplainError> {
        let refused = |why| Err(ExplainError::Parameter(why));
        let [channels, ..] = model.layer(self.layer).shape;
        if self.octaves.count == 0 || self.tile == 0 {
            return refused("octaves and tile are numbers from 1 up");
        }
        if self.octaves.count > MOST_OCTAVES {
            return refused("there are 64 octaves at most");
        }
        if self.octaves.count > 1 && !(self.octaves.ratio.is_finite() && self.octaves.ratio > 1.0) {
            return refused("the ratio of octaves is greater than 1");
        }
        if !(self.rate.is_finite() && self.rate > 0.0) {
            return refused("the rate is a number greater than 0");
        }
        if self.channel.is_some_and(|channel| channel >= channels) {
            return refused("the layer has no such map");
        }
        if matches!(self.objective, Objective::Guide { .. }) && self.channel.is_some() {
            return refused("a guide speaks of all maps of the layer: leave the map out");
        }
        Ok(())
    }

    /// Rows and columns of each octave, the coarsest first.
    pub fn sizes(&self, size: [usize; 2]) -> Vec<[usize; 2]> {
        let mut sizes = Vec::with_capacity(self.octaves.count);
        for finer in (0..self.octaves.count).rev() {
            let ratio = self.octaves.ratio.powi(finer as i32);
            let coarse = |side: usize| ((side as f64 / ratio).round() as usize).max(1);
            sizes.push(if finer == 0 { size } else { size.map(coarse) });
        }
        sizes
    }
}

/// A step that is about to be made.
pub struct DreamStep<'a> {
    /// The octave, from 0.
    pub octave: usize,
    /// Steps made in all before it.
    pub total: usize,
    /// The objective, jitter included.
    pub value: f64,
    /// The picture of this octave.
    pub canvas: &'a Canvas,
}

/// What was dreamt.
#[derive(Clone, Debug, PartialEq)]
pub struct Dreamt {
    /// The picture.
    pub canvas: Canvas,
    /// The objective of the picture that was given, at its own size.
    pub start: f64,
    /// The objective of the result.
    pub value: f64,
    /// The objective before each step, jitter included.
    pub values: Vec<f64>,
    /// Rows and columns of each octave.
    pub sizes: Vec<[usize; 2]>,
    /// Whether there ever was a slope to follow.
    pub has_gradient: bool,
}

/// Dreams. In each octave, coarse to fine, the picture is resized bilinearly, the detail
/// that the octave before added is carried over, and steps x + rate · g / mean|g| are made;
/// values stay in the range of pixels.
///
/// # Errors
/// A parameter, a layer that cannot be computed at an octave's size, or an interruption.
pub fn dream(
    model: &FloatModel,
    canvas: &Canvas,
    dream: &Dream,
    watch: &mut dyn FnMut(DreamStep<'_>) -> ControlFlow<()>,
) -> Result<Dreamt, ExplainError> {
    dream.check(model)?;
    let [channels, ..] = model.input_shape();
    let start = gradient(model, canvas, dream)?.0;
    let sizes = dream.sizes(canvas.size);
    let bases = pyramid(canvas, &sizes);
    let spec = &model.spec.input;
    let ends: Vec<[f32; 2]> = (0..channels)
        .map(|channel| [spec.value(channel, 0), spec.value(channel, 255)])
        .collect();
    let mut random = Random::new(dream.seed);
    let mut values = Vec::new();
    let mut has_gradient = false;
    let mut detail: Option<Canvas> = None;
    let mut shown = canvas.clone();
    for (octave, base) in bases.iter().enumerate() {
        shown = base.clone();
        if let Some(detail) = &detail {
            let larger = detail.resized(base.size);
            for (value, more) in shown.values.iter_mut().zip(&larger.values) {
                *value += more;
            }
        }
        let mut slopes = Slopes::new(model, dream, base.size)?;
        for _ in 0..dream.steps {
            let shift = [(); 2].map(|()| random.shift(dream.jitter));
            let (value, gradient) = slopes.of(&shown.rolled(shift))?;
            let gradient = gradient.rolled(shift.map(|by| -by));
            let step = DreamStep {
                octave,
                total: values.len(),
                value,
                canvas: &shown,
            };
            if watch(step).is_break() {
                return Err(ExplainError::Interrupted);
            }
            values.push(value);
            has_gradient |= ascend(&mut shown, &gradient, dream.rate, &ends);
        }
        let added = shown.values.iter().zip(&base.values);
        detail = Some(Canvas {
            size: base.size,
            values: added.map(|(after, before)| after - before).collect(),
        });
    }
    let value = gradient(model, &shown, dream)?.0;
    Ok(Dreamt {
        canvas: shown,
        start,
        value,
        values,
        sizes,
        has_gradient,
    })
}

/// The objective of a picture, and its derivative with respect to each of its values.
///
/// # Errors
/// As [`dream`].
pub fn gradient(
    model: &FloatModel,
    canvas: &Canvas,
    dream: &Dream,
) -> Result<(f64, Vec<f32>), ExplainError> {
    dream.check(model)?;
    let (value, slopes) = Slopes::new(model, dream, canvas.size)?.of(canvas)?;
    Ok((value, slopes.values))
}

/// x + rate · g / mean|g| with pixels measured in levels, clipped to the range; whether there
/// is a slope.
fn ascend(canvas: &mut Canvas, gradient: &Canvas, rate: f64, ends: &[[f32; 2]]) -> bool {
    let positions = canvas.size[0] * canvas.size[1];
    let scales: Vec<f64> = ends
        .iter()
        .map(|[black, white]| f64::from(white - black) / 255.0)
        .collect();
    let planes = gradient.values.chunks_exact(positions).zip(&scales);
    let sizes =
        planes.flat_map(|(plane, scale)| plane.iter().map(move |&g| (f64::from(g) * scale).abs()));
    let mean = sizes.sum::<f64>() / gradient.values.len() as f64;
    if mean == 0.0 {
        return false;
    }
    let planes = canvas.values.chunks_exact_mut(positions);
    let planes = planes.zip(gradient.values.chunks_exact(positions));
    for ((plane, slopes), (scale, [black, white])) in planes.zip(scales.iter().zip(ends)) {
        let (low, high) = (black.min(*white), black.max(*white));
        for (value, &g) in plane.iter_mut().zip(slopes) {
            let levels = rate * f64::from(g) * scale / mean;
            let moved = f64::from(*value) + scale * levels;
            *value = (moved as f32).clamp(low, high);
        }
    }
    true
}

/// The picture at each size, the coarsest first; each is made from the next finer one.
fn pyramid(canvas: &Canvas, sizes: &[[usize; 2]]) -> Vec<Canvas> {
    let mut octaves = vec![canvas.clone()];
    for &size in sizes.iter().rev().skip(1) {
        let coarser = octaves[octaves.len() - 1].resized(size);
        octaves.push(coarser);
    }
    octaves.reverse();
    octaves
}

impl Canvas {
    /// The same picture at another size, bilinearly.
    pub fn resized(&self, size: [usize; 2]) -> Self {
        let planes = self.values.chunks_exact(self.size[0] * self.size[1]);
        Self {
            size,
            values: planes
                .flat_map(|plane| bilinear(plane, self.size, size))
                .collect(),
        }
    }

    /// Shifted down and right, around its edges.
    pub fn rolled(&self, shift: [isize; 2]) -> Self {
        Self {
            size: self.size,
            values: crate::ascend::rolled(&self.values, self.size, shift),
        }
    }
}
