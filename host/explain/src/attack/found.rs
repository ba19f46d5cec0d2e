//! What a method says of itself, and what it found.

use serde::{Deserialize, Serialize};

use super::ball::Norm;
use super::objective::Loss;

/// What a method is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Where it was published.
    pub paper: &'static str,
    /// How the size of its changes is measured.
    pub norm: Norm,
    /// Whether it takes an ε; the others find the size of the change themselves.
    pub takes_eps: bool,
    /// Whether its parameters depend on ε.
    pub depends_on_eps: bool,
    /// Whether it follows gradients; the others ask what the model takes pictures for.
    pub has_gradients: bool,
}

/// What a method found for one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedPicture {
    /// The changed picture, pixels from 0 to 1, not yet in 8 bits.
    pub picture: Vec<f32>,
    /// What ε is multiplied by, where the change is one step of ε.
    pub direction: Option<Vec<f32>>,
    /// What the derivatives were like.
    pub slopes: Slopes,
}

/// What the derivatives were like that an attack met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slopes {
    /// Derivatives that were computed.
    pub computed: usize,
    /// Those of them that were 0 for every pixel.
    pub flat: usize,
    /// Those of them for which the margin stood in for the cross-entropy.
    pub by_margin: usize,
}

impl Slopes {
    /// Counts one more.
    pub fn add(&mut self, is_flat: bool, loss: Loss) {
        self.computed += 1;
        self.flat += usize::from(is_flat);
        self.by_margin += usize::from(loss == Loss::Margin);
    }

    /// Whether derivatives were computed and all of them were 0.
    pub fn are_flat(&self) -> bool {
        self.computed > 0 && self.flat == self.computed
    }
}
