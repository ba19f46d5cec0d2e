//! The fast gradient sign method: x′ = x + ε · sign(∇ₓ L).

use super::ball::Norm;
use super::found::{Found, MethodInfo};
use super::objective::Goal;
use super::single_step;
use super::victim::Victim;
use crate::attribute::ExplainError;

/// What it is.
pub const INFO: MethodInfo = MethodInfo {
    name: "fgsm",
    summary: "one step of ε along the sign of the loss's gradient",
    paper: "Goodfellow, Shlens and Szegedy 2015, section 4",
    norm: Norm::Greatest,
};

/// One step; the sign of 0 is 0.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    eps: f64,
) -> Result<Found, ExplainError> {
    single_step::run(victim, picture, goal, eps, Norm::Greatest)
}
