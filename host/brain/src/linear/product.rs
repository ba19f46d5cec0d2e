//! Products of matrices in f32.

use gemm_common::Parallelism;
use rayon::prelude::*;

/// A matrix in a slice, row by row or column by column.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// A matrix of `columns` columns whose rows follow each other in `values`.
    ///
    /// # Panics
    /// `values` is not a whole number of rows.
    pub fn by_rows(values: &'a [f32], columns: usize) -> Self {
        let rows = values.len().checked_div(columns).unwrap_or(0);
        assert_eq!(rows * columns, values.len(), "whole rows");
        Self {
            values,
            rows,
            columns,
            strides: [columns, 1],
        }
    }

    /// The same numbers with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            strides: [self.strides[1], self.strides[0]],
            ..self
        }
    }
}

/// Writes `a · b` to `into`, row by row, or adds it where `adds` is set.
///
/// # Panics
/// Sizes do not go together.
pub fn product(into: &mut [f32], adds: bool, a: Matrix<'_>, b: Matrix<'_>) {
    assert_eq!(a.columns, b.rows, "inner sizes");
    assert_eq!(into.len(), a.rows * b.columns, "size of the result");
    // The kernels are made for results by columns; one by rows is bᵀ · aᵀ by columns.
    let (left, right) = (b.transposed(), a.transposed());
    let gemm = gemm_f32::gemm::f32::get_gemm_fn();
    // SAFETY: `by_rows` holds every index below rows × columns within the slice, and
    // `into` has as many numbers as the result.
    unsafe {
        gemm(
            left.rows,
            right.columns,
            left.columns,
            into.as_mut_ptr(),
            b.columns as isize,
            1,
            adds,
            left.values.as_ptr(),
            left.strides[1] as isize,
            left.strides[0] as isize,
            right.values.as_ptr(),
            right.strides[1] as isize,
            right.strides[0] as isize,
            f32::from(u8::from(adds)),
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// Rows of the result that one thread makes at a time.
const ROWS_AT_A_TIME: usize = 64;

/// `a · bᵀ` of two matrices whose rows of `columns` values follow each other, on all
/// threads. The result does not depend on their number.
///
/// # Panics
/// `a` or `b` is not a whole number of rows.
pub fn gram(a: &[f32], b: &[f32], columns: usize) -> Vec<f32> {
    let b = Matrix::by_rows(b, columns);
    let rows = a.len().checked_div(columns).unwrap_or(0);
    let mut into = vec![0.0; rows * b.rows];
    if into.is_empty() {
        return into;
    }
    let blocks = into.par_chunks_mut(ROWS_AT_A_TIME * b.rows);
    blocks
        .zip(a.par_chunks(ROWS_AT_A_TIME * columns))
        .for_each(|(into, a)| product(into, false, Matrix::by_rows(a, columns), b.transposed()));
    into
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_whole_numbers_are_exact() {
        // [[0, 1, 2], [3, 4, 5]] · [[1, 2], [3, 4], [5, 6]], worked by hand.
        let a = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let b = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let (a, b) = (Matrix::by_rows(&a, 3), Matrix::by_rows(&b, 2));
        let mut into = [1.0; 4];
        product(&mut into, false, a, b);
        assert_eq!(into, [13.0, 16.0, 40.0, 52.0]);
        product(&mut into, true, a, b);
        assert_eq!(into, [26.0, 32.0, 80.0, 104.0]);
        let mut turned = [0.0; 9];
        product(&mut turned, false, a.transposed(), b.transposed());
        assert_eq!(turned, [6.0, 12.0, 18.0, 9.0, 19.0, 29.0, 12.0, 26.0, 40.0]);
    }

    #[test]
    fn a_gram_matrix_has_the_products_of_all_rows() {
        let rows: Vec<f32> = (0..130 * 3).map(|at| (at % 7) as f32).collect();
        let gram = gram(&rows, &rows, 3);
        let plain =
            |i: usize, j: usize| -> f32 { (0..3).map(|k| rows[i * 3 + k] * rows[j * 3 + k]).sum() };
        for (i, j) in [(0, 0), (5, 129), (129, 64), (63, 64)] {
            assert_eq!(gram[i * 130 + j], plain(i, j));
        }
    }
}
