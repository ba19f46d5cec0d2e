//! The basic iterative method: steps of FGSM from the input, clipped to the ball of ε after
//! each.

use super::ascent::{Steps, ascend};
use super::ball::{Ball, Norm};
use super::found::{Found, MethodInfo};
use super::objective::Goal;
use super::victim::Victim;
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;

/// What it is.
pub const INFO: MethodInfo = MethodInfo {
    name: "bim",
    summary: "steps along the sign from the input, clipped to within ε after each",
    paper: "Kurakin, Goodfellow and Bengio 2017, section 2.2",
    norm: Norm::Greatest,
};

/// Makes the steps.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    eps: f64,
    steps: &Steps,
    random: &mut Random,
) -> Result<Found, ExplainError> {
    let ball = Ball {
        centre: picture,
        norm: Norm::Greatest,
        eps,
    };
    ascend(victim, goal, ball, steps, random)
}
