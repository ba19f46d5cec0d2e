//! The pointing game at a receptive field: does the map of a neuron lie where the neuron looks?
//!
//! The game is that of Zhang et al. 2018 (section 4.1), whose truth is a box around an object.
//! Here it is the receptive field of the neuron that is explained, which is known exactly.

use super::control::Candidate;
use crate::attribute::{ExplainError, Run};
use crate::float_model::{FloatModel, LayerId};
use crate::target::{Aim, Quantity};
use cortexscope_net::scores::first_greatest;

/// What counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// 1 if the greatest value of the map lies in the field, the first of equal ones; else 0
    /// (Zhang et al. 2018, without their margin of 15 pixels).
    Maximum,
    /// The share of the map's positive values that lies in the field (Wang et al. 2020,
    /// section 4.3, the energy-based game).
    Energy,
}

/// A game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointing {
    /// The layer whose most excited neuron is explained.
    pub layer: LayerId,
    /// What counts.
    pub score: Score,
}

/// A neuron and what it sees.
pub struct Seen {
    /// The neuron as a target.
    pub aim: Aim,
    /// `[y0, x0, y1, x1]` of its receptive field in the input; the ends are not seen.
    pub field: [usize; 4],
}

impl Pointing {
    /// The most excited neuron of the layer for `input`, the first of equal ones.
    ///
    /// # Errors
    /// The model cannot be run.
    pub fn neuron(&self, model: &FloatModel, input: &[f32]) -> Result<Seen, ExplainError> {
        let values = model.activations(&[self.layer], input)?.remove(0);
        let index = first_greatest(&values).unwrap_or_default();
        let layer = model.layer(self.layer);
        let [_, height, width] = layer.shape;
        let place = index % (height * width);
        let at = [place / width, place % width];
        let channel = index / (height * width);
        let [_, rows, columns] = model.input_shape();
        Ok(Seen {
            aim: Aim {
                layer: self.layer,
                shape: layer.shape,
                what: Quantity::Value(index),
                words: format!("neuron {}:{channel}:{}:{}", layer.name, at[0], at[1]),
            },
            field: model
                .receptive_field(self.layer)
                .within(at, [rows, columns]),
        })
    }

    /// How well a candidate's map points at `field`; `None` where the map does not vary, or has
    /// no positive value for [`Score::Energy`].
    ///
    /// # Errors
    /// The method cannot explain the neuron, or an interruption.
    pub fn of(
        &self,
        candidate: &Candidate<'_>,
        field: [usize; 4],
        run: &mut Run<'_>,
    ) -> Result<Option<f64>, ExplainError> {
        let [_, _, width] = run.model.input_shape();
        Ok(points(
            &candidate.map(run)?.pixels,
            width,
            field,
            self.score,
        ))
    }
}

/// How well `map`, rows of `width`, points at `[y0, x0, y1, x1]`.
pub fn points(map: &[f32], width: usize, field: [usize; 4], score: Score) -> Option<f64> {
    let [y0, x0, y1, x1] = field;
    let is_inside = |at: usize| {
        let (y, x) = (at / width, at % width);
        (y0..y1).contains(&y) && (x0..x1).contains(&x)
    };
    match score {
        Score::Maximum => {
            let varies = map.iter().any(|value| *value != map[0]);
            let greatest = first_greatest(map).filter(|_| varies)?;
            Some(f64::from(u8::from(is_inside(greatest))))
        }
        Score::Energy => {
            let positive = |at: usize| f64::from(map[at].max(0.0));
            let all: f64 = (0..map.len()).map(positive).sum();
            let inside = (0..map.len()).filter(|&at| is_inside(at)).map(positive);
            (all > 0.0).then(|| inside.sum::<f64>() / all)
        }
    }
}
