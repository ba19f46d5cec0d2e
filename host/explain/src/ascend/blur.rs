//! A Gaussian blur, the border continued.

/// Blurs every plane of `[H, W]`.
pub fn blur(values: &mut [f32], [height, width]: [usize; 2], sigma: f64) {
    let reach = (3.0 * sigma).ceil() as isize;
    let weights: Vec<f64> = (-reach..=reach)
        .map(|at| (-0.5 * (at as f64 / sigma).powi(2)).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    let along = |line: &dyn Fn(usize) -> f32, at: usize, side: usize| -> f32 {
        let terms = weights.iter().zip(-reach..=reach).map(|(weight, offset)| {
            let from = (at as isize + offset).clamp(0, side as isize - 1);
            weight * f64::from(line(from as usize))
        });
        (terms.sum::<f64>() / sum) as f32
    };
    for plane in values.chunks_exact_mut(height * width) {
        let old = plane.to_vec();
        for (at, value) in plane.iter_mut().enumerate() {
            let (row, column) = (at / width, at % width);
            *value = along(&|x| old[row * width + x], column, width);
        }
        let old = plane.to_vec();
        for (at, value) in plane.iter_mut().enumerate() {
            let (row, column) = (at / width, at % width);
            *value = along(&|y| old[y * width + column], row, height);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_spreads_as_a_normal_and_a_flat_plane_stays() {
        let mut dot = [0.0; 15 * 15];
        dot[7 * 15 + 7] = 1.0;
        blur(&mut dot, [15, 15], 1.5);
        let sum: f32 = dot.iter().sum();
        assert!((sum - 1.0).abs() < 1e-5);
        let variance: f32 = (0..225)
            .map(|at| (at as f32 % 15.0 - 7.0).powi(2) * dot[at])
            .sum();
        // Cut at 3 σ, rounded up to 5 pixels: 2.5 % less than σ² = 2.25 at most.
        assert!((2.19..2.26).contains(&variance), "{variance}");
        let mut flat = [0.25; 6];
        blur(&mut flat, [2, 3], 2.0);
        assert!(flat.iter().all(|value| (value - 0.25).abs() < 1e-6));
    }
}
