//! Ridge regression with more features than images, solved among the images.
//!
//! The weights are a sum of images, W = Σ_i a_i X_i, and (K + α I) a = y with the products
//! K = X Xᵀ of all pairs of images. One matrix of images² numbers serves all neurons, all
//! folds and all α.

use std::ops::ControlFlow;

use cortexscope_net::random::Random;
use rayon::prelude::*;

use super::{EncodeError, Stage, Watch};
use crate::linear::Cholesky;

/// How a ridge regression finds its α.
#[derive(Clone, Debug, PartialEq)]
pub struct Ridge {
    /// Candidates, relative to the mean square length of an image's features.
    pub alphas: Vec<f64>,
    /// Parts of the training images; each is predicted once from the others.
    pub folds: usize,
    /// Seed of the parts.
    pub seed: u64,
}

/// What was fitted to the neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct RidgeFit {
    /// The weight of each training image, for each neuron.
    pub images: Vec<Vec<f64>>,
    /// The α of each neuron, relative as in [`Ridge::alphas`].
    pub alphas: Vec<f64>,
}

impl Ridge {
    /// Eleven α from 10⁻² to 10³, five folds.
    pub fn new(seed: u64) -> Self {
        Self {
            alphas: (-4..=6)
                .map(|half| 10_f64.powf(f64::from(half) / 2.0))
                .collect(),
            folds: 5,
            seed,
        }
    }

    /// Fits `responses`, one list for each neuron with mean 0, to images with the products
    /// `gram`, of features with mean 0. Each neuron has the α with the least squared error
    /// over all folds.
    ///
    /// # Errors
    /// The equations cannot be solved, or the work was ended.
    pub fn fit(
        &self,
        gram: &[f64],
        responses: &[Vec<f64>],
        watch: Watch<'_>,
    ) -> Result<RidgeFit, EncodeError> {
        let count = responses.first().map_or(0, Vec::len);
        let trace: f64 = (0..count).map(|at| gram[at * count + at]).sum();
        let unit = trace / count as f64;
        let mut order: Vec<usize> = (0..count).collect();
        Random::new(self.seed).shuffle(&mut order);
        let mut errors = vec![vec![0.0; self.alphas.len()]; responses.len()];
        for fold in 0..self.folds {
            if watch(Stage::Readout, fold, self.folds + 1) == ControlFlow::Break(()) {
                return Err(EncodeError::Interrupted);
            }
            let (held, kept): (Vec<_>, Vec<_>) =
                (0..count).partition(|place| place % self.folds == fold);
            let [held, kept] = [held, kept]
                .map(|places| -> Vec<usize> { places.iter().map(|&place| order[place]).collect() });
            let split = Split::new(gram, count, &kept, &held);
            let found: Vec<Vec<f64>> = self
                .alphas
                .par_iter()
                .map(|alpha| split.errors(alpha * unit, responses, &kept, &held))
                .collect::<Result<_, EncodeError>>()?;
            for (at, found) in found.iter().enumerate() {
                for (sum, error) in errors.iter_mut().zip(found) {
                    sum[at] += error;
                }
            }
        }
        let best: Vec<usize> = errors
            .iter()
            .map(|errors| {
                let least = errors.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
                least.map_or(0, |(at, _)| at)
            })
            .collect();
        let mut chosen: Vec<usize> = best.clone();
        chosen.sort_unstable();
        chosen.dedup();
        let factors = chosen
            .par_iter()
            .map(|&at| factor(gram.to_vec(), count, self.alphas[at] * unit))
            .collect::<Result<Vec<_>, _>>()?;
        let images = responses.iter().zip(&best).map(|(response, at)| {
            let mut solved = response.clone();
            let place = chosen.partition_point(|one| one < at);
            factors[place].solve(&mut solved);
            solved
        });
        Ok(RidgeFit {
            images: images.collect(),
            alphas: best.iter().map(|&at| self.alphas[at]).collect(),
        })
    }
}

fn factor(mut gram: Vec<f64>, size: usize, alpha: f64) -> Result<Cholesky, EncodeError> {
    (0..size).for_each(|at| gram[at * size + at] += alpha);
    Cholesky::new(gram, size).ok_or(EncodeError::Singular)
}

/// The products within the kept images, and of the held with the kept ones, for features
/// with mean 0 over the kept ones.
struct Split {
    within: Vec<f64>,
    across: Vec<f64>,
}

