//! MAP-elites over the classes: the best picture of each class, and children of all of
//! them.

use std::ops::ControlFlow;

use super::Judge;
use cortexscope_net::random::Random;
use cortexscope_net::scores::softmax;

/// What is inherited and changed, and the picture that it stands for.
pub trait Genome: Clone {
    /// A first one.
    fn first(shape: [usize; 3], random: &mut Random) -> Self;

    /// Changes it, in this generation.
    fn mutate(&mut self, generation: usize, random: &mut Random);

    /// The picture `[C, H, W]`, in 8 bits.
    fn picture(&self, shape: [usize; 3]) -> Vec<u8>;
}

/// The parameters of an evolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evolution {
    /// Generations at most.
    pub generations: usize,
    /// Children in each generation.
    pub offspring: usize,
    /// The evolution ends when each class has a picture of this probability.
    pub confidence: f64,
    /// Seed of everything that is random.
    pub seed: u64,
}

/// The best picture of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Champion {
    /// Its levels, `[C, H, W]`.
    pub levels: Vec<u8>,
    /// The probability of the class.
    pub probability: f64,
    /// Pictures that were judged when it was found, itself counted.
    pub queries: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fooled {
    /// The best picture of each class.
    pub champions: Vec<Champion>,
    /// Pictures that were judged in all.
    pub queries: u64,
    /// Generations, or steps, that were made.
    pub generations: usize,
}

impl Fooled {
    /// Classes with a picture of at least this probability.
    pub fn reached(&self, confidence: f64) -> usize {
        let reached = self.champions.iter();
        reached
            .filter(|champion| champion.probability >= confidence)
            .count()
    }
}

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Generations that were made, or classes.
    pub done: usize,
    /// Classes whose picture reached the confidence.
    pub reached: usize,
}

