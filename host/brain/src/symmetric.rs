//! Eigenvalues of symmetric matrices.
//!
//! A linear algebra library would do the same and take longer to build than all of this
//! crate; the matrices here have some ten rows, or need their first vectors alone.

use cortexscope_net::random::Random;
use tract_adjoint::vector::{add_f64, dot_f64};

/// Steps of [`eigen`] for each value at most; two or three are enough.
const STEPS_FOR_ONE: usize = 50;
/// Vectors of [`leading`] beyond those asked for; they speed it up.
const SPARE: usize = 16;
/// Steps of [`leading`].
const STEPS: usize = 30;

/// All eigenvalues and eigenvectors of the symmetric `matrix`, `[n, n]`, the greatest value
/// first: Householder's reflections to three diagonals, then implicit QR steps with Wilkinson's
/// shift (Golub and Van Loan, sections 8.3.1 and 8.3.5). `vectors[i]` belongs to `values[i]` and
/// has length 1.
pub fn eigen(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut a = matrix.to_vec();
    // Row i of `v` becomes vector i.
    let mut v = vec![0.0; n * n];
    for i in 0..n {
        v[i * n + i] = 1.0;
    }
    for column in 0..n.saturating_sub(2) {
        reflect(&mut a, &mut v, n, column);
    }
    let mut three = Diagonals {
        middle: (0..n).map(|i| a[i * n + i]).collect(),
        beside: (1..n).map(|i| a[i * n + i - 1]).collect(),
    };
    let mut end = n.saturating_sub(1);
    for _ in 0..STEPS_FOR_ONE * n {
        while end > 0 && three.is_split(end - 1) {
            end -= 1;
        }
        if end == 0 {
            break;
        }
        let split = (0..end).rev().find(|&at| three.is_split(at));
        three.step(split.map_or(0, |at| at + 1), end, &mut v);
    }
    let values = three.middle;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    let vectors = order.iter().map(|&i| v[i * n..][..n].to_vec()).collect();
    (order.iter().map(|&i| values[i]).collect(), vectors)
}

/// A ← H A H and V ← H V for the reflection H that clears `column` below the diagonal's
/// neighbour.
fn reflect(a: &mut [f64], v: &mut [f64], n: usize, column: usize) {
    let first = column + 1;
    // A is symmetric: the column is read along its row.
    let mut mirror = a[column * n + first..][..n - first].to_vec();
    let length = dot_f64(&mirror, &mirror).sqrt();
    if length == 0.0 {
        return;
    }
    mirror[0] += length.copysign(mirror[0]);
    let scale = 2.0 / dot_f64(&mirror, &mirror);
    // H is 1 − scale · mirror · mirrorᵀ, from `first` on.
    let mut along = vec![0.0; n];
    for (i, value) in mirror.iter().enumerate() {
        add_f64(&mut along, *value, &v[(first + i) * n..][..n]);
    }
    for (i, value) in mirror.iter().enumerate() {
        add_f64(&mut v[(first + i) * n..][..n], -scale * value, &along);
    }
    let rows = column..n;
    let seen = |row: usize| scale * dot_f64(&a[row * n + first..][..n - first], &mirror);
    let mut both: Vec<f64> = rows.map(seen).collect();
    let half = 0.5 * scale * dot_f64(&both[1..], &mirror);
    add_f64(&mut both[1..], -half, &mirror);
    for (row, (&product, &value)) in (first..).zip(both[1..].iter().zip(&mirror)) {
        let to = &mut a[row * n + first..][..n - first];
        add_f64(to, -product, &mirror);
        add_f64(to, -value, &both[1..]);
    }
    let to = -length.copysign(mirror[0]);
    (a[column * n + first], a[first * n + column]) = (to, to);
}

/// A symmetric matrix of three diagonals.
struct Diagonals {
    middle: Vec<f64>,
    beside: Vec<f64>,
}

impl Diagonals {
    /// Whether what stands beside the diagonal in row `at` is less than rounding.
    fn is_split(&self, at: usize) -> bool {
        let around = self.middle[at].abs() + self.middle[at + 1].abs();
        self.beside[at].abs() <= f64::EPSILON * around
    }

