//! What one inference gave, by layer name and channels first.

use crate::session::{Inference, LayerCost};
use cortexscope_compile::layout::channels_first;
use cortexscope_core::image::Shape;
use cortexscope_core::{Model, first_greatest, softmax_probability};

/// One tapped tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Its number; 0 is the input.
    pub tensor: usize,
    /// Name of the layer that wrote it.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// What one step of the int8 is worth.
    pub scale: f32,
    /// The int8 that stands for zero.
    pub zero: i8,
    /// int8 `[C, H, W]`.
    pub values: Vec<i8>,
}

impl Activation {
    /// `(int8 − zero) · scale`, `[C, H, W]`.
    pub fn real(&self) -> Vec<f32> {
        let zero = i32::from(self.zero);
        self.values
            .iter()
            .map(|&q| (i32::from(q) - zero) as f32 * self.scale)
            .collect()
    }
}

/// What one inference gave.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The tensors that were tapped, the logits not among them.
    pub activations: Vec<Activation>,
    /// The last layer's accumulators `[C, H, W]`, if it was tapped.
    pub accumulators: Option<Vec<i32>>,
    /// The logits `[C, H, W]`.
    pub logits: Vec<f32>,
    /// What each layer took, in order of execution.
    pub layers: Vec<LayerCost>,
    /// What the whole took, in the board's unit; none if it cannot count.
    pub count: Option<u64>,
}

impl Recording {
    pub(super) fn new(model: &Model<'_>, inference: Inference) -> Self {
        let last = model.logits().shape;
        let tapped = inference.activations.into_iter().enumerate();
        let activations = tapped.filter_map(|(tensor, values)| {
            let view = model.tensor(tensor)?;
            Some(Activation {
                tensor,
                name: view.name.to_owned(),
                shape: view.shape,
                scale: view.scale,
                zero: view.zero,
                values: channels_first(&values?, view.shape),
            })
        });
        Self {
            activations: activations.collect(),
            accumulators: inference
                .accumulators
                .map(|sums| channels_first(&sums, last)),
            logits: channels_first(&inference.logits, last),
            layers: inference.layers,
            count: inference.count,
        }
    }

    /// The class with the largest logit, the first of equals.
    pub fn predicted(&self) -> usize {
        first_greatest(&self.logits)
    }
}

/// The probability of every class, with the function that the boards use.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    (0..logits.len())
        .map(|class| softmax_probability(logits, class))
        .collect()
}
