//! DeepFool: again and again to the nearest boundary of the linearised classifier.

use super::ball::{Norm, valid};
use super::changes::MethodChanges;
use super::found::{ChangedPicture, MethodInfo, Slopes};
use super::objective::{Goal, Loss};
use super::victim::Victim;
use crate::attribute::ExplainError;
use cortexscope_net::scores::first_greatest;

/// What it is.
pub const INFO: MethodInfo = MethodInfo {
    name: "deepfool",
    summary: "steps to the nearest boundary of the linearised classifier",
    paper: "Moosavi-Dezfooli, Fawzi and Frossard 2016, algorithm 2",
    norm: Norm::Euclidean,
    takes_eps: false,
    depends_on_eps: false,
    has_gradients: true,
};

/// Its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeepFool {
    /// η: by which share the change is lengthened at the end, to be across the boundary.
    pub overshoot: f64,
    /// Steps at most.
    pub steps: usize,
    /// How many other classes are looked at, those with the greatest logits first. The
    /// paper looks at all, its authors' program at nine.
    pub rivals: usize,
}

impl Default for DeepFool {
    fn default() -> Self {
        Self {
            overshoot: 0.02,
            steps: 50,
            rivals: 9,
        }
    }
}

impl DeepFool {
    /// The parameters with what is changed of them.
    pub fn with_changes(changes: &MethodChanges) -> Self {
        let own = Self::default();
        Self {
            overshoot: changes.overshoot.unwrap_or(own.overshoot),
            steps: changes.steps.unwrap_or(own.steps),
            rivals: changes.rivals.unwrap_or(own.rivals),
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`].
    pub fn check(&self) -> Result<(), ExplainError> {
        if !(self.overshoot.is_finite() && self.overshoot >= 0.0) {
            return Err(ExplainError::Parameter(
                "the overshoot is a number from 0 up",
            ));
        }
        if self.steps == 0 || self.rivals == 0 {
            let why = "the numbers of steps and of rivals are 1 or more";
            return Err(ExplainError::Parameter(why));
        }
        Ok(())
    }
}

/// A boundary of the linearised classifier.
struct Boundary {
    /// The normal: the difference of two logits' derivatives.
    normal: Vec<f32>,
    /// The difference of the logits, without its sign.
    gap: f64,
    /// Squared length of the normal.
    squared: f64,
}

/// A step that moves the picture by less than this share of the whole change is the last:
/// the picture lies on the boundary, and the overshoot carries it across.
const CONVERGED: f64 = 1e-3;

/// Steps from the class that the model takes `picture` for, or towards the goal's class.
///
/// As in the paper, but each iterate is clipped to valid pixels, so that a pixel that
/// cannot change further leaves the rest of the way to the others.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    parameters: &DeepFool,
) -> Result<ChangedPicture, ExplainError> {
    let mut at = picture.to_vec();
    let mut slopes = Slopes::default();
    let first = victim.logits(&at)?;
    let origin = first_greatest(&first).unwrap_or_default();
    let rivals = match goal {
        Goal::Towards(class) => vec![class],
        Goal::Away(_) => rivals(&first, origin, parameters.rivals),
    };
    for _ in 0..parameters.steps {
        let mut nearest: Option<Boundary> = None;
        let mut class = origin;
        let mut has_slope = false;
        // On the way to a target other classes may be met.
        let left = |logits: &[f32]| match goal {
            Goal::Away(_) => origin,
            Goal::Towards(_) => first_greatest(logits).unwrap_or_default(),
        };
        for &rival in &rivals {
            // A difference of two logits: a boundary, not a loss.
            let pass = victim.pass(&at, &|logits| {
                let mut weights = vec![0.0; logits.len()];
                weights[rival] += 1.0;
                weights[left(logits)] -= 1.0;
                weights
            })?;
            class = first_greatest(&pass.logits).unwrap_or_default();
            if goal_met(goal, class, origin) {
                break;
            }
            let squared = pass
                .slopes
                .iter()
                .map(|&w| f64::from(w).powi(2))
                .sum::<f64>();
            if squared == 0.0 {
                continue;
            }
            has_slope = true;
            let gap = f64::from(pass.logits[rival]) - f64::from(pass.logits[left(&pass.logits)]);
            let found = Boundary {
                normal: pass.slopes,
                gap: gap.abs(),
                squared,
            };
            if nearest
                .as_ref()
                .is_none_or(|best| found.distance() < best.distance())
            {
                nearest = Some(found);
            }
        }
        if goal_met(goal, class, origin) {
            break;
        }
        slopes.add(!has_slope, Loss::CrossEntropy);
        let Some(boundary) = nearest else {
            break;
        };
        let before = at.clone();
        let along = boundary.gap / boundary.squared;
        for (pixel, &normal) in at.iter_mut().zip(&boundary.normal) {
            *pixel = (f64::from(*pixel) + along * f64::from(normal)) as f32;
        }
        valid(&mut at);
        let moved = Norm::Euclidean.distance(&before, &at);
        if moved <= CONVERGED * Norm::Euclidean.distance(picture, &at) {
            break;
        }
    }
    for (pixel, &from) in at.iter_mut().zip(picture) {
        let change = f64::from(*pixel) - f64::from(from);
        *pixel = (f64::from(from) + (1.0 + parameters.overshoot) * change) as f32;
    }
    valid(&mut at);
    Ok(ChangedPicture {
        picture: at,
        direction: None,
        slopes,
    })
}

impl Boundary {
    fn distance(&self) -> f64 {
        self.gap / self.squared.sqrt()
    }
}

/// Whether an iterate has crossed the boundary that it was sent to.
fn goal_met(goal: Goal, class: usize, origin: usize) -> bool {
    match goal {
        Goal::Away(_) => class != origin,
        Goal::Towards(wanted) => class == wanted,
    }
}

/// The classes other than `origin` with the greatest logits.
fn rivals(logits: &[f32], origin: usize, count: usize) -> Vec<usize> {
    let mut others: Vec<usize> = (0..logits.len()).filter(|&k| k != origin).collect();
    others.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]).then(a.cmp(&b)));
    others.truncate(count);
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rivals_are_the_others_with_the_greatest_logits() {
        let logits = [5.0, 1.0, 7.0, 5.0];
        assert_eq!(rivals(&logits, 2, 9), [0, 3, 1]);
        assert_eq!(rivals(&logits, 3, 2), [2, 0]);
    }
}
