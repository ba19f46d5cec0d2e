//! Climbs whose ends are known.

use std::ops::ControlFlow;

use super::*;
use crate::attribute::tests::networks::{coloured, hinge, linear, maps};
use crate::float_model::Overrides;
use crate::target::{ClassValue, Target};

fn climbed(model: &FloatModel, target: &str, ascent: &Ascent) -> Climb {
    let target: Target = target.parse().expect("a target");
    let aim = target.aim(model, ClassValue::Logit).expect("it is there");
    climb(model, &aim, ascent, &mut |_| ControlFlow::Continue(())).expect("a climb")
}

fn plain(rate: f64, steps: usize) -> Ascent {
    let mut ascent = Preset::Lecture.ascent([1, 4, 4]);
    ascent.noise = 0.0;
    ascent.penalty.l1 = 0.0;
    ascent.optimiser = Optimiser::Plain { rate };
    ascent.stop = Stop {
        steps,
        patience: 0,
        rise: 0.0,
    };
    ascent
}

/// −2, −1.5 … 5.5.
fn weights() -> [f32; 16] {
    std::array::from_fn(|at| at as f32 / 2.0 - 2.0)
}

#[track_caller]
fn near(have: &[f32], want: &[f32]) {
    assert_eq!(have.len(), want.len());
    for (a, b) in have.iter().zip(want) {
        assert!((a - b).abs() < 1e-4, "{have:?}, not {want:?}");
    }
}

#[test]
fn plain_steps_follow_the_gradient() {
    let model = linear(&weights());
    let climb = climbed(&model, "class:0", &plain(0.25, 8));
    near(&climb.input, &weights().map(|w| 2.0 * w));
    assert_eq!(climb.start, 0.0);
    let squares: f32 = weights().iter().map(|w| w * w).sum();
    assert!((climb.score - f64::from(2.0 * squares)).abs() < 1e-3);
    assert_eq!(climb.values.len(), 8);
    assert_eq!(climb.stopped, [StopReason::Limit { steps: 8 }]);
}

#[test]
fn a_fixed_norm_ends_along_the_weights() {
    let model = linear(&weights());
    let ascent = Ascent {
        bound: Bound::Norm(3.0),
        noise: 0.5,
        ..plain(1.0, 50)
    };
    let climb = climbed(&model, "class:0", &ascent);
    let length = weights().iter().map(|w| w * w).sum::<f32>().sqrt();
    near(&climb.input, &weights().map(|w| 3.0 * w / length));
}

#[test]
fn the_lectures_l1_stops_what_is_weaker_than_it() {
    let model = linear(&weights());
    let mut ascent = plain(0.125, 16);
    ascent.penalty.l1 = 1.0;
    let climb = climbed(&model, "class:0", &ascent);
    for (value, weight) in climb.input.iter().zip(weights()) {
        if weight.abs() < 1.0 {
            // One step away from zero, and back.
            assert!(value.abs() <= 0.25 + 1e-6, "{weight}: {value}");
        } else if weight.abs() > 1.0 {
            // The first step is free: at zero Σ|x| has no slope.
            let want = weight.signum() * (16.0 * (weight.abs() - 1.0) + 1.0) * 0.125;
            assert!((value - want).abs() < 1e-4, "{weight}: {value}, not {want}");
        }
    }
    let magnitudes: f64 = climb.input.iter().map(|v| f64::from(v.abs())).sum();
    assert!((climb.penalty - magnitudes).abs() < 1e-4);
}

#[test]
fn l2_ends_where_both_pulls_are_equal() {
    let model = linear(&weights());
    let mut ascent = plain(0.5, 60);
    ascent.penalty.l2 = 0.25;
    // w = 2 · 0.25 · v.
    near(
        &climbed(&model, "class:0", &ascent).input,
        &weights().map(|w| 2.0 * w),
    );
}

#[test]
fn jitter_is_undone() {
    // A mean over positions does not see a shift: every pixel has one slope.
    let model = maps();
    let mut ascent = plain(1.0, 5);
    ascent.start_image = StartImage::Input(vec![1.0; 8]);
    let still = climbed(&model, "a:0", &ascent);
    ascent.jitter = 1;
    assert_eq!(climbed(&model, "a:0", &ascent).input, still.input);
    // A linear class sees every shift: each step adds shifted weights.
    let model = linear(&weights());
    let mut ascent = plain(1.0, 1);
    ascent.jitter = 1;
    let mut shifts = std::collections::BTreeSet::new();
    for seed in 0..40 {
        ascent.seed = seed;
        let climb = climbed(&model, "class:0", &ascent);
        let found = (-1..=1)
            .flat_map(|down| (-1..=1).map(move |across| [down, across]))
            .find(|&shift| rolled(&weights(), [4, 4], shift) == climb.input);
        shifts.insert(found.expect("the weights, shifted back"));
    }
    assert_eq!(shifts.len(), 9);
}

