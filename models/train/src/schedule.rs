//! The learning rate over a run: a short linear warm-up, then a cosine to zero.
//!
//! Loshchilov and Hutter, *SGDR: Stochastic Gradient Descent with Warm
//! Restarts*, 2017, equation 5, without the restarts.

use serde::{Deserialize, Serialize};

/// Learning rate as a function of the step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The highest rate, reached at the end of the warm-up.
    pub peak: f64,
    /// Part of all steps spent rising, 0.0 to 1.0.
    pub warmup: f64,
}

impl Schedule {
    /// The rate of `step` (from 0) of `total_steps`.
    pub fn rate(&self, step: u64, total_steps: u64) -> f64 {
        let done = (step as f64 + 0.5) / total_steps as f64;
        if done < self.warmup {
            return self.peak * done / self.warmup;
        }
        let fallen = (done - self.warmup) / (1.0 - self.warmup);
        self.peak * 0.5 * (1.0 + (std::f64::consts::PI * fallen).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_to_the_peak_and_falls_to_zero() {
        let schedule = Schedule {
            peak: 1.0,
            warmup: 0.1,
        };
        let rates: Vec<f64> = (0..1000).map(|step| schedule.rate(step, 1000)).collect();
        assert!(rates[..100].windows(2).all(|pair| pair[0] < pair[1]));
        assert!(rates[100..].windows(2).all(|pair| pair[0] > pair[1]));
        assert!(rates[100] > 0.99 && rates[999] < 1e-5);
    }
}
