//! Normal deviates by the ziggurat of Marsaglia and Tsang (2000, "The ziggurat method for
//! generating random variables"), with a draw of its own for the layer (Doornik 2005).
//!
//! The density lies under [`LAYERS`] layers of the same area. A word picks a layer and a place
//! in it; 99 of 100 places lie below the density whatever their height, and need no function.
//! Where one is needed it is libm's, which is the same on every machine.

use std::sync::LazyLock;

use rand::RngCore;

/// Layers, the one with the tail included.
const LAYERS: usize = 256;
/// Where the tail begins, for so many layers.
const TAIL: f64 = 3.654_152_885_361_009;

/// Ends of the layers, and the density there.
struct Layers {
    /// `ends[i]`: how far layer i reaches, the lowest first; the last is the peak, 0.
    ends: [f64; LAYERS + 1],
    /// e^(−x²/2) there.
    density: [f64; LAYERS + 1],
}

static OF_NORMAL: LazyLock<Layers> = LazyLock::new(Layers::of_normal);

fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

/// The area of every layer: what lies right of the tail's beginning, and the box left of it.
fn area() -> f64 {
    let tail = std::f64::consts::PI.sqrt() / std::f64::consts::SQRT_2;
    TAIL * density(TAIL) + tail * libm::erfc(TAIL / std::f64::consts::SQRT_2)
}

impl Layers {
    fn of_normal() -> Self {
        let area = area();
        let mut ends = [0.0; LAYERS + 1];
        // The lowest layer is as wide as if its tail were part of the box.
        ends[0] = area / density(TAIL);
        ends[1] = TAIL;
        for at in 2..LAYERS {
            let below = ends[at - 1];
            let height = area / below + density(below);
            ends[at] = (-2.0 * libm::log(height)).sqrt();
        }
        Self {
            density: ends.map(density),
            ends,
        }
    }
}

/// A deviate around 0 with deviation 1 of one `word`. About one word in a hundred needs further
/// ones of `more`.
#[inline(always)]
pub fn normal(word: u64, more: &mut impl RngCore) -> f64 {
    place(&OF_NORMAL, word, more)
}

/// Fills `to` with deviates: of as many words at once, and of those that some of them need
/// further.
pub fn fill<const N: usize>(to: &mut [f64; N], words: &[u64; N], more: &mut impl RngCore) {
    let layers = &*OF_NORMAL;
    for (to, &word) in to.iter_mut().zip(words) {
        *to = place(layers, word, more);
    }
}

#[inline(always)]
fn place(layers: &Layers, word: u64, more: &mut impl RngCore) -> f64 {
    // Eight bits for the layer, and 53 others for a place from −1 up to and without 1.
    let layer = (word & 255) as usize;
    let x = (word.cast_signed() >> 11) as f64 / (1_u64 << 52) as f64 * layers.ends[layer];
    if x.abs() < layers.ends[layer + 1] {
        x
    } else {
        beside(layers, layer, x, more)
    }
}

/// What becomes of a place that may lie outside the density.
#[cold]
#[inline(never)]
fn beside(layers: &Layers, layer: usize, x: f64, more: &mut impl RngCore) -> f64 {
    if layer == 0 {
        return tail(more).copysign(x);
    }
    let [low, high] = [layers.density[layer], layers.density[layer + 1]];
    if low + (high - low) * number(more) < density(x) {
        return x;
    }
    let word = more.next_u64();
    place(layers, word, more)
}

/// A deviate beyond [`TAIL`] (Marsaglia 1964).
fn tail(more: &mut impl RngCore) -> f64 {
    loop {
        // Zero has no logarithm; one has.
        let [over, height] = [(); 2].map(|()| -libm::log(1.0 - number(more)));
        let over = over / TAIL;
        if 2.0 * height > over * over {
            return TAIL + over;
        }
    }
}

