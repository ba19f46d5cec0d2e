//! What is moved by an ascent, and the input that it stands for.

use super::fourier::Fourier;
use crate::attribute::{bilinear, bilinear_transposed};

/// What the parameters of an ascent are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Parametrisation {
    /// The pixels themselves.
    Pixels,
    /// Their spectrum, low frequencies amplified by 1/f^`decay` (Olah et al.
    /// 2017).
    Fourier {
        /// 1 flattens the spectrum of photographs.
        decay: f64,
    },
}

/// How an ascended input is kept in bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// It is not.
    None,
    /// Pixels outside the range are set to its end after each step.
    Clip,
    /// Pixels are the logistic function of the parameters.
    Sigmoid,
    /// ‖v‖ is set to this after each step (Erhan et al. 2009, "Maximizing the activation").
    Norm(f64),
}

impl Parametrisation {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pixels => "pixels",
            Self::Fourier { .. } => "fourier",
        }
    }
}

impl Bound {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Clip => "clip",
            Self::Sigmoid => "sigmoid",
            Self::Norm(_) => "norm",
        }
    }
}

/// Principal axes of the colours of photographs, red, green and blue by rows,
/// scaled by their standard deviations (Olah et al. 2017, "Preconditioning and
/// Parameterization"); the longest has length one.
const COLOURS: [[f32; 3]; 3] = [
    [0.563, 0.195, 0.043],
    [0.584, 0.000, -0.108],
    [0.584, -0.195, 0.065],
];

/// A space of inputs of one resolution.
pub struct Space {
    /// Rows and columns here.
    size: [usize; 2],
    /// Rows and columns of the model's input.
    full: [usize; 2],
    fourier: Option<Fourier>,
    /// The planes of red, green and blue, where colours are decorrelated.
    colours: Option<[usize; 3]>,
    bound: Bound,
    /// Least and greatest value of each channel.
    limits: Vec<[f32; 2]>,
}

impl Space {
    /// Inputs of `full` rows and columns that are parametrised at `size`.
    pub fn new(
        size: [usize; 2],
        full: [usize; 2],
        parametrisation: Parametrisation,
        colours: Option<[usize; 3]>,
        bound: Bound,
        limits: Vec<[f32; 2]>,
    ) -> Self {
        let fourier = match parametrisation {
            Parametrisation::Pixels => None,
            Parametrisation::Fourier { decay } => Some(Fourier::new(size, decay)),
        };
        Self {
            size,
            full,
            fourier,
            colours,
            bound,
            limits,
        }
    }

    fn positions(&self) -> usize {
        self.size[0] * self.size[1]
    }

    fn per_channel(&self) -> usize {
        let pixels = self.positions();
        self.fourier.as_ref().map_or(pixels, Fourier::parameters)
    }

    /// What the parameters are before colours and bounds.
    fn planes(&self, parameters: &[f32]) -> Vec<f32> {
        let mut planes = match &self.fourier {
            None => parameters.to_vec(),
            Some(fourier) => parameters
                .chunks_exact(self.per_channel())
                .flat_map(|channel| fourier.image(channel))
                .collect(),
        };
        if let Some(order) = self.colours {
            self.mix(&mut planes, order, |row, column| COLOURS[row][column]);
        }
        planes
    }

    /// Multiplies every pixel by a matrix whose rows are red, green and blue.
    fn mix(&self, planes: &mut [f32], order: [usize; 3], matrix: impl Fn(usize, usize) -> f32) {
        let positions = self.positions();
        for at in 0..positions {
            let old = order.map(|plane| planes[plane * positions + at]);
            for (row, plane) in order.into_iter().enumerate() {
                let mixed = (0..3).map(|column| matrix(row, column) * old[column]);
                planes[plane * positions + at] = mixed.sum();
            }
        }
    }

