//! Steps that are brought back to within ε after each: the basic iterative method, and
//! projected gradient descent in both norms. They differ in where they start and in what a
//! step follows; [`Steps`] says both.

use super::ascent::{Steps, ascend};
use super::ball::{Ball, Norm};
use super::found::{Found, MethodInfo};
use super::objective::Goal;
use super::victim::Victim;
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;

/// The basic iterative method: steps of FGSM from the input, clipped to the ball of ε after
/// each.
pub const BIM: MethodInfo = MethodInfo {
    name: "bim",
    summary: "steps along the sign from the input, clipped to within ε after each",
    paper: "Kurakin, Goodfellow and Bengio 2017, section 2.2",
    norm: Norm::Greatest,
};

/// Projected gradient descent on the negative loss: steps along the sign, from anywhere
/// within ε.
pub const PGD: MethodInfo = MethodInfo {
    name: "pgd",
    summary: "steps along the sign from a random start, projected to within ε after each",
    paper: "Madry et al. 2018, section 2.1",
    norm: Norm::Greatest,
};

/// The same for L2: steps along the gradient at length 1, within a sphere.
pub const PGD_L2: MethodInfo = MethodInfo {
    name: "pgd-l2",
    summary: "steps along the gradient from a random start, projected to within ε in L2",
    paper: "Madry et al. 2018, section 2.1",
    norm: Norm::Euclidean,
};

/// Makes the steps of a method that is one of these.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    (norm, eps): (Norm, f64),
    steps: &Steps,
    random: &mut Random,
) -> Result<Found, ExplainError> {
    let ball = Ball {
        centre: picture,
        norm,
        eps,
    };
    ascend(victim, goal, ball, steps, random)
}
