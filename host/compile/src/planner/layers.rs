//! Layers as the planner sees them, the steps that run them, and what a step reads, holds
//! and may write over.

use std::ops::Range;

use super::{Buffer, Share, TensorProblem, TensorStep};
use cortexscope_core::image::Shape;
use cortexscope_core::rows::{self, Link};
use cortexscope_core::sharing::lag_bytes;

/// A layer as the planner sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedLayer {
    /// Tensors that it reads; layer `i` writes tensor `i + 1`.
    pub reads: Vec<usize>,
    /// What it writes.
    pub output: Buffer,
    /// How it gets from row to row.
    pub rows: Rows,
    /// Bytes that its kernel needs beside.
    pub scratch_bytes: usize,
    /// Whether its rows are all that it gives: nothing that looks at more than one row is
    /// done to them where they lie.
    pub is_by_rows: bool,
    /// What it needs with the max-pool after it, where its rows can be pooled as they are
    /// made.
    pub pooled: Option<Pooled>,
}

/// How a layer gets from rows to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// It slides a window.
    Window(Link),
    /// It goes element by element.
    Element(Shape),
    /// It reads everything for each value.
    Whole,
}

/// A convolution whose rows are pooled as they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooled {
    /// Bytes of scratch.
    pub scratch_bytes: usize,
    /// Bytes of one row of the convolution.
    pub row_bytes: usize,
    /// How far the pooled output must begin before the input.
    pub lag_bytes: usize,
}

/// What a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// One layer.
    Layer,
    /// A convolution and the max-pool after it.
    ConvPool,
    /// A chain, row by row.
    Chain,
}

/// Layers that run in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerStep {
    /// How they run.
    pub kind: StepKind,
    /// Which.
    pub layers: Range<usize>,
}

/// A network, and how many bytes an element of it has.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedNetwork {
    /// The input.
    pub input: Buffer,
    /// The layers in an order that works.
    pub layers: Vec<PlannedLayer>,
    /// Bytes of an element.
    pub word: usize,
}

/// Neighbouring steps as one: a chain, or the step itself where it is alone.
pub(super) fn join(steps: &[LayerStep]) -> LayerStep {
    let (first, last) = (&steps[0], &steps[steps.len() - 1]);
    LayerStep {
        kind: if steps.len() > 1 {
            StepKind::Chain
        } else {
            first.kind
        },
        layers: first.layers.start..last.layers.end,
    }
}

impl Rows {
    pub(super) fn link(self) -> Option<Link> {
        match self {
            Self::Window(link) => Some(link),
            Self::Element(shape) => Some(Link::by_element(shape)),
            Self::Whole => None,
        }
    }
}

impl PlannedNetwork {
    /// One step for each layer.
    pub fn layer_by_layer(&self) -> Vec<LayerStep> {
        let layers = 0..self.layers.len();
        let alone = layers.map(|layer| LayerStep {
            kind: StepKind::Layer,
            layers: layer..layer + 1,
        });
        alone.collect()
    }

    /// One step for each layer, but for convolutions whose rows are pooled as they are made.
    pub(super) fn pooled(&self) -> Vec<LayerStep> {
        let mut steps = Vec::new();
        let mut layer = 0;
        while layer < self.layers.len() {
            let (kind, count) = match self.layers[layer].pooled {
                Some(_) => (StepKind::ConvPool, 2),
                None => (StepKind::Layer, 1),
            };
            steps.push(LayerStep {
                kind,
                layers: layer..layer + count,
            });
            layer += count;
        }
        steps
    }

    /// The planner's problem for these steps.
    pub fn problem(&self, steps: &[LayerStep]) -> TensorProblem {
        let mut is_inside = vec![false; self.layers.len() + 1];
        for step in steps {
            is_inside[step.layers.start + 1..step.layers.end].fill(true);
        }
        let tensors = (0..=self.layers.len()).map(|tensor| {
            let buffer = match tensor.checked_sub(1) {
                Some(layer) => self.layers[layer].output,
                None => self.input,
            };
            (!is_inside[tensor]).then_some(buffer)
        });
        let steps = steps.iter().map(|step| TensorStep {
            reads: self.reads(step),
            output: step.layers.end,
            beside_bytes: self.beside_bytes(step),
            shares: self.shares(step),
        });
        TensorProblem::new(tensors, steps)
    }