    /// A QR step of rows `begin` to `end`, none of which is split; `v` turns along.
    fn step(&mut self, begin: usize, end: usize, v: &mut [f64]) {
        let n = self.middle.len();
        let apart = (self.middle[end - 1] - self.middle[end]) / 2.0;
        let last = self.beside[end - 1];
        let root = (apart * apart + last * last).sqrt();
        let shift = self.middle[end] - last * last / (apart + root.copysign(apart));
        let [mut near, mut far] = [self.middle[begin] - shift, self.beside[begin]];
        for at in begin..end {
            let length = (near * near + far * far).sqrt();
            let [c, s] = if length == 0.0 {
                [1.0, 0.0]
            } else {
                [near / length, far / length]
            };
            if at > begin {
                self.beside[at - 1] = length;
            }
            let [low, mixed, high] = [self.middle[at], self.beside[at], self.middle[at + 1]];
            self.middle[at] = c * c * low + 2.0 * c * s * mixed + s * s * high;
            self.middle[at + 1] = s * s * low - 2.0 * c * s * mixed + c * c * high;
            self.beside[at] = c * s * (high - low) + (c * c - s * s) * mixed;
            if at + 1 < end {
                near = self.beside[at];
                far = s * self.beside[at + 1];
                self.beside[at + 1] *= c;
            }
            rotate_rows(v, n, at, [c, s]);
        }
    }
}

/// Turns rows `at` and `at + 1`.
fn rotate_rows(v: &mut [f64], n: usize, at: usize, [c, s]: [f64; 2]) {
    let (upper, lower) = v[at * n..][..2 * n].split_at_mut(n);
    let mut column = 0;
    while column < n {
        let [old_upper, old_lower] = [upper[column], lower[column]];
        upper[column] = c * old_upper + s * old_lower;
        lower[column] = c * old_lower - s * old_upper;
        column += 1;
    }
}

/// The `count` greatest eigenvalues of the positive `matrix`, `[n, n]`, and their vectors,
/// by subspace iteration with Rayleigh and Ritz (Golub and Van Loan, section 8.2.4). The
/// same on every machine.
pub fn leading(matrix: &[f64], n: usize, count: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let width = (count + SPARE).min(n);
    let mut random = Random::new(0);
    let mut basis: Vec<Vec<f64>> = (0..width)
        .map(|_| (0..n).map(|_| random.normal()).collect())
        .collect();
    orthonormalise(&mut basis);
    for _ in 0..STEPS {
        basis = basis
            .iter()
            .map(|vector| product(matrix, n, vector))
            .collect();
        orthonormalise(&mut basis);
    }
    let images: Vec<Vec<f64>> = basis
        .iter()
        .map(|vector| product(matrix, n, vector))
        .collect();
    let mut small = vec![0.0; width * width];
    for i in 0..width {
        for j in 0..width {
            small[i * width + j] =
                (dot_f64(&basis[i], &images[j]) + dot_f64(&basis[j], &images[i])) / 2.0;
        }
    }
    let (mut values, turns) = eigen(&small, width);
    let count = count.min(width);
    values.truncate(count);
    let vectors = turns.iter().take(count).map(|turn| {
        let mut vector = vec![0.0; n];
        for (weight, row) in turn.iter().zip(&basis) {
            add_f64(&mut vector, *weight, row);
        }
        vector
    });
    (values, vectors.collect())
}

fn product(matrix: &[f64], n: usize, vector: &[f64]) -> Vec<f64> {
    matrix
        .chunks_exact(n)
        .map(|row| dot_f64(row, vector))
        .collect()
}

