//! A coarse map, as large as the input.

/// `values`, `[H, W]` of `from`, interpolated bilinearly to `to`; pixel centres
/// are at half steps, and the border is continued.
pub fn bilinear(values: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    if from.contains(&0) {
        return vec![0.0; to[0] * to[1]];
    }
    let (rows, columns) = (axis(from[0], to[0]), axis(from[1], to[1]));
    let value = |row: usize, column: usize| values[row * from[1] + column];
    let mut large = Vec::with_capacity(to[0] * to[1]);
    for &(top, bottom, down) in &rows {
        for &(left, right, across) in &columns {
            let upper = value(top, left) * (1.0 - across) + value(top, right) * across;
            let lower = value(bottom, left) * (1.0 - across) + value(bottom, right) * across;
            large.push(upper * (1.0 - down) + lower * down);
        }
    }
    large
}

/// The derivative with respect to the coarse map, from the one with respect to
/// the fine one: [`bilinear`] backwards.
pub fn bilinear_transposed(gradient: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    let mut coarse = vec![0.0; from[0] * from[1]];
    if from.contains(&0) {
        return coarse;
    }
    let (rows, columns) = (axis(from[0], to[0]), axis(from[1], to[1]));
    let mut slopes = gradient.iter();
    for &(top, bottom, down) in &rows {
        for &(left, right, across) in &columns {
            let slope = slopes.next().copied().unwrap_or(0.0);
            for (row, weight) in [(top, 1.0 - down), (bottom, down)] {
                coarse[row * from[1] + left] += slope * weight * (1.0 - across);
                coarse[row * from[1] + right] += slope * weight * across;
            }
        }
    }
    coarse
}

/// For each fine position the two coarse ones between which it lies, and how far
/// it is from the first to the second.
fn axis(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    (0..to)
        .map(|at| {
            let centre = (at as f64 + 0.5) * from as f64 / to as f64 - 0.5;
            let low = centre.floor().max(0.0);
            let share = (centre - low).clamp(0.0, 1.0);
            let low = low as usize;
            (low, (low + 1).min(from - 1), share as f32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_stays_a_ramp_and_the_border_is_continued() {
        let large = bilinear(&[0.0, 4.0], [1, 2], [1, 8]);
        assert_eq!(large, [0.0, 0.0, 0.5, 1.5, 2.5, 3.5, 4.0, 4.0]);
        assert_eq!(bilinear(&[3.0], [1, 1], [2, 2]), [3.0; 4]);
        let same = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(bilinear(&same, [2, 3], [2, 3]), same);
        // Rows are not columns.
        let down = bilinear(&[0.0, 4.0], [2, 1], [4, 1]);
        assert_eq!(down, [0.0, 1.0, 3.0, 4.0]);
    }

    #[test]
    fn backwards_is_the_adjoint() {
        let coarse: Vec<f32> = (0..12_u16).map(|at| f32::from(at * 5 % 7)).collect();
        let fine: Vec<f32> = (0..63_u16).map(|at| f32::from(at * 3 % 11) - 4.0).collect();
        let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let there = dot(&bilinear(&coarse, [3, 4], [7, 9]), &fine);
        let back = dot(&coarse, &bilinear_transposed(&fine, [3, 4], [7, 9]));
        assert!((there - back).abs() < 1e-3, "{there} {back}");
    }
}
