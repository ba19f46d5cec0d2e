//! The fast gradient method for L2: x′ = x + ε · ∇ₓ L / ‖∇ₓ L‖₂.

use super::ball::Norm;
use super::found::{ChangedPicture, MethodInfo};
use super::objective::Goal;
use super::single_step;
use super::victim::Victim;
use crate::attribute::ExplainError;

/// What it is.
pub const INFO: MethodInfo = MethodInfo {
    name: "fgm-l2",
    summary: "one step of length ε along the loss's gradient",
    paper: "Goodfellow, Shlens and Szegedy 2015, with L2 in place of L∞ (Miyato, Dai and Goodfellow 2017)",
    norm: Norm::Euclidean,
    takes_eps: true,
    depends_on_eps: false,
    has_gradients: true,
};

/// One step.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    eps: f64,
) -> Result<ChangedPicture, ExplainError> {
    single_step::run(victim, picture, goal, eps, Norm::Euclidean)
}
