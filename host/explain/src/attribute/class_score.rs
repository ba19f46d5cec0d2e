//! The number that methods without gradients ask the network for.

use super::run::Run;
use cortexscope_net::scores::softmax;

/// The target's number from what its layer writes: the probability, where the target is a
/// class of the model, and its value otherwise.
pub fn probability(run: &Run<'_>, layer: &[f32]) -> f64 {
    match run.aim.class_in(run.model) {
        Some(class) => softmax(layer).get(class).copied().unwrap_or(f64::NAN),
        None => run.aim.value(layer),
    }
}
