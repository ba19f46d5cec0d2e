//! Systems of equations with a symmetric positive definite matrix.

use std::ops::Range;

use tract_adjoint::vector::{add_f64, dot_f64};

/// The factor of a matrix A = L · Lᵀ.
#[derive(Clone, Debug)]
pub struct Cholesky {
    /// L, row by row; what is above the diagonal is not read.
    lower: Vec<f64>,
    size: usize,
}

impl Cholesky {
    /// Factors the symmetric matrix `values`, `size × size`, of which the lower half is
    /// read; `None` where it is not positive definite.
    ///
    /// # Panics
    /// `values` has another size.
    pub fn new(mut values: Vec<f64>, size: usize) -> Option<Self> {
        assert_eq!(values.len(), size * size, "a square matrix");
        for row in 0..size {
            let (above, from) = values.split_at_mut(row * size);
            let this = &mut from[..size];
            for column in 0..row {
                let other = &above[column * size..][..column + 1];
                let sum = this[column] - dot_f64(&this[..column], &other[..column]);
                this[column] = sum / other[column];
            }
            let rest = this[row] - dot_f64(&this[..row], &this[..row]);
            if !(rest.is_finite() && rest > 0.0) {
                return None;
            }
            this[row] = rest.sqrt();
        }
        Some(Self {
            lower: values,
            size,
        })
    }

    /// Solves A x = `right`, in place.
    ///
    /// # Panics
    /// `right` has another size.
    pub fn solve(&self, right: &mut [f64]) {
        assert_eq!(right.len(), self.size, "one number a row");
        for row in 0..self.size {
            let sum = right[row] - dot_f64(self.row(row, 0..row), &right[..row]);
            right[row] = sum / self.lower[row * self.size + row];
        }
        for row in (0..self.size).rev() {
            let solved = right[row] / self.lower[row * self.size + row];
            right[row] = solved;
            add_f64(&mut right[..row], -solved, self.row(row, 0..row));
        }
    }

    fn row(&self, row: usize, columns: Range<usize>) -> &[f64] {
        &self.lower[row * self.size..][columns]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [[4, 2], [2, 5]] x = [8, 14] has the solution [0.75, 2.5], worked by hand.
    #[test]
    fn a_small_system_is_solved() {
        let factor = Cholesky::new(vec![4.0, 2.0, 2.0, 5.0], 2).unwrap();
        let mut right = [8.0, 14.0];
        factor.solve(&mut right);
        assert!((right[0] - 0.75).abs() < 1e-15 && (right[1] - 2.5).abs() < 1e-15);
    }

    #[test]
    fn a_larger_system_gives_back_its_right_side() {
        let size = 37;
        let entry = |i: usize, j: usize| {
            let near = 1.0 / (1.0 + i.abs_diff(j) as f64);
            if i == j { near + 0.5 } else { near }
        };
        let matrix = (0..size * size).map(|at| entry(at / size, at % size));
        let factor = Cholesky::new(matrix.collect(), size).unwrap();
        let right: Vec<f64> = (0..size).map(|i| (i as f64).sin()).collect();
        let mut solved = right.clone();
        factor.solve(&mut solved);
        for (row, want) in right.iter().enumerate() {
            let sum: f64 = (0..size).map(|j| entry(row, j) * solved[j]).sum();
            assert!((sum - want).abs() < 1e-12, "row {row}: {sum} is not {want}");
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::new(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::new(vec![f64::NAN], 1).is_none());
    }
}
