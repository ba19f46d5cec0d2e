//! The polynomial mutation of evolutionary algorithms.

use cortexscope_net::random::Random;

/// Mutates a number from 0 to 1 (Deb and Agrawal 1999): the change is
/// small mostly, and smaller the greater `strength` is.
pub fn mutated(value: f64, strength: f64, random: &mut Random) -> f64 {
    (value + change(random.uniform(), strength)).clamp(0.0, 1.0)
}

/// The change, −1 to 1, that a uniform number stands for.
fn change(drawn: f64, strength: f64) -> f64 {
    let power = 1.0 / (strength + 1.0);
    if drawn < 0.5 {
        (2.0 * drawn).powf(power) - 1.0
    } else {
        1.0 - (2.0 * (1.0 - drawn)).powf(power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_those_of_the_equation() {
        assert_eq!(change(0.0, 15.0), -1.0);
        assert_eq!(change(0.5, 15.0), 0.0);
        // 2u = 2⁻¹⁶ gives 2⁻¹ − 1.
        assert!((change(0.5_f64.powi(17), 15.0) + 0.5).abs() < 1e-12);
        assert!((change(1.0 - 0.5_f64.powi(17), 15.0) - 0.5).abs() < 1e-12);
        let mut random = Random::new(4);
        let drawn: Vec<f64> = (0..4000).map(|_| mutated(0.5, 15.0, &mut random)).collect();
        assert!(drawn.iter().all(|value| (0.0..=1.0).contains(value)));
        for end in [0.0, 1.0] {
            let from_end = (0..200).map(|_| mutated(end, 15.0, &mut random));
            let inside = from_end.filter(|value| *value != end);
            let inside: Vec<f64> = inside.collect();
            // Half of the changes lead outside, and stay at the end.
            assert!((70..130).contains(&inside.len()), "{end} {}", inside.len());
            assert!(inside.iter().all(|value| (0.0..=1.0).contains(value)));
        }
        // The mean size of a change is 1 / (strength + 2).
        let mean = drawn.iter().map(|value| (value - 0.5).abs()).sum::<f64>() / 4000.0;
        assert!(
            (mean - 1.0 / 17.0).abs() < 5.0 * 0.055 / 4000.0_f64.sqrt(),
            "{mean}"
        );
    }
}