    /// The input that the parameters stand for, `[C, H, W]` in the range of its
    /// pixels.
    pub fn image(&self, parameters: &[f32]) -> Vec<f32> {
        let mut planes = self.planes(parameters);
        if self.bound == Bound::Sigmoid {
            self.each(&mut planes, |value, [low, high]| {
                low + (high - low) * logistic(value)
            });
        }
        let planes = planes.chunks_exact(self.positions());
        planes
            .flat_map(|plane| bilinear(plane, self.size, self.full))
            .collect()
    }

    fn each(&self, planes: &mut [f32], change: impl Fn(f32, [f32; 2]) -> f32) {
        let planes = planes.chunks_exact_mut(self.positions());
        for (plane, &limits) in planes.zip(&self.limits) {
            for value in plane {
                *value = change(*value, limits);
            }
        }
    }

    /// The derivative with respect to the parameters, from the one with respect
    /// to the input.
    pub fn pull(&self, parameters: &[f32], gradient: &[f32]) -> Vec<f32> {
        let whole = self.full[0] * self.full[1];
        let mut slopes: Vec<f32> = gradient
            .chunks_exact(whole)
            .flat_map(|plane| bilinear_transposed(plane, self.size, self.full))
            .collect();
        if self.bound == Bound::Sigmoid {
            let mut inner = self.planes(parameters);
            self.each(&mut inner, |value, [low, high]| {
                let share = logistic(value);
                (high - low) * share * (1.0 - share)
            });
            for (slope, inner) in slopes.iter_mut().zip(&inner) {
                *slope *= inner;
            }
        }
        if let Some(order) = self.colours {
            self.mix(&mut slopes, order, |row, column| COLOURS[column][row]);
        }
        match &self.fourier {
            None => slopes,
            Some(fourier) => slopes
                .chunks_exact(self.positions())
                .flat_map(|plane| fourier.pull(plane))
                .collect(),
        }
    }

    /// Parameters that stand for an input of the model's size, as nearly as the
    /// resolution and the bounds allow.
    pub fn of(&self, image: &[f32]) -> Vec<f32> {
        let whole = self.full[0] * self.full[1];
        let mut planes: Vec<f32> = image
            .chunks_exact(whole)
            .flat_map(|plane| shrunk(plane, self.full, self.size))
            .collect();
        if self.bound == Bound::Sigmoid {
            self.each(&mut planes, |value, [low, high]| {
                let share = ((value - low) / (high - low)).clamp(0.01, 0.99);
                (share / (1.0 - share)).ln()
            });
        }
        if let Some(order) = self.colours {
            let inverse = inverse(COLOURS);
            self.mix(&mut planes, order, |row, column| inverse[row][column]);
        }
        match &self.fourier {
            None => planes,
            Some(fourier) => planes
                .chunks_exact(self.positions())
                .flat_map(|plane| fourier.of(plane))
                .collect(),
        }
    }

    /// Puts parameters that are pixels back within their bounds.
    pub fn project(&self, parameters: &mut [f32]) {
        match self.bound {
            Bound::Clip => self.each(parameters, |value, [low, high]| {
                value.clamp(low.min(high), high.max(low))
            }),
            Bound::Norm(norm) => {
                let squares = parameters.iter().map(|&v| f64::from(v) * f64::from(v));
                let length = squares.sum::<f64>().sqrt();
                if length > 0.0 {
                    let factor = (norm / length) as f32;
                    parameters.iter_mut().for_each(|value| *value *= factor);
                }
            }
            Bound::None | Bound::Sigmoid => {}
        }
    }
}

