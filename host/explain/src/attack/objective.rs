//! What an attack raises: the cross-entropy on logits, and the margin between logits where
//! that has no slope.

use cortexscope_net::scores::first_greatest;
use serde::{Deserialize, Serialize};

/// Where an attack wants the class to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// Away from this class: its loss is raised.
    Away(usize),
    /// To this class: its loss is lowered.
    Towards(usize),
}

impl Goal {
    /// The class whose loss is raised or lowered.
    pub fn class(self) -> usize {
        match self {
            Self::Away(class) | Self::Towards(class) => class,
        }
    }

    /// Whether an attack succeeded whose input is taken for `class`.
    pub fn is_reached(self, class: usize) -> bool {
        match self {
            Self::Away(from) => class != from,
            Self::Towards(to) => class == to,
        }
    }
}

/// Which loss was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The negative logarithm of the class's softmax probability.
    CrossEntropy,
    /// The greatest logit of another class less the class's own (Carlini and Wagner 2017,
    /// the objective f₆ without its bound). It stands in where all other probabilities are
    /// 0 even in f64, so that the cross-entropy has no slope.
    Margin,
}

/// The value that an attack raises, and the way up.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The loss; for [`Goal::Towards`] the loss with the sign changed.
    pub value: f64,
    /// Which loss it is.
    pub loss: Loss,
    /// Derivative of `value` for each logit, divided by `scale`.
    pub slopes: Vec<f32>,
    /// The greatest magnitude of a derivative. A confident network has slopes that f32
    /// cannot hold; attacks use their direction only, so that they are sent back at a
    /// magnitude of 1.
    pub scale: f64,
}

impl Objective {
    /// The objective of `goal` for these logits, of which there are two or more.
    pub fn of(logits: &[f32], goal: Goal) -> Self {
        let class = goal.class();
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let raised: Vec<f64> = logits
            .iter()
            .map(|&logit| (f64::from(logit) - f64::from(greatest)).exp())
            .collect();
        let sum: f64 = raised.iter().sum();
        let is_other = |index: &usize| *index != class;
        let indices = 0..logits.len();
        // 1 − p of the class would lose all digits where p is almost 1.
        let others: f64 = indices
            .clone()
            .filter(is_other)
            .map(|k| raised[k] / sum)
            .sum();
        let (value, loss, mut slopes) = if others > 0.0 {
            let slopes: Vec<f64> = indices
                .map(|k| if k == class { -others } else { raised[k] / sum })
                .collect();
            let value = cross_entropy(logits, class);
            (value, Loss::CrossEntropy, slopes)
        } else {
            let (value, rival) = margin(logits, class);
            let mut slopes = vec![0.0; logits.len()];
            if let (Some(rival), Some(_)) = (rival, logits.get(class)) {
                slopes[rival] = 1.0;
                slopes[class] = -1.0;
            }
            (value, Loss::Margin, slopes)
        };
        let sign = match goal {
            Goal::Away(_) => 1.0,
            Goal::Towards(_) => -1.0,
        };
        let scale = slopes
            .iter()
            .fold(0.0_f64, |most, slope| most.max(slope.abs()));
        let divisor = if scale > 0.0 { scale } else { 1.0 };
        slopes.iter_mut().for_each(|slope| *slope *= sign / divisor);
        Self {
            value: sign * value,
            loss,
            slopes: slopes.into_iter().map(|slope| slope as f32).collect(),
            scale,
        }
    }
}

/// −ln of the softmax probability of `class`, exact where that is almost 1.
fn cross_entropy(logits: &[f32], class: usize) -> f64 {
    let Some(top) = first_greatest(logits) else {
        return f64::NAN;
    };
    let above = |k: usize| f64::from(logits[k]) - f64::from(logits[top]);
    let others = (0..logits.len()).filter(|&k| k != top);
    let rest: f64 = others.map(|k| above(k).exp()).sum();
    rest.ln_1p() - above(class)
}

/// By how much the greatest other logit exceeds that of `class`, and which one that is.
pub fn margin(logits: &[f32], class: usize) -> (f64, Option<usize>) {
    let mut rival: Option<usize> = None;
    for (k, logit) in logits.iter().enumerate() {
        if k != class && rival.is_none_or(|best| *logit > logits[best]) {
            rival = Some(k);
        }
    }
    let own = logits.get(class).copied().map_or(f64::NAN, f64::from);
    (
        rival.map_or(f64::NAN, |k| f64::from(logits[k]) - own),
        rival,
    )
}