/// From 0 up to and without 1.
fn number(more: &mut impl RngCore) -> f64 {
    (more.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn draw(seed: u64, count: usize) -> Vec<f64> {
        let mut words = ChaCha8Rng::seed_from_u64(seed);
        let draw = |_| {
            let word = words.next_u64();
            normal(word, &mut words)
        };
        (0..count).map(draw).collect()
    }

    /// The share of deviates below `x`.
    fn below(x: f64) -> f64 {
        0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
    }

    /// Every layer has the same area, and the last ends at the peak, whose density is 1: only
    /// the right beginning of the tail closes so.
    #[test]
    fn layers_have_one_area_and_end_at_the_peak() {
        let layers = Layers::of_normal();
        // Marsaglia and Tsang's area for 256 layers, to their digits, and what follows of it.
        assert!((area() - 0.004_928_673_233_99).abs() < 2e-14);
        assert!((layers.ends[0] - 3.910_757_959_537_09).abs() < 2e-11);
        for layer in 0..LAYERS {
            let height = layers.density[layer + 1] - layers.density[layer];
            let height = if layer == 0 { density(TAIL) } else { height };
            let error = layers.ends[layer] * height - area();
            assert!(error.abs() < 1e-12, "layer {layer}: {error:e}");
            assert!(layers.ends[layer + 1] < layers.ends[layer]);
        }
    }

    /// Moments within five standard errors: of xᵏ over n draws √((2k−1)!!/n) for odd k, and
    /// √(((2k−1)!! − (k−1)!!²)/n) for even.
    #[test]
    fn moments_are_those_of_a_normal() {
        let count = 400_000;
        let values = draw(5, count);
        let odd_factorial = |k: i32| (1..=k).rev().step_by(2).map(f64::from).product::<f64>();
        for power in 1..=6 {
            let is_even = power % 2 == 0;
            let expected = if is_even {
                odd_factorial(power - 1)
            } else {
                0.0
            };
            let variance = odd_factorial(2 * power - 1) - expected * expected;
            let found = values.iter().map(|x| x.powi(power)).sum::<f64>() / count as f64;
            let error = (found - expected) / (variance / count as f64).sqrt();
            assert!(
                error.abs() < 5.0,
                "x^{power}: {found}, off by {error} errors"
            );
        }
    }

    /// Kolmogorov's distance to the normal distribution: beyond 1.95/√n one sample in a
    /// thousand lies. A layer that is drawn too often, or a wedge that is cut wrongly, moves
    /// more: the wedges hold 0.7 %.
    #[test]
    fn the_distribution_is_the_normal_one() {
        let count = 400_000;
        let mut values = draw(6, count);
        values.sort_by(f64::total_cmp);
        let far = values.iter().enumerate().map(|(at, &x)| {
            let expected = below(x);
            let [low, high] = [at, at + 1].map(|at| at as f64 / count as f64);
            (expected - low).abs().max((expected - high).abs())
        });
        let farthest = far.fold(0.0, f64::max);
        assert!(farthest < 1.95 / (count as f64).sqrt(), "{farthest}");
    }

    /// As many beyond 2, 3, the tail's beginning, 4 and 4.5 as there should be, on both sides.
    #[test]
    fn tails_are_as_heavy_as_they_should_be() {
        let count = 1_000_000;
        let values = draw(7, count);
        for limit in [2.0, 3.0, TAIL, 4.0, 4.5] {
            let expected = below(-limit) * count as f64;
            for side in [-1.0, 1.0] {
                let found = values.iter().filter(|&&x| side * x > limit).count() as f64;
                let error = (found - expected) / expected.sqrt();
                assert!(error.abs() < 5.0, "{found} beyond {limit}, of {expected}");
            }
        }
    }

    /// Bit for bit the same on every machine.
    #[test]
    fn a_seed_gives_these_deviates() {
        let found = draw(1, 100_000);
        let bits = found.iter().fold(0_u64, |all, x| {
            all.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ x.to_bits()
        });
        assert_eq!(format!("{bits:016x}"), "dae1aa3775299c39");
    }
}