#[test]
fn rolling_back_is_the_inverse() {
    let values: Vec<f32> = (0..24_u8).map(f32::from).collect();
    let there = rolled(&values, [3, 4], [1, -2]);
    assert_eq!(there[4], values[2]);
    assert_eq!(rolled(&there, [3, 4], [-1, 2]), values);
}

#[test]
fn a_line_search_never_falls_where_plain_steps_do() {
    // A digit’s norm, and a filter whose summed map is steep enough to overshoot.
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let mut ascent = Preset::Erhan2009.ascent(model.input_shape());
    let searched = climbed(&model, "conv2:3", &ascent);
    assert!(searched.score > searched.start, "{searched:?}");
    let best = searched.values.iter().copied().fold(f64::MIN, f64::max);
    // The same input twice: one value.
    assert_eq!(searched.score, best);
    ascent.optimiser = Optimiser::Plain { rate: 0.1 };
    let plain = climbed(&model, "conv2:3", &ascent);
    assert!(plain.score < plain.start, "{plain:?}");
    ascent = Preset::Erhan2009.ascent(model.input_shape());
    ascent.jitter = 1;
    assert!(ascent.check().is_err());
}

#[test]
fn one_neuron_moves_its_receptive_field_alone() {
    let model = maps();
    let mut ascent = plain(1.0, 3);
    ascent.start_image = StartImage::Input(vec![0.5; 8]);
    let climb = climbed(&model, "c:1:1:2", &ascent);
    near(&climb.input, &[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, -2.5, 0.5]);
    let whole = climbed(&model, "c:0", &ascent);
    near(&whole.input, &[3.5; 8]);
}

#[test]
fn a_climb_that_has_stalled_says_so() {
    let model = linear(&weights());
    let mut ascent = plain(0.5, 500);
    ascent.penalty.l2 = 0.25;
    ascent.stop = Stop {
        steps: 500,
        patience: 10,
        rise: 0.001,
    };
    let climb = climbed(&model, "class:0", &ascent);
    let [StopReason::NoProgress { steps, .. }] = climb.stopped[..] else {
        panic!("{:?}", climb.stopped);
    };
    assert!(steps < 100, "{steps}");
}

#[test]
fn octaves_begin_where_the_one_before_ended() {
    let model = linear(&[1.0; 16]);
    let mut ascent = plain(0.25, 4);
    ascent.octaves = Octaves {
        count: 2,
        ratio: 2.0,
    };
    let climb = climbed(&model, "class:0", &ascent);
    // At 2×2 each pixel stands for four: 4 steps of 4 · 0.25, then 4 of 0.25.
    near(&climb.input, &[5.0; 16]);
    assert_eq!(climb.stopped.len(), 2);
    assert_eq!(climb.values.len(), 8);
}

#[test]
fn every_preset_raises_a_class_of_a_trained_network() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    for preset in PRESETS {
        let mut ascent = preset.ascent(model.input_shape());
        ascent.stop.steps = 60;
        let climb = climbed(&model, "class:3", &ascent);
        assert!(
            climb.score > climb.start + 5.0,
            "{}: {climb:?}",
            preset.name()
        );
        let same = climbed(&model, "class:3", &ascent);
        assert_eq!(climb.input, same.input, "a seed gives one climb");
    }
}

