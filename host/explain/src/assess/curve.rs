//! Deletion and insertion (Petsiuk et al. 2018, section 4.2): the class while pixels go or
//! come in the order of a map.

#[cfg(test)]
mod tests;

use crate::attribute::{Baseline, ExplainError, Run};
use crate::target::{Aim, ClassValue};

/// What happens to pixels, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub enum Hide {
    /// Deletion: they get the value of this baseline.
    Delete(Baseline),
    /// Insertion: they come into the input as this blur leaves it.
    Insert(Blur),
}

/// A Gaussian blur, zero-padded in the model's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blur {
    /// Standard deviation in pixels.
    pub sigma: f64,
    /// Pixels of the window in each direction, an odd number.
    pub taps: usize,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The share of the pixels that were hidden or shown.
    pub share: f64,
    /// The class.
    pub value: f64,
}

/// A curve, both ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// From nothing to all.
    pub points: Vec<Point>,
    /// The area under it by the trapezoid rule.
    pub area: f64,
}

/// Sides of an input from which on it is no digit.
const PHOTOGRAPH: usize = 64;

impl Blur {
    /// σ 5 with 11 taps, as in the paper's code; σ 2 with 5 taps for inputs of digits' size.
    pub fn suited([height, width]: [usize; 2]) -> Self {
        if height.min(width) < PHOTOGRAPH {
            Self {
                sigma: 2.0,
                taps: 5,
            }
        } else {
            Self {
                sigma: 5.0,
                taps: 11,
            }
        }
    }

    /// `values`, `[C, H, W]`, blurred.
    ///
    /// # Errors
    /// σ is not positive, or the taps are not an odd number.
    pub fn of(&self, values: &[f32], size: [usize; 2]) -> Result<Vec<f32>, ExplainError> {
        if !(self.sigma.is_finite() && self.sigma > 0.0) || self.taps.is_multiple_of(2) {
            return Err(ExplainError::Parameter(
                "a blur has a sigma greater than 0 and an odd number of taps",
            ));
        }
        let reach = (self.taps / 2) as isize;
        let weight = |at: isize| (-((at * at) as f64) / (2.0 * self.sigma * self.sigma)).exp();
        let weights: Vec<f64> = (-reach..=reach).map(weight).collect();
        let whole: f64 = weights.iter().sum();
        let [height, width] = size.map(|side| side as isize);
        let along = |plane: &[f64], step: [isize; 2]| -> Vec<f64> {
            let rows = (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
            rows.map(|(row, column)| {
                let taps = (-reach..=reach).zip(&weights).map(|(by, weight)| {
                    let (row, column) = (row + by * step[0], column + by * step[1]);
                    let is_inside = (0..height).contains(&row) && (0..width).contains(&column);
                    if is_inside {
                        weight * plane[(row * width + column) as usize]
                    } else {
                        0.0
                    }
                });
                taps.sum::<f64>() / whole
            })
            .collect()
        };
        let planes = values.chunks_exact(size[0] * size[1]);
        let blurred = planes.flat_map(|plane| {
            let plane: Vec<f64> = plane.iter().copied().map(f64::from).collect();
            along(&along(&plane, [1, 0]), [0, 1])
        });
        Ok(blurred.map(|value| value as f32).collect())
    }
}

impl Hide {
    /// What it is, for the receipt.
    pub fn description(&self) -> String {
        match self {
            Self::Delete(baseline) => format!("deleted pixels become {}", baseline.description()),
            Self::Insert(Blur { sigma, taps }) => {
                format!("inserted into a blur of sigma {sigma}, {taps} taps, zero-padded")
            }
        }
    }
}

/// The pixels of a map, the greatest value first; of equal ones the first pixel.
pub fn order(map: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..map.len()).collect();
    // Both zeros are one value.
    order.sort_by(|&a, &b| (map[b] + 0.0).total_cmp(&(map[a] + 0.0)));
    order
}

/// The class of the run's target while `step` pixels at a time are hidden or shown in the
/// order of `map`, one value for each pixel.
///
/// # Errors
/// A parameter outside its range, the model, or an interruption.
pub fn curve(
    run: &mut Run<'_>,
    map: &[f32],
    hide: &Hide,
    step: usize,
    value: ClassValue,
) -> Result<Curve, ExplainError> {
    if step == 0 {
        return Err(ExplainError::Parameter("the step is a number from 1 up"));
    }
    let (model, input) = (run.model, run.input);
    let [channels, height, width] = model.input_shape();
    let positions = height * width;
    let aim = match run.aim.class_in(model) {
        Some(class) => Aim::class(model, run.aim.layer, class, value),
        None => run.aim.clone(),
    };
    let (mut shown, becomes) = match hide {
        Hide::Delete(baseline) => (input.to_vec(), baseline.values(&model.spec.input, input)?),
        Hide::Insert(blur) => (blur.of(input, [height, width])?, input.to_vec()),
    };
    let order = order(map);
    let steps = positions.div_ceil(step);
    let mut points = Vec::with_capacity(steps + 1);
    let mut done = 0;
    for at in 0..=steps {
        let end = (at * step).min(positions);
        for &pixel in &order[done..end] {
            for channel in 0..channels {
                let place = channel * positions + pixel;
                shown[place] = becomes[place];
            }
        }
        done = end;
        points.push(Point {
            share: end as f64 / positions as f64,
            value: aim.value(&run.layer_for(&shown)?),
        });
        run.step(at, steps)?;
    }
    let pairs = points.windows(2);
    let area = pairs
        .map(|pair| (pair[1].share - pair[0].share) * (pair[0].value + pair[1].value) / 2.0)
        .sum();
    Ok(Curve { points, area })
}
