//! What a log of trials says about people.

use std::collections::BTreeMap;

use cortexscope_net::described;
use cortexscope_statistics::shares::{Share, difference_interval, fisher, mcnemar};
use cortexscope_statistics::student::{MeanInterval, two_sided_p};

use super::log::{Condition, Trial, TrialLog};

/// p of at most this is a finding; intervals have one minus this.
pub const LEVEL: f64 = 0.05;

described! {
    /// What people answered, all of it from a log of trials.
    pub struct People {
        /// People.
        pub observers: usize,
        /// Trials.
        pub trials: usize,
        /// The shortest and the longest time that a picture was shown, as logged.
        pub milliseconds: [f64; 2],
        /// One entry for each condition of the log.
        pub arms: Vec<PeopleArm>,
        /// `adv` against `flip`; `null` where one of them has no answer.
        pub steering: Option<Steering>,
        /// One entry for each picture: the people's column of a table of who is fooled.
        pub images: Vec<PeopleImage>,
    }

    /// One condition.
    pub struct PeopleArm {
        /// `image`, `adv`, `flip` or `false`.
        pub condition: String,
        /// Trials with an answer.
        pub answered: usize,
        /// Trials without one, which nothing else counts.
        pub missed: usize,
        /// Answers that are the class towards which the disturbance steers.
        pub steered: usize,
        /// Their share of the answers; `null` without an answer.
        pub share: Option<f64>,
        /// Its exact 95 % interval (Clopper and Pearson).
        pub interval: Option<[f64; 2]>,
    }

    /// Whether the disturbance steers answers, and not only disturbs: `adv` against `flip`.
    pub struct Steering {
        /// The share of `adv` minus that of `flip`.
        pub difference: f64,
        /// Its 95 % interval; `null` where no pair differs.
        pub interval: Option<[f64; 2]>,
        /// Which test and which interval.
        pub test: String,
        /// Two-sided p of the test.
        pub p: f64,
        /// Whether p is at most 0.05.
        pub is_detected: bool,
        /// The difference of each person; `null` where fewer than two answered both.
        pub observers: Option<Observers>,
    }

    /// Differences of people, not of trials: those of one person resemble each other.
    pub struct Observers {
        /// People with answers to both conditions.
        pub count: usize,
        /// The mean of their differences.
        pub mean: f64,
        /// Its 95 % interval by Student's t.
        pub interval: [f64; 2],
        /// Two-sided p of a paired t-test; `null` where all have one difference.
        pub p: Option<f64>,
    }

    /// One picture.
    pub struct PeopleImage {
        /// Its name.
        pub image: String,
        /// Answers to `adv` that were steered, and all answers to it.
        pub adv: [usize; 2],
        /// The same of `flip`.
        pub flip: [usize; 2],
    }
}

impl People {
    /// What `log` says.
    pub fn of(log: &TrialLog) -> Self {
        let trials = log.trials();
        let times = || trials.iter().map(|trial| trial.milliseconds);
        let arms = Condition::ALL.into_iter().filter_map(|it| arm(trials, it));
        let images = counts(trials, |trial| &trial.image);
        let images = images.into_iter().map(|(image, arms)| {
            let [adv, flip] = arms.map(|arm| [arm.hits, arm.trials]);
            let image = image.to_owned();
            PeopleImage { image, adv, flip }
        });
        let observers = counts(trials, |trial| &trial.observer);
        Self {
            observers: observers.len(),
            trials: trials.len(),
            milliseconds: [
                times().fold(f64::INFINITY, f64::min),
                times().fold(0.0, f64::max),
            ],
            arms: arms.collect(),
            steering: steering(trials, &observers),
            images: images.collect(),
        }
    }
}

fn arm(trials: &[Trial], condition: Condition) -> Option<PeopleArm> {
    let own = || trials.iter().filter(|trial| trial.condition == condition);
    let all = own().count();
    let share = share(own());
    (all > 0).then(|| PeopleArm {
        condition: condition.name().to_owned(),
        answered: share.trials,
        missed: all - share.trials,
        steered: share.hits,
        share: share.value(),
        interval: share.interval(1.0 - LEVEL),
    })
}

/// Steered answers among the answers.
fn share<'a>(trials: impl Iterator<Item = &'a Trial>) -> Share {
    trials.filter_map(Trial::steered).fold(
        Share { hits: 0, trials: 0 },
        |Share { hits, trials }, steered| Share {
            hits: hits + usize::from(steered),
            trials: trials + 1,
        },
    )
}