    /// Bytes that a step needs beside its tensors.
    pub(super) fn beside_bytes(&self, step: &LayerStep) -> usize {
        self.scratch_bytes(step) + self.row_bytes(step)
    }

    /// Bytes of scratch of a step.
    pub fn scratch_bytes(&self, step: &LayerStep) -> usize {
        let layers = &self.layers[step.layers.clone()];
        match (step.kind, layers[0].pooled) {
            (StepKind::ConvPool, Some(pooled)) => pooled.scratch_bytes,
            _ => layers
                .iter()
                .map(|layer| layer.scratch_bytes)
                .max()
                .unwrap_or(0),
        }
    }

    /// Bytes of the rows that a step holds of tensors that are fused away.
    pub fn row_bytes(&self, step: &LayerStep) -> usize {
        match (step.kind, self.layers[step.layers.start].pooled) {
            (StepKind::Layer, _) => 0,
            (StepKind::ConvPool, pooled) => pooled.map_or(0, |pooled| pooled.row_bytes),
            (StepKind::Chain, _) => {
                let links = self.links(&step.layers);
                self.word * links.iter().skip(1).map(Link::held_bytes).sum::<usize>()
            }
        }
    }

    /// Tensors that a step reads from outside, each once.
    pub fn reads(&self, step: &LayerStep) -> Vec<usize> {
        let is_inside = |tensor: usize| (step.layers.start + 1..step.layers.end).contains(&tensor);
        let layers = &self.layers[step.layers.clone()];
        let mut reads: Vec<usize> = Vec::new();
        for &tensor in layers.iter().flat_map(|layer| &layer.reads) {
            if !is_inside(tensor) && !reads.contains(&tensor) {
                reads.push(tensor);
            }
        }
        reads
    }

    /// What a step may write over.
    pub(super) fn shares(&self, step: &LayerStep) -> Vec<Share> {
        let first = step.layers.start;
        let layer = &self.layers[first];
        let last = &self.layers[step.layers.end - 1];
        // Logits are made of sums of four bytes each.
        if last.output.align > self.word {
            return Vec::new();
        }
        let of = |lag: usize, tensor: usize| Share {
            tensor,
            lag_bytes: lag * self.word,
        };
        match (step.kind, layer.rows) {
            (StepKind::ConvPool, _) => {
                let pooled = layer.pooled.map(|pooled| pooled.lag_bytes);
                pooled
                    .map(|lag| of(lag, layer.reads[0]))
                    .into_iter()
                    .collect()
            }
            (StepKind::Layer, Rows::Window(link)) => {
                let lag = lag_bytes(link.input, link.output, &link.window);
                vec![of(lag, layer.reads[0])]
            }
            (StepKind::Layer, Rows::Element(_)) => {
                let reads = self.reads(step);
                reads.into_iter().map(|tensor| of(0, tensor)).collect()
            }
            (StepKind::Layer, Rows::Whole) => Vec::new(),
            (StepKind::Chain, _) => {
                let links = self.links(&step.layers);
                let reads = self.reads(step).into_iter();
                let shares = reads.map(|tensor| {
                    let layers = self.layers[step.layers.clone()].iter().enumerate();
                    let readers = layers.filter(|(_, layer)| layer.reads.contains(&tensor));
                    let readers = readers.fold(0, |mask, (link, _)| mask | 1 << link);
                    of(rows::lag_bytes(&links, readers), tensor)
                });
                shares.collect()
            }
        }
    }

    fn links(&self, layers: &Range<usize>) -> Vec<Link> {
        let layers = self.layers[layers.clone()].iter();
        layers.filter_map(|layer| layer.rows.link()).collect()
    }
}
