//! The genetic algorithm of XDREAM (Ponce et al. 2019; Xiao and Kreiman 2020).

use super::{Code, Optimiser, normal_code, ranked};
use cortexscope_net::random::Random;
use cortexscope_statistics::{mean_and_deviation, quantile};

/// Parents are drawn by the exponential of their scores; children mix two parents gene by
/// gene and mutate.
#[derive(Clone, Debug)]
pub struct Genetic {
    dim: usize,
    parameters: Parameters,
    next: Vec<Code>,
}

/// Parameters of the genetic algorithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Codes of a generation.
    pub population: usize,
    /// The probability that a gene mutates.
    pub mutation_rate: f64,
    /// Standard deviation of a mutation.
    pub mutation_size: f64,
    /// How strongly better parents are preferred.
    pub selectivity: f64,
    /// The share of genes from the first parent.
    pub heritability: f64,
    /// Best codes that are kept as they are.
    pub conserved: usize,
}

impl Parameters {
    /// XDREAM's settings for networks ("in silico").
    pub const XDREAM: Self = Self {
        population: 20,
        mutation_rate: 0.5,
        mutation_size: 0.5,
        selectivity: 2.0,
        heritability: 0.5,
        conserved: 0,
    };
    /// The same for neurons of a brain: the best code is kept.
    pub const XDREAM_EPHYS: Self = Self {
        conserved: 1,
        ..Self::XDREAM
    };
}

/// The percentile above which scores count as equal.
const PERCENTILE: f64 = 0.95;
/// The least temperature, so that equal scores give equal chances.
const LEAST_TEMPERATURE: f64 = 1e-8;

impl Genetic {
    /// For codes of `dim` values.
    pub fn new(dim: usize, parameters: Parameters) -> Self {
        Self {
            dim,
            parameters,
            next: Vec::new(),
        }
    }

    /// The chance of each code, the best first, from its score; they need not sum to 1.
    fn fitness(&self, scores: &[f64]) -> Vec<f64> {
        let [_, deviation] = mean_and_deviation(scores).unwrap_or_default();
        // The deviation of the scores before they are cut, the maximum after.
        let temperature = (deviation / self.parameters.selectivity).max(LEAST_TEMPERATURE);
        let most = quantile(scores, PERCENTILE).unwrap_or(scores[0]);
        let top = scores[0].min(most);
        scores
            .iter()
            .map(|score| ((score.min(most) - top) / temperature).exp())
            .collect()
    }
}

/// A place drawn with the chances whose running sums these are.
fn draw(sums: &[f64], random: &mut Random) -> usize {
    let total = sums.last().copied().unwrap_or_default();
    let lot = random.uniform() * total;
    let found = sums.partition_point(|&sum| sum <= lot);
    found.min(sums.len() - 1)
}

impl Optimiser for Genetic {
    fn settings(&self) -> Vec<(&'static str, f64)> {
        let parameters = self.parameters;
        vec![
            ("population", parameters.population as f64),
            ("mutation_rate", parameters.mutation_rate),
            ("mutation_size", parameters.mutation_size),
            ("selectivity", parameters.selectivity),
            ("heritability", parameters.heritability),
            ("conserved", parameters.conserved as f64),
        ]
    }

    fn ask(&mut self, random: &mut Random) -> Vec<Code> {
        if self.next.is_empty() {
            let first = (0..self.parameters.population).map(|_| normal_code(self.dim, random));
            self.next = first.collect();
        }
        self.next.clone()
    }

    fn tell(&mut self, codes: &[Code], scores: &[f64], random: &mut Random) {
        let order = ranked(scores, random);
        let sorted: Vec<f64> = order.iter().map(|&at| scores[at]).collect();
        let fitness = self.fitness(&sorted);
        let mut sum = 0.0;
        let sums: Vec<f64> = fitness
            .iter()
            .map(|fitness| {
                sum += fitness;
                sum
            })
            .collect();
        let parameters = self.parameters;
        let conserved = parameters.conserved.min(order.len());
        let kept = order.iter().take(conserved).map(|&at| codes[at].clone());
        let mut next: Vec<Code> = kept.collect();
        while next.len() < parameters.population {
            let first = &codes[order[draw(&sums, random)]];
            let second = &codes[order[draw(&sums, random)]];
            let genes = first.iter().zip(second).map(|(first, second)| {
                let is_first = random.uniform() < parameters.heritability;
                let gene = if is_first { *first } else { *second };
                if random.uniform() < parameters.mutation_rate {
                    gene + parameters.mutation_size * random.normal()
                } else {
                    gene
                }
            });
            next.push(genes.collect());
        }
        self.next = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, as numpy computes it: scores 3, 2, 1, 0 have the deviation √1.25 and the
    /// 95th percentile 2.85; kT = 0.5590170.
    #[test]
    fn fitness_is_cut_above_the_percentile_and_cooled_by_the_uncut_deviation() {
        let genetic = Genetic::new(1, Parameters::XDREAM);
        let fitness = genetic.fitness(&[3.0, 2.0, 1.0, 0.0]);
        let temperature = 1.25_f64.sqrt() / 2.0;
        for (found, cut) in fitness.iter().zip([2.85, 2.0, 1.0, 0.0]) {
            assert!((found - ((cut - 2.85) / temperature).exp()).abs() < 1e-12);
        }
        assert_eq!(fitness[0], 1.0);
        assert_eq!(genetic.fitness(&[4.0; 5]), [1.0; 5]);
    }

    #[test]
    fn the_best_code_is_conserved_where_that_is_asked_for() {
        let mut random = Random::new(1);
        let mut genetic = Genetic::new(6, Parameters::XDREAM_EPHYS);
        let codes = genetic.ask(&mut random);
        let scores: Vec<f64> = (0..20).map(|at| f64::from(at % 7)).collect();
        genetic.tell(&codes, &scores, &mut random);
        let next = genetic.ask(&mut random);
        assert_eq!(next.len(), 20);
        assert!([6, 13].iter().any(|&best| next[0] == codes[best]));
    }

    #[test]
    fn half_of_the_genes_mutate_and_all_come_from_parents() {
        let mut random = Random::new(1);
        let mut genetic = Genetic::new(1000, Parameters::XDREAM);
        let codes = genetic.ask(&mut random);
        genetic.tell(&codes, &[1.0; 20], &mut random);
        let next = genetic.ask(&mut random);
        let genes = next.iter().flat_map(|child| child.iter().enumerate());
        let same = genes.filter(|(at, gene)| codes.iter().any(|code| code[*at] == **gene));
        // 20,000 genes of chance ½: five standard errors are 354.
        assert!((same.count() as f64 - 10_000.0).abs() < 354.0);
    }
}