#[test]
fn an_interruption_ends_the_climb() {
    let model = linear(&weights());
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    let mut steps = 0;
    let ended = climb(&model, &aim, &plain(1.0, 10), &mut |_| {
        steps += 1;
        if steps == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(ended, Err(ExplainError::Interrupted)));
    assert_eq!(steps, 3);
}

/// Pixels from −1 to 3, so that v = x / 4: a slope of v is four times one of x, and a step
/// of v four times as long in x.
#[test]
fn inputs_are_measured_in_the_range_of_their_pixels() {
    let mut model = linear(&weights());
    model.spec.input.range = [-1.0, 3.0];
    let mut ascent = plain(0.125, 2);
    let free = climbed(&model, "class:0", &ascent);
    near(&free.input, &weights().map(|w| 4.0 * w));
    ascent.bound = Bound::Clip;
    let clipped = climbed(&model, "class:0", &ascent);
    near(
        &clipped.input,
        &weights().map(|w| (4.0 * w).clamp(-1.0, 3.0)),
    );
    ascent.bound = Bound::None;
    // Two steps of 0.125 · (4 w − 2 · 0.5 · v): the penalty is that of v.
    ascent.penalty.l2 = 0.5;
    let damped = climbed(&model, "class:0", &ascent);
    near(
        &damped.input,
        &weights().map(|w| 4.0 * (0.5 * w + 0.5 * w * 0.875)),
    );
    // After one step x = 2 w and v = w / 2.
    let squares: f32 = weights().iter().map(|w| w * w).sum();
    let value = f64::from(2.0 * squares - 0.5 * squares / 4.0);
    assert!(
        (damped.values[1] - value).abs() < 1e-3,
        "{:?}",
        damped.values
    );
    let squares: f32 = damped.input.iter().map(|x| (x / 4.0).powi(2)).sum();
    assert!((damped.penalty - f64::from(squares / 2.0)).abs() < 1e-4);
    ascent.start_image = StartImage::Grey;
    ascent.optimiser = Optimiser::Plain { rate: 1e-9 };
    near(&climbed(&model, "class:0", &ascent).input, &[1.0; 16]);
    ascent.start_image = StartImage::Input(weights().to_vec());
    near(&climbed(&model, "class:0", &ascent).input, &weights());
}

#[test]
fn noise_has_its_standard_deviation_and_comes_once() {
    let model = linear(&[0.0; 16]);
    let mut ascent = plain(1.0, 1);
    ascent.noise = 0.5;
    let mut squares = 0.0;
    for seed in 0..50 {
        ascent.seed = seed;
        let noise = climbed(&model, "class:0", &ascent).input;
        squares += noise.iter().map(|v| f64::from(v * v)).sum::<f64>();
    }
    // 800 values: the mean square has a standard error of 0.25 · √(2/800); five of them.
    let mean = squares / 800.0;
    assert!((mean - 0.25).abs() < 5.0 * 0.25 * 0.05, "{mean}");
    // Finer octaves begin with what the coarse one left, interpolated, and nothing else.
    ascent.octaves = Octaves {
        count: 2,
        ratio: 2.0,
    };
    let fine = climbed(&model, "class:0", &ascent).input;
    assert!((fine[0] - fine[3]).abs() > 1e-3);
    near(&fine[1..2], &[0.75 * fine[0] + 0.25 * fine[3]]);
}

#[test]
fn a_blur_comes_every_so_many_steps() {
    let model = linear(&weights());
    let mut ascent = plain(0.5, 2);
    ascent.blur = Some(Blur {
        sigma: 0.8,
        every: 3,
    });
    near(&climbed(&model, "class:0", &ascent).input, &weights());
    let mut want = weights().map(|w| 1.5 * w);
    blur::blur(&mut want, [4, 4], 0.8);
    ascent.stop.steps = 3;
    near(&climbed(&model, "class:0", &ascent).input, &want);
    ascent.stop.steps = 4;
    for (value, weight) in want.iter_mut().zip(weights()) {
        *value += 0.5 * weight;
    }
    near(&climbed(&model, "class:0", &ascent).input, &want);
}

#[test]
fn colours_are_decorrelated_where_there_are_three_and_it_is_asked_for() {
    let weights: [f32; 18] = std::array::from_fn(|at| (at * 7 % 5) as f32 - 2.0);
    let model = coloured(&weights);
    let mut ascent = plain(0.25, 4);
    let apart = climbed(&model, "class:0", &ascent);
    near(&apart.input, &weights);
    ascent.decorrelate = true;
    let together = climbed(&model, "class:0", &ascent);
    let off = together
        .input
        .iter()
        .zip(&weights)
        .map(|(a, b)| (a - b).abs());
    assert!(off.fold(0.0, f32::max) > 0.1, "{:?}", together.input);
    // One channel has no axes.
    let grey = linear(&self::weights());
    near(&climbed(&grey, "class:0", &ascent).input, &self::weights());
}

#[test]
fn every_step_is_told_with_its_number() {
    let model = linear(&weights());
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    let mut ascent = plain(1.0, 2);
    ascent.octaves = Octaves {
        count: 2,
        ratio: 2.0,
    };
    let mut told = Vec::new();
    let climb = climb(&model, &aim, &ascent, &mut |step| {
        told.push((step.octave, step.step, step.total));
        ControlFlow::Continue(())
    });
    assert!(climb.is_ok());
    assert_eq!(told, [(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3)]);
}

#[test]
fn a_ground_that_is_no_input_is_refused() {
    let model = linear(&weights());
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    let mut ascent = plain(1.0, 1);
    let mut begin = |start_image: Vec<f32>| {
        ascent.start_image = StartImage::Input(start_image);
        climb(&model, &aim, &ascent, &mut |_| ControlFlow::Continue(()))
    };
    assert!(begin(vec![1.0; 16]).is_ok());
    assert!(matches!(begin(vec![1.0; 15]), Err(ExplainError::Model(_))));
    let mut hole = vec![1.0; 16];
    hole[7] = f32::NAN;
    let refused = begin(hole);
    assert!(matches!(refused, Err(ExplainError::NotFinite("the input"))));
}

#[test]
fn a_climb_that_the_target_never_moved_says_so() {
    let model = hinge(5.0);
    let mut ascent = Preset::Lecture.ascent(model.input_shape());
    ascent.stop.steps = 3;
    let dead = climbed(&model, "class:0", &ascent);
    assert_eq!(dead.notes, [ClimbNote::NoGradient { steps: 3 }]);
    assert!(dead.notes[0].to_string().contains("--from INPUT"));
    ascent.start_image = StartImage::Input(vec![4.0, 4.0]);
    let alive = climbed(&model, "class:0", &ascent);
    assert!(alive.notes.is_empty());
}
