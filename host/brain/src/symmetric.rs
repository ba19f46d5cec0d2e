//! Eigenvalues of symmetric matrices.
//!
//! A linear algebra library would do the same and take longer to build than all of this
//! crate; the matrices here have some ten rows, or need their first vectors alone.

use cortexscope_net::random::Random;
use tract_adjoint::vector::{add_f64, dot_f64};

/// Sweeps of [`eigen`] at most; it ends after six to ten.
const SWEEPS: usize = 50;
/// Vectors of [`leading`] beyond those asked for; they speed it up.
const SPARE: usize = 16;
/// Steps of [`leading`].
const STEPS: usize = 30;

/// All eigenvalues and eigenvectors of the symmetric `matrix`, `[n, n]`, by Jacobi's cyclic
/// rotations (Golub and Van Loan, section 8.5), the greatest value first. `vectors[i]`
/// belongs to `values[i]` and has length 1.
pub fn eigen(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut a = matrix.to_vec();
    // Row i of `v` becomes vector i.
    let mut v = vec![0.0; n * n];
    for i in 0..n {
        v[i * n + i] = 1.0;
    }
    let scale: f64 = a.iter().map(|value| value * value).sum();
    for _ in 0..SWEEPS {
        let beside: f64 = (0..n)
            .flat_map(|p| (p + 1..n).map(move |q| p * n + q))
            .map(|at| a[at] * a[at])
            .sum();
        if beside <= 1e-26 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                rotate(&mut a, n, [p, q], [c, t * c]);
                rotate_rows(&mut v, n, [p, q], [c, t * c]);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j * n + j].total_cmp(&a[i * n + i]));
    let values = order.iter().map(|&i| a[i * n + i]).collect();
    let vectors = order.iter().map(|&i| v[i * n..][..n].to_vec()).collect();
    (values, vectors)
}

/// A ← Jᵀ A J for the rotation of rows and columns p and q.
fn rotate(a: &mut [f64], n: usize, [p, q]: [usize; 2], [c, s]: [f64; 2]) {
    for k in 0..n {
        let (kp, kq) = (a[k * n + p], a[k * n + q]);
        a[k * n + p] = c * kp - s * kq;
        a[k * n + q] = s * kp + c * kq;
    }
    rotate_rows(a, n, [p, q], [c, s]);
}

fn rotate_rows(a: &mut [f64], n: usize, [p, q]: [usize; 2], [c, s]: [f64; 2]) {
    let (before, after) = a.split_at_mut(q * n);
    for (kp, kq) in before[p * n..][..n].iter_mut().zip(&mut after[..n]) {
        let (old_p, old_q) = (*kp, *kq);
        *kp = c * old_p - s * old_q;
        *kq = s * old_p + c * old_q;
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
