//! Images that are a mean and a weighted sum of pictures at right angles.

use std::ops::Range;

use tract_adjoint::vector::{add, wide_dot};

use super::{Generator, GeneratorError};

/// mean + Σ code · row: the image space `dct` ([`Linear::low_pass`]) or `pca`
/// ([`Linear::pca`]).
#[derive(Clone, Debug)]
pub struct Linear {
    name: &'static str,
    /// `[C, H, W]`.
    shape: [usize; 3],
    mean: Vec<f32>,
    /// `[dim, span]`, its rows at right angles to each other: what a row has of the image from
    /// its start on; the rest is 0.
    rows: Vec<f32>,
    /// Values of a row.
    span: usize,
    /// Where in the image each row starts.
    starts: Vec<usize>,
    /// The squared length of each row.
    lengths: Vec<f64>,
}

impl Linear {
    /// Rows `[dim, pixels]` around a mean `[pixels]`, which are images of `shape` `[C, H, W]`.
    pub(super) fn new(
        name: &'static str,
        shape: [usize; 3],
        mean: Vec<f32>,
        rows: Vec<f32>,
    ) -> Self {
        let span = mean.len();
        let starts = vec![0; rows.len() / span.max(1)];
        Self::of_spans(name, shape, mean, (rows, span), starts)
    }

    /// Rows `[dim, span]`, each of which changes so many values of the image from its start on.
    pub(super) fn of_spans(
        name: &'static str,
        shape: [usize; 3],
        mean: Vec<f32>,
        (rows, span): (Vec<f32>, usize),
        starts: Vec<usize>,
    ) -> Self {
        let lengths = rows.chunks_exact(span.max(1)).map(|row| wide_dot(row, row));
        Self {
            name,
            shape,
            lengths: lengths.collect(),
            mean,
            rows,
            span,
            starts,
        }
    }

    /// Each row, and what it changes of an image.
    fn rows(&self) -> impl Iterator<Item = (&[f32], Range<usize>)> {
        let rows = self.rows.chunks_exact(self.span.max(1)).zip(&self.starts);
        rows.map(|(row, &start)| (row, start..start + self.span))
    }
}

impl Generator for Linear {
    fn name(&self) -> &str {
        self.name
    }

    fn dim(&self) -> usize {
        self.lengths.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn uncut(&self, code: &[f64]) -> Result<Vec<f32>, GeneratorError> {
        let mut image = self.mean.clone();
        for ((row, span), &weight) in self.rows().zip(code) {
            add(&mut image[span], weight as f32, row);
        }
        Ok(image)
    }

    fn pull(&self, _: &[f64], slopes: &[f32]) -> Result<Vec<f64>, GeneratorError> {
        let rows = self.rows().map(|(row, span)| wide_dot(row, &slopes[span]));
        Ok(rows.collect())
    }

    fn encode(&self, image: &[f32]) -> Option<Vec<f64>> {
        let away: Vec<f32> = image.iter().zip(&self.mean).map(|(a, b)| a - b).collect();
        let rows = self.rows().zip(&self.lengths);
        let code = rows.map(|((row, span), &length)| {
            if length > 0.0 {
                wide_dot(row, &away[span]) / length
            } else {
                0.0
            }
        });
        Some(code.collect())
    }
}