/// The shares of `adv` and of `flip`, of each that `by` tells apart.
fn counts(trials: &[Trial], by: impl Fn(&Trial) -> &String) -> BTreeMap<&str, [Share; 2]> {
    let none = Share { hits: 0, trials: 0 };
    let mut counts = BTreeMap::new();
    for trial in trials {
        let arms = counts.entry(by(trial).as_str()).or_insert([none; 2]);
        if let (Some(arm), Some(steered)) = (arm_of(trial), trial.steered()) {
            arms[arm].hits += usize::from(steered);
            arms[arm].trials += 1;
        }
    }
    counts
}

/// 0 for `adv`, 1 for `flip`.
fn arm_of(trial: &Trial) -> Option<usize> {
    let arms = [Condition::Adv, Condition::Flip];
    arms.iter().position(|arm| *arm == trial.condition)
}

fn steering(trials: &[Trial], observers: &BTreeMap<&str, [Share; 2]>) -> Option<Steering> {
    let pairs = pairs(trials);
    let (shares, interval, p, test);
    if let Some(pairs) = pairs {
        let both = pairs.iter().map(|pair| pair.map(Some));
        shares = [0, 1].map(|arm| Share {
            hits: both.clone().filter(|pair| pair[arm] == Some(true)).count(),
            trials: pairs.len(),
        });
        let only = |which: [bool; 2]| pairs.iter().filter(|pair| **pair == which).count();
        let [adv, flip] = [only([true, false]), only([false, true])];
        let differing = Share {
            hits: adv,
            trials: adv + flip,
        };
        let scale = (adv + flip) as f64 / pairs.len().max(1) as f64;
        interval = differing
            .interval(1.0 - LEVEL)
            .map(|ends| ends.map(|end| (2.0 * end - 1.0) * scale));
        p = mcnemar(adv, flip);
        test = "exact McNemar of pairs of one person and one picture, interval of Clopper and Pearson given how many pairs differ";
    } else {
        let own = |which| share(trials.iter().filter(move |it| arm_of(it) == Some(which)));
        shares = [own(0), own(1)];
        interval = difference_interval(shares, 1.0 - LEVEL);
        p = fisher(shares);
        test = "Fisher's exact test, interval of Newcombe (method 10)";
    }
    Some(Steering {
        difference: shares[0].value()? - shares[1].value()?,
        interval,
        test: test.to_owned(),
        p,
        is_detected: p <= LEVEL,
        observers: over_observers(observers),
    })
}

/// Whether `adv` and `flip` were steered, where each person saw each picture of one in the other,
/// once. Pairs of which one was not answered are left out. `None` where trials are not pairs.
fn pairs(trials: &[Trial]) -> Option<Vec<[bool; 2]>> {
    let mut found = BTreeMap::<(&str, &str), [Option<&Trial>; 2]>::new();
    for trial in trials {
        if let Some(arm) = arm_of(trial) {
            let pair = found.entry((&trial.observer, &trial.image)).or_default();
            if pair[arm].replace(trial).is_some() {
                return None;
            }
        }
    }
    let mut pairs = Vec::new();
    for pair in found.into_values() {
        let [Some(adv), Some(flip)] = pair else {
            return None;
        };
        if let (Some(adv), Some(flip)) = (adv.steered(), flip.steered()) {
            pairs.push([adv, flip]);
        }
    }
    Some(pairs)
}

fn over_observers(observers: &BTreeMap<&str, [Share; 2]>) -> Option<Observers> {
    let both = observers.values().filter_map(|[adv, flip]| {
        let (adv, flip) = (adv.value()?, flip.value()?);
        Some(adv - flip)
    });
    let both: Vec<f64> = both.collect();
    let found = MeanInterval::of(&both, 1.0 - LEVEL)?;
    let interval = found.ends()?;
    let squares = both.iter().map(|it| (it - found.mean).powi(2)).sum::<f64>();
    let count = both.len() as f64;
    let error = (squares / (count - 1.0) / count).sqrt();
    Some(Observers {
        count: both.len(),
        mean: found.mean,
        interval,
        p: (error > 0.0).then(|| two_sided_p(found.mean / error, both.len() - 1)),
    })
}

#[cfg(test)]
mod tests;
