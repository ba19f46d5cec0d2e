//! A set of tensors.

use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// Tensors by index, as in the board image: the lowest bit of the first word is the
/// input. Words, because a board has no numbers as wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
pub struct TensorSet(pub [u32; 4]);

impl TensorSet {
    /// No tensor. Untapped tensors cost nothing.
    pub const NONE: Self = Self([0; 4]);
    /// Every tensor that an image may have.
    pub const ALL: Self = Self([u32::MAX; 4]);

    /// Whether `tensor` is in the set; false from 128 on.
    #[inline(never)]
    pub fn contains(&self, tensor: usize) -> bool {
        let word = self.0.get(tensor / 32);
        word.is_some_and(|word| word >> (tensor % 32) & 1 == 1)
    }

    /// The set with `tensor` in it too; unchanged from 128 on.
    #[must_use]
    pub fn with(mut self, tensor: usize) -> Self {
        if let Some(word) = self.0.get_mut(tensor / 32) {
            *word |= 1 << (tensor % 32);
        }
        self
    }

    /// The tensors of the set below `tensors`.
    #[must_use]
    pub fn below(self, tensors: usize) -> Self {
        self.iter().take_while(|&tensor| tensor < tensors).collect()
    }

    /// The indices in the set, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..128).filter(move |&tensor| self.contains(tensor))
    }
}

impl FromIterator<usize> for TensorSet {
    fn from_iter<I: IntoIterator<Item = usize>>(tensors: I) -> Self {
        tensors.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_outside_are_in_no_set() {
        assert!(TensorSet::ALL.contains(127));
        assert!(!TensorSet::ALL.contains(128));
        assert_eq!(TensorSet::NONE.with(128), TensorSet::NONE);
    }

    #[test]
    fn below_keeps_the_low_indices() {
        assert!(TensorSet::ALL.below(3).iter().eq(0..3));
        assert_eq!(TensorSet::ALL.below(128), TensorSet::ALL);
        assert_eq!(
            TensorSet::from_iter([5, 1]).below(5),
            TensorSet::NONE.with(1)
        );
    }
}
