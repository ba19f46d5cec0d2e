//! The fast gradient sign method: x′ = x + ε · sign(∇ₓ L).

use super::ball::Norm;
use super::found::{ChangedPicture, MethodInfo};
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
    takes_eps: true,
    depends_on_eps: false,
    has_gradients: true,
};

/// One step; the sign of 0 is 0.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    eps: f64,
) -> Result<ChangedPicture, ExplainError> {
    single_step::run(victim, picture, goal, eps, Norm::Greatest)
}