fn logistic(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

/// The mean over the part of the fine map that each coarse position covers.
fn shrunk(plane: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    if from == to {
        return plane.to_vec();
    }
    let ones = bilinear_transposed(&vec![1.0; plane.len()], to, from);
    let sums = bilinear_transposed(plane, to, from);
    sums.iter().zip(&ones).map(|(sum, one)| sum / one).collect()
}

/// The inverse of a matrix, by cofactors.
fn inverse(m: [[f32; 3]; 3]) -> [[f32; 3]; 3] {
    let cofactor = |row: usize, column: usize| {
        let [a, b] = [(row + 1) % 3, (row + 2) % 3];
        let [c, d] = [(column + 1) % 3, (column + 2) % 3];
        m[a][c] * m[b][d] - m[a][d] * m[b][c]
    };
    let determinant: f32 = (0..3)
        .map(|column| m[0][column] * cofactor(0, column))
        .sum();
    std::array::from_fn(|row| std::array::from_fn(|column| cofactor(column, row) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spaces() -> Vec<Space> {
        let fourier = Parametrisation::Fourier { decay: 1.0 };
        let limits = vec![[-0.5, 0.5], [-0.4, 0.6], [0.0, 1.0]];
        let mut spaces = Vec::new();
        for (size, parametrisation, colours, bound) in [
            ([4, 6], Parametrisation::Pixels, None, Bound::None),
            ([4, 6], fourier, Some([2, 1, 0]), Bound::Sigmoid),
            ([2, 3], fourier, Some([0, 1, 2]), Bound::None),
            ([2, 3], Parametrisation::Pixels, None, Bound::Sigmoid),
        ] {
            let limits = limits.clone();
            spaces.push(Space::new(
                size,
                [4, 6],
                parametrisation,
                colours,
                bound,
                limits,
            ));
        }
        spaces
    }

    #[test]
    fn pulling_gives_the_slopes_of_the_image() {
        for space in spaces() {
            let count = space.of(&[0.0; 72]).len();
            let parameters: Vec<f32> = (0..count)
                .map(|at| (at * 5 % 7) as f32 / 8.0 - 0.3)
                .collect();
            let weights: Vec<f32> = (0..72_u16).map(|at| f32::from(at * 3 % 5) - 1.5).collect();
            let value = |parameters: &[f32]| -> f64 {
                let image = space.image(parameters);
                let terms = image.iter().zip(&weights);
                terms.map(|(v, w)| f64::from(*v) * f64::from(*w)).sum()
            };
            let slopes = space.pull(&parameters, &weights);
            assert_eq!(slopes.len(), count);
            for at in (0..count).step_by(5) {
                let step = 1.0 / 64.0;
                let moved = |by: f32| {
                    let mut parameters = parameters.clone();
                    parameters[at] += by;
                    value(&parameters)
                };
                let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
                // Linear but for the logistic function, whose third derivative is
                // below 1/8; single precision leaves 1e-6 of values near 10 over
                // the step.
                let bound = 2e-3;
                assert!(
                    (slope - f64::from(slopes[at])).abs() < bound,
                    "{at}: {slope} {}",
                    slopes[at]
                );
            }
        }
    }

    #[test]
    fn an_image_within_bounds_comes_back() {
        for space in spaces().into_iter().take(2) {
            let image: Vec<f32> = (0..72_u16)
                .map(|at| 0.1 + f32::from(at % 6) / 20.0)
                .collect();
            let back = space.image(&space.of(&image));
            for (a, b) in back.iter().zip(&image) {
                assert!((a - b).abs() < 1e-4, "{a} {b}");
            }
        }
    }

    #[test]
    fn bounds_hold() {
        let limits = vec![[0.0, 1.0]];
        let space = |bound| {
            Space::new(
                [1, 3],
                [1, 3],
                Parametrisation::Pixels,
                None,
                bound,
                limits.clone(),
            )
        };
        let mut clipped = [-1.0, 0.5, 7.0];
        space(Bound::Clip).project(&mut clipped);
        assert_eq!(clipped, [0.0, 0.5, 1.0]);
        let mut scaled = [3.0, 0.0, -4.0];
        space(Bound::Norm(10.0)).project(&mut scaled);
        assert_eq!(scaled, [6.0, 0.0, -8.0]);
        let image = space(Bound::Sigmoid).image(&[-30.0, 0.0, 30.0]);
        assert!(image[0] < 1e-12 && image[1] == 0.5 && image[2] == 1.0);
    }
}
