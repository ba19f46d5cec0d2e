//! Fooling images by gradient ascent (Nguyen et al. 2015, "gradient ascent"), without a prior
//! that would make them look like something.

use std::ops::ControlFlow;

use super::map_elites::{Champion, Fooled, Progress};
use crate::attack::{Goal, Judge, Victim, levels};
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;
use cortexscope_net::scores::softmax;

/// The parameters of the climbs, one for each class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Climb {
    /// Steps at most.
    pub steps: usize,
    /// Length of a step, in pixels from 0 to 1.
    pub rate: f64,
    /// A climb ends when the class has this probability, in 8 bits.
    pub confidence: f64,
    /// Seed of the first pictures, which are noise of all levels.
    pub seed: u64,
}

/// Climbs for each class, from noise, along the gradient of its log-probability at length
/// 1, with pixels kept from 0 to 1.
///
/// # Errors
/// The model cannot be run, or the work is to end.
pub fn climb(
    victim: &mut Victim<'_>,
    parameters: &Climb,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Fooled, ExplainError> {
    let size: usize = victim.model().input_shape().iter().product();
    let mut champions: Vec<Champion> = Vec::new();
    let mut most = 0;
    let mut reached = 0;
    let begun = victim.queries;
    for class in 0..victim.classes {
        let mut random = Random::new(parameters.seed);
        let mut picture: Vec<f32> = (0..size).map(|_| random.uniform() as f32).collect();
        let first = victim.queries;
        let mut step = 0;
        let champion = loop {
            let shown = levels(&picture);
            let probability = softmax(&victim.logits_of(&shown)?)[class];
            if probability >= parameters.confidence || step == parameters.steps {
                break Champion {
                    levels: shown,
                    probability,
                    queries: victim.queries - first,
                };
            }
            let up = victim.way_up(&picture, Goal::Towards(class))?;
            let squares = up.slopes.iter().map(|&slope| f64::from(slope).powi(2));
            let length = squares.sum::<f64>().sqrt();
            if length > 0.0 {
                for (pixel, &slope) in picture.iter_mut().zip(&up.slopes) {
                    let change = parameters.rate * f64::from(slope) / length;
                    *pixel = (f64::from(*pixel) + change).clamp(0.0, 1.0) as f32;
                }
            }
            step += 1;
        };
        reached += usize::from(champion.probability >= parameters.confidence);
        champions.push(champion);
        most = most.max(step);
        let now = Progress {
            done: class + 1,
            reached,
        };
        if progress(now).is_break() {
            return Err(ExplainError::Interrupted);
        }
    }
    Ok(Fooled {
        champions,
        queries: victim.queries - begun,
        generations: most,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float_model::{FloatModel, Overrides};

    #[test]
    fn a_digit_that_nobody_sees() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("shipped");
        let mut victim = Victim::new(&model, &|| false).unwrap();
        let parameters = Climb {
            steps: 40,
            rate: 1.0,
            confidence: 0.99,
            seed: 1,
        };
        let mut classes = Vec::new();
        let found = climb(&mut victim, &parameters, &mut |now| {
            classes.push(now.done);
            if now.done < 2 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        assert!(matches!(found, Err(ExplainError::Interrupted)));
        assert_eq!(classes, [1, 2]);
        let two = Climb {
            steps: 2,
            ..parameters
        };
        let found = climb(&mut victim, &two, &mut |_| ControlFlow::Continue(())).unwrap();
        for (class, champion) in found.champions.iter().enumerate() {
            let logits = victim.logits_of(&champion.levels).unwrap();
            assert_eq!(softmax(&logits)[class], champion.probability);
            assert!(champion.queries <= 5);
        }
        assert_eq!(found.champions.len(), 10);
        assert!(found.generations <= 2);
    }
}
