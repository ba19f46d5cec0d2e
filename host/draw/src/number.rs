//! Numbers as text: grouped, with units, and never rounded to a claim.

/// A count with groups of three: `1,234,567`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as `784 B`, `51.9 KiB` or `4.0 MiB`.
pub fn bytes(count: u64) -> String {
    const KIB: f64 = 1024.0;
    let value = count as f64;
    if count < 10_000 {
        format!("{} B", grouped(count))
    } else if value < KIB * KIB {
        format!("{:.1} KiB", value / KIB)
    } else {
        format!("{:.1} MiB", value / (KIB * KIB))
    }
}

/// A shape `[C, H, W]` as text: `20×24×24`, or `10` where every map is one value.
pub fn shape([channels, height, width]: [usize; 3]) -> String {
    if [height, width] == [1, 1] {
        channels.to_string()
    } else {
        format!("{channels}×{height}×{width}")
    }
}

/// A value with three significant figures and a true minus sign.
pub fn significant(value: f32) -> String {
    with_figures(value, 3)
}

/// A value with so many significant figures, one or more, and a true minus sign.
pub fn with_figures(value: f32, figures: usize) -> String {
    let after_first = figures.saturating_sub(1);
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return format!("{value}");
    }
    let magnitude = value.abs();
    let text = if !(1e-3..1e6).contains(&magnitude) {
        format!("{magnitude:.after_first$e}")
    } else {
        let exponent = magnitude.log10().floor() as i32;
        let decimals = usize::try_from(after_first as i32 - exponent).unwrap_or(0);
        format!("{magnitude:.decimals$}")
    };
    if value < 0.0 {
        format!("−{text}")
    } else {
        text
    }
}

/// A probability in percent. What is not certain is never shown as 0 or 100.
pub fn percent(probability: f32) -> String {
    if !probability.is_finite() {
        "not a number".to_owned()
    } else if probability > 0.0 && probability < 0.0005 {
        "<0.1 %".to_owned()
    } else if (0.9995..1.0).contains(&probability) {
        ">99.9 %".to_owned()
    } else {
        format!("{:.1} %", probability * 100.0)
    }
}

/// A probability as a number between 0 and 1, with as many digits as keep it
/// apart from both.
pub fn probability(value: f32) -> String {
    if value == 0.0 || value == 1.0 {
        return format!("{value:.0}");
    }
    let certainty = f64::from(value).min(1.0 - f64::from(value));
    if !(1e-6..=0.5).contains(&certainty) {
        return significant(value);
    }
    let decimals = (1.0 - certainty.log10().floor()).max(3.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_from_the_right() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(2_166_517), "2,166,517");
    }

    #[test]
    fn bytes_stay_exact_while_they_are_short() {
        assert_eq!(bytes(4_624), "4,624 B");
        assert_eq!(bytes(53_146), "51.9 KiB");
        assert_eq!(bytes(4 << 20), "4.0 MiB");
    }

    #[test]
    fn values_keep_three_figures() {
        assert_eq!(significant(0.0), "0");
        assert_eq!(significant(3.2149), "3.21");
        assert_eq!(significant(-0.012_345), "−0.0123");
        assert_eq!(significant(1234.6), "1235");
        assert_eq!(significant(1.8e-4), "1.80e-4");
        assert_eq!(with_figures(0.0312, 2), "0.031");
        assert_eq!(with_figures(39.4, 1), "39");
        assert_eq!(with_figures(1.8e-4, 1), "2e-4");
    }

    #[test]
    fn uncertainty_is_never_rounded_away() {
        assert_eq!(percent(0.999_984), ">99.9 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent(1e-7), "<0.1 %");
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(0.8196), "82.0 %");
        assert_eq!(probability(0.999_984), "0.999984");
        assert_eq!(probability(0.8196), "0.820");
        assert_eq!(probability(1.8e-4), "0.00018");
        assert_eq!(probability(1.0), "1");
        assert_eq!(probability(2e-9), "2.00e-9");
    }
}
