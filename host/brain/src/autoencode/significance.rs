//! Which neurons a network predicts: Pearson's r of predicted and mean response over the images,
//! and how many neurons would look predicted by chance.

use cortexscope_net::random::Random;
use cortexscope_statistics::student::two_sided_t;
use cortexscope_statistics::{benjamini_hochberg, correlation_p, holm, median, pearson};

/// One neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// Correlation of prediction and response; 0 where one of them does not vary.
    pub r: f64,
    /// Two-sided p of r by Student's t; 1 where r is not defined.
    pub p: f64,
    /// p adjusted by Holm's procedure.
    pub p_holm: f64,
    /// p adjusted by Benjamini and Hochberg's.
    pub p_fdr: f64,
}

/// All neurons of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Significance {
    /// The neurons.
    pub neurons: Vec<Tested>,
    /// The median of r.
    pub median_r: f64,
    /// Neurons with p of at most the level.
    pub uncorrected: usize,
    /// The same after Holm's correction: the chance of one false finding is below the level.
    pub holm: usize,
    /// The same after Benjamini and Hochberg's: the false share is below the level.
    pub fdr: usize,
    /// |r| of which p is the level.
    pub critical_r: f64,
    /// Neurons below the level without correction when the images are shuffled: the mean over the
    /// shuffles, and the count that 95 % of them do not exceed.
    pub by_chance: [f64; 2],
}

impl Significance {
    /// Tests predictions against responses, both `[neurons][images]`, at `level`, such as 0.05,
    /// with `shuffles` of the images for what chance gives. `None` for fewer than three images
    /// or no neuron.
    pub fn test(
        predicted: &[Vec<f64>],
        measured: &[Vec<f64>],
        level: f64,
        shuffles: usize,
        seed: u64,
    ) -> Option<Self> {
        let images = measured.first()?.len();
        if predicted.len() != measured.len() || images < 3 {
            return None;
        }
        let correlations = predicted.iter().zip(measured).map(|(a, b)| pearson(a, b));
        let correlations: Vec<Option<f64>> = correlations.collect();
        let p = correlations
            .iter()
            .map(|r| r.map_or(1.0, |r| p_of(r, images)));
        let p: Vec<f64> = p.collect();
        let [by_holm, by_fdr] = [holm(&p), benjamini_hochberg(&p)];
        let neurons = (0..p.len()).map(|at| Tested {
            r: correlations[at].unwrap_or(0.0),
            p: p[at],
            p_holm: by_holm[at],
            p_fdr: by_fdr[at],
        });
        let neurons: Vec<Tested> = neurons.collect();
        let count =
            |of: fn(&Tested) -> f64| neurons.iter().filter(|neuron| of(neuron) <= level).count();
        let r: Vec<f64> = neurons.iter().map(|neuron| neuron.r).collect();
        let t = two_sided_t(level, images - 2);
        let critical_r = t / (t * t + (images - 2) as f64).sqrt();
        Some(Self {
            median_r: median(&r).unwrap_or(0.0),
            uncorrected: count(|neuron| neuron.p),
            holm: count(|neuron| neuron.p_holm),
            fdr: count(|neuron| neuron.p_fdr),
            critical_r,
            by_chance: by_chance(predicted, measured, critical_r, shuffles, seed),
            neurons,
        })
    }
}

fn p_of(r: f64, images: usize) -> f64 {
    correlation_p(r, images).unwrap_or(1.0)
}

