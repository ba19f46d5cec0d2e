//! Projected gradient descent on the negative loss: steps along the sign, from anywhere
//! within ε.

use super::ascent::{Steps, ascend};
use super::ball::{Ball, Norm};
use super::found::{Found, MethodInfo};
use super::objective::Goal;
use super::victim::Victim;
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;

/// What it is.
pub const INFO: MethodInfo = MethodInfo {
    name: "pgd",
    summary: "steps along the sign from a random start, projected to within ε after each",
    paper: "Madry et al. 2018, section 2.1",
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
