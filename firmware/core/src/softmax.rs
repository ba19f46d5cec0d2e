//! The winner and the softmax of logits, the same bits on the host and on every board.

/// The class with the greatest logit, the first of equals; 0 where there are none.
pub fn first_greatest(logits: &[f32]) -> usize {
    let mut best = 0;
    let mut greatest = f32::NEG_INFINITY;
    for (class, &logit) in logits.iter().enumerate() {
        if logit > greatest {
            (best, greatest) = (class, logit);
        }
    }
    best
}

/// Softmax of the logits at `class`, in f32, stabilised by the largest logit.
///
/// Made of sums, products and quotients, which every core and every host round alike:
/// a library's exponential would be four times as much flash.
#[inline(never)]
pub fn softmax_probability(logits: &[f32], class: usize) -> f32 {
    let mut largest = f32::NEG_INFINITY;
    for &logit in logits {
        if logit > largest {
            largest = logit;
        }
    }
    let (mut total, mut own) = (0.0, 0.0);
    for (index, &logit) in logits.iter().enumerate() {
        let value = exponential(logit - largest);
        total += value;
        if index == class {
            own = value;
        }
    }
    if class < logits.len() {
        own / total
    } else {
        0.0
    }
}

/// Terms of the series: the first one left out is a tenth of the last bit.
const TERMS: u8 = 7;

/// `e^x` of an `x` that is not positive, to two units in the last place; 0 below
/// `2^-126`.
///
/// `x = k·ln 2 + r`, so that `e^x = 2^k·e^r` with `|r| ≤ ln 2 / 2`; `ln 2` in two
/// parts, the first with few enough bits for its product with `k` to be exact (Cody
/// and Waite 1980, chapter 6).
fn exponential(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 355.0 / 512.0;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // A cast goes towards zero, which of what is not positive is up.
    let k = (x * core::f32::consts::LOG2_E - 0.5) as i32;
    if k < -126 {
        return 0.0;
    }
    let r = x - k as f32 * LN_2_HIGH - k as f32 * LN_2_LOW;
    let mut sum = 1.0;
    for n in (1..=TERMS).rev() {
        sum = 1.0 + sum * r / f32::from(n);
    }
    sum * f32::from_bits(((k + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_is_right_to_two_units_in_the_last_place() {
        // Every 97th number from -87.3, below which the result has fewer bits, to 0.
        let lowest = (-87.3_f32).to_bits();
        for bits in ((-0.0_f32).to_bits()..=lowest).step_by(97) {
            let x = f32::from_bits(bits);
            let exact = f64::from(x).exp();
            let unit = f64::from((exact as f32).next_up() - exact as f32);
            let error = (f64::from(exponential(x)) - exact).abs() / unit;
            assert!(error <= 2.0, "e^{x}: off by {error} units");
        }
        assert_eq!(exponential(0.0), 1.0);
        assert_eq!(exponential(-100.0), 0.0);
        assert_eq!(exponential(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn probabilities_are_shares_of_one() {
        let logits = [1.5, -2.0, 0.25, 7.0];
        let sum: f32 = (0..4)
            .map(|class| softmax_probability(&logits, class))
            .sum();
        assert!((sum - 1.0).abs() <= 4.0 * f32::EPSILON);
        assert_eq!(softmax_probability(&[3.0; 4], 2), 0.25);
        assert_eq!(softmax_probability(&logits, 4), 0.0);
        assert_eq!(softmax_probability(&[], 0), 0.0);
    }
}
