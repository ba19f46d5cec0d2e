//! The best inputs of one unit.

use serde::{Deserialize, Serialize};

/// How much one input excites a unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excitation {
    /// The input's number in the data, from 0.
    pub input: usize,
    /// The unit's value.
    #[serde(with = "bits")]
    pub value: f32,
    /// Row and column of the map's greatest value; of equals, the first.
    pub at: [usize; 2],
}

/// A float as its bits, so that a file gives back exactly what was written.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.to_bits())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
        u32::deserialize(deserializer).map(f32::from_bits)
    }
}

impl Excitation {
    /// Whether it stands before `other`: a greater value, or the same and an earlier input.
    fn precedes(&self, other: &Self) -> bool {
        match self.value.total_cmp(&other.value) {
            std::cmp::Ordering::Equal => self.input < other.input,
            order => order.is_gt(),
        }
    }
}

/// The best inputs of a unit, the best one first. What it holds does not depend on the order
/// in which inputs were offered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// The inputs.
    pub best: Vec<Excitation>,
}

impl Ranking {
    /// Takes an input in if it is among the best `keep`. A value that is not a number is left out.
    pub fn offer(&mut self, excitation: Excitation, keep: usize) {
        if !excitation.value.is_finite() {
            return;
        }
        // −0 and 0 tie.
        let excitation = Excitation {
            value: excitation.value + 0.0,
            ..excitation
        };
        let is_full = self.best.len() >= keep;
        if is_full
            && self
                .best
                .last()
                .is_none_or(|last| !excitation.precedes(last))
        {
            return;
        }
        let at = self
            .best
            .partition_point(|other| other.precedes(&excitation));
        self.best.insert(at, excitation);
        self.best.truncate(keep);
    }

    /// Takes in the best of another part of the data.
    pub fn merge(&mut self, other: Self, keep: usize) {
        for excitation in other.best {
            self.offer(excitation, keep);
        }
    }

    fn holds(&self, input: usize) -> bool {
        self.best.iter().any(|excitation| excitation.input == input)
    }
}

/// Inputs that are among the best of one of two rankings alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Of the first alone, in its order.
    pub only_first: Vec<usize>,
    /// Of the second alone, in its order.
    pub only_second: Vec<usize>,
}

/// Where two networks choose different inputs for a unit.
pub fn compare(first: &Ranking, second: &Ranking) -> Difference {
    let only = |of: &Ranking, other: &Ranking| {
        let inputs = of.best.iter().map(|excitation| excitation.input);
        inputs.filter(|&input| !other.holds(input)).collect()
    };
    Difference {
        only_first: only(first, second),
        only_second: only(second, first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(values: &[(usize, f32)], keep: usize) -> Vec<usize> {
        let mut ranking = Ranking::default();
        for &(input, value) in values {
            let at = [0, 0];
            ranking.offer(Excitation { input, value, at }, keep);
        }
        ranking
            .best
            .iter()
            .map(|excitation| excitation.input)
            .collect()
    }

    #[test]
    fn ties_go_to_the_earlier_input_in_whatever_order_they_come() {
        let values = [(0, 1.0), (1, 3.0), (2, 3.0), (3, -1.0), (4, 3.0), (5, 2.0)];
        assert_eq!(ranked(&values, 4), [1, 2, 4, 5]);
        let mut backwards = values;
        backwards.reverse();
        assert_eq!(ranked(&backwards, 4), [1, 2, 4, 5]);
        assert_eq!(ranked(&values, 9), [1, 2, 4, 5, 0, 3]);
        assert_eq!(ranked(&[(1, 0.0), (0, -0.0)], 2), [0, 1]);
        assert_eq!(
            ranked(&[(0, f32::NAN), (1, f32::INFINITY), (2, 0.5)], 2),
            [2]
        );
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let value = |input: usize| ((input * 37) % 11) as f32;
        let part = |inputs: std::ops::Range<usize>| {
            let mut ranking = Ranking::default();
            for input in inputs {
                let (value, at) = (value(input), [input, 0]);
                ranking.offer(Excitation { input, value, at }, 5);
            }
            ranking
        };
        let mut merged = part(40..90);
        merged.merge(part(0..40), 5);
        assert_eq!(merged, part(0..90));
        let difference = compare(&part(0..40), &part(0..90));
        assert_eq!(difference.only_first.len(), difference.only_second.len());
        assert_eq!(compare(&merged, &merged), Difference::default());
    }
}
