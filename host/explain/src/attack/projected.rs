//! Steps that are brought back to within ε after each: the basic iterative method, and
//! projected gradient descent in both norms. They differ in where they start and in what a
//! step follows; [`Steps`] says both.

use super::ascent::{Start, Steps, ascend};
use super::ball::{Ball, Norm};
use super::changes::MethodChanges;
use super::found::{ChangedPicture, MethodInfo};
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
    takes_eps: true,
    depends_on_eps: false,
    has_gradients: true,
};

/// Projected gradient descent on the negative loss: steps along the sign, from anywhere
/// within ε.
pub const PGD: MethodInfo = MethodInfo {
    name: "pgd",
    summary: "steps along the sign from a random start, projected to within ε after each",
    paper: "Madry et al. 2018, section 2.1",
    norm: Norm::Greatest,
    takes_eps: true,
    depends_on_eps: false,
    has_gradients: true,
};

/// The same for L2: steps along the gradient at length 1, within a sphere.
pub const PGD_L2: MethodInfo = MethodInfo {
    name: "pgd-l2",
    summary: "steps along the gradient from a random start, projected to within ε in L2",
    paper: "Madry et al. 2018, section 2.1",
    norm: Norm::Euclidean,
    takes_eps: true,
    depends_on_eps: true,
    has_gradients: true,
};

/// The size of a step of [`PGD_L2`], as a share of ε divided by the number of steps.
const L2_STEP: f64 = 2.5;

/// The steps of [`BIM`].
pub fn bim_steps(changes: &MethodChanges) -> Steps {
    along_sign(changes, Start::Input)
}

/// The steps of [`PGD`].
pub fn pgd_steps(changes: &MethodChanges) -> Steps {
    along_sign(changes, Start::Random)
}

/// The steps of [`PGD_L2`] in a ball of `eps`.
pub fn pgd_l2_steps(changes: &MethodChanges, eps: f64) -> Steps {
    let count = changes.steps.unwrap_or(changes.preset.steps());
    // A ball of ε 0 has no room for a step; its size does not matter.
    let suited = if eps > 0.0 {
        L2_STEP * eps / count.max(1) as f64
    } else {
        1.0
    };
    Steps {
        rate: changes.step.unwrap_or(suited),
        count,
        start: changes.start.unwrap_or(Start::Random),
    }
}

fn along_sign(changes: &MethodChanges, usual: Start) -> Steps {
    let preset = changes.preset;
    Steps {
        rate: changes.step.unwrap_or(preset.rate()),
        count: changes.steps.unwrap_or(preset.steps()),
        start: changes.start.unwrap_or(usual),
    }
}

/// Makes the steps of a method that is one of these.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    (norm, eps): (Norm, f64),
    steps: &Steps,
    random: &mut Random,
) -> Result<ChangedPicture, ExplainError> {
    let ball = Ball {
        centre: picture,
        norm,
        eps,
    };
    ascend(victim, goal, ball, steps, random)
}
