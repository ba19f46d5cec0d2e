//! Steps uphill that stay within a ball: what BIM and PGD have in common.

use super::ball::{Ball, Norm};
use super::found::{ChangedPicture, Slopes};
use super::objective::Goal;
use super::victim::Victim;
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;

/// Where steps begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the input.
    Input,
    /// Anywhere within the ball, by the seed.
    Random,
}

/// The steps of a method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// The size of a step, as ε is measured.
    pub rate: f64,
    /// How many are made.
    pub count: usize,
    /// Where they begin.
    pub start: Start,
}

impl Steps {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`].
    pub fn check(&self) -> Result<(), ExplainError> {
        if !(self.rate.is_finite() && self.rate > 0.0) {
            return Err(ExplainError::Parameter(
                "the size of a step is greater than 0",
            ));
        }
        if self.count == 0 {
            return Err(ExplainError::Parameter("the number of steps is 1 or more"));
        }
        Ok(())
    }
}

/// One step of size `rate` along the derivative: its sign, of which that of 0 is 0, or the
/// derivative at length 1.
pub fn step(picture: &mut [f32], slopes: &[f32], norm: Norm, rate: f64) {
    for (pixel, along) in picture.iter_mut().zip(direction(slopes, norm)) {
        *pixel = (f64::from(*pixel) + rate * f64::from(along)) as f32;
    }
}

/// The derivative as a direction of size 1.
pub fn direction(slopes: &[f32], norm: Norm) -> Vec<f32> {
    match norm {
        Norm::Greatest => slopes.iter().map(|&slope| sign(slope)).collect(),
        Norm::Euclidean => {
            let squares = slopes.iter().map(|&slope| f64::from(slope).powi(2));
            let length = squares.sum::<f64>().sqrt();
            let divisor = if length > 0.0 { length } else { 1.0 };
            let along = slopes
                .iter()
                .map(|&slope| (f64::from(slope) / divisor) as f32);
            along.collect()
        }
    }
}

/// −1, 0 or 1.
fn sign(slope: f32) -> f32 {
    if slope == 0.0 { 0.0 } else { slope.signum() }
}

/// Makes all steps, each projected back into the ball and to valid pixels.
pub fn ascend(
    victim: &mut Victim<'_>,
    goal: Goal,
    ball: Ball<'_>,
    steps: &Steps,
    random: &mut Random,
) -> Result<ChangedPicture, ExplainError> {
    let mut picture = match steps.start {
        Start::Input => ball.centre.to_vec(),
        Start::Random => ball.anywhere(random),
    };
    let mut slopes = Slopes::default();
    for _ in 0..steps.count {
        let up = victim.way_up(&picture, goal)?;
        slopes.add(up.is_flat(), up.loss);
        step(&mut picture, &up.slopes, ball.norm, steps.rate);
        ball.project(&mut picture);
    }
    Ok(ChangedPicture {
        picture,
        direction: None,
        slopes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_have_size_one_and_zero_stays() {
        let slopes = [3e-30, 0.0, -4e-30, -0.0];
        assert_eq!(direction(&slopes, Norm::Greatest), [1.0, 0.0, -1.0, 0.0]);
        let along = direction(&slopes, Norm::Euclidean);
        for (have, want) in along.iter().zip([0.6, 0.0, -0.8, 0.0]) {
            assert!((have - want).abs() < 1e-6);
        }
        assert_eq!(direction(&[0.0; 2], Norm::Euclidean), [0.0; 2]);
        let mut picture = [0.5; 4];
        step(&mut picture, &slopes, Norm::Greatest, 0.25);
        assert_eq!(picture, [0.75, 0.5, 0.25, 0.5]);
    }
}
