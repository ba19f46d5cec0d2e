//! How a step is made from a gradient.

/// How a step is made. Every rate is per step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimiser {
    /// z + rate · g.
    Plain {
        /// The rate.
        rate: f64,
    },
    /// z + rate · g; a step that lowers the value is taken back, the rate is
    /// halved, and it is tried again: the value never falls, however steep.
    LineSearch {
        /// The first rate.
        rate: f64,
    },
    /// z + rate · g / RMS(g): every step moves equally far.
    Normalised {
        /// The step's root mean square.
        rate: f64,
    },
    /// Adam (Kingma and Ba 2015) with β₁ = 0.9, β₂ = 0.999 and
    /// ε = 1e-8, upward.
    Adam {
        /// The rate.
        rate: f64,
    },
}

impl Optimiser {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain { .. } => "plain",
            Self::LineSearch { .. } => "line-search",
            Self::Normalised { .. } => "normalised",
            Self::Adam { .. } => "adam",
        }
    }

    /// Its rate.
    pub fn rate(self) -> f64 {
        match self {
            Self::Plain { rate }
            | Self::LineSearch { rate }
            | Self::Normalised { rate }
            | Self::Adam { rate } => rate,
        }
    }
}

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// An optimiser and what it remembers.
#[derive(Clone, Debug)]
pub struct Stepper {
    optimiser: Optimiser,
    means: Vec<f64>,
    squares: Vec<f64>,
    steps: i32,
    best: Option<Best>,
}

/// Where a line search stands.
#[derive(Clone, Debug)]
struct Best {
    value: f64,
    parameters: Vec<f32>,
    gradient: Vec<f32>,
    rate: f64,
}

impl Stepper {
    /// One for this many parameters.
    pub fn new(optimiser: Optimiser, parameters: usize) -> Self {
        let remembered = match optimiser {
            Optimiser::Adam { .. } => parameters,
            _ => 0,
        };
        Self {
            optimiser,
            means: vec![0.0; remembered],
            squares: vec![0.0; remembered],
            steps: 0,
            best: None,
        }
    }

    /// Moves `parameters` upward, from where the objective has this value and gradient.
    pub fn step(&mut self, parameters: &mut [f32], value: f64, gradient: &[f32]) {
        self.steps += 1;
        match self.optimiser {
            Optimiser::Plain { rate } => add(parameters, gradient, rate),
            Optimiser::LineSearch { rate } => {
                let best = self.search(parameters, value, gradient, rate);
                parameters.copy_from_slice(&best.parameters);
                add(parameters, &best.gradient, best.rate);
            }
            Optimiser::Normalised { rate } => {
                let squares: f64 = gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum();
                let rms = (squares / gradient.len().max(1) as f64).sqrt();
                if rms > 0.0 {
                    add(parameters, gradient, rate / rms);
                }
            }
            Optimiser::Adam { rate } => {
                let unbias_1 = 1.0 - BETA_1.powi(self.steps);
                let unbias_2 = 1.0 - BETA_2.powi(self.steps);
                let remembered = self.means.iter_mut().zip(&mut self.squares);
                let moved = parameters.iter_mut().zip(gradient);
                for ((z, &g), (mean, square)) in moved.zip(remembered) {
                    let g = f64::from(g);
                    *mean = BETA_1 * *mean + (1.0 - BETA_1) * g;
                    *square = BETA_2 * *square + (1.0 - BETA_2) * g * g;
                    let step = (*mean / unbias_1) / ((*square / unbias_2).sqrt() + EPSILON);
                    *z += (rate * step) as f32;
                }
            }
        }
    }
}

impl Stepper {
    /// Where to step from, and how far: here, where the value did not fall, and
    /// otherwise half as far from the best place so far.
    fn search(&mut self, parameters: &[f32], value: f64, gradient: &[f32], rate: f64) -> &Best {
        let here = |rate| Best {
            value,
            parameters: parameters.to_vec(),
            gradient: gradient.to_vec(),
            rate,
        };
        let best = self.best.get_or_insert_with(|| here(rate));
        if value >= best.value {
            *best = here(best.rate);
        } else {
            best.rate /= 2.0;
        }
        best
    }

    /// The best parameters and their value, where this is a line search.
    pub fn best(&self) -> Option<(&[f32], f64)> {
        let best = self.best.as_ref()?;
        Some((&best.parameters, best.value))
    }
}

fn add(parameters: &mut [f32], gradient: &[f32], factor: f64) {
    for (z, &g) in parameters.iter_mut().zip(gradient) {
        *z += (factor * f64::from(g)) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_step(optimiser: Optimiser) -> Vec<f32> {
        let mut parameters = vec![1.0, 1.0];
        Stepper::new(optimiser, 2).step(&mut parameters, 0.0, &[3.0, -4.0]);
        parameters
    }

    #[test]
    fn first_steps_are_as_defined() {
        assert_eq!(one_step(Optimiser::Plain { rate: 0.5 }), [2.5, -1.0]);
        // RMS of (3, −4) is 5/√2.
        let normalised = one_step(Optimiser::Normalised { rate: 5.0 });
        let root = 2.0_f32.sqrt();
        assert!((normalised[0] - (1.0 + 3.0 * root)).abs() < 1e-6);
        assert!((normalised[1] - (1.0 - 4.0 * root)).abs() < 1e-6);
        // Without bias the first step of Adam is its rate, in the gradient's sign.
        let adam = one_step(Optimiser::Adam { rate: 0.25 });
        assert!((adam[0] - 1.25).abs() < 1e-6 && (adam[1] - 0.75).abs() < 1e-6);
    }

    #[test]
    fn every_optimiser_climbs_a_parabola() {
        for optimiser in [
            Optimiser::Plain { rate: 0.1 },
            Optimiser::LineSearch { rate: 10.0 },
            Optimiser::Normalised { rate: 0.01 },
            Optimiser::Adam { rate: 0.02 },
        ] {
            let mut z = [0.0_f32];
            let mut stepper = Stepper::new(optimiser, 1);
            for _ in 0..600 {
                let away = z[0] - 2.0;
                stepper.step(&mut z, f64::from(-away * away), &[-2.0 * away]);
            }
            assert!((z[0] - 2.0).abs() < 0.03, "{optimiser:?}: {z:?}");
        }
    }

    #[test]
    fn a_line_search_halves_its_rate_and_goes_back() {
        let mut stepper = Stepper::new(Optimiser::LineSearch { rate: 4.0 }, 1);
        let mut z = [1.0];
        stepper.step(&mut z, 5.0, &[2.0]);
        assert_eq!(z, [9.0]);
        // Lower: back to 1, half as far, whatever the slope is here.
        stepper.step(&mut z, 4.0, &[-7.0]);
        assert_eq!(z, [5.0]);
        // Higher: on from here, as far as the last time.
        stepper.step(&mut z, 6.0, &[-1.0]);
        assert_eq!(z, [3.0]);
        assert_eq!(stepper.best(), Some((&[5.0][..], 6.0)));
    }

    #[test]
    fn a_flat_place_is_no_division_by_zero() {
        let mut parameters = [1.0];
        let mut stepper = Stepper::new(Optimiser::Normalised { rate: 1.0 }, 1);
        stepper.step(&mut parameters, 0.0, &[0.0]);
        assert_eq!(parameters, [1.0]);
    }
}