/// Makes vectors of length 1 at right angles (Gram and Schmidt, twice). One that depends on
/// those before it becomes 0.
fn orthonormalise(vectors: &mut [Vec<f64>]) {
    for at in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(at);
        let vector = &mut rest[0];
        for _ in 0..2 {
            for other in before.iter() {
                let along = dot_f64(vector, other);
                add_f64(vector, -along, other);
            }
            let length = dot_f64(vector, vector).sqrt();
            let scale = if length > 1e-150 { 1.0 / length } else { 0.0 };
            vector.iter_mut().for_each(|value| *value *= scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a matrix with known eigenvalues: the second difference on a line of n
    /// points, 2 − 2 cos(π k / (n + 1)).
    fn line(n: usize) -> Vec<f64> {
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            matrix[i * n + i] = 2.0;
            if i + 1 < n {
                matrix[i * n + i + 1] = -1.0;
                matrix[(i + 1) * n + i] = -1.0;
            }
        }
        matrix
    }

    fn exact(n: usize, k: usize) -> f64 {
        2.0 - 2.0 * (std::f64::consts::PI * k as f64 / (n + 1) as f64).cos()
    }

    #[test]
    fn eigenvalues_are_the_known_ones_and_vectors_belong_to_them() {
        let n = 12;
        let (values, vectors) = eigen(&line(n), n);
        for (at, (value, vector)) in values.iter().zip(&vectors).enumerate() {
            assert!((value - exact(n, n - at)).abs() < 1e-12);
            for (a, b) in product(&line(n), n, vector).iter().zip(vector) {
                assert!((a - value * b).abs() < 1e-12);
            }
            assert!((dot_f64(vector, vector) - 1.0).abs() < 1e-12);
        }
    }

    /// A full matrix, one with a value many times, one that splits, and values 12 orders apart:
    /// vectors are at right angles, and together with the values they make the matrix.
    #[test]
    fn values_and_vectors_make_the_matrix() {
        let n = 40;
        let mut random = Random::new(5);
        let drawn: Vec<f64> = (0..n * n).map(|_| random.normal()).collect();
        let of_rows = |scale: &dyn Fn(usize) -> f64| {
            let entry = |at: usize| -> f64 {
                let [i, j] = [at / n, at % n].map(|row| &drawn[row * n..][..n]);
                let pairs = i.iter().zip(j).enumerate();
                pairs.map(|(k, (i, j))| scale(k) * i * j).sum()
            };
            (0..n * n).map(entry).collect::<Vec<f64>>()
        };
        let one = |i: usize, j: usize| f64::from(u8::from(i == j));
        let mut split = vec![0.0; n * n];
        for i in 0..n {
            split[i * n + i] = (i % 3) as f64;
            split[i * n + (i ^ 1)] = 0.5;
        }
        for matrix in [
            of_rows(&|_| 1.0),
            of_rows(&|k| one(k, 3)),
            of_rows(&|k| 10_f64.powf(-12.0 * k as f64 / n as f64)),
            (0..n * n).map(|at| one(at / n, at % n)).collect(),
            split,
            vec![0.0; n * n],
        ] {
            let (values, vectors) = eigen(&matrix, n);
            assert!(values.is_sorted_by(|a, b| a >= b));
            // A few roundings of the greatest value for each row.
            let most = values[0].abs().max(values[n - 1].abs());
            let near = 10.0 * n as f64 * f64::EPSILON;
            for i in 0..n {
                for j in 0..n {
                    let product = dot_f64(&vectors[i], &vectors[j]);
                    assert!((product - one(i, j)).abs() < near);
                    let terms = vectors.iter().zip(&values);
                    let made: f64 = terms.map(|(v, value)| value * v[i] * v[j]).sum();
                    assert!((made - matrix[i * n + j]).abs() <= near * most);
                }
            }
        }
        assert_eq!(eigen(&[], 0), (vec![], vec![]));
        assert_eq!(eigen(&[-3.0], 1), (vec![-3.0], vec![vec![1.0]]));
    }

    #[test]
    fn leading_ones_are_those_of_all() {
        // Values 1, 1/2, 1/4 … in a turned basis.
        let n = 30;
        let (_, vectors) = eigen(&line(n), n);
        let mut matrix = vec![0.0; n * n];
        for (k, vector) in vectors.iter().enumerate() {
            for i in 0..n {
                for j in 0..n {
                    matrix[i * n + j] += 0.5_f64.powi(k as i32) * vector[i] * vector[j];
                }
            }
        }
        let (values, found) = leading(&matrix, n, 4);
        for k in 0..4 {
            assert!(
                (values[k] - 0.5_f64.powi(k as i32)).abs() < 1e-10,
                "{values:?}"
            );
            assert!((dot_f64(&found[k], &vectors[k]).abs() - 1.0).abs() < 1e-10);
        }
    }
}
