//! What the float network says of the inputs.

use super::Case;
use cortexscope_net::scores::first_greatest;

/// Classes of the float network, one for each input, and its logits.
pub(super) struct FloatAnswers {
    pub logits: Vec<Vec<f32>>,
}

impl FloatAnswers {
    /// The class of input `index`.
    pub fn class(&self, index: usize) -> Option<usize> {
        first_greatest(self.logits.get(index)?)
    }

    /// Right answers, where every input has a label.
    pub fn right(&self, cases: &[Case]) -> Option<usize> {
        let mut right = 0;
        for (index, case) in cases.iter().enumerate() {
            right += usize::from(self.class(index) == Some(case.label?));
        }
        Some(right)
    }
}
