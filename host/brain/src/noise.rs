//! Noise on top of a neuron's rates: what a recording adds to them.

use std::fmt;
use std::str::FromStr;

use cortexscope_net::RequestError;
use cortexscope_net::random::Random;
use thiserror::Error;

/// A model of noise. Rates are 0 or greater.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Noise {
    /// The rate itself.
    #[default]
    None,
    /// Counted spikes: Poisson(rate · scale) / scale (XDREAM's stochastic scorer).
    Poisson {
        /// Spikes for a rate of 1.
        scale: f64,
    },
    /// rate · max(0, 1 + σ N) (Wang and Ponce 2022, "Methods", with σ of 0.2 and 0.5).
    Multiplicative {
        /// The standard deviation σ.
        sigma: f64,
    },
}

/// A noise that is not one.
#[derive(Debug, Error)]
#[error(
    "{0:?} is not a noise: write none, poisson:SCALE or multiplicative:SIGMA with a number greater than 0"
)]
pub struct NoiseError(String);

impl RequestError for NoiseError {
    fn is_request(&self) -> bool {
        true
    }
}

/// From this many expected spikes on, the count is drawn from the normal distribution of
/// the same mean and variance: their distributions differ by less than 1/√mean.
const MANY_SPIKES: f64 = 1e5;
/// Spikes that are drawn in one piece; sums of Poisson counts are Poisson counts.
const PIECE: f64 = 32.0;

impl Noise {
    /// What is measured of `rate`.
    pub fn measure(self, rate: f64, random: &mut Random) -> f64 {
        match self {
            Self::None => rate,
            Self::Poisson { scale } => poisson(rate.max(0.0) * scale, random) / scale,
            Self::Multiplicative { sigma } => rate * (1.0 + sigma * random.normal()).max(0.0),
        }
    }
}

/// A count of mean `mean`.
fn poisson(mean: f64, random: &mut Random) -> f64 {
    if mean >= MANY_SPIKES {
        return (mean + mean.sqrt() * random.normal()).round();
    }
    let mut left = mean;
    let mut count = 0.0;
    while left > 0.0 {
        let piece = left.min(PIECE);
        left -= piece;
        // Spikes until their waiting times exceed the piece (Knuth 1969, section 3.4.1).
        let enough = (-piece).exp();
        let mut product = random.uniform();
        while product > enough {
            count += 1.0;
            product *= random.uniform();
        }
    }
    count
}

impl FromStr for Noise {
    type Err = NoiseError;

    fn from_str(text: &str) -> Result<Self, NoiseError> {
        let wrong = || NoiseError(text.to_owned());
        let number = |text: &str| {
            let number = text.parse::<f64>().ok();
            number
                .filter(|number| number.is_finite() && *number > 0.0)
                .ok_or_else(wrong)
        };
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("poisson", scale)) => Ok(Self::Poisson {
                scale: number(scale)?,
            }),
            Some(("multiplicative", sigma)) => Ok(Self::Multiplicative {
                sigma: number(sigma)?,
            }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "none"),
            Self::Poisson { scale } => write!(f, "poisson:{scale}"),
            Self::Multiplicative { sigma } => write!(f, "multiplicative:{sigma}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_read_as_it_is_written() {
        for text in ["none", "poisson:20", "multiplicative:0.5"] {
            assert_eq!(text.parse::<Noise>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "poisson",
            "poisson:0",
            "poisson:-1",
            "poisson:nan",
            "poisson:inf",
            "none:1",
        ] {
            assert!(text.parse::<Noise>().is_err(), "{text}");
        }
    }

    /// A Poisson count has its mean as its variance, and the third central moment too.
    #[test]
    fn spikes_have_the_moments_of_poisson_counts() {
        let mut random = Random::new(5);
        for (rate, scale) in [(0.4, 5.0), (3.7, 20.0), (2.0, 1e6)] {
            let mean = rate * scale;
            let counts: Vec<f64> = (0..20_000)
                .map(|_| Noise::Poisson { scale }.measure(rate, &mut random) * scale)
                .collect();
            let moment = |power: i32| {
                counts
                    .iter()
                    .map(|count| (count - mean).powi(power))
                    .sum::<f64>()
                    / 20_000.0
            };
            // Five standard errors: √(mean / n), and √((mean + 2 mean²) / n).
            assert!(moment(1).abs() < 5.0 * (mean / 20_000.0).sqrt(), "{mean}");
            let error = ((mean + 2.0 * mean * mean) / 20_000.0).sqrt();
            assert!(
                (moment(2) - mean).abs() < 5.0 * error,
                "{mean} {}",
                moment(2)
            );
        }
    }

    #[test]
    fn nothing_is_measured_below_zero() {
        let mut random = Random::new(5);
        for noise in [
            Noise::Poisson { scale: 3.0 },
            Noise::Multiplicative { sigma: 2.0 },
        ] {
            assert!((0..1000).all(|_| noise.measure(0.7, &mut random) >= 0.0));
            assert_eq!(noise.measure(0.0, &mut random), 0.0);
        }
        assert_eq!(Noise::None.measure(-2.0, &mut random), -2.0);
    }
}
