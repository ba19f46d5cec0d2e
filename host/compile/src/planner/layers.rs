//! From layers to steps: which run alone, which are pooled as they are made, and which
//! are run as a chain, row by row, because the arena is smaller so.
//!
//! A chain takes memory for the rows under its windows, and saves the tensors between its
//! layers. So steps are joined where a tensor between them is there in the fullest step,
//! as long as the steps get less full, the fullest of them first; what was joined last
//! without making the fullest less full is taken back.

use std::ops::Range;

use super::bound::{lives, saved_bytes, sharing};
use super::{Buffer, Share, TensorProblem, TensorStep};
use cortexscope_core::image::Shape;
use cortexscope_core::rows::{self, Link, MOST_LAYERS};
use cortexscope_core::sharing::lag_bytes;

/// Layers that are joined in the hope that the fullest step gets less full by more.
const PATIENCE: usize = 4;

/// A layer as the planner sees it.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub struct PlannedNetwork {
    /// The input.
    pub input: Buffer,
    /// The layers in an order that works.
    pub layers: Vec<PlannedLayer>,
    /// Bytes of an element.
    pub word: usize,
}

/// How full the steps are.
#[derive(Clone, Debug)]
struct Profile {
    /// Bytes alive in each step, the fullest first.
    sorted: Vec<usize>,
    /// For each tensor whether it is there in a step than which none is fuller.
    in_the_way: Vec<bool>,
}

impl Profile {
    fn fullest(&self) -> usize {
        self.sorted.first().copied().unwrap_or(0)
    }
}

impl Rows {
    fn link(self) -> Option<Link> {
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

    /// Steps in which what can be fused is fused.
    pub fn fused(&self) -> Vec<LayerStep> {
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
        let mut profile = self.profile(&steps);
        let mut best = (profile.fullest(), steps.clone());
        let mut without_gain = 0;
        while without_gain < PATIENCE
            && let Some((joined, less)) = self.join(&steps, &profile)
        {
            (steps, profile) = (joined, less);
            without_gain += 1;
            if profile.fullest() < best.0 {
                best = (profile.fullest(), steps.clone());
                without_gain = 0;
            }
        }
        best.1
    }

    /// The planner's problem for these steps.
    pub fn problem(&self, steps: &[LayerStep]) -> TensorProblem {
        let tensors = (0..=self.layers.len()).map(|tensor| {
            let is_inside =
                |step: &LayerStep| (step.layers.start + 1..step.layers.end).contains(&tensor);
            let buffer = match tensor.checked_sub(1) {
                Some(layer) => self.layers[layer].output,
                None => self.input,
            };
            (!steps.iter().any(is_inside)).then_some(buffer)
        });
        let steps = steps.iter().map(|step| TensorStep {
            reads: self.reads(step),
            output: step.layers.end,
            beside_bytes: self.scratch_bytes(step) + self.row_bytes(step),
            shares: self.shares(step),
        });
        TensorProblem::new(tensors, steps)
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
    fn shares(&self, step: &LayerStep) -> Vec<Share> {
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

    /// How full each step is, in this order.
    fn profile(&self, steps: &[LayerStep]) -> Profile {
        let TensorProblem {
            problem, tensors, ..
        } = self.problem(steps);
        let order: Vec<usize> = (0..steps.len()).collect();
        let lives = lives(&problem, &order);
        let alive: Vec<usize> = order
            .iter()
            .map(|&at| {
                let there = lives.iter().zip(&problem.buffers);
                let there = there.filter(|(life, _)| life.contains(&at));
                let bytes: usize = there.map(|(_, buffer)| buffer.bytes).sum();
                let shares = sharing(&problem, at, |buffer| *lives[buffer].end() > at);
                bytes - saved_bytes(&problem, &shares)
            })
            .collect();
        let fullest = alive.iter().copied().max().unwrap_or(0);
        let is_full = |at: usize| alive[at] == fullest;
        let is_there = |buffer: &Option<usize>| {
            buffer.is_some_and(|buffer| lives[buffer].clone().any(is_full))
        };
        let in_the_way = tensors.iter().map(is_there).collect();
        let mut sorted = alive;
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        Profile { sorted, in_the_way }
    }

    /// The two neighbouring steps joined that leave the least full profile, if that is
    /// less full than `profile`.
    fn join(&self, steps: &[LayerStep], profile: &Profile) -> Option<(Vec<LayerStep>, Profile)> {
        let candidates = (1..steps.len()).filter(|&at| {
            profile.in_the_way[steps[at].layers.start] && self.can_join(&steps[at - 1], &steps[at])
        });
        let joined = candidates.map(|at| {
            let mut joined = steps.to_vec();
            let second = joined.remove(at);
            joined[at - 1] = LayerStep {
                kind: StepKind::Chain,
                layers: joined[at - 1].layers.start..second.layers.end,
            };
            let profile = self.profile(&joined);
            (joined, profile)
        });
        let least = joined.min_by(|(_, a), (_, b)| a.sorted.cmp(&b.sorted))?;
        (least.1.sorted < profile.sorted).then_some(least)
    }

    /// Whether the second step can take the rows of the first as they are made.
    fn can_join(&self, first: &LayerStep, second: &LayerStep) -> bool {
        let tensor = first.layers.end;
        let reader = &self.layers[second.layers.start];
        let count = first.layers.len() + second.layers.len();
        let layers = &self.layers[first.layers.start..second.layers.end];
        let times =
            |layer: &PlannedLayer| layer.reads.iter().filter(|&&read| read == tensor).count();
        let readers: usize = self.layers.iter().map(times).sum();
        let is_last = second.layers.end == self.layers.len();
        !is_last
            && count <= MOST_LAYERS
            && first.kind != StepKind::ConvPool
            && second.kind != StepKind::ConvPool
            && layers
                .iter()
                .all(|layer| layer.is_by_rows && layer.rows.link().is_some())
            && readers == 1
            && times(reader) == 1
            && reader.rows.link().is_some_and(|link| link.needs_all_rows())
    }
}
