//! What is said of one attack, parameters that are refused, and searches that end where they
//! should.

use super::*;
use crate::attribute::tests::networks::network;

#[test]
fn an_example_says_what_was_judged_and_how_often() {
    // Class 0 where the first pixel is above a half, and the third where it is not.
    let model = affine(&[&[1.0, 0.0, 0.0, 0.0], &[0.0; 4]], &[-0.5, 0.0]);
    let mut victim = Victim::new(&model, NEVER).unwrap();
    assert_eq!(victim.queries, 0);
    // 0.6 and 0.502 are 153 and 128 levels; 0.502 less 0.1 is 102.51 levels, and those are 103.
    let fgsm = request(Method::Fgsm, &[0.1]);
    for (first, after, reached) in [(0.625, 134, false), (0.502, 103, true)] {
        let begun = fgsm
            .begin(&mut victim, &[first, 0.25, 0.0, 1.0], Some(0))
            .unwrap();
        let example = fgsm.example(&mut victim, &begun, 0.1, 7).unwrap();
        assert_eq!(example.changed()[0], f32::from(after) / 255.0);
        assert_eq!(example.after.levels, [after, 64, 0, 255]);
        assert!((example.size - 0.1).abs() < 1e-6);
        let first = (f64::from(first) - f64::from(after) / 255.0).abs();
        let second = 64.0 / 255.0 - 0.25;
        assert!((example.greatest - first).abs() < 1e-6);
        assert!((example.length - first.hypot(second)).abs() < 1e-6);
        assert_eq!((example.is_reached, example.queries), (reached, 2));
    }
    // Each time one for the original, one for the slope and one for the result.
    assert_eq!(victim.queries, 6);
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    let refused = |method: Method| matches!(method.check(), Err(ExplainError::Parameter(_)));
    let deepfool = DeepFool {
        overshoot: 0.0,
        steps: 1,
        rivals: 1,
    };
    assert!(!refused(Method::DeepFool(deepfool)));
    for wrong in [
        DeepFool {
            overshoot: -0.1,
            ..deepfool
        },
        DeepFool {
            overshoot: f64::INFINITY,
            ..deepfool
        },
        DeepFool {
            steps: 0,
            ..deepfool
        },
        DeepFool {
            rivals: 0,
            ..deepfool
        },
    ] {
        assert!(refused(Method::DeepFool(wrong)), "{wrong:?}");
    }
    let one_pixel = OnePixel {
        population: 4,
        generations: 1,
        weight: 0.5,
    };
    assert!(!refused(Method::OnePixel(one_pixel)));
    for wrong in [
        OnePixel {
            population: 3,
            ..one_pixel
        },
        OnePixel {
            generations: 0,
            ..one_pixel
        },
        OnePixel {
            weight: 0.0,
            ..one_pixel
        },
        OnePixel {
            weight: f64::INFINITY,
            ..one_pixel
        },
    ] {
        assert!(refused(Method::OnePixel(wrong)), "{wrong:?}");
    }
}

