//! The indirect encoding: a compositional pattern-producing network (Stanley 2007) draws
//! the picture from each pixel's place, so that pictures have regularities.

use super::map_elites::Genome;
use cortexscope_net::random::Random;

/// A small network from a place in the picture to a level for each channel.
///
/// It begins without hidden nodes and grows, as in Nguyen et al. 2015. There colours are
/// hue, saturation and value; here each channel has an output of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct CppnGenome {
    /// Hidden nodes and, at the end, one output for each channel, in the order of their
    /// evaluation.
    nodes: Vec<Node>,
    outputs: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    shape: Curve,
    /// From which input or earlier node, counted from the inputs on, and with what weight.
    from: Vec<(usize, f64)>,
}

/// What a node makes of the sum of what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    Sine,
    Sigmoid,
    Gaussian,
    Linear,
}

const CURVES: [Curve; 4] = [Curve::Sine, Curve::Sigmoid, Curve::Gaussian, Curve::Linear];
/// Row, column, distance from the middle, and one.
const INPUTS: usize = 4;
/// Hidden nodes at most, which bounds what a picture costs.
const MOST_NODES: usize = 40;
/// Chances of each kind of change in one mutation.
const ADD_NODE: f64 = 0.2;
const ADD_CONNECTION: f64 = 0.3;
const CHANGE_CURVE: f64 = 0.1;
const CHANGE_WEIGHT: f64 = 0.6;
/// Deviation of a weight's change.
const WEIGHT_STEP: f64 = 0.7;

impl Curve {
    fn of(self, sum: f64) -> f64 {
        match self {
            Self::Sine => sum.sin(),
            Self::Sigmoid => 2.0 / (1.0 + (-4.9 * sum).exp()) - 1.0,
            Self::Gaussian => 2.0 * (-2.5 * sum * sum).exp() - 1.0,
            Self::Linear => sum.clamp(-1.0, 1.0),
        }
    }

    fn any(random: &mut Random) -> Self {
        CURVES[random.index(CURVES.len())]
    }
}

impl CppnGenome {
    /// The value of every output, −1 to 1, at a place.
    fn outputs(&self, inputs: [f64; INPUTS], values: &mut Vec<f64>) {
        values.clear();
        values.extend(inputs);
        for node in &self.nodes {
            let terms = node
                .from
                .iter()
                .map(|&(from, weight)| weight * values[from]);
            let sum = terms.sum();
            values.push(node.shape.of(sum));
        }
    }

    fn add_node(&mut self, random: &mut Random) {
        if self.nodes.len() >= MOST_NODES + self.outputs {
            return;
        }
        // The node goes into a connection of the node `reader`, and stands before it; before
        // all outputs, where that is one.
        let reader = random.index(self.nodes.len());
        if self.nodes[reader].from.is_empty() {
            return;
        }
        let place = reader.min(self.nodes.len() - self.outputs);
        let own = INPUTS + place;
        for node in &mut self.nodes[place..] {
            for (from, _) in &mut node.from {
                *from += usize::from(*from >= own);
            }
        }
        let connections = &mut self.nodes[reader].from;
        let connection = random.index(connections.len());
        let from = std::mem::replace(&mut connections[connection].0, own);
        let added = Node {
            shape: Curve::any(random),
            from: vec![(from, 1.0)],
        };
        self.nodes.insert(place, added);
    }

    fn add_connection(&mut self, random: &mut Random) {
        let at = random.index(self.nodes.len());
        // Outputs read no outputs.
        let hidden = self.nodes.len() - self.outputs;
        let from = random.index(INPUTS + at.min(hidden));
        self.nodes[at].from.push((from, random.normal()));
    }
}

impl Genome for CppnGenome {
    fn first([channels, ..]: [usize; 3], random: &mut Random) -> Self {
        let output = |random: &mut Random| Node {
            shape: Curve::any(random),
            from: (0..INPUTS).map(|input| (input, random.normal())).collect(),
        };
        Self {
            nodes: (0..channels).map(|_| output(random)).collect(),
            outputs: channels,
        }
    }