/// Neurons whose |r| is critical when all predictions are shown in another order: mean and 95 %
/// quantile. One order for all neurons, which keeps what they have in common.
fn by_chance(
    predicted: &[Vec<f64>],
    measured: &[Vec<f64>],
    critical_r: f64,
    shuffles: usize,
    seed: u64,
) -> [f64; 2] {
    let images = measured.first().map_or(0, Vec::len);
    let predicted: Vec<Vec<f64>> = predicted.iter().map(|all| standard(all)).collect();
    let measured: Vec<Vec<f64>> = measured.iter().map(|all| standard(all)).collect();
    let mut random = Random::new(seed);
    let mut order: Vec<usize> = (0..images).collect();
    let counts = (0..shuffles.max(1)).map(|_| {
        random.shuffle(&mut order);
        let both = predicted.iter().zip(&measured);
        let is_critical = |(a, b): &(&Vec<f64>, &Vec<f64>)| {
            let r: f64 = order.iter().zip(b.iter()).map(|(&at, b)| a[at] * b).sum();
            r.abs() >= critical_r
        };
        both.filter(is_critical).count()
    });
    let mut counts: Vec<usize> = counts.collect();
    counts.sort_unstable();
    let mean = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let at = (counts.len() * 95).div_ceil(100).saturating_sub(1);
    [mean, counts[at] as f64]
}

/// Values with mean 0 and a sum of squares of 1; zeros where they do not vary.
fn standard(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let away = values.iter().map(|value| value - mean);
    let length = away.clone().map(|value| value * value).sum::<f64>().sqrt();
    if values.iter().all(|value| *value == values[0]) || !length.is_normal() {
        return vec![0.0; values.len()];
    }
    away.map(|value| value / length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(neurons: usize, images: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut random = Random::new(seed);
        let neuron = |_| (0..images).map(|_| random.normal()).collect();
        (0..neurons).map(neuron).collect()
    }

    /// 102 neurons and 50 images, as in the paper's third region: chance alone gives 5.1 of them,
    /// and one or more after Holm's correction in a twentieth of all recordings. Of 20, five or
    /// more have less than 3 in 1,000; the mean count has a deviation of 0.49.
    #[test]
    fn chance_alone_gives_a_twentieth() {
        let recordings = (0..20).map(|seed| {
            let [predicted, measured] = [0, 1].map(|half| noise(102, 50, 100 + 2 * seed + half));
            Significance::test(&predicted, &measured, 0.05, 50, seed).unwrap()
        });
        let recordings: Vec<Significance> = recordings.collect();
        let counts = recordings.iter().map(|found| found.uncorrected as f64);
        let mean = counts.sum::<f64>() / 20.0;
        assert!((mean - 5.1).abs() < 1.5, "{mean}");
        // More than ten of 102 are found in one recording of 80; so in three of 20 less often
        // than once in 400.
        let many = |found: &&Significance| found.uncorrected > 10;
        assert!(recordings.iter().filter(many).count() < 3);
        assert!(recordings.iter().filter(|found| found.holm > 0).count() < 5);
        assert!(recordings.iter().filter(|found| found.fdr > 0).count() < 5);
        let first = &recordings[0];
        assert!(
            (first.critical_r - 0.2787).abs() < 1e-4,
            "{}",
            first.critical_r
        );
        let [expected, most] = first.by_chance;
        assert!((expected - 5.1).abs() < 1.5, "{expected}");
        assert!((6.0..=13.0).contains(&most), "{most}");
    }

    #[test]
    fn predicted_neurons_are_found_and_the_others_are_not() {
        let measured = noise(40, 50, 4);
        let mut predicted = noise(40, 50, 5);
        for neuron in 0..20 {
            for (value, target) in predicted[neuron].iter_mut().zip(&measured[neuron]) {
                *value = 0.5 * *value + target;
            }
        }
        predicted[39] = vec![1.0; 50];
        let found = Significance::test(&predicted, &measured, 0.05, 100, 6).unwrap();
        assert!(
            found.neurons[..20]
                .iter()
                .all(|neuron| neuron.p_holm <= 0.05)
        );
        assert_eq!(found.holm, 20);
        assert!(found.fdr >= 20 && found.fdr <= 22 && found.uncorrected >= found.fdr);
        // A constant prediction says nothing, and is counted as that.
        let silent = found.neurons[39];
        assert_eq!((silent.r, silent.p, silent.p_fdr), (0.0, 1.0, 1.0));
    }

    #[test]
    fn what_cannot_be_tested() {
        assert_eq!(Significance::test(&[], &[], 0.05, 10, 0), None);
        let short = vec![vec![1.0, 2.0]];
        assert_eq!(Significance::test(&short, &short, 0.05, 10, 0), None);
    }
}
