//! What is measured: the map of a method, and two maps that know nothing of the model.

use crate::attribute::{ExplainError, Method, Run, bilinear, per_pixel};
use cortexscope_net::random::Random;

/// Whose map is measured.
#[derive(Clone, Copy, Debug)]
pub enum Candidate<'a> {
    /// A method's.
    Method(&'a Method),
    /// Values from 0 to 1, all equally likely, the same for every input.
    Random {
        /// Their seed.
        seed: u64,
    },
    /// The steepness of the input's grey levels (Sobel), as Adebayo et al. 2018 compare with
    /// an edge detector.
    Edges,
}

/// A map as it is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The values as the method gives them, of all channels.
    pub values: Vec<f32>,
    /// One value for each pixel of the input.
    pub pixels: Vec<f32>,
}

impl Candidate<'_> {
    /// Its name in a table.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Method(method) => method.name(),
            Self::Random { .. } => "random",
            Self::Edges => "edges",
        }
    }

    /// Its map for an input.
    ///
    /// # Errors
    /// The method cannot explain it, or was ended.
    pub fn map(&self, run: &mut Run<'_>) -> Result<Map, ExplainError> {
        let [_, height, width] = run.model.input_shape();
        let alike = |pixels: Vec<f32>| Map {
            values: pixels.clone(),
            pixels,
        };
        Ok(match self {
            Self::Method(method) => {
                let attribution = method.run(run)?;
                if !attribution.values.iter().all(|value| value.is_finite()) {
                    return Err(ExplainError::NotFinite("the attribution"));
                }
                let (pixels, _) = per_pixel(&attribution, method);
                let [_, rows, columns] = attribution.shape;
                let pixels = if [rows, columns] == [height, width] {
                    pixels
                } else {
                    bilinear(&pixels, [rows, columns], [height, width])
                };
                Map {
                    values: attribution.values,
                    pixels,
                }
            }
            Self::Random { seed } => {
                let mut random = Random::new(*seed);
                alike(
                    (0..height * width)
                        .map(|_| random.uniform() as f32)
                        .collect(),
                )
            }
            Self::Edges => alike(edges(run.input, [height, width])),
        })
    }
}

/// √(gx² + gy²) of the mean over the channels, with Sobel's two filters; the border is
/// continued.
pub fn edges(input: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    let positions = height * width;
    let channels = (input.len() / positions).max(1);
    let grey: Vec<f32> = (0..positions)
        .map(|at| {
            let values = (0..channels).map(|channel| input[channel * positions + at]);
            values.sum::<f32>() / channels as f32
        })
        .collect();
    let value = |row: isize, column: isize| {
        let row = row.clamp(0, height as isize - 1) as usize;
        let column = column.clamp(0, width as isize - 1) as usize;
        grey[row * width + column]
    };
    let slope = |row: isize, column: isize| {
        let side = |by: isize| {
            value(row - 1, column + by)
                + 2.0 * value(row, column + by)
                + value(row + 1, column + by)
        };
        let line = |by: isize| {
            value(row + by, column - 1)
                + 2.0 * value(row + by, column)
                + value(row + by, column + 1)
        };
        (side(1) - side(-1)).hypot(line(1) - line(-1))
    };
    let rows = 0..height as isize;
    rows.flat_map(|row| (0..width as isize).map(move |column| (row, column)))
        .map(|(row, column)| slope(row, column))
        .collect()
}