/// Two channels of two rows and three columns. On a linear model the best change of one pixel
/// is that of the pixel whose weights promise most, each channel black or white: the search
/// arrives there, and asks once for each candidate of each generation.
#[test]
fn one_pixel_ends_at_the_best_of_all_pixels() {
    const WEIGHTS: [f32; 12] = [
        0.5, -1.0, 0.25, 2.0, -0.5, 1.0, -1.0, 0.5, 1.5, -0.75, -3.0, 0.25,
    ];
    let model = network([2, 2, 3], "y", |graph| {
        let both: Vec<f32> = WEIGHTS.iter().flat_map(|&w| [w, 0.0]).collect();
        graph.f32s("w", &[12, 2], &both);
        graph.f32s("b", &[2], &[9.0, 0.0]);
        graph.node("Flatten", &["x"], "f", Vec::new());
        graph.node("Gemm", &["f", "w", "b"], "y", Vec::new());
    });
    let picture: Vec<f32> = of_levels(&[10, 200, 30, 180, 90, 120, 5, 250, 60, 70, 40, 220]);
    let parameters = OnePixel {
        population: 24,
        generations: 60,
        weight: 0.5,
    };
    for (goal, sign) in [
        (Goal::Away(0), 1.0),
        (Goal::Towards(1), 1.0),
        (Goal::Towards(0), -1.0),
    ] {
        // Where the goal is reached at once nothing is looked for.
        let is_there = goal == Goal::Towards(0);
        let gain = |at: usize, level: f32| sign * WEIGHTS[at] * (picture[at] - level);
        let best = |at: usize| {
            if gain(at, 0.0) > gain(at, 1.0) {
                0.0
            } else {
                1.0
            }
        };
        let of = |pixel: usize| {
            [pixel, pixel + 6]
                .map(|at| gain(at, best(at)))
                .iter()
                .sum::<f32>()
        };
        let most = (0..6).max_by(|&a, &b| of(a).total_cmp(&of(b))).unwrap();
        let mut want = picture.clone();
        for at in [most, most + 6] {
            want[at] = best(at);
        }
        let mut arrived = 0;
        for seed in 0..6 {
            let mut victim = Victim::new(&model, NEVER).unwrap();
            let mut random = Random::new(seed);
            let method = Method::OnePixel(parameters);
            let found = method
                .run(&mut victim, &picture, goal, 0.0, &mut random)
                .unwrap();
            if is_there {
                assert_eq!(victim.queries, 1);
            } else {
                arrived += usize::from(found.picture == want);
                assert_eq!(victim.queries, 24 * 61);
            }
            assert!(!found.slopes.are_flat());
        }
        // A search by chance may end at the second best pixel.
        assert!(is_there || arrived >= 4, "{goal:?} {arrived}");
    }
}

#[test]
fn deepfool_stops_where_it_is_to_go() {
    let model = dense();
    let mut victim = Victim::new(&model, NEVER).unwrap();
    let class = victim.judge(levels(&MIDDLE)).unwrap().class;
    let run = |victim: &mut Victim<'_>, goal, parameters| {
        let mut random = Random::new(1);
        let method = Method::DeepFool(parameters);
        method.run(victim, &MIDDLE, goal, 0.0, &mut random).unwrap()
    };
    let found = run(&mut victim, Goal::Towards(class), DeepFool::default());
    assert_eq!(found.picture, MIDDLE);
    assert_eq!(found.slopes.computed, 0);
    // One step at most: that to the linearised boundary.
    let mut by_steps = [1, 2].map(|steps| {
        let parameters = DeepFool {
            steps,
            ..DeepFool::default()
        };
        run(&mut victim, Goal::Away(class), parameters)
            .slopes
            .computed
    });
    by_steps.sort_unstable();
    assert_eq!(by_steps[0], 1);
}

#[test]
fn surveys_join_and_count_the_margin() {
    let rows = [NORMAL.map(|w| w * 4000.0), [0.0; 4]];
    let model = affine(&[&rows[0], &rows[1]], &[0.0, 0.0]);
    let inputs = || samples(&[MIDDLE, [0.5, 0.125, 0.25, 0.5]], 0);
    let both = surveyed(&model, &request(Method::Fgsm, &[0.125, 0.5]), inputs());
    let margins: Vec<usize> = both.rows.iter().map(|row| row.by_margin).collect();
    assert_eq!(margins, [2, 2]);
    let mut joined = surveyed(&model, &request(Method::Fgsm, &[0.125]), inputs());
    joined.join(surveyed(&model, &request(Method::Fgsm, &[0.5]), inputs()));
    assert_eq!(joined, both);
    // Of a cross-entropy there is none.
    let model = dense();
    let found = surveyed(
        &model,
        &request(Method::Fgsm, &[0.125]),
        samples(&[MIDDLE], 1),
    );
    assert_eq!(found.rows[0].by_margin, 0);
    // Whatever the seed, no two attempts have the same numbers.
    let seeded = Request {
        seed: u64::MAX,
        ..request(Method::Fgsm, &[0.1])
    };
    let mut seeds: Vec<u64> = (0..9).map(|at| seeded.seed_of(at / 3, at % 3)).collect();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 9);
}
