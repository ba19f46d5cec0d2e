//! A model's dissimilarities against those of brains.

use cortexscope_net::random::Random;
use cortexscope_statistics::{kendall_a, pearson, quantile, spearman};

use super::Rdm;
use crate::data::Responses;

/// How well one matrix agrees with those of subjects.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// Spearman's ρ with each subject.
    pub subjects: Vec<f64>,
    /// Their mean.
    pub spearman: f64,
    /// Their standard error; `None` for one subject.
    pub standard_error: Option<f64>,
    /// The mean of Kendall's τ_a with each subject.
    pub kendall: f64,
    /// Share of shuffled orders of the model's images with a mean ρ that is not smaller, the
    /// order as it is counted in.
    pub p: f64,
    /// The middle 95 % of the mean ρ over subjects drawn with replacement; for one subject over
    /// images drawn so, pairs of an image with itself left out.
    pub interval: [f64; 2],
}

/// Between what a perfect model reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RdmCeiling {
    /// The mean correlation of each subject with the others, or of two halves of the repeats.
    pub lower: f64,
    /// The mean correlation of each subject with all, or what Spearman and Brown make of the
    /// halves.
    pub upper: f64,
}

/// Compares a model with subjects that saw the same images. ρ is computed for each subject and
/// then averaged; `draws` shuffles and as many draws with replacement are made.
///
/// `None` where a matrix does not vary.
pub fn compare(model: &Rdm, subjects: &[Rdm], draws: usize, seed: u64) -> Option<Agreement> {
    let rho: Option<Vec<f64>> = subjects
        .iter()
        .map(|subject| spearman(&model.pairs, &subject.pairs))
        .collect();
    let rho = rho?;
    let tau: Option<Vec<f64>> = subjects
        .iter()
        .map(|subject| kendall_a(&model.pairs, &subject.pairs))
        .collect();
    let count = subjects.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let spearman = mean(&rho);
    let squares: f64 = rho.iter().map(|r| (r - spearman).powi(2)).sum();
    let standard_error = (subjects.len() > 1).then(|| (squares / (count - 1.0) / count).sqrt());

    // The mean ρ is a product of the model's ranks with the sum of the subjects' standard ranks.
    let ranks = standard(&model.ranked());
    let mut sum = vec![0.0; ranks.pairs.len()];
    for subject in subjects {
        let subject = standard(&subject.ranked());
        sum.iter_mut()
            .zip(&subject.pairs)
            .for_each(|(sum, z)| *sum += z / count);
    }
    let brains = Rdm {
        images: model.images,
        pairs: sum,
    };
    let mut random = Random::new(seed);
    let mut order: Vec<usize> = (0..model.images).collect();
    let mut not_smaller = 1;
    for _ in 0..draws {
        random.shuffle(&mut order);
        let mut product = 0.0;
        let mut at = 0;
        for row in 0..model.images {
            for column in row + 1..model.images {
                product += ranks.at(order[row], order[column]) * brains.pairs[at];
                at += 1;
            }
        }
        not_smaller += usize::from(product >= spearman);
    }
    let drawn: Vec<f64> = (0..draws)
        .map(|_| {
            if rho.len() > 1 {
                let picked: Vec<f64> = rho.iter().map(|_| rho[random.index(rho.len())]).collect();
                mean(&picked)
            } else {
                of_drawn_images(&ranks, &brains, &mut random)
            }
        })
        .collect();
    Some(Agreement {
        spearman,
        standard_error,
        kendall: mean(&tau?),
        p: not_smaller as f64 / (draws + 1) as f64,
        interval: [quantile(&drawn, 0.025)?, quantile(&drawn, 0.975)?],
        subjects: rho,
    })
}

/// Ranks with mean 0 and length 1.
fn standard(ranked: &Rdm) -> Rdm {
    let mean = ranked.pairs.iter().sum::<f64>() / ranked.pairs.len() as f64;
    let square: f64 = ranked.pairs.iter().map(|rank| (rank - mean).powi(2)).sum();
    let length = square.sqrt();
    Rdm {
        images: ranked.images,
        pairs: ranked
            .pairs
            .iter()
            .map(|rank| (rank - mean) / length)
            .collect(),
    }
}

/// The correlation of two matrices over images drawn with replacement.
fn of_drawn_images(a: &Rdm, b: &Rdm, random: &mut Random) -> f64 {
    let drawn: Vec<usize> = (0..a.images).map(|_| random.index(a.images)).collect();
    let [mut n, mut sa, mut sb, mut aa, mut bb, mut ab] = [0.0; 6];
    for (at, &row) in drawn.iter().enumerate() {
        for &column in &drawn[at + 1..] {
            if row != column {
                let (x, y) = (a.at(row, column), b.at(row, column));
                n += 1.0;
                sa += x;
                sb += y;
                aa += x * x;
                bb += y * y;
                ab += x * y;
            }
        }
    }
    let r = (ab - sa * sb / n) / ((aa - sa * sa / n) * (bb - sb * sb / n)).sqrt();
    if r.is_finite() { r } else { 0.0 }
}

