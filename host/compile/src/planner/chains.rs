//! Which steps are run as a chain, row by row, because the arena is smaller so.
//!
//! A chain takes memory for the rows under its windows, and saves the tensors between its
//! layers. What is alive while a step runs depends on the layers of this step alone: a
//! tensor that another chain makes row by row is not there then. So the chains with which
//! the fullest step is the least full of all follow from the best ones of fewer layers, and
//! of these chains the shortest are taken: a row that a chain makes costs more than one of
//! a layer alone. That holds for the layers in their order; the order of the steps is the
//! packing's.

use std::ops::{Range, RangeInclusive};

use super::bound::{lives, saved_bytes};
use super::layers::{LayerStep, PlannedLayer, PlannedNetwork, StepKind, join};
use super::{Sharing, TensorProblem};
use cortexscope_core::rows::MOST_LAYERS;

/// Steps that can run as one, up to a step that is known.
#[derive(Clone, Copy, Debug)]
struct Joined {
    /// The first of them.
    first: usize,
    /// Bytes that are alive while they run.
    bytes: usize,
}

/// The steps before any are joined, with what is alive between them.
struct Apart<'a> {
    network: &'a PlannedNetwork,
    steps: &'a [LayerStep],
    made: TensorProblem,
    /// The steps in which each buffer lives.
    lives: Vec<RangeInclusive<usize>>,
}

impl<'a> Apart<'a> {
    fn new(network: &'a PlannedNetwork, steps: &'a [LayerStep]) -> Self {
        let made = network.problem(steps);
        let order: Vec<usize> = (0..steps.len()).collect();
        Self {
            lives: lives(&made.problem, &order),
            network,
            steps,
            made,
        }
    }

    /// The step `end` alone, and every chain that it is the last step of.
    fn ends(&self, end: usize) -> Vec<Joined> {
        let joined = |first: usize| Joined {
            first,
            bytes: self.alive_bytes(first..end + 1),
        };
        let mut all = vec![joined(end)];
        let mut second = self.steps[end].clone();
        for first in (0..end).rev() {
            if !self.network.can_join(&self.steps[first], &second) {
                break;
            }
            second = join(&self.steps[first..=end]);
            all.push(joined(first));
        }
        all
    }

    /// Bytes that are alive while the steps `range` run, joined where they are several. What
    /// lives in one of them lives in the chain, but for the tensors inside it.
    fn alive_bytes(&self, range: Range<usize>) -> usize {
        let step = join(&self.steps[range.clone()]);
        let problem = &self.made.problem;
        let inside = step.layers.start + 1..step.layers.end;
        let tensors = self.made.tensors.iter().enumerate();
        let alive = tensors.filter_map(|(tensor, &buffer)| {
            let buffer = buffer.filter(|_| !inside.contains(&tensor))?;
            let life = &self.lives[buffer];
            let meets = *life.start() < range.end && *life.end() >= range.start;
            meets.then_some(problem.buffers[buffer].bytes)
        });
        let bytes = alive.sum::<usize>() + self.network.beside_bytes(&step);
        let shares = self.network.shares(&step).into_iter().filter_map(|share| {
            let input = self.made.tensors[share.tensor]?;
            let is_read_later = *self.lives[input].end() >= range.end;
            let may_be_lost = !is_read_later && !problem.buffers[input].is_kept;
            may_be_lost.then_some(Sharing {
                input,
                output: self.made.tensors[step.layers.end]?,
                lag_bytes: share.lag_bytes,
            })
        });
        bytes - saved_bytes(problem, &shares.collect::<Vec<_>>())
    }
}

impl PlannedNetwork {
    /// Steps in which what can be fused is fused.
    pub fn fused(&self) -> Vec<LayerStep> {
        let steps = self.pooled();
        // For each step those before it that it can be the end of a chain with, the chain's
        // first step and the bytes that are alive while it runs; at first it alone.
        let apart = Apart::new(self, &steps);
        let ends: Vec<Vec<Joined>> = (0..steps.len()).map(|end| apart.ends(end)).collect();
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
    use super::super::Buffer;
    use super::super::layers::{PlannedLayer, Rows};
    use super::super::order::fullest;
    use super::*;
    use cortexscope_core::image::Shape;
    use cortexscope_core::image::Window;
    use cortexscope_core::rows::Link;
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
            let fullest_step = |steps: &[LayerStep]| {
                let order: Vec<usize> = (0..steps.len()).collect();
                fullest(&network.problem(steps).problem, &order)
            };
            let chosen = network.fused();
            let layers: Vec<usize> = chosen.iter().flat_map(|step| step.layers.clone()).collect();
            prop_assert_eq!(layers, (0..network.layers.len()).collect::<Vec<_>>());
            let all = every_choice(&network);
            let least = all.iter().map(|steps| (fullest_step(steps), network.layers.len() - steps.len())).min();
            prop_assert_eq!(Some((fullest_step(&chosen), network.layers.len() - chosen.len())), least);
        }
    }
}
