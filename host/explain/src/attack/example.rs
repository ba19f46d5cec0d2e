//! One input, attacked and judged.

use super::ball::Norm;
use super::found::Slopes;
use super::method::Method;
use super::objective::Goal;
use super::pixels::{levels, of_levels};
use super::victim::{Judged, Victim};
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;

/// A picture before and after an attack.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The original, pixels from 0 to 1, `[C, H, W]`.
    pub original: Vec<f32>,
    /// What the original is taken for.
    pub before: Judged,
    /// What the changed picture is taken for, in 8 bits.
    pub after: Judged,
    /// What ε is multiplied by, where the change is one step of ε.
    pub direction: Option<Vec<f32>>,
    /// What the derivatives were like.
    pub slopes: Slopes,
    /// The size of the change before it was rounded to 8 bits, as the method measures it.
    pub size: f64,
    /// The greatest change of a pixel in 8 bits; rounding adds half a level, 0.002, at most.
    pub greatest: f64,
    /// The length, L2, of the change in 8 bits.
    pub length: f64,
    /// Runs of the model for this example.
    pub queries: u64,
    /// Whether the attack succeeded, judged by the picture in 8 bits.
    pub is_reached: bool,
}

impl Example {
    /// The changed picture in 8 bits, as pixels from 0 to 1.
    pub fn changed(&self) -> Vec<f32> {
        of_levels(&self.after.levels)
    }
}

/// Attacks one picture, pixels from 0 to 1, which is taken for `before`.
///
/// # Errors
/// The model cannot be run, or the work is to end.
pub fn attack(
    victim: &mut Victim<'_>,
    method: &Method,
    original: &[f32],
    before: &Judged,
    goal: Goal,
    eps: f64,
    random: &mut Random,
) -> Result<Example, ExplainError> {
    let begun = victim.queries;
    let found = method.run(victim, original, goal, eps, random)?;
    let after = victim.judge(levels(&found.picture))?;
    let seen = of_levels(&after.levels);
    Ok(Example {
        original: original.to_vec(),
        before: before.clone(),
        direction: found.direction,
        slopes: found.slopes,
        size: method.info().norm.distance(original, &found.picture),
        greatest: Norm::Greatest.distance(original, &seen),
        length: Norm::Euclidean.distance(original, &seen),
        queries: victim.queries - begun,
        is_reached: goal.is_reached(after.class),
        after,
    })
}
