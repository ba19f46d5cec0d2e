//! Max-sensitivity (Yeh et al. 2019, definition 2.1 and section 4.1).

use super::control::Candidate;
use crate::attribute::{ExplainError, Run};
use cortexscope_net::random::Random;

/// The neighbourhood that is searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sensitivity {
    /// r: no pixel moves by more than this share of the range from black to white.
    pub radius: f64,
    /// Random inputs that are tried; the true maximum may be greater.
    pub samples: usize,
    /// Their seed.
    pub seed: u64,
}

impl Sensitivity {
    /// The greatest ‖Φ(x + δ) − Φ(x)‖₂ / ‖Φ(x)‖₂ over random δ with ‖δ‖∞ ≤ r, for the same
    /// target; `None` where the map is 0 everywhere.
    ///
    /// # Errors
    /// A parameter outside its range, the method, or an interruption.
    pub fn of(
        &self,
        candidate: &Candidate<'_>,
        run: &mut Run<'_>,
    ) -> Result<Option<f64>, ExplainError> {
        if !(self.radius.is_finite() && self.radius > 0.0) || self.samples == 0 {
            return Err(ExplainError::Parameter(
                "the radius is a number greater than 0, the samples are from 1 up",
            ));
        }
        let spec = &run.model.spec.input;
        let [channels, height, width] = run.model.input_shape();
        let spans: Vec<f64> = (0..channels)
            .map(|channel| f64::from(spec.value(channel, 255) - spec.value(channel, 0)))
            .collect();
        let whole = candidate.map(run)?.values;
        let length = norm(whole.iter().copied());
        let mut random = Random::new(self.seed);
        let mut greatest = 0.0_f64;
        for sample in 0..self.samples {
            let planes = run.input.chunks_exact(height * width).zip(&spans);
            let near: Vec<f32> = planes
                .flat_map(|(plane, span)| plane.iter().map(move |x| (x, span)))
                .map(|(&x, span)| {
                    let by = self.radius * span * (2.0 * random.uniform() - 1.0);
                    (f64::from(x) + by) as f32
                })
                .collect();
            let map = candidate.map(&mut Run {
                model: run.model,
                input: &near,
                aim: run.aim,
                plans: &mut *run.plans,
                answers: None,
                report: &mut *run.report,
            })?;
            let moved = norm(map.values.iter().zip(&whole).map(|(a, b)| a - b));
            greatest = greatest.max(moved);
            run.step(sample + 1, self.samples)?;
        }
        Ok((length > 0.0).then(|| greatest / length))
    }
}

fn norm(values: impl Iterator<Item = f32>) -> f64 {
    let squares = values.map(|value| f64::from(value) * f64::from(value));
    squares.sum::<f64>().sqrt()
}