impl Split {
    fn new(gram: &[f64], count: usize, kept: &[usize], held: &[usize]) -> Self {
        let rows = |rows: &[usize]| -> Vec<f64> {
            let entries = rows
                .iter()
                .flat_map(|&row| kept.iter().map(move |&column| gram[row * count + column]));
            entries.collect()
        };
        let (mut within, mut across) = (rows(kept), rows(held));
        let size = kept.len();
        let mean = |row: &[f64]| row.iter().sum::<f64>() / size as f64;
        let means: Vec<f64> = within.chunks_exact(size).map(mean).collect();
        let whole = mean(&means);
        let centre = |values: &mut [f64], row_means: &[f64]| {
            for (row, row_mean) in values.chunks_exact_mut(size).zip(row_means) {
                let row = row.iter_mut().zip(&means);
                row.for_each(|(value, column)| *value += whole - row_mean - column);
            }
        };
        let held_means: Vec<f64> = across.chunks_exact(size).map(mean).collect();
        centre(&mut within, &means);
        centre(&mut across, &held_means);
        Self { within, across }
    }

    /// Each neuron's squared error on the held images.
    fn errors(
        &self,
        alpha: f64,
        responses: &[Vec<f64>],
        kept: &[usize],
        held: &[usize],
    ) -> Result<Vec<f64>, EncodeError> {
        let factor = factor(self.within.clone(), kept.len(), alpha)?;
        let errors = responses.iter().map(|response| {
            let mean = kept.iter().map(|&at| response[at]).sum::<f64>() / kept.len() as f64;
            let mut weights: Vec<f64> = kept.iter().map(|&at| response[at] - mean).collect();
            factor.solve(&mut weights);
            let rows = held.iter().zip(self.across.chunks_exact(kept.len()));
            let errors = rows.map(|(&at, row)| {
                let sum: f64 = row.iter().zip(&weights).map(|(k, a)| k * a).sum();
                (mean + sum - response[at]).powi(2)
            });
            errors.sum()
        });
        Ok(errors.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two features and four images: a = (K + α I)⁻¹ y gives the same weights as
    /// (XᵀX + α I)⁻¹ Xᵀ y, worked by hand: XᵀX = diag(4, 4), Xᵀy = (8, 4), α = 4.
    #[test]
    fn the_weights_are_those_of_the_normal_equations() {
        let x = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
        let y = vec![3.0, 1.0, -1.0, -3.0];
        let gram: Vec<f64> = x
            .iter()
            .flat_map(|a| x.iter().map(move |b| a[0] * b[0] + a[1] * b[1]))
            .collect();
        // The mean square length is 2, so a relative α of 2 is 4.
        let ridge = Ridge {
            alphas: vec![2.0],
            folds: 2,
            seed: 0,
        };
        let fit = ridge
            .fit(&gram, &[y], &mut |_, _, _| ControlFlow::Continue(()))
            .unwrap();
        let weight = |feature: usize| -> f64 {
            let shares = fit.images[0].iter().zip(&x);
            shares.map(|(a, x)| a * x[feature]).sum()
        };
        assert!((weight(0) - 1.0).abs() < 1e-12, "{}", weight(0));
        assert!((weight(1) - 0.5).abs() < 1e-12, "{}", weight(1));
    }

    /// A neuron that is a feature wants the least α, noise alone the greatest.
    #[test]
    fn alpha_follows_the_signal() {
        let mut random = Random::new(1);
        let x: Vec<[f64; 3]> = (0..60).map(|_| [0; 3].map(|_| random.normal())).collect();
        let gram: Vec<f64> = x
            .iter()
            .flat_map(|a| {
                x.iter()
                    .map(move |b| a.iter().zip(b).map(|(a, b)| a * b).sum())
            })
            .collect();
        let signal: Vec<f64> = x.iter().map(|x| 2.0 * x[1]).collect();
        let noise: Vec<f64> = (0..60).map(|_| random.normal()).collect();
        let ridge = Ridge::new(5);
        let fit = ridge
            .fit(&gram, &[signal, noise], &mut |_, _, _| {
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(fit.alphas[0], ridge.alphas[0]);
        assert!(fit.alphas[1] > 1.0, "{}", fit.alphas[1]);
    }
}
