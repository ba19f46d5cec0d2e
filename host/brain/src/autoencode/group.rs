//! Seeds of one architecture together, and the difference of two architectures.

use cortexscope_statistics::MeanInterval;
use cortexscope_statistics::student::two_sided_p;

use super::quality::Quality;

/// Confidence of every interval here.
const CONFIDENCE: f64 = 0.95;

/// A measure over the seeds of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// The mean over the seeds.
    pub mean: f64,
    /// Its 95 % confidence interval by Student's t; `None` for one seed, or where a value is
    /// infinite.
    pub interval: Option<[f64; 2]>,
}

/// Qualities of the seeds of one architecture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Seed and quality.
    pub seeds: Vec<(u64, Quality)>,
}

/// How much another group differs, seed by seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Seeds that both have.
    pub seeds: usize,
    /// The mean difference, and its interval.
    pub measure: Measure,
    /// Two-sided p of no difference, by a paired t-test; `None` for one seed or where nothing
    /// varies.
    pub p: Option<f64>,
}

impl Measure {
    fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let infinite = Self {
            mean: values.iter().sum::<f64>() / values.len() as f64,
            interval: None,
        };
        let found = MeanInterval::of(values, CONFIDENCE);
        Some(found.map_or(infinite, |found| Self {
            mean: found.mean,
            interval: found.ends(),
        }))
    }
}

impl Group {
    /// `of` over the seeds; `None` for no seed.
    pub fn measure(&self, of: impl Fn(&Quality) -> f64) -> Option<Measure> {
        let values: Vec<f64> = self.seeds.iter().map(|(_, quality)| of(quality)).collect();
        Measure::of(&values)
    }

    /// `of` of this group minus that of `other`, over the seeds that both have; `None` where
    /// there is none.
    pub fn minus(&self, other: &Self, of: impl Fn(&Quality) -> f64) -> Option<Difference> {
        let values = self.seeds.iter().filter_map(|(seed, own)| {
            let mut others = other.seeds.iter();
            let (_, theirs) = others.find(|(other, _)| other == seed)?;
            Some(of(own) - of(theirs))
        });
        let values: Vec<f64> = values.collect();
        let measure = Measure::of(&values)?;
        Some(Difference {
            seeds: values.len(),
            measure,
            p: paired_p(&values, measure.mean),
        })
    }
}

/// Student's t of differences against 0.
fn paired_p(values: &[f64], mean: f64) -> Option<f64> {
    let count = values.len() as f64;
    let squares = values.iter().map(|value| (value - mean).powi(2));
    let deviation = (squares.sum::<f64>() / (count - 1.0)).sqrt();
    let t = mean / (deviation / count.sqrt());
    (values.len() > 1 && t.is_finite()).then(|| two_sided_p(t, values.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(errors: &[f64]) -> Group {
        let seeds = errors.iter().enumerate().map(|(seed, &mse)| {
            let quality = Quality {
                mse,
                psnr: 0.0,
                psnr_of_mse: 0.0,
                ssim: 0.0,
            };
            (seed as u64, quality)
        });
        Group {
            seeds: seeds.collect(),
        }
    }

    /// Differences 1, 2, 3, 4, 5 as of textbooks: t = 3 / (√2.5 / √5) = 4.2426 with four degrees
    /// of freedom, p 0.01324.
    #[test]
    fn a_paired_difference() {
        let (one, other) = (
            group(&[2.0, 4.0, 6.0, 8.0, 10.0]),
            group(&[1.0, 2.0, 3.0, 4.0, 5.0]),
        );
        let found = one.minus(&other, |quality| quality.mse).unwrap();
        assert_eq!((found.seeds, found.measure.mean), (5, 3.0));
        let [low, high] = found.measure.interval.unwrap();
        assert!((low - 1.036_757).abs() < 1e-5 && (high - 4.963_243).abs() < 1e-5);
        assert!((found.p.unwrap() - 0.013_235).abs() < 1e-5, "{:?}", found.p);
    }

    #[test]
    fn one_seed_has_no_interval_and_nothing_in_common_no_difference() {
        let one = group(&[0.5]);
        let found = one.measure(|quality| quality.mse).unwrap();
        assert_eq!((found.mean, found.interval), (0.5, None));
        assert_eq!(one.minus(&Group::default(), |quality| quality.mse), None);
        assert_eq!(one.minus(&one, |quality| quality.mse).unwrap().p, None);
    }
}
