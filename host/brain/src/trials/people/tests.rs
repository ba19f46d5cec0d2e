use super::*;
use cortexscope_net::random::Random;

/// A log as an experiment writes it, through the file: people by turns, each picture in one
/// condition, `steered` says which answers are the target.
fn log(per_arm: usize, people: usize, mut steered: impl FnMut(Condition) -> bool) -> TrialLog {
    let mut text = "observer,image,condition,target,answer,milliseconds\n".to_owned();
    for trial in 0..2 * per_arm {
        let condition = [Condition::Adv, Condition::Flip][trial % 2];
        let answer = if steered(condition) { "cat" } else { "dog" };
        let observer = trial / 2 % people;
        text += &format!("{observer},{trial}.png,{condition},cat,{answer},66.7\n");
    }
    opened(&text)
}

fn opened(text: &str) -> TrialLog {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    TrialLog::open(file.path()).unwrap()
}

/// Answers of which exactly `adv` and `flip` of 400 are steered.
fn exactly(adv: usize, flip: usize) -> Steering {
    let mut seen = [0, 0];
    let log = log(400, 8, |condition| {
        let (arm, most) = match condition {
            Condition::Adv => (0, adv),
            _ => (1, flip),
        };
        seen[arm] += 1;
        seen[arm] <= most
    });
    People::of(&log).steering.unwrap()
}

#[test]
fn sixty_percent_against_fifty_is_detected_and_equal_arms_are_not() {
    let found = exactly(240, 200);
    assert!(found.is_detected && found.p < 0.01, "{found:?}");
    assert!((found.difference - 0.1).abs() < 1e-12);
    let [low, high] = found.interval.unwrap();
    assert!(low > 0.0 && high < 0.2, "{found:?}");
    let found = exactly(240, 240);
    assert!(!found.is_detected && found.p == 1.0, "{found:?}");
    let [low, high] = found.interval.unwrap();
    assert!(low < 0.0 && high > 0.0, "{found:?}");
}

/// Drawn answers: at 400 trials an arm, 60 % against 50 % is found in about four of five
/// experiments, and equal arms pass for different in fewer than one of twenty.
#[test]
fn the_power_is_that_of_the_design() {
    const EXPERIMENTS: usize = 300;
    let found = |shares: [f64; 2]| {
        let mut random = Random::new(7);
        let found = (0..EXPERIMENTS).filter(|_| {
            let log = log(400, 8, |condition| {
                random.uniform() < shares[usize::from(condition == Condition::Flip)]
            });
            People::of(&log).steering.unwrap().is_detected
        });
        found.count() as f64 / EXPERIMENTS as f64
    };
    let power = found([0.6, 0.5]);
    assert!((0.7..0.9).contains(&power), "{power}");
    for share in [0.5, 0.6] {
        let alarms = found([share; 2]);
        assert!(alarms <= 0.06, "{alarms}");
    }
}

/// By hand: 9 pairs differ one way and 1 the other; 22 / 1024.
#[test]
fn pairs_of_one_person_and_one_picture_are_tested_as_pairs() {
    let mut text = "observer,image,condition,target,answer,milliseconds\n".to_owned();
    for pair in 0..20 {
        let [adv, flip] = match pair {
            0..9 => ["cat", "dog"],
            9 => ["dog", "cat"],
            10 => ["cat", ""],
            _ => ["cat", "cat"],
        };
        text += &format!("a,{pair},adv,cat,{adv},60\na,{pair},flip,cat,{flip},80\n");
    }
    let people = People::of(&opened(&text));
    let found = people.steering.unwrap();
    assert!(found.test.contains("McNemar"), "{found:?}");
    assert!((found.p - 22.0 / 1024.0).abs() < 1e-12, "{found:?}");
    assert!((found.difference - 8.0 / 19.0).abs() < 1e-12, "{found:?}");
    assert!(found.observers.is_none());
    assert_eq!(people.milliseconds, [60.0, 80.0]);
    let missed: Vec<_> = people.arms.iter().map(|arm| arm.missed).collect();
    assert_eq!(missed, [0, 1]);
    assert_eq!(people.images[1].adv, [1, 1]);
}

/// One condition alone is counted, and compared with nothing.
#[test]
fn without_the_mirrored_disturbance_nothing_is_compared() {
    let people = People::of(&opened(
        "observer,image,condition,target,answer,milliseconds\na,1,adv,cat,cat,60\n\
         a,1,image,cat,dog,60\n",
    ));
    assert_eq!(people.steering, None);
    assert_eq!(people.arms.len(), 2);
}

/// Two people whose differences are 1 and 0: mean 0.5, t = 1 with one degree, p = 0.5.
#[test]
fn people_are_what_is_drawn() {
    let mut text = "observer,image,condition,target,answer,milliseconds\n".to_owned();
    for (person, answer) in [("a", "dog"), ("b", "cat")] {
        text += &format!("{person},1,adv,cat,cat,60\n{person},2,flip,cat,{answer},60\n");
    }
    let found = People::of(&opened(&text)).steering.unwrap();
    assert!(found.test.contains("Fisher"), "{found:?}");
    let found = found.observers.unwrap();
    assert_eq!((found.count, found.mean), (2, 0.5));
    assert!((found.p.unwrap() - 0.5).abs() < 1e-9, "{found:?}");
}