    fn mutate(&mut self, _: usize, random: &mut Random) {
        if random.uniform() < ADD_NODE {
            self.add_node(random);
        }
        if random.uniform() < ADD_CONNECTION {
            self.add_connection(random);
        }
        if random.uniform() < CHANGE_CURVE {
            let at = random.index(self.nodes.len());
            self.nodes[at].shape = Curve::any(random);
        }
        for node in &mut self.nodes {
            for (_, weight) in &mut node.from {
                if random.uniform() < CHANGE_WEIGHT {
                    *weight = (*weight + WEIGHT_STEP * random.normal()).clamp(-20.0, 20.0);
                }
            }
        }
    }

    fn picture(&self, [channels, height, width]: [usize; 3]) -> Vec<u8> {
        let place = |at: usize, side: usize| 2.0 * (at as f64 + 0.5) / side as f64 - 1.0;
        let mut levels = vec![0; channels * height * width];
        let mut values = Vec::new();
        for row in 0..height {
            for column in 0..width {
                let (y, x) = (place(row, height), place(column, width));
                self.outputs([y, x, y.hypot(x), 1.0], &mut values);
                let outputs = values[values.len() - self.outputs..].iter().take(channels);
                for (channel, &value) in outputs.enumerate() {
                    let level = (127.5 * (value + 1.0)).round().clamp(0.0, 255.0);
                    levels[(channel * height + row) * width + column] = level as u8;
                }
            }
        }
        levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_worked_by_hand() {
        let genome = CppnGenome {
            nodes: vec![
                Node {
                    shape: Curve::Linear,
                    from: vec![(1, 2.0)],
                },
                Node {
                    shape: Curve::Sine,
                    from: vec![(INPUTS, std::f64::consts::FRAC_PI_2), (3, 0.0)],
                },
            ],
            outputs: 1,
        };
        // Columns lie at −¾, −¼, ¼ and ¾: twice that, cut at ±1, and the sine of it.
        let quarter = (127.5 * (1.0 + (std::f64::consts::PI / 4.0).sin())).round() as u8;
        let row = [0, 255 - quarter, quarter, 255];
        assert_eq!(genome.picture([1, 2, 4]), [row, row].concat());
    }

    #[test]
    fn a_new_node_draws_the_same_until_its_curve_and_weights_differ() {
        let mut random = Random::new(8);
        let mut added = 0;
        for _ in 0..40 {
            let mut genome = CppnGenome::first([2, 3, 3], &mut random);
            for _ in 0..30 {
                genome.mutate(0, &mut random);
            }
            let hidden = genome.nodes.len() - 2;
            assert!(hidden <= MOST_NODES);
            for (at, node) in genome.nodes.iter().enumerate() {
                let earlier = |&(from, _): &(usize, f64)| from < INPUTS + at.min(hidden);
                assert!(node.from.iter().all(earlier), "{genome:?}");
            }
            let mut grown = genome.clone();
            grown.add_node(&mut random);
            assert_eq!(grown.nodes.len(), genome.nodes.len() + 1);
            let differs = |at: &usize| {
                grown.nodes[*at].from.len() == 1 && {
                    let mut without = grown.clone();
                    let (from, _) = without.nodes.remove(*at).from[0];
                    let own = INPUTS + at;
                    for (source, _) in without.nodes.iter_mut().flat_map(|node| &mut node.from) {
                        if *source == own {
                            *source = from;
                        } else {
                            *source -= usize::from(*source > own);
                        }
                    }
                    without == genome
                }
            };
            // Without the node, its reader reads what the node read.
            let place = (0..=hidden).find(differs).expect("one node more");
            grown.nodes[place].shape = Curve::Linear;
            // A line passes on what lies from −1 to 1; only the distance goes beyond.
            if grown.nodes[place].from[0].0 != 2 {
                assert_eq!(grown.picture([2, 3, 3]), genome.picture([2, 3, 3]));
                added += 1;
            }
        }
        assert!(added > 10);
    }
}
