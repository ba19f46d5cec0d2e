//! The distribution of a tensor's values, and the range that keeps the most of
//! it in 8 bits.

use cortexscope_net::Affine;

const BINS: usize = 2048;
/// Each end is tried at these parts of the way from zero to the extreme.
const SHRINKS: usize = 24;
const LEAST_SHRINK: f64 = 0.4;

/// How often values fall between two extremes.
#[derive(Clone, Debug)]
pub struct Histogram {
    low: f32,
    high: f32,
    counts: Vec<u64>,
}

impl Histogram {
    /// An empty histogram from `low` to `high`.
    pub fn new(low: f32, high: f32) -> Self {
        Self {
            low,
            high,
            counts: vec![0; BINS],
        }
    }

    /// Counts one value; values outside count as the extremes.
    pub fn add(&mut self, value: f32) {
        let width = f64::from(self.high) - f64::from(self.low);
        let part = (f64::from(value) - f64::from(self.low)) / width;
        let bin = (part * BINS as f64) as usize;
        self.counts[bin.min(BINS - 1)] += 1;
    }

    /// The scale and zero point with the least mean square error.
    ///
    /// Both ends of the range are tried between their extreme and 0.4 of it;
    /// zero stays in the range.
    pub fn least_square_error(&self) -> Affine {
        let whole = Affine::of_range(self.low, self.high);
        let shrinks =
            || (0..=SHRINKS).map(|step| 1.0 - (1.0 - LEAST_SHRINK) * step as f64 / SHRINKS as f64);
        let once = || (0..1).map(|_| 1.0);
        let ends = |end: f32| -> Vec<f32> {
            let shrunk = |shrink: f64| (f64::from(end) * shrink) as f32;
            if end == 0.0 {
                once().map(shrunk).collect()
            } else {
                shrinks().map(shrunk).collect()
            }
        };
        let highs = ends(self.high.max(0.0));
        let mut best = (self.square_error(whole), whole);
        for low in ends(self.low.min(0.0)) {
            for &high in &highs {
                let candidate = Affine::of_range(low, high);
                let error = self.square_error(candidate);
                if error < best.0 {
                    best = (error, candidate);
                }
            }
        }
        best.1
    }

    fn square_error(&self, affine: Affine) -> f64 {
        let width = (f64::from(self.high) - f64::from(self.low)) / BINS as f64;
        let (scale, zero) = (f64::from(affine.scale), f64::from(affine.zero));
        let filled = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        filled
            .map(|(bin, &count)| {
                let value = f64::from(self.low) + (bin as f64 + 0.5) * width;
                let steps = (value / scale).round_ties_even() + zero;
                let kept = (steps.clamp(-128.0, 127.0) - zero) * scale;
                count as f64 * (value - kept).powi(2)
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_is_cut_and_an_even_spread_is_not() {
        let mut even = Histogram::new(0.0, 1.0);
        (0..10_000).for_each(|i| even.add(i as f32 / 10_000.0));
        let kept = even.least_square_error();
        assert!(kept.scale > 0.97 / 255.0, "{kept:?}");
        let mut spiky = Histogram::new(0.0, 1.0);
        // As many small values as it takes for one outlier to cost less than they.
        (0..1_000_000).for_each(|i| spiky.add(i as f32 / 2_000_000.0));
        spiky.add(0.55);
        spiky.add(1.0);
        let cut = spiky.least_square_error();
        assert!(cut.scale < 0.9 / 255.0, "{cut:?}");
        assert_eq!(cut.zero, -128);
    }

    #[test]
    fn nothing_and_extremes_are_counted() {
        let mut empty = Histogram::new(0.0, 0.0);
        empty.add(0.0);
        assert_eq!(empty.least_square_error(), Affine::of_range(0.0, 0.0));
        let mut wide = Histogram::new(-3e38, 3e38);
        wide.add(3e38);
        wide.add(-3e38);
        assert!(wide.least_square_error().scale.is_finite());
    }
}
