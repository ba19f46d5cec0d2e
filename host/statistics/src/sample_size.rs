//! How many trials tell shares apart, by the normal approximation without a correction (Fleiss,
//! Levin and Paik 2003, sections 2.5 and 4.2).

use crate::normal::quantile;

/// Trials that tell `share` from `fixed`, a share that is known, with probability `power` by a
/// two-sided test at `level`.
///
/// ```
/// use cortexscope_statistics::sample_size::{trials_against, trials_per_arm};
///
/// assert_eq!(trials_against(0.6, 0.5, 0.05, 0.8), 194.0);
/// assert_eq!(trials_per_arm(0.6, 0.5, 0.05, 0.8), 388.0);
/// ```
pub fn trials_against(share: f64, fixed: f64, level: f64, power: f64) -> f64 {
    let chance = quantile(1.0 - 0.5 * level) * deviation(fixed);
    needed(chance + quantile(power) * deviation(share), share - fixed)
}

/// Trials of each of two arms that tell their shares apart, with probability `power` by a
/// two-sided test at `level`.
pub fn trials_per_arm(one: f64, other: f64, level: f64, power: f64) -> f64 {
    let both = deviation(0.5 * (one + other)) * 2.0_f64.sqrt();
    let apart = deviation(one).hypot(deviation(other));
    needed(
        quantile(1.0 - 0.5 * level) * both + quantile(power) * apart,
        one - other,
    )
}

fn deviation(share: f64) -> f64 {
    (share * (1.0 - share)).sqrt()
}

fn needed(reach: f64, difference: f64) -> f64 {
    (reach / difference).powi(2).ceil()
}
