//! Hue, saturation and value of a colour, each from 0 to 1 (Smith 1978).

/// `[hue, saturation, value]` of `[red, green, blue]` in 0..1.
pub fn of_rgb([red, green, blue]: [f64; 3]) -> [f64; 3] {
    let value = red.max(green).max(blue);
    let spread = value - red.min(green).min(blue);
    if spread == 0.0 {
        return [0.0, 0.0, value];
    }
    let sector = if blue == value {
        4.0 + (red - green) / spread
    } else if green == value {
        2.0 + (blue - red) / spread
    } else {
        (green - blue) / spread
    };
    [(sector / 6.0).rem_euclid(1.0), spread / value, value]
}

/// `[red, green, blue]` of `[hue, saturation, value]`.
pub fn to_rgb([hue, saturation, value]: [f64; 3]) -> [f64; 3] {
    let sector = (hue * 6.0).floor();
    let part = hue * 6.0 - sector;
    let low = value * (1.0 - saturation);
    let falling = value * (1.0 - part * saturation);
    let rising = value * (1.0 - (1.0 - part) * saturation);
    match (sector as i64).rem_euclid(6) {
        0 => [value, rising, low],
        1 => [falling, value, low],
        2 => [low, value, rising],
        3 => [low, falling, value],
        4 => [rising, low, value],
        _ => [value, low, falling],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_both_ways() {
        // Worked by hand: orange lies a twelfth of the way round.
        assert_eq!(of_rgb([1.0, 0.5, 0.0]), [1.0 / 12.0, 1.0, 1.0]);
        assert_eq!(of_rgb([0.3, 0.3, 0.3]), [0.0, 0.0, 0.3]);
        for step in 0..216 {
            let rgb = [step / 36, step / 6 % 6, step % 6].map(|n: u32| f64::from(n) / 5.0);
            let back = to_rgb(of_rgb(rgb));
            for (a, b) in rgb.iter().zip(back) {
                assert!((a - b).abs() < 1e-12, "{rgb:?} {back:?}");
            }
        }
    }
}
