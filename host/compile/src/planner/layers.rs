//! From layers to steps: which run alone, which are pooled as they are made, and which
//! are run as a chain, row by row, because the arena is smaller so.
//!
//! A chain takes memory for the rows under its windows, and saves the tensors between its
//! layers. What is alive while a step runs depends on the layers of this step alone: a
//! tensor that another chain makes row by row is not there then. So the chains with which
//! the fullest step is the least full of all follow from the best ones of fewer layers, and
//! of these chains the shortest are taken: a row that a chain makes costs more than one of
//! a layer alone. That holds for the layers in their order; the order of the steps is the
//! packing's.

use std::ops::Range;

use super::bound::{lives, saved_bytes, sharing};
use super::{Buffer, Share, TensorProblem, TensorStep};
use cortexscope_core::image::Shape;
use cortexscope_core::rows::{self, Link, MOST_LAYERS};
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

/// Steps that can run as one, up to a step that is known.
#[derive(Clone, Copy, Debug)]
struct Joined {
    /// The first of them.
    first: usize,
    /// Bytes that are alive while they run.
    bytes: usize,
}

/// Neighbouring steps as one: a chain, or the step itself where it is alone.
fn join(steps: &[LayerStep]) -> LayerStep {
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
        let steps = self.pooled();
        // For each step those before it that it can be the end of a chain with, the chain's
        // first step and the bytes that are alive while it runs; at first it alone.
        let ends: Vec<Vec<Joined>> = (0..steps.len()).map(|end| self.ends(&steps, end)).collect();
        let mut fullest = vec![0];
        for joined in &ends {
            let least = joined
                .iter()
                .map(|joined| joined.bytes.max(fullest[joined.first]));
            fullest.push(least.min().unwrap_or(usize::MAX));
        }
        let most = fullest[steps.len()];
        // Of the joints the fewest with which no step is fuller, and the last step's chain.
        let mut fewest: Vec<Option<(usize, usize)>> = vec![Some((0, 0))];
        for (end, joined) in ends.iter().enumerate() {
            let fits = joined.iter().filter(|joined| joined.bytes <= most);
            let joints = fits.filter_map(|joined| {
                let (before, _) = fewest[joined.first]?;
                Some((before + end - joined.first, joined.first))
            });
            fewest.push(joints.min());
        }
        let mut chosen = Vec::new();
        let mut end = steps.len();
        while let Some(Some((_, first))) = fewest.get(end).filter(|_| end > 0) {
            chosen.push(join(&steps[*first..end]));
            end = *first;
        }
        chosen.reverse();
        chosen
    }

    /// One step for each layer, but for convolutions whose rows are pooled as they are made.
    fn pooled(&self) -> Vec<LayerStep> {
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

    /// The step `end` alone, and every chain that it is the last step of.
    fn ends(&self, steps: &[LayerStep], end: usize) -> Vec<Joined> {
        let joined = |first: usize| Joined {
            first,
            bytes: self.alive_in(steps, first..end + 1),
        };
        let mut all = vec![joined(end)];
        let mut second = steps[end].clone();
        for first in (0..end).rev() {
            if !self.can_join(&steps[first], &second) {
                break;
            }
            second = join(&steps[first..=end]);
            all.push(joined(first));
        }
        all
    }

    /// Bytes that are alive while the steps `range` run, joined where they are several.
    fn alive_in(&self, steps: &[LayerStep], range: Range<usize>) -> usize {
        let at = range.start;
        let mut all = steps[..at].to_vec();
        all.push(join(&steps[range.clone()]));
        all.extend_from_slice(&steps[range.end..]);
        self.alive(&all)[at]
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

    /// Bytes that are alive in each step, in this order.
    fn alive(&self, steps: &[LayerStep]) -> Vec<usize> {
        let problem = self.problem(steps).problem;
        let order: Vec<usize> = (0..steps.len()).collect();
        let lives = lives(&problem, &order);
        let alive = order.iter().map(|&at| {
            let there = lives.iter().zip(&problem.buffers);
            let there = there.filter(|(life, _)| life.contains(&at));
            let bytes: usize = there.map(|(_, buffer)| buffer.bytes).sum();
            let shares = sharing(&problem, at, |buffer| *lives[buffer].end() > at);
            bytes - saved_bytes(&problem, &shares)
        });
        alive.collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_core::image::Window;
    use proptest::prelude::*;

    /// A network of maps of one height, each layer of which reads the tensor before it, and
    /// some also one further back, as a sum does; the last is a dense layer.
    fn networks() -> impl Strategy<Value = PlannedNetwork> {
        let layer = (
            1_usize..9,
            0..4_u32,
            any::<prop::sample::Index>(),
            0_usize..3,
        );
        prop::collection::vec(layer, 2..8).prop_map(|drawn| {
            let shape = |channels| Shape {
                height: 6,
                width: 5,
                channels,
            };
            let buffer = |channels| Buffer::new(shape(channels).elements());
            let mut channels = vec![4];
            let mut layers = Vec::new();
            for (made, kind, other, scratch) in drawn {
                let before = channels[layers.len()];
                let like: Vec<usize> = (0..layers.len())
                    .filter(|&t| channels[t] == before)
                    .collect();
                let mut reads = vec![layers.len()];
                let (made, rows) = if kind == 0 && !like.is_empty() {
                    reads.push(like[other.index(like.len())]);
                    (before, Rows::Element(shape(before)))
                } else {
                    let window = if kind == 1 {
                        Window::POINT
                    } else {
                        Window::square(3, 1, 1)
                    };
                    let link = Link {
                        input: shape(before),
                        output: shape(made),
                        window,
                    };
                    (made, Rows::Window(link))
                };
                layers.push(PlannedLayer {
                    reads,
                    output: buffer(made),
                    rows,
                    scratch_bytes: 8 * scratch,
                    is_by_rows: true,
                    pooled: None,
                });
                channels.push(made);
            }
            layers.push(PlannedLayer {
                reads: vec![layers.len()],
                output: Buffer {
                    bytes: 8,
                    align: 4,
                    is_kept: true,
                },
                rows: Rows::Whole,
                scratch_bytes: 0,
                is_by_rows: true,
                pooled: None,
            });
            PlannedNetwork {
                input: buffer(4),
                layers,
                word: 1,
            }
        })
    }

    /// Every way to join neighbouring steps, joint by joint.
    fn every_choice(network: &PlannedNetwork) -> Vec<Vec<LayerStep>> {
        let alone = network.layer_by_layer();
        let mut all: Vec<Vec<LayerStep>> = vec![Vec::new()];
        for step in alone {
            let mut more = Vec::new();
            for chosen in all {
                if let Some(last) = chosen.last().filter(|last| network.can_join(last, &step)) {
                    let mut joined = chosen.clone();
                    let both = join(&[last.clone(), step.clone()]);
                    joined.pop();
                    joined.push(both);
                    more.push(joined);
                }
                let mut apart = chosen;
                apart.push(step.clone());
                more.push(apart);
            }
            all = more;
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(120))]

        /// No choice of chains leaves the fullest step less full, and none that leaves it as
        /// full has fewer joints.
        #[test]
        fn no_choice_of_chains_is_better(network in networks()) {
            let fullest = |steps: &[LayerStep]| network.alive(steps).into_iter().max();
            let chosen = network.fused();
            let layers: Vec<usize> = chosen.iter().flat_map(|step| step.layers.clone()).collect();
            prop_assert_eq!(layers, (0..network.layers.len()).collect::<Vec<_>>());
            let all = every_choice(&network);
            let least = all.iter().map(|steps| (fullest(steps), network.layers.len() - steps.len())).min();
            prop_assert_eq!(Some((fullest(&chosen), network.layers.len() - chosen.len())), least);
        }
    }
}
