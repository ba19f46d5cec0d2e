//! Products of matrices of `f32`, on one thread. Whoever has several threads gives each a
//! part of the rows.

/// A matrix in a slice.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// From its first number to its last.
    pub numbers: &'a [f32],
    /// Rows and columns.
    pub sizes: [usize; 2],
    /// From a row to the next, and from a column to the next.
    pub strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// A matrix of `columns` columns whose rows follow each other in `numbers`.
    ///
    /// # Panics
    /// `numbers` is not a whole number of rows.
    pub fn by_rows(numbers: &'a [f32], columns: usize) -> Self {
        let rows = numbers.len().checked_div(columns).unwrap_or(0);
        assert_eq!(rows * columns, numbers.len(), "whole rows");
        Self {
            numbers,
            sizes: [rows, columns],
            strides: [columns, 1],
        }
    }

    /// Rows as columns; the numbers stay where they are.
    #[must_use]
    pub fn transposed(self) -> Self {
        let ([rows, columns], [down, across]) = (self.sizes, self.strides);
        Self {
            sizes: [columns, rows],
            strides: [across, down],
            ..self
        }
    }
}

/// Whether a matrix of `sizes` and `strides` lies within `len` numbers.
fn is_within(len: usize, sizes: [usize; 2], strides: [usize; 2]) -> bool {
    let [rows, columns] = sizes;
    rows * columns == 0 || (rows - 1) * strides[0] + (columns - 1) * strides[1] < len
}

/// `a · b`, into a matrix of these strides, from a row to the next and from a column to
/// the next: added to what is there, or instead of it.
///
/// # Panics
/// The sizes do not match, or a matrix does not lie within its slice.
pub fn product(into: &mut [f32], strides: [usize; 2], adds: bool, a: Matrix<'_>, b: Matrix<'_>) {
    assert!(is_within(into.len(), [a.sizes[0], b.sizes[1]], strides));
    // SAFETY: the result lies within `into`, which is borrowed alone.
    unsafe { product_at(into.as_mut_ptr(), strides, adds, a, b) }
}

/// `a · b` at `into`, added to what is there or instead of it.
///
/// # Safety
/// The result's numbers can be read and written, and nobody else does.
///
/// # Panics
/// As [`product`], but for the result.
pub(crate) unsafe fn product_at(
    into: *mut f32,
    strides: [usize; 2],
    adds: bool,
    a: Matrix<'_>,
    b: Matrix<'_>,
) {
    assert!(a.sizes[1] == b.sizes[0]);
    assert!(is_within(a.numbers.len(), a.sizes, a.strides));
    assert!(is_within(b.numbers.len(), b.sizes, b.strides));
    // The kernels are made for results by columns; one by rows is bᵀ · aᵀ by columns.
    let (a, b, [down, across]) = if strides[1] < strides[0] {
        (b.transposed(), a.transposed(), [strides[1], strides[0]])
    } else {
        (a, b, strides)
    };
    // The crate for every kind of number would build all of them; this one is for f32.
    let gemm = gemm_f32::gemm::f32::get_gemm_fn();
    // SAFETY: the operands lie within their slices, and the caller promises the result.
    unsafe {
        gemm(
            a.sizes[0],
            b.sizes[1],
            a.sizes[1],
            into,
            across as isize,
            down as isize,
            adds,
            a.numbers.as_ptr(),
            a.strides[1] as isize,
            a.strides[0] as isize,
            b.numbers.as_ptr(),
            b.strides[1] as isize,
            b.strides[0] as isize,
            f32::from(u8::from(adds)),
            1.0,
            false,
            false,
            false,
            gemm_common::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_small_numbers_are_exact() {
        let a: Vec<f32> = (0..6).map(|i| i as f32).collect();
        let b: Vec<f32> = (0..12).map(|i| (i * 5 % 7) as f32).collect();
        // [[0, 1, 2], [3, 4, 5]], and b by columns.
        let left = Matrix {
            numbers: &a,
            sizes: [2, 3],
            strides: [3, 1],
        };
        let right = Matrix {
            numbers: &b,
            sizes: [3, 4],
            strides: [1, 3],
        };
        let want = |row: usize, column: usize| {
            let terms = (0..3).map(|k| a[row * 3 + k] * b[column * 3 + k]);
            terms.sum::<f32>()
        };
        let mut by_rows = [0.0; 8];
        product(&mut by_rows, [4, 1], false, left, right);
        let mut by_columns = [7.0; 8];
        // SAFETY: eight numbers of the test's own.
        unsafe { product_at(by_columns.as_mut_ptr(), [1, 2], true, left, right) };
        for row in 0..2 {
            for column in 0..4 {
                assert_eq!(by_rows[row * 4 + column], want(row, column));
                assert_eq!(by_columns[column * 2 + row], 7.0 + want(row, column));
            }
        }
    }

    #[test]
    fn a_matrix_lies_within_its_slice_or_does_not() {
        for (sizes, strides, need) in [
            ([2, 3], [3, 1], 6),
            ([2, 3], [1, 2], 6),
            ([2, 3], [7, 2], 12),
            ([3, 2], [5, 1], 12),
            ([1, 3], [9, 1], 3),
            ([0, 3], [3, 1], 0),
            ([3, 0], [3, 1], 0),
        ] {
            assert!(is_within(need, sizes, strides), "{sizes:?} {strides:?}");
            let less = need.checked_sub(1);
            assert!(less.is_none_or(|less| !is_within(less, sizes, strides)));
        }
    }

    #[test]
    #[should_panic(expected = "is_within")]
    fn a_matrix_outside_its_slice_is_refused() {
        let numbers = [1.0; 5];
        let a = Matrix {
            numbers: &numbers,
            sizes: [2, 3],
            strides: [3, 1],
        };
        product(
            &mut [0.0; 4],
            [2, 1],
            false,
            a,
            Matrix { sizes: [3, 2], ..a },
        );
    }
}
