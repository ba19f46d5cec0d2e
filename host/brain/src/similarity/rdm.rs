//! Representational dissimilarity matrices.

use cortexscope_statistics::average_ranks;
use rayon::prelude::*;

use crate::data::{DataError, NumberArray};
use crate::linear::gram;

/// The dissimilarity of each pair of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Rdm {
    /// Images.
    pub images: usize,
    /// The entries above the diagonal, row by row: images (0, 1), (0, 2), … The diagonal says
    /// nothing, and the other half says the same.
    pub pairs: Vec<f64>,
}

impl Rdm {
    /// 1 − Pearson's r of the values of two images, `size` values an image. An image whose
    /// values are all equal has r = 0 with every other.
    ///
    /// # Panics
    /// `values` is not a whole number of images.
    pub fn of(values: &[f32], size: usize) -> Self {
        let mut rows = values.to_vec();
        rows.par_chunks_mut(size).for_each(|row| {
            let count = row.len() as f64;
            let mean = row.iter().copied().map(f64::from).sum::<f64>() / count;
            let square: f64 = row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum();
            let scale = if square > 0.0 {
                1.0 / square.sqrt()
            } else {
                0.0
            };
            row.iter_mut()
                .for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
        });
        let products = gram(&rows, &rows, size);
        let images = values.len() / size;
        let pairs = (0..images).flat_map(|row| {
            let row = &products[row * images..][row + 1..images];
            row.iter().map(|r| 1.0 - f64::from(*r))
        });
        Self {
            images,
            pairs: pairs.collect(),
        }
    }

    /// The matrices of an array `[N, N]` or `[subjects, N, N]`.
    ///
    /// # Errors
    /// Another shape, a matrix that is not symmetric, or an entry that is not finite.
    pub fn all_of(array: &NumberArray) -> Result<Vec<Self>, DataError> {
        let images = match *array.shape {
            [rows, columns] | [_, rows, columns] if rows == columns && rows > 2 => rows,
            _ => return Err(array.refuse("[N, N] or [subjects, N, N] with N of at least 3")),
        };
        let matrices = array.values.chunks_exact(images * images);
        let all: Result<Vec<Self>, DataError> = matrices
            .enumerate()
            .map(|(subject, matrix)| {
                let finite = matrix.iter().position(|value| !value.is_finite());
                if let Some(index) = finite {
                    return Err(DataError::NotFinite {
                        name: array.name.clone(),
                        index: subject * images * images + index,
                        value: matrix[index],
                    });
                }
                let mut pairs = Vec::with_capacity(images * (images - 1) / 2);
                for row in 0..images {
                    for column in row + 1..images {
                        let value = matrix[row * images + column];
                        let other = matrix[column * images + row];
                        if (value - other).abs() > 1e-6 * value.abs().max(1.0) {
                            let name = array.name.clone();
                            return Err(DataError::NotSymmetric { name, row, column });
                        }
                        pairs.push(value);
                    }
                }
                Ok(Self { images, pairs })
            })
            .collect();
        all.and_then(|all| {
            if all.is_empty() {
                Err(array.refuse("at least one matrix"))
            } else {
                Ok(all)
            }
        })
    }

    /// The dissimilarity of two images; 0 of an image and itself.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        let (low, high) = (row.min(column), row.max(column));
        if low == high {
            return 0.0;
        }
        self.pairs[low * (2 * self.images - low - 1) / 2 + high - low - 1]
    }

    /// The same with ranks in the place of dissimilarities.
    pub fn ranked(&self) -> Self {
        Self {
            images: self.images,
            pairs: average_ranks(&self.pairs),
        }
    }

    /// The mean of matrices of the same images.
    pub fn mean(all: &[&Self]) -> Self {
        let mut pairs = vec![0.0; all[0].pairs.len()];
        for one in all {
            pairs
                .iter_mut()
                .zip(&one.pairs)
                .for_each(|(sum, value)| *sum += value);
        }
        pairs.iter_mut().for_each(|sum| *sum /= all.len() as f64);
        Self {
            images: all[0].images,
            pairs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Images (0, 1), (1, 0) and (0, 2) of two units: r = −1, 1 and −1.
    #[test]
    fn dissimilarity_is_one_less_the_correlation() {
        let rdm = Rdm::of(&[0.0, 1.0, 1.0, 0.0, 0.0, 2.0], 2);
        let want = [2.0, 0.0, 2.0];
        let close = rdm
            .pairs
            .iter()
            .zip(want)
            .all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close, "{:?}", rdm.pairs);
        assert_eq!(rdm.at(2, 0), rdm.pairs[1]);
        assert_eq!(rdm.at(1, 2), rdm.pairs[2]);
        assert_eq!(rdm.at(1, 1), 0.0);
    }

    #[test]
    fn a_matrix_that_is_not_symmetric_is_refused() {
        let array = |values: [f64; 9]| NumberArray {
            name: "r.npy".to_owned(),
            shape: vec![3, 3],
            values: values.to_vec(),
            is_u8: false,
            is_float: true,
        };
        let good = array([0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.0, 3.0, 0.0]);
        assert_eq!(Rdm::all_of(&good).unwrap()[0].pairs, [1.0, 2.0, 3.0]);
        let bad = array([0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.5, 3.0, 0.0]);
        assert!(matches!(
            Rdm::all_of(&bad),
            Err(DataError::NotSymmetric {
                row: 0,
                column: 2,
                ..
            })
        ));
    }
}