/// Evolves a picture for each class (MAP-elites of Mouret and Clune 2015, as Nguyen et al.
/// 2015 use it). In each generation children of champions that are drawn at
/// random are judged for all classes, and a child takes the place of every champion that it
/// beats. Ends early where `progress` says so.
///
/// # Errors
/// The judge's.
pub fn evolve<G: Genome, J: Judge>(
    judge: &mut J,
    shape: [usize; 3],
    evolution: &Evolution,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Fooled, J::Error> {
    let mut random = Random::new(evolution.seed);
    let mut elites: Vec<(G, Champion)> = Vec::new();
    let mut queries = 0;
    let mut judged = |genome: G, elites: &mut Vec<(G, Champion)>| -> Result<(), J::Error> {
        let levels = genome.picture(shape);
        let probabilities = softmax(&judge.logits_of(&levels)?);
        queries += 1;
        for (class, &probability) in probabilities.iter().enumerate() {
            let champion = || Champion {
                levels: levels.clone(),
                probability,
                queries,
            };
            match elites.get_mut(class) {
                None => elites.push((genome.clone(), champion())),
                Some(elite) if probability > elite.1.probability => {
                    *elite = (genome.clone(), champion());
                }
                Some(_) => {}
            }
        }
        Ok(())
    };
    for _ in 0..evolution.offspring.max(1) {
        judged(G::first(shape, &mut random), &mut elites)?;
    }
    let reached = |elites: &[(G, Champion)]| {
        let all = elites.iter();
        all.filter(|(_, champion)| champion.probability >= evolution.confidence)
            .count()
    };
    let mut generation = 0;
    while generation < evolution.generations && reached(&elites) < elites.len() {
        let parents: Vec<G> = elites.iter().map(|(genome, _)| genome.clone()).collect();
        for _ in 0..evolution.offspring {
            let mut child = parents[random.index(parents.len())].clone();
            child.mutate(generation, &mut random);
            judged(child, &mut elites)?;
        }
        generation += 1;
        let now = Progress {
            done: generation,
            reached: reached(&elites),
        };
        if progress(now).is_break() {
            break;
        }
    }
    Ok(Fooled {
        champions: elites.into_iter().map(|(_, champion)| champion).collect(),
        queries,
        generations: generation,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{CppnGenome, DirectGenome};
    use super::*;

    /// Class 0 likes light pictures, class 1 dark ones, class 2 what is light on the left.
    struct Tones(u64);

    impl Judge for Tones {
        type Error = std::convert::Infallible;

        fn logits_of(&mut self, levels: &[u8]) -> Result<Vec<f32>, Self::Error> {
            self.0 += 1;
            let mean = |from: usize| {
                let pixels = levels.iter().skip(from).step_by(2);
                pixels.map(|&level| f32::from(level) / 255.0).sum::<f32>() / 4.0
            };
            let (left, right) = (mean(0), mean(1));
            let light = (left + right) / 2.0;
            Ok([light, 1.0 - light, left * (1.0 - right)]
                .map(|tone| 10.0 * tone)
                .to_vec())
        }
    }

    const EVOLUTION: Evolution = Evolution {
        generations: 300,
        offspring: 20,
        confidence: 0.9,
        seed: 3,
    };

    fn evolved<G: Genome>(evolution: &Evolution) -> Fooled {
        let mut judge = Tones(0);
        let mut go_on = |_| ControlFlow::Continue(());
        let Ok(fooled) = evolve::<G, _>(&mut judge, [1, 4, 2], evolution, &mut go_on);
        assert_eq!(fooled.queries, judge.0);
        let mut judge = Tones(0);
        for (class, champion) in fooled.champions.iter().enumerate() {
            let Ok(logits) = judge.logits_of(&champion.levels);
            assert_eq!(softmax(&logits)[class], champion.probability);
            assert!(champion.queries >= 1 && champion.queries <= fooled.queries);
        }
        fooled
    }

    #[test]
    fn each_class_gets_a_picture_that_it_is_certain_of() {
        let direct = evolved::<DirectGenome>(&EVOLUTION);
        assert_eq!(direct.reached(0.9), 3, "{direct:?}");
        assert!(direct.generations < 300);
        let cppn = evolved::<CppnGenome>(&EVOLUTION);
        assert_eq!(cppn.reached(0.9), 3, "{cppn:?}");
    }

    #[test]
    fn one_seed_gives_one_result_and_the_best_only_rises() {
        let few = Evolution {
            generations: 2,
            ..EVOLUTION
        };
        let first = evolved::<DirectGenome>(&few);
        assert_eq!(first, evolved::<DirectGenome>(&few));
        let other = Evolution { seed: 4, ..few };
        assert_ne!(first, evolved::<DirectGenome>(&other));
        // Twenty first pictures and two generations of twenty children.
        assert_eq!((first.queries, first.generations), (60, 2));
        let more = Evolution {
            generations: 5,
            ..few
        };
        let more = evolved::<DirectGenome>(&more);
        for (before, after) in first.champions.iter().zip(&more.champions) {
            assert!(after.probability >= before.probability);
        }
    }

    /// All classes alike, whatever is seen.
    struct Indifferent;

    impl Judge for Indifferent {
        type Error = std::convert::Infallible;

        fn logits_of(&mut self, _: &[u8]) -> Result<Vec<f32>, Self::Error> {
            Ok(vec![1.0; 2])
        }
    }

    #[test]
    fn what_is_no_better_takes_no_place() {
        let mut go_on = |_| ControlFlow::Continue(());
        for (offspring, generations, queries) in [(3, 2, 9), (0, 2, 1)] {
            let evolution = Evolution {
                offspring,
                generations,
                ..EVOLUTION
            };
            let shape = [1, 4, 2];
            let found = evolve::<DirectGenome, _>(&mut Indifferent, shape, &evolution, &mut go_on);
            let Ok(found) = found;
            assert!(found.champions.iter().all(|champion| champion.queries == 1));
            assert_eq!(found.queries, queries);
        }
    }

    #[test]
    fn it_ends_when_it_is_to_end() {
        let mut judge = Tones(0);
        let mut stop = |_| ControlFlow::Break(());
        let Ok(found) = evolve::<DirectGenome, _>(&mut judge, [1, 4, 2], &EVOLUTION, &mut stop);
        assert_eq!(found.generations, 1);
    }
}
