//! Shares of trials: exact tests, and intervals, of one share and of the difference of two.

use crate::normal;

/// Trials, and those of them that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Trials that count; at most `trials`.
    pub hits: usize,
    /// All trials.
    pub trials: usize,
}

impl Share {
    /// The share; `None` of no trial.
    pub fn value(self) -> Option<f64> {
        (self.trials > 0).then(|| self.hits as f64 / self.trials as f64)
    }

    /// The exact interval of Clopper and Pearson (1934) at `level`, such as 0.95; `None` of no
    /// trial.
    pub fn interval(self, level: f64) -> Option<[f64; 2]> {
        if self.trials == 0 || self.hits > self.trials {
            return None;
        }
        let outside = 0.5 * (1.0 - level);
        let misses = self.trials - self.hits;
        let low = least_share(self.hits, self.trials, outside);
        let high = 1.0 - least_share(misses, self.trials, outside);
        Some([low, high])
    }

    /// Wilson's interval (1927), from which [`difference_interval`] is made.
    fn score_interval(self, level: f64) -> Option<[f64; 2]> {
        let (share, count) = (self.value()?, self.trials as f64);
        let z = normal::quantile(0.5 * (1.0 + level));
        let middle = share + z * z / (2.0 * count);
        let half = z * (share * (1.0 - share) / count + (0.5 * z / count).powi(2)).sqrt();
        let scale = 1.0 + z * z / count;
        Some([(middle - half) / scale, (middle + half) / scale])
    }
}

/// The interval of the first share minus the second, of independent trials, at `level`
/// (Newcombe 1998, method 10). `None` where one has no trial.
pub fn difference_interval([first, second]: [Share; 2], level: f64) -> Option<[f64; 2]> {
    let (a, b) = (first.value()?, second.value()?);
    let [a_low, a_high] = first.score_interval(level)?;
    let [b_low, b_high] = second.score_interval(level)?;
    let difference = a - b;
    Some([
        difference - (a - a_low).hypot(b_high - b),
        difference + (a_high - a).hypot(b - b_low),
    ])
}

/// The two-sided p of Fisher's exact test (1935) that both shares are one: the probability of all
/// tables with the same sums that are as unlikely as this one, or less likely.
pub fn fisher([first, second]: [Share; 2]) -> f64 {
    let all = first.trials + second.trials;
    let hits = first.hits + second.hits;
    let ln = LnFactorials::up_to(all);
    let probability = |at: usize| {
        let tables = ln.choose(first.trials, at) + ln.choose(second.trials, hits - at);
        (tables - ln.choose(all, hits)).exp()
    };
    let least = hits.saturating_sub(second.trials);
    // Equal probabilities differ by how they are rounded.
    let bound = probability(first.hits) * (1.0 + 1e-7);
    let all = (least..=hits.min(first.trials)).map(probability);
    all.filter(|p| *p <= bound).sum::<f64>().min(1.0)
}

/// The two-sided p of the exact test of McNemar, which is the sign test: of the pairs that differ,
/// `one` differ one way and `other` the other way, both equally likely.
pub fn mcnemar(one: usize, other: usize) -> f64 {
    let ln = LnFactorials::up_to(one + other);
    let half = upper_tail(&ln, one.max(other), one + other, 0.5);
    (2.0 * half).min(1.0)
}

/// The share at which `hits` hits or more have the probability `outside`.
fn least_share(hits: usize, trials: usize, outside: f64) -> f64 {
    if hits == 0 {
        return 0.0;
    }
    let ln = LnFactorials::up_to(trials);
    let [mut low, mut high] = [0.0, 1.0];
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if upper_tail(&ln, hits, trials, middle) < outside {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The probability of `hits` hits or more in `trials` trials at a share of `p`, between 0 and 1.
fn upper_tail(ln: &LnFactorials, hits: usize, trials: usize, p: f64) -> f64 {
    let [hit, miss] = [p.ln(), (1.0 - p).ln()];
    let terms = (hits..=trials).map(|at| {
        let chance = at as f64 * hit + (trials - at) as f64 * miss;
        (ln.choose(trials, at) + chance).exp()
    });
    terms.sum::<f64>().min(1.0)
}

/// Logarithms of factorials.
struct LnFactorials(Vec<f64>);

impl LnFactorials {
    fn up_to(most: usize) -> Self {
        let mut sum = 0.0;
        let rest = (1..=most).map(|number| {
            sum += (number as f64).ln();
            sum
        });
        Self(std::iter::once(0.0).chain(rest).collect())
    }

    fn choose(&self, of: usize, take: usize) -> f64 {
        self.0[of] - self.0[take] - self.0[of - take]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(hits: usize, trials: usize) -> Share {
        Share { hits, trials }
    }

    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-4, "{found} for {wanted}");
    }

    /// Tables of Clopper and Pearson: 0 of 10 and 8 of 10; R's `binom.test` gives the same.
    #[test]
    fn exact_intervals_are_those_of_the_tables() {
        let [low, high] = share(0, 10).interval(0.95).unwrap();
        close(low, 0.0);
        close(high, 0.3085);
        let [low, high] = share(8, 10).interval(0.95).unwrap();
        close(low, 0.4439);
        close(high, 0.9748);
        assert_eq!(share(0, 0).interval(0.95), None);
        assert_eq!(share(0, 0).value(), None);
    }

    /// Fisher's tea: 3 of 4 against 1 of 4 has p = 34/70; 4 against 0 has 2/70.
    #[test]
    fn the_lady_who_tasted_tea() {
        close(fisher([share(3, 4), share(1, 4)]), 34.0 / 70.0);
        close(fisher([share(4, 4), share(0, 4)]), 2.0 / 70.0);
        close(fisher([share(2, 4), share(2, 4)]), 1.0);
        close(fisher([share(0, 0), share(2, 4)]), 1.0);
    }

    /// By hand: 2 · (1 + 10) / 2¹⁰, and no pair that differs.
    #[test]
    fn signs_of_ten_pairs() {
        close(mcnemar(1, 9), 22.0 / 1024.0);
        close(mcnemar(5, 5), 1.0);
        close(mcnemar(0, 0), 1.0);
    }

    /// Newcombe (1998), table II: 56 of 70 less 48 of 80 is from 0.0524 to 0.3339.
    #[test]
    fn the_example_of_newcombe() {
        let [low, high] = difference_interval([share(56, 70), share(48, 80)], 0.95).unwrap();
        close(low, 0.0524);
        close(high, 0.3339);
        assert_eq!(difference_interval([share(0, 0), share(1, 2)], 0.95), None);
    }
}
