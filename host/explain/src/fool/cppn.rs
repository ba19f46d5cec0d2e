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
    fn curves_worked_by_hand() {
        let near = |have: f64, want: f64| assert!((have - want).abs() < 1e-12, "{have} {want}");
        for sum in [-2.0_f64, -0.5, 0.0, 0.25, 0.5, 3.0] {
            near(Curve::Sine.of(sum), sum.sin());
            // 2/(1 + e⁻²ᶻ) − 1 is the hyperbolic tangent of z.
            near(Curve::Sigmoid.of(sum), (2.45 * sum).tanh());
            near(
                Curve::Gaussian.of(sum),
                2.0 * 0.5_f64.powf(2.5 * sum * sum / 2.0_f64.ln()) - 1.0,
            );
            near(Curve::Linear.of(sum), sum.clamp(-1.0, 1.0));
        }
    }

    #[test]
    fn each_channel_has_an_output_of_its_own() {
        let line = |from: usize| Node {
            shape: Curve::Linear,
            from: vec![(from, 1.0)],
        };
        // Rows, columns and distances of a picture of two rows and four columns.
        let genome = CppnGenome {
            nodes: vec![line(0), line(1), line(2)],
            outputs: 3,
        };
        let level = |value: f64| (127.5 * (value + 1.0)).round().min(255.0) as u8;
        let rows = [-0.5, 0.5];
        let columns = [-0.75, -0.25, 0.25, 0.75];
        let places = || rows.into_iter().flat_map(|y| columns.map(|x| (y, x)));
        let mut want: Vec<u8> = places().map(|(y, _)| level(y)).collect();
        want.extend(places().map(|(_, x)| level(x)));
        want.extend(places().map(|(y, x): (f64, f64)| level((y * y + x * x).sqrt())));
        assert_eq!(genome.picture([3, 2, 4]), want);
    }

    #[test]
    fn mutations_are_as_frequent_and_as_large_as_they_should_be() {
        let mut random = Random::new(5);
        let first = CppnGenome::first([1, 3, 3], &mut random);
        let inputs: Vec<usize> = first.nodes[0].from.iter().map(|&(from, _)| from).collect();
        assert_eq!(inputs, [0, 1, 2, 3]);
        let trials = 4000;
        let (mut nodes, mut connections, mut plain, mut curves) = (0, 0, 0, 0);
        let mut changes = Vec::new();
        for _ in 0..trials {
            let mut child = first.clone();
            child.mutate(0, &mut random);
            let grown = child.nodes.len() - 1;
            let all: usize = child.nodes.iter().map(|node| node.from.len()).sum();
            nodes += grown;
            // A node brings one connection with it.
            connections += all - INPUTS - grown;
            if grown == 0 {
                plain += 1;
                curves += usize::from(child.nodes[0].shape != first.nodes[0].shape);
                let pairs = child.nodes[0].from.iter().zip(&first.nodes[0].from);
                changes.extend(pairs.map(|((_, new), (_, old))| new - old));
            }
        }
        let share = |count: usize, of: usize| count as f64 / of as f64;
        let near = |have: f64, want: f64| assert!((have - want).abs() < 0.04, "{have} {want}");
        near(share(nodes, trials), 0.2);
        near(share(connections, trials), 0.3);
        // A curve is drawn from four, of which one is the old one.
        near(share(curves, plain), 0.075);
        assert!((0.05..0.1).contains(&share(curves, plain)));
        let moved: Vec<f64> = changes
            .iter()
            .copied()
            .filter(|&change| change != 0.0)
            .collect();
        near(share(moved.len(), changes.len()), 0.6);
        let count = moved.len() as f64;
        near(moved.iter().sum::<f64>() / count, 0.0);
        near(
            (moved.iter().map(|x| x * x).sum::<f64>() / count).sqrt(),
            0.7,
        );
        // Weights have an end.
        let mut child = first;
        for _ in 0..2000 {
            child.mutate(0, &mut random);
        }
        let weights = child.nodes.iter().flat_map(|node| &node.from);
        let weights: Vec<f64> = weights.map(|&(_, weight)| weight).collect();
        for end in [-20.0, 20.0] {
            assert!(weights.contains(&end));
        }
        assert!(weights.iter().all(|weight| weight.abs() <= 20.0));
    }

    #[test]
    fn a_pattern_grows_to_forty_hidden_nodes() {
        let mut random = Random::new(1);
        let mut genome = CppnGenome::first([3, 2, 2], &mut random);
        for _ in 0..100 {
            genome.add_node(&mut random);
        }
        assert_eq!(genome.nodes.len(), 40 + 3);
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
