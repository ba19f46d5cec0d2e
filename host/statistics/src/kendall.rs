//! Kendall's rank correlation.

/// Kendall's τ_a: pairs in the same order less pairs in the opposite order, over all pairs; a
/// tie counts as neither (Kendall 1938), counted in n log n steps (Knight 1966). `None` for
/// lists of other lengths, of fewer than two numbers, or with a value that is not a number.
///
/// Nili et al. (2014) recommend it where models with ties are compared.
///
/// ```
/// use cortexscope_statistics::kendall_a;
///
/// // Of three pairs one is tied, two are in the same order.
/// assert_eq!(kendall_a(&[1.0, 2.0, 2.0], &[1.0, 2.0, 3.0]), Some(2.0 / 3.0));
/// ```
pub fn kendall_a(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 2 || x.iter().chain(y).any(|value| value.is_nan()) {
        return None;
    }
    // Both zeros are one value.
    let mut points: Vec<[f64; 2]> = x.iter().zip(y).map(|(x, y)| [x + 0.0, y + 0.0]).collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let pairs = |count: usize| count as f64 * (count as f64 - 1.0) / 2.0;
    let all = pairs(points.len());
    let tied_x: f64 = points
        .chunk_by(|a, b| a[0] == b[0])
        .map(|tied| pairs(tied.len()))
        .sum();
    let tied_both: f64 = points
        .chunk_by(|a, b| a == b)
        .map(|tied| pairs(tied.len()))
        .sum();
    let mut ys: Vec<f64> = points.iter().map(|point| point[1]).collect();
    let mut room = ys.clone();
    let opposite = inversions(&mut ys, &mut room) as f64;
    let tied_y: f64 = ys
        .chunk_by(|a, b| a == b)
        .map(|tied| pairs(tied.len()))
        .sum();
    let same = all - tied_x - tied_y + tied_both - opposite;
    Some((same - opposite) / all)
}

/// Sorts `values` and counts the pairs that stood in the opposite order.
fn inversions(values: &mut [f64], room: &mut [f64]) -> u64 {
    let count = values.len();
    if count < 2 {
        return 0;
    }
    let middle = count / 2;
    let (low, high) = values.split_at_mut(middle);
    let (low_room, high_room) = room.split_at_mut(middle);
    let mut found = inversions(low, low_room) + inversions(high, high_room);
    let (mut left, mut right) = (0, 0);
    for place in room.iter_mut() {
        let takes_left = right == high.len() || (left < low.len() && low[left] <= high[right]);
        if takes_left {
            *place = low[left];
            left += 1;
        } else {
            *place = high[right];
            right += 1;
            found += (low.len() - left) as u64;
        }
    }
    values.copy_from_slice(room);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, pair by pair.
    fn plain(x: &[f64], y: &[f64]) -> f64 {
        let mut sum = 0.0;
        for i in 0..x.len() {
            for j in 0..i {
                let sign = |values: &[f64]| {
                    let difference = values[i] - values[j];
                    if difference == 0.0 {
                        0.0
                    } else {
                        difference.signum()
                    }
                };
                sum += sign(x) * sign(y);
            }
        }
        sum * 2.0 / (x.len() * (x.len() - 1)) as f64
    }

    #[test]
    fn counting_gives_what_the_definition_gives() {
        for modulus in [3, 5, 97] {
            let list = |factor: usize| -> Vec<f64> {
                (0..60)
                    .map(|at| (at * factor * at % modulus) as f64)
                    .collect()
            };
            let (x, y) = (list(7), list(11));
            let fast = kendall_a(&x, &y).unwrap();
            assert!((fast - plain(&x, &y)).abs() < 1e-12, "{fast}");
        }
        assert_eq!(kendall_a(&[1.0, 2.0], &[2.0, 1.0]), Some(-1.0));
        assert_eq!(kendall_a(&[1.0], &[2.0]), None);
        assert_eq!(kendall_a(&[1.0, f64::NAN], &[2.0, 1.0]), None);
    }
}
