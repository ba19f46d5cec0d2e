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
    use crate::attribute::tests::networks::network;
    use crate::float_model::{FloatModel, Overrides};

    /// Logits w·x and 0, ‖w‖ = 13.
    const WEIGHTS: [f32; 4] = [3.0, -4.0, 0.0, 12.0];

    fn linear(factor: f32) -> FloatModel {
        network([1, 2, 2], "y", |graph| {
            let both: Vec<f32> = WEIGHTS.iter().flat_map(|&w| [factor * w, 0.0]).collect();
            graph.f32s("w", &[4, 2], &both);
            graph.node("Flatten", &["x"], "f", Vec::new());
            graph.node("MatMul", &["f", "w"], "y", Vec::new());
        })
    }

    fn climbed(model: &FloatModel, parameters: &Climb) -> (Fooled, Vec<Progress>) {
        let mut victim = Victim::new(model, &|| false).unwrap();
        // What was asked before does not count.
        victim.logits_of(&[0; 4]).unwrap();
        let mut told = Vec::new();
        let found = climb(&mut victim, parameters, &mut |now| {
            told.push(now);
            ControlFlow::Continue(())
        });
        (found.unwrap(), told)
    }

    #[test]
    fn steps_have_their_length_and_end_at_black_and_white() {
        let parameters = Climb {
            steps: 3,
            rate: 0.26,
            confidence: 1.5,
            seed: 11,
        };
        let (found, told) = climbed(&linear(1.0), &parameters);
        let mut random = Random::new(11);
        let noise: Vec<f64> = (0..4).map(|_| random.uniform()).collect();
        for (champion, sign) in found.champions.iter().zip([1.0, -1.0]) {
            let mut picture = noise.clone();
            for _ in 0..3 {
                for (pixel, w) in picture.iter_mut().zip(WEIGHTS) {
                    *pixel = (*pixel + sign * 0.02 * f64::from(w)).clamp(0.0, 1.0);
                }
            }
            for (level, pixel) in champion.levels.iter().zip(picture) {
                let away = f64::from(*level) - 255.0 * pixel;
                assert!(away.abs() < 0.51, "{champion:?}");
            }
            // A look before each step and after the last, and a slope for each step.
            assert_eq!(champion.queries, 7);
        }
        assert!(found.champions[0].probability > found.champions[1].probability.min(0.5));
        assert_eq!((found.queries, found.generations), (14, 3));
        let reached = told.iter().map(|now| (now.done, now.reached));
        assert_eq!(reached.collect::<Vec<_>>(), [(1, 0), (2, 0)]);
    }

    #[test]
    fn a_climb_ends_where_it_is_certain_or_nothing_slopes() {
        let parameters = Climb {
            steps: 50,
            rate: 0.5,
            confidence: 0.9,
            seed: 11,
        };
        let (found, told) = climbed(&linear(1.0), &parameters);
        for champion in &found.champions {
            let within = (0.9..1.0).contains(&champion.probability);
            assert!(within && champion.queries < 20, "{champion:?}");
        }
        let each = found.champions.iter().map(|champion| champion.queries);
        assert_eq!(found.queries, each.clone().sum::<u64>());
        // One look more than steps and slopes.
        let most = each.map(|queries| (queries as usize - 1) / 2).max();
        assert_eq!(Some(found.generations), most);
        assert_eq!(told[1].reached, 2);
        let (found, told) = climbed(&linear(0.0), &parameters);
        let mut random = Random::new(11);
        let noise: Vec<f32> = (0..4).map(|_| random.uniform() as f32).collect();
        for champion in &found.champions {
            assert_eq!(champion.levels, levels(&noise));
        }
        assert_eq!(told[1].reached, 0);
    }

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
