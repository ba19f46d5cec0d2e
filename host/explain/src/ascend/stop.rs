//! When a climb ends.

use std::fmt;

/// When a climb ends: after a number of steps, or earlier where the best value of
/// the last `patience` steps exceeds the best one before them by less than
/// `rise` of its magnitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// Steps at most, in each octave.
    pub steps: usize,
    /// Steps over which the value has to rise.
    pub patience: usize,
    /// By which share of it; 0 never ends early.
    pub rise: f64,
}

/// Why a climb ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StopReason {
    /// All steps were made.
    Limit {
        /// How many.
        steps: usize,
    },
    /// The value rose too little.
    NoProgress {
        /// Steps made.
        steps: usize,
        /// Steps over which it was watched.
        patience: usize,
        /// The share that it should have risen by.
        rise: f64,
    },
}

impl Stop {
    /// Whether a climb with these values so far has ended.
    pub fn has_stalled(&self, values: &[f64]) -> bool {
        if self.rise <= 0.0 || self.patience == 0 || values.len() <= 2 * self.patience {
            return false;
        }
        let (before, last) = values.split_at(values.len() - self.patience);
        let best = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (before, last) = (best(before), best(last));
        last - before < self.rise * before.abs()
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} steps", self.steps)?;
        if self.rise > 0.0 && self.patience > 0 {
            write!(
                f,
                ", until {} steps raise the best value by less than {} %",
                self.patience,
                100.0 * self.rise
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit { steps } => write!(f, "all {steps} steps were made"),
            Self::NoProgress {
                steps,
                patience,
                rise,
            } => write!(
                f,
                "after {steps} steps, the last {patience} of which raised the best value by less than {} %",
                100.0 * rise
            ),
        }
    }
}

impl StopReason {
    /// Steps made.
    pub fn steps(self) -> usize {
        match self {
            Self::Limit { steps } | Self::NoProgress { steps, .. } => steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_climb_ends_where_it_has_stalled_and_not_before() {
        let stop = Stop {
            steps: 100,
            patience: 3,
            rise: 0.01,
        };
        let rising: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(!stop.has_stalled(&rising));
        let mut flat = rising.clone();
        flat.extend([19.1, 19.1, 19.1]);
        assert!(stop.has_stalled(&flat));
        assert!(!stop.has_stalled(&[1.0; 6]));
        let never = Stop { rise: 0.0, ..stop };
        assert!(!never.has_stalled(&[1.0; 50]));
        // Below zero a rise is a rise too.
        let negative: Vec<f64> = (0..20).map(|at| f64::from(at) - 50.0).collect();
        assert!(!stop.has_stalled(&negative));
    }
}
