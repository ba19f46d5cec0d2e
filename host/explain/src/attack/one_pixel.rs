//! One pixel, found by differential evolution: no derivative is asked for.

use super::ball::Norm;
use super::changes::MethodChanges;
use super::found::{ChangedPicture, MethodInfo, Slopes};
use super::objective::{Goal, log_odds};
use super::pixels::{levels, of_levels};
use super::victim::Victim;
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;
use cortexscope_net::scores::first_greatest;

/// What it is.
pub const INFO: MethodInfo = MethodInfo {
    name: "one-pixel",
    summary: "one pixel, chosen and coloured by differential evolution",
    paper: "Su, Vargas and Sakurai 2019, section III",
    norm: Norm::Greatest,
    takes_eps: false,
    depends_on_eps: false,
    has_gradients: false,
};

/// Its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OnePixel {
    /// Candidates in each generation.
    pub population: usize,
    /// Generations at most.
    pub generations: usize,
    /// F: how far a child goes along the difference of two parents.
    pub weight: f64,
}

impl Default for OnePixel {
    fn default() -> Self {
        Self {
            population: 400,
            generations: 100,
            weight: 0.5,
        }
    }
}

impl OnePixel {
    /// The parameters with what is changed of them.
    pub fn with_changes(changes: &MethodChanges) -> Self {
        let own = Self::default();
        Self {
            population: changes.population.unwrap_or(own.population),
            generations: changes.steps.unwrap_or(own.generations),
            ..own
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`].
    pub fn check(&self) -> Result<(), ExplainError> {
        if self.population < 4 {
            let why = "the population is 4 or more: a child has three parents beside its rival";
            return Err(ExplainError::Parameter(why));
        }
        if self.generations == 0 || !(self.weight.is_finite() && self.weight > 0.0) {
            let why = "the generations are 1 or more, the weight is greater than 0";
            return Err(ExplainError::Parameter(why));
        }
        Ok(())
    }
}

/// A pixel and its levels: row, column, then a level for each channel.
type Candidate = Vec<f64>;

/// What a candidate is worth.
#[derive(Clone, Copy)]
struct Worth {
    /// Less is better: the log-odds of the class that is left, or minus those of the one
    /// that is wanted. They rank candidates as the paper's probabilities do, also where
    /// these are all 1 in floating point.
    cost: f64,
    /// Whether the attack on the picture succeeded.
    is_done: bool,
}

/// Evolves one pixel, without crossover as in the paper, until a candidate reaches the
/// goal. The paper stops at a probability of the class below 5 % or of the target above
/// 90 %, and starts with levels drawn from a normal of mean 128 and deviation 127.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    parameters: &OnePixel,
    random: &mut Random,
) -> Result<ChangedPicture, ExplainError> {
    let [channels, height, width] = victim.model().input_shape();
    let original = of_levels(&levels(picture));
    let limits: Vec<f64> = [height, width]
        .map(|side| side as f64 - 1.0)
        .into_iter()
        .chain(std::iter::repeat_n(255.0, channels))
        .collect();
    let shown = |candidate: &Candidate| -> Vec<f32> {
        let mut picture = original.clone();
        let at = candidate[0].round() as usize * width + candidate[1].round() as usize;
        for (channel, level) in candidate[2..].iter().enumerate() {
            picture[channel * height * width + at] = level.round() as f32 / 255.0;
        }
        picture
    };
    let mut worth = |candidate: &Candidate| -> Result<Worth, ExplainError> {
        let logits = victim.logits(&shown(candidate))?;
        let odds = log_odds(&logits, goal.class());
        Ok(Worth {
            cost: match goal {
                Goal::Away(_) => odds,
                Goal::Towards(_) => -odds,
            },
            is_done: goal.is_reached(first_greatest(&logits).unwrap_or_default()),
        })
    };
    let candidates = 0..parameters.population;
    let mut population: Vec<_> = candidates.map(|_| drawn(&limits, random)).collect();
    let mut worths = Vec::with_capacity(population.len());
    let mut done = None;
    for (index, candidate) in population.iter().enumerate() {
        worths.push(worth(candidate)?);
        if worths[index].is_done {
            done = Some(index);
            break;
        }
    }
    let mut generation = 0;
    while done.is_none() && generation < parameters.generations {
        let before = population.clone();
        for index in 0..population.len() {
            let [a, b, c] = three(index, before.len(), random);
            let parents = [a, b, c].map(|at| &before[at]);
            let child = child(parents, parameters.weight, &limits);
            let found = worth(&child)?;
            if found.is_done || found.cost <= worths[index].cost {
                population[index] = child;
                worths[index] = found;
            }
            if found.is_done {
                done = Some(index);
                break;
            }
        }
        generation += 1;
    }
    let best = done.unwrap_or_else(|| {
        let indices = 0..worths.len();
        indices
            .min_by(|&a, &b| worths[a].cost.total_cmp(&worths[b].cost))
            .unwrap_or_default()
    });
    Ok(ChangedPicture {
        picture: shown(&population[best]),
        direction: None,
        slopes: Slopes::default(),
    })
}

/// A candidate of the first generation, whose position is anywhere.
fn drawn(limits: &[f64], random: &mut Random) -> Candidate {
    let position = limits[..2].iter().map(|limit| random.uniform() * limit);
    let mut candidate: Candidate = position.collect();
    let levels = limits[2..].iter();
    candidate.extend(levels.map(|&most| (128.0 + 127.0 * random.normal()).clamp(0.0, most)));
    candidate
}

/// a + F (b − c), gene by gene, cut to what a pixel can be.
fn child([a, b, c]: [&Candidate; 3], weight: f64, limits: &[f64]) -> Candidate {
    let genes = a.iter().zip(b).zip(c).zip(limits);
    genes
        .map(|(((a, b), c), &most)| (a + weight * (b - c)).clamp(0.0, most))
        .collect()
}

/// Three different places of `0..count`, none of them `but`.
fn three(but: usize, count: usize, random: &mut Random) -> [usize; 3] {
    let mut chosen = [but; 3];
    for at in 0..3 {
        loop {
            let drawn = random.index(count);
            if drawn != but && !chosen[..at].contains(&drawn) {
                chosen[at] = drawn;
                break;
            }
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_three_others() {
        let mut random = Random::new(2);
        for _ in 0..200 {
            let mut all = three(1, 4, &mut random).to_vec();
            all.sort_unstable();
            assert_eq!(all, [0, 2, 3]);
        }
    }

    #[test]
    fn a_child_goes_along_the_difference_of_two_parents() {
        let parents = [
            vec![1.0, 2.0, 100.0, 40.0, 250.0],
            vec![3.0, 0.5, 50.0, 20.0, 90.0],
            vec![2.0, 1.5, 10.0, 200.0, 10.0],
        ];
        let [a, b, c] = &parents;
        let found = child([a, b, c], 0.5, &[2.0, 2.0, 255.0, 255.0, 255.0]);
        assert_eq!(found, [1.5, 1.5, 120.0, 0.0, 255.0]);
    }

    #[test]
    fn first_levels_are_those_of_the_papers_normal_and_lie_anywhere() {
        let mut random = Random::new(3);
        let draws = 4000;
        let limits = [6.0, 2.0, 255.0];
        let all: Vec<Candidate> = (0..draws).map(|_| drawn(&limits, &mut random)).collect();
        let share = |holds: &dyn Fn(&Candidate) -> bool| {
            let found = all.iter().filter(|candidate| holds(candidate)).count();
            found as f64 / f64::from(draws)
        };
        // Of a standard normal 0.1568 lie below −128/127, 0.1587 above 1, and 0.3085 below
        // −½: four standard errors are 0.03 at most.
        let near = |have: f64, want: f64| assert!((have - want).abs() < 0.03, "{have} {want}");
        near(share(&|candidate| candidate[2] == 0.0), 0.1568);
        near(share(&|candidate| candidate[2] == 255.0), 0.1587);
        near(share(&|candidate| candidate[2] < 64.5), 0.3085);
        near(share(&|candidate| candidate[0] < 1.5), 0.25);
        near(share(&|candidate| candidate[1] > 1.5), 0.25);
    }
}
