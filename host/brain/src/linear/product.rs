//! Products of matrices whose results lie row by row.

use rayon::prelude::*;
use tract_adjoint::matrix::{self, Matrix};

/// Writes `a · b` to `into`, row by row, or adds it where `adds` is set.
///
/// # Panics
/// Sizes do not go together.
pub fn product(into: &mut [f32], adds: bool, a: Matrix<'_>, b: Matrix<'_>) {
    let (rows, columns) = (a.sizes[0], b.sizes[1]);
    assert_eq!(into.len(), rows * columns, "size of the result");
    matrix::product(into, [columns, 1], adds, a, b);
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
    let wide = b.sizes[0];
    let mut into = vec![0.0; rows * wide];
    if into.is_empty() {
        return into;
    }
    let blocks = into.par_chunks_mut(ROWS_AT_A_TIME * wide);
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
