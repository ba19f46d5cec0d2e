//! Responses of a population on one scale.

/// A standard deviation as a unit; that of a neuron that never varies is 1.
pub fn unit(deviation: f64) -> f64 {
    if deviation > 0.0 { deviation } else { 1.0 }
}

/// Shares of e^z.
pub fn softmax(z: &[f64]) -> Vec<f64> {
    let greatest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = z.iter().map(|z| (z - greatest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_one_together_and_large_values_do_no_harm() {
        // e^0 : e^ln 3 is 1 : 3.
        let shares = softmax(&[1000.0, 1000.0 + 3.0_f64.ln()]);
        assert!((shares[0] - 0.25).abs() < 1e-12 && (shares[1] - 0.75).abs() < 1e-12);
    }
}
