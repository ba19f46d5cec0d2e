//! Sums over lists of numbers, for whoever multiplies without a matrix. Lists are cut to the
//! shorter one.
//!
//! Innermost loops count by hand: with little optimisation, a `for` calls the iterators of crates
//! that have none.

/// Lanes that are summed side by side.
const LANES: usize = 16;

/// Σ aᵢ bᵢ.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let count = a.len().min(b.len());
    let (a_lanes, a_rest) = a[..count].as_chunks::<LANES>();
    let (b_lanes, b_rest) = b[..count].as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        let mut lane = 0;
        while lane < LANES {
            sums[lane] += a[lane] * b[lane];
            lane += 1;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// Σ aᵢ bᵢ, every product and every sum in `f64`.
pub fn wide_dot(a: &[f32], b: &[f32]) -> f64 {
    dot_in_f64(a, b)
}

/// Σ aᵢ bᵢ.
pub fn dot_f64(a: &[f64], b: &[f64]) -> f64 {
    dot_in_f64(a, b)
}

fn dot_in_f64<T: Copy>(a: &[T], b: &[T]) -> f64
where
    f64: From<T>,
{
    let count = a.len().min(b.len());
    let (a_lanes, a_rest) = a[..count].as_chunks::<LANES>();
    let (b_lanes, b_rest) = b[..count].as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        let mut lane = 0;
        while lane < LANES {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
            lane += 1;
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    let rest: f64 = rest.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    sums.iter().sum::<f64>() + rest
}

/// Adds `factor` times each number of `from` to that of `to`.
pub fn add(to: &mut [f32], factor: f32, from: &[f32]) {
    let count = to.len().min(from.len());
    let (to, from) = (&mut to[..count], &from[..count]);
    let mut at = 0;
    while at < count {
        to[at] += factor * from[at];
        at += 1;
    }
}

/// Adds `factor` times each number of `from` to that of `to`.
pub fn add_f64(to: &mut [f64], factor: f64, from: &[f64]) {
    let count = to.len().min(from.len());
    let (to, from) = (&mut to[..count], &from[..count]);
    let mut at = 0;
    while at < count {
        to[at] += factor * from[at];
        at += 1;
    }
}

/// Writes `x`, which has `rows` rows, to `into` column by column.
pub fn transpose(x: &[f32], rows: usize, into: &mut [f32]) {
    /// Rows that are written side by side.
    const SIDE: usize = 16;
    let columns = x.len().checked_div(rows).unwrap_or(0);
    let whole = rows - rows % SIDE;
    for first in (0..whole).step_by(SIDE) {
        let mut column = 0;
        while column < columns {
            let places = &mut into[column * rows + first..][..SIDE];
            let mut row = 0;
            while row < SIDE {
                places[row] = x[(first + row) * columns + column];
                row += 1;
            }
            column += 1;
        }
    }
    for row in whole..rows {
        for column in 0..columns {
            into[column * rows + row] = x[row * columns + column];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0² + 1² + … + 36² = 16,206, lanes and rest.
    #[test]
    fn sums_of_whole_numbers_are_exact() {
        let numbers: Vec<f32> = (0..37).map(|at| at as f32).collect();
        let wide: Vec<f64> = (0..40).map(f64::from).collect();
        assert_eq!(dot(&numbers, &numbers), 16_206.0);
        assert_eq!(wide_dot(&numbers, &numbers), 16_206.0);
        assert_eq!(dot_f64(&wide[..37], &wide), 16_206.0);
        let mut to = vec![1.0; 37];
        add(&mut to, 2.0, &numbers);
        assert!(
            to.iter()
                .zip(&numbers)
                .all(|(to, from)| *to == 1.0 + 2.0 * from)
        );
        let mut to = vec![1.0; 40];
        add_f64(&mut to, -1.0, &wide);
        assert!(to.iter().zip(&wide).all(|(to, from)| *to == 1.0 - from));
    }

    /// 18 rows: a block of sixteen and two.
    #[test]
    fn a_table_is_turned_in_blocks_and_in_the_rest() {
        let x: Vec<f32> = (0..54).map(|at| at as f32).collect();
        let mut turned = vec![0.0; 54];
        transpose(&x, 18, &mut turned);
        for (at, value) in turned.iter().enumerate() {
            assert_eq!(*value, x[at % 18 * 3 + at / 18]);
        }
    }

    /// 2²⁴ + 1 has no `f32`; the wide sum keeps it.
    #[test]
    fn a_wide_sum_keeps_what_narrow_numbers_lose() {
        let a = [4096.0, 1.0];
        assert_eq!(wide_dot(&a, &a), 16_777_217.0);
        assert_eq!(dot(&a, &a), 16_777_216.0);
    }
}