/// The ceilings of Nili et al. (2014): the correlation of each subject's ranks with the mean of
/// the ranks of the others, and of all, averaged over subjects. The mean is not ranked again:
/// so it correlates best with all subjects, and no model has a greater mean ρ. `None` for one
/// subject.
pub fn subject_ceiling(subjects: &[Rdm]) -> Option<RdmCeiling> {
    if subjects.len() < 2 {
        return None;
    }
    let ranked: Vec<Rdm> = subjects.iter().map(Rdm::ranked).collect();
    let all: Vec<&Rdm> = ranked.iter().collect();
    let mean = Rdm::mean(&all);
    let (mut lower, mut upper) = (0.0, 0.0);
    for (at, subject) in ranked.iter().enumerate() {
        let others: Vec<&Rdm> = (0..ranked.len())
            .filter(|&other| other != at)
            .map(|other| &ranked[other])
            .collect();
        lower += pearson(&subject.pairs, &Rdm::mean(&others).pairs)?;
        upper += pearson(&subject.pairs, &mean.pairs)?;
    }
    let count = subjects.len() as f64;
    Some(RdmCeiling {
        lower: lower / count,
        upper: upper / count,
    })
}

/// Random halves of the repeats that a ceiling is the mean of.
const SPLITS: usize = 10;

/// The ceiling of one population: ρ of the matrices of two random halves of the repeats, and
/// what Spearman and Brown make of it for all repeats. `None` without two repeats of each image.
pub fn half_ceiling(responses: &Responses, images: &[usize], seed: u64) -> Option<RdmCeiling> {
    let mut random = Random::new(seed);
    let mut sum = 0.0;
    for _ in 0..SPLITS {
        let mut halves = [const { Vec::new() }; 2];
        for &image in images {
            for neuron in 0..responses.neurons {
                let mut trials = responses.trials(neuron, image);
                if trials.len() < 2 {
                    return None;
                }
                random.shuffle(&mut trials);
                let half = trials.len() / 2;
                for (to, from) in halves.iter_mut().zip(trials.chunks(half)) {
                    to.push((from.iter().sum::<f64>() / half as f64) as f32);
                }
            }
        }
        let [first, second] = halves.map(|values| Rdm::of(&values, responses.neurons));
        sum += spearman(&first.pairs, &second.pairs)?;
    }
    let lower = sum / SPLITS as f64;
    Some(RdmCeiling {
        lower,
        upper: 2.0 * lower / (1.0 + lower),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random_rdm(images: usize, random: &mut Random) -> Rdm {
        let count = images * (images - 1) / 2;
        Rdm {
            images,
            pairs: (0..count).map(|_| random.normal()).collect(),
        }
    }

    #[test]
    fn a_model_that_is_the_brain_is_found_and_another_is_not() {
        let mut random = Random::new(1);
        let brain = random_rdm(20, &mut random);
        let noisy = |random: &mut Random| Rdm {
            images: 20,
            pairs: brain.pairs.iter().map(|d| d + random.normal()).collect(),
        };
        let subjects: Vec<Rdm> = (0..6).map(|_| noisy(&mut random)).collect();
        let found = compare(&brain, &subjects, 200, 0).unwrap();
        assert!(found.spearman > 0.5 && found.p < 0.01, "{found:?}");
        assert!(found.interval[0] < found.spearman && found.spearman < found.interval[1]);
        let ceiling = subject_ceiling(&subjects).unwrap();
        assert!(
            ceiling.lower < found.spearman && found.spearman < ceiling.upper,
            "{ceiling:?}"
        );
        let other = compare(&random_rdm(20, &mut random), &subjects, 200, 0).unwrap();
        assert!(other.p > 0.01 && other.spearman.abs() < 0.2, "{other:?}");
        assert_eq!(subject_ceiling(&subjects[..1]), None);
    }

    /// Published results of Net2Brain for three models, 15 subjects and 78 images: the mean of
    /// squares of ρ.
    #[test]
    #[ignore = "needs outside data: cargo xtask test --data DIR"]
    fn published_results_are_met_to_eight_digits() {
        use crate::data::NumberArray;
        let folder = std::env::var("CORTEXSCOPE_TEST_DATA").expect("CORTEXSCOPE_TEST_DATA is set");
        let rdms = |key: &str| {
            let name = format!("{folder}/brain/fmri78_evc_it.npz:{key}");
            Rdm::all_of(&NumberArray::open(&name).unwrap()).unwrap()
        };
        let areas = [rdms("it"), rdms("evc")];
        for (model, published) in [
            ("resnet18_layer3_1_conv2", [0.002116532, 0.000829679]),
            ("resnet18_layer4_1_bn2", [0.001840201, 0.000688606]),
            ("rn50_visual_layer4", [0.005043809, 0.001880379]),
        ] {
            let model = &rdms(model)[0];
            for (subjects, published) in areas.iter().zip(published) {
                let squares = subjects.iter().map(|subject| {
                    let rho = spearman(&model.pairs, &subject.pairs).unwrap();
                    rho * rho
                });
                let mean = squares.sum::<f64>() / subjects.len() as f64;
                assert!((mean - published).abs() < 1e-8, "{mean} is not {published}");
            }
        }
        for (subjects, [low, high]) in areas.iter().zip([[0.009, 0.262], [0.019, 0.267]]) {
            let ceiling = subject_ceiling(subjects).unwrap();
            assert!((ceiling.lower - low).abs() < 6e-4, "{ceiling:?}");
            assert!((ceiling.upper - high).abs() < 6e-4, "{ceiling:?}");
        }
    }
}