/// ln(p / (1 − p)) for the softmax probability p of `class`: it grows with p, and tells
/// probabilities apart that are all 1 in floating point.
pub fn log_odds(logits: &[f32], class: usize) -> f64 {
    let others = || {
        (0..logits.len())
            .filter(|&k| k != class)
            .map(|k| f64::from(logits[k]))
    };
    let greatest = others().fold(f64::NEG_INFINITY, f64::max);
    let rest: f64 = others().map(|logit| (logit - greatest).exp()).sum();
    f64::from(logits[class]) - greatest - rest.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ln Σ eᶻ − z, in the plainest form.
    fn plain(logits: &[f64], class: usize) -> f64 {
        logits.iter().map(|z| z.exp()).sum::<f64>().ln() - logits[class]
    }

    #[test]
    fn slopes_are_those_of_the_cross_entropy() {
        let logits = [0.5_f32, -1.25, 2.0, 0.25];
        for (goal, sign) in [(Goal::Away(0), 1.0), (Goal::Towards(2), -1.0)] {
            let found = Objective::of(&logits, goal);
            let wide = logits.map(f64::from);
            let value = sign * plain(&wide, goal.class());
            assert!((found.value - value).abs() < 1e-12);
            assert_eq!(found.loss, Loss::CrossEntropy);
            for k in 0..4 {
                let moved = |by: f64| {
                    let mut logits = wide;
                    logits[k] += by;
                    sign * plain(&logits, goal.class())
                };
                // The third derivative is below 1, so that the error is below step² / 6.
                let slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
                let mine = f64::from(found.slopes[k]) * found.scale;
                assert!((slope - mine).abs() < 1e-7, "{k}: {slope} {mine}");
            }
            let greatest = found
                .slopes
                .iter()
                .fold(0.0_f32, |most, s| most.max(s.abs()));
            assert_eq!(greatest, 1.0);
        }
    }

    #[test]
    fn a_saturated_softmax_still_has_slopes() {
        // p of class 0 is 1 in f64, its loss 2e-87 is below the least f32.
        let found = Objective::of(&[200.0, 0.0, -1.0], Goal::Away(0));
        assert_eq!(found.loss, Loss::CrossEntropy);
        let e = (-1.0_f32).exp();
        let want = [-1.0, 1.0 / (1.0 + e), e / (1.0 + e)];
        for (slope, want) in found.slopes.iter().zip(want) {
            assert!((slope - want).abs() < 1e-7, "{:?}", found.slopes);
        }
        let exact = (-200.0_f64).exp() * (1.0 + (-1.0_f64).exp());
        assert!((found.scale / exact - 1.0).abs() < 1e-12);
        assert!((found.value / exact - 1.0).abs() < 1e-12);
    }

    #[test]
    fn where_the_cross_entropy_has_no_slope_the_margin_is_raised() {
        let found = Objective::of(&[4000.0, 100.0, 100.0, 50.0], Goal::Away(0));
        assert_eq!((found.loss, found.value), (Loss::Margin, -3900.0));
        assert_eq!(found.slopes, [-1.0, 1.0, 0.0, 0.0]);
        let reached = Objective::of(&[4000.0, 100.0], Goal::Towards(0));
        assert_eq!(
            (reached.loss, reached.slopes),
            (Loss::Margin, vec![1.0, -1.0])
        );
    }

    #[test]
    fn log_odds_tell_saturated_probabilities_apart() {
        let odds = log_odds(&[1.0, 0.0], 0);
        assert!((odds - 1.0).abs() < 1e-12);
        let p = (2.0_f64).exp() / ((2.0_f64).exp() + 1.0 + (-1.0_f64).exp());
        let odds = log_odds(&[2.0, 0.0, -1.0], 0);
        assert!((odds - (p / (1.0 - p)).ln()).abs() < 1e-12);
        assert!(log_odds(&[400.0, 0.0], 0) > log_odds(&[399.0, 0.0], 0));
    }

    #[test]
    fn what_all_logits_have_in_common_changes_nothing() {
        for common in [0.0_f32, 5.0, 1000.0, -1000.0] {
            let logits = [2.0, 0.0, -1.0].map(|logit| logit + common);
            let rest = 1.0 + (-1.0_f64).exp();
            let odds = log_odds(&logits, 0);
            assert!((odds - (2.0 - rest.ln())).abs() < 1e-9, "{odds}");
            let found = Objective::of(&logits, Goal::Away(0));
            let others = rest / ((2.0_f64).exp() + rest);
            assert!((found.scale - others).abs() < 1e-9, "{found:?}");
            assert!(
                (found.value + (1.0 - others).ln()).abs() < 1e-9,
                "{found:?}"
            );
        }
    }
}
