//! Attacks on networks so small that the numbers can be worked out by hand or in f64.

mod networks;
mod one_input;

use std::ops::ControlFlow;

use super::*;
use crate::attribute::ExplainError;
use crate::float_model::{FloatModel, Overrides};
use cortexscope_net::random::Random;
use networks::{affine, dead, dense, dense_loss};

const NEVER: Stop<'static> = &|| false;

fn run(
    model: &FloatModel,
    method: Method,
    picture: &[f32],
    goal: Goal,
    eps: f64,
) -> ChangedPicture {
    let mut victim = Victim::new(model, NEVER).expect("it has classes");
    let mut random = Random::new(1);
    method
        .run(&mut victim, picture, goal, eps, &mut random)
        .expect("it runs")
}

fn near(have: &[f32], want: &[f32], bound: f32) {
    assert_eq!(have.len(), want.len());
    for (a, b) in have.iter().zip(want) {
        assert!((a - b).abs() <= bound, "{have:?} {want:?}");
    }
}

const MIDDLE: [f32; 4] = [0.5, 0.25, 0.75, 0.5];
/// Class 0 less class 1 of [`affine`].
const NORMAL: [f32; 4] = [3.0, -4.0, 0.0, 12.0];

#[test]
fn one_step_on_a_linear_model_by_hand() {
    // The logits are w·x + b and 0: the loss of class 0 falls along w.
    let model = affine(&[&NORMAL, &[0.0; 4]], &[-1.0, 0.0]);
    let found = run(&model, Method::Fgsm, &MIDDLE, Goal::Away(0), 0.125);
    near(&found.picture, &[0.375, 0.375, 0.75, 0.375], 0.0);
    assert_eq!(found.direction, Some(vec![-1.0, 1.0, 0.0, -1.0]));
    let found = run(&model, Method::Fgsm, &MIDDLE, Goal::Towards(0), 0.125);
    near(&found.picture, &[0.625, 0.125, 0.75, 0.625], 0.0);
    // ‖w‖ = 13.
    let found = run(&model, Method::FgmL2, &MIDDLE, Goal::Away(0), 0.13);
    near(&found.picture, &[0.47, 0.29, 0.75, 0.38], 1e-6);
    // Pixels are clipped.
    let found = run(&model, Method::Fgsm, &MIDDLE, Goal::Away(0), 0.5);
    near(&found.picture, &[0.0, 0.75, 0.75, 0.0], 0.0);
}

#[test]
fn slopes_are_those_of_the_loss_in_f64() {
    let model = dense();
    let mut victim = Victim::new(&model, NEVER).unwrap();
    for (picture, class) in [([0.9, 0.2, 0.1, 0.6], 0), ([0.1, 0.4, 0.95, 0.3], 1)] {
        let goal = Goal::Away(class);
        let up = victim.way_up(&picture, goal).unwrap();
        let logits = victim.logits(&picture).unwrap();
        let scale = Objective::of(&logits, goal).scale;
        for at in 0..4 {
            let moved = |by: f64| {
                let mut picture = picture.map(f64::from);
                picture[at] += by;
                dense_loss(&picture, class)
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let mine = f64::from(up.slopes[at]) * scale;
            // Single precision of values near 10.
            assert!((slope - mine).abs() < 1e-5, "{at}: {slope} {mine}");
        }
    }
}

#[test]
fn slopes_are_per_pixel_whatever_the_normalisation() {
    let mut model = affine(&[&NORMAL, &[0.0; 4]], &[-1.0, 0.0]);
    // Black is 2, white is 0: x = (1 − p) · 2, so that the signs turn.
    model.spec.input.range = [1.0, 0.0];
    model.spec.input.std = vec![0.5];
    let mut victim = Victim::new(&model, NEVER).unwrap();
    let pass = victim.pass(&MIDDLE, &|_| vec![1.0, 0.0]).unwrap();
    near(&pass.slopes, &NORMAL.map(|w| -2.0 * w), 1e-5);
    let x = MIDDLE.map(|p| (1.0 - p) * 2.0);
    let logit: f32 = NORMAL.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() - 1.0;
    near(&pass.logits, &[logit, 0.0], 1e-5);
    let found = run(&model, Method::Fgsm, &MIDDLE, Goal::Away(0), 0.125);
    near(&found.picture, &[0.625, 0.125, 0.75, 0.625], 0.0);
}

#[test]
fn a_confident_network_is_attacked_as_another() {
    // Probabilities of 1 in f64, and logits in the thousands.
    for (factor, loss) in [(8.0, Loss::CrossEntropy), (4000.0, Loss::Margin)] {
        let rows = [NORMAL.map(|w| w * factor), [0.0; 4]];
        let model = affine(&[&rows[0], &rows[1]], &[0.0, 0.0]);
        let mut victim = Victim::new(&model, NEVER).unwrap();
        assert_eq!(victim.way_up(&MIDDLE, Goal::Away(0)).unwrap().loss, loss);
        let found = run(&model, Method::Fgsm, &MIDDLE, Goal::Away(0), 0.125);
        near(&found.picture, &[0.375, 0.375, 0.75, 0.375], 0.0);
        assert!(!found.slopes.are_flat());
        assert_eq!(found.slopes.by_margin, usize::from(loss == Loss::Margin));
    }
}

fn steps(start: Start) -> Steps {
    Steps {
        rate: 0.02,
        count: 20,
        start,
    }
}

#[test]
fn steps_end_at_the_border_of_the_ball() {
    let model = affine(&[&NORMAL, &[0.0; 4]], &[-1.0, 0.0]);
    let goal = Goal::Away(0);
    let bim = run(&model, Method::Bim(steps(Start::Input)), &MIDDLE, goal, 0.1);
    near(&bim.picture, &[0.4, 0.35, 0.75, 0.4], 1e-6);
    assert_eq!(bim.slopes.computed, 20);
    // From anywhere: the third pixel has no slope and keeps its start.
    let pgd = run(
        &model,
        Method::Pgd(steps(Start::Random)),
        &MIDDLE,
        goal,
        0.1,
    );
    near(&pgd.picture[..2], &[0.4, 0.35], 1e-6);
    let moved = (pgd.picture[2] - 0.75).abs();
    assert!(moved > 1e-4 && moved <= 0.1 + 1e-6, "{pgd:?}");
    let sphere = run(
        &model,
        Method::PgdL2(steps(Start::Input)),
        &MIDDLE,
        goal,
        0.13,
    );
    near(&sphere.picture, &[0.47, 0.29, 0.75, 0.38], 1e-5);
    // Four steps of 0.02 do not reach a border at 0.13.
    let few = Steps {
        count: 4,
        ..steps(Start::Input)
    };
    let few = run(&model, Method::PgdL2(few), &MIDDLE, goal, 0.13);
    let length = Norm::Euclidean.distance(&MIDDLE, &few.picture);
    assert!((length - 0.08).abs() < 1e-6, "{length}");
}

#[test]
fn deepfool_goes_the_distance_to_the_nearest_boundary() {
    // f₀ − f₁ = w·x − 1 with ‖w‖ = 13, and the boundary to class 2 is further away.
    let model = affine(&[&NORMAL, &[0.0; 4], &[0.0; 4]], &[-1.0, 0.0, -9.0]);
    let gap: f32 = NORMAL.iter().zip(MIDDLE).map(|(w, x)| w * x).sum::<f32>() - 1.0;
    let exact = f64::from(gap) / 13.0;
    let parameters = DeepFool::default();
    let found = run(
        &model,
        Method::DeepFool(parameters),
        &MIDDLE,
        Goal::Away(0),
        0.0,
    );
    let length = Norm::Euclidean.distance(&MIDDLE, &found.picture);
    assert!((length - 1.02 * exact).abs() < 1e-6, "{length} {exact}");
    let along: Vec<f32> = NORMAL.iter().map(|w| -w / 13.0 * length as f32).collect();
    let want: Vec<f32> = MIDDLE.iter().zip(along).map(|(x, d)| x + d).collect();
    near(&found.picture, &want, 1e-6);
    let mut victim = Victim::new(&model, NEVER).unwrap();
    let logits = victim.logits(&found.picture).unwrap();
    assert!(logits[1] > logits[0]);
    // Without an overshoot it ends on the boundary.
    let exactly = DeepFool {
        overshoot: 0.0,
        ..parameters
    };
    let found = run(
        &model,
        Method::DeepFool(exactly),
        &MIDDLE,
        Goal::Away(0),
        0.0,
    );
    let logits = victim.logits(&found.picture).unwrap();
    assert!((logits[1] - logits[0]).abs() < 1e-5, "{logits:?}");
    // To the further class, 9 more of the gap away.
    let to = run(
        &model,
        Method::DeepFool(parameters),
        &MIDDLE,
        Goal::Towards(1),
        0.0,
    );
    let length = Norm::Euclidean.distance(&MIDDLE, &to.picture);
    assert!((length - 1.02 * exact).abs() < 1e-6, "{length}");
}

#[test]
fn deepfool_goes_around_pixels_that_cannot_change() {
    let model = affine(&[&NORMAL, &[0.0; 4]], &[-1.0, 0.0]);
    // Along the normal the last pixel would leave 0 … 1 before the boundary is reached.
    let picture = [0.9, 0.0, 0.5, 0.05];
    let found = run(
        &model,
        Method::DeepFool(DeepFool::default()),
        &picture,
        Goal::Away(0),
        0.0,
    );
    assert!(
        found
            .picture
            .iter()
            .all(|pixel| (0.0..=1.0).contains(pixel))
    );
    let mut victim = Victim::new(&model, NEVER).unwrap();
    let logits = victim.logits(&found.picture).unwrap();
    assert!(logits[1] > logits[0], "{found:?}");
}

#[test]
fn one_pixel_changes_one_and_finds_the_one_that_counts() {
    // Only the last pixel can turn the class.
    let model = affine(&[&[0.1, 0.1, 0.1, 2.0], &[0.0; 4]], &[-0.5, 0.0]);
    let picture = [0.2, 0.2, 0.2, 1.0];
    let parameters = OnePixel {
        population: 12,
        generations: 20,
        weight: 0.5,
    };
    let found = run(
        &model,
        Method::OnePixel(parameters),
        &picture,
        Goal::Away(0),
        0.0,
    );
    let before = of_levels(&levels(&picture));
    assert_eq!(found.picture[..3], before[..3]);
    assert!(found.picture[3] < 0.25, "{found:?}");
    // Where no pixel can, the best one is kept, and no other changes.
    let model = affine(&[&[0.1, 0.1, 0.1, 2.0], &[0.0; 4]], &[5.0, 0.0]);
    let found = run(
        &model,
        Method::OnePixel(parameters),
        &picture,
        Goal::Away(0),
        0.0,
    );
    let changed = found.picture.iter().zip(&before).filter(|(a, b)| a != b);
    assert_eq!(changed.count(), 1);
    assert!(found.picture[3] < 0.2, "{found:?}");
}

fn samples(pictures: &[[f32; 4]], label: usize) -> Vec<Sample> {
    let sample = |(index, picture): (usize, &[f32; 4])| Sample {
        name: index.to_string(),
        values: picture.to_vec(),
        label: Some(label),
    };
    pictures.iter().enumerate().map(sample).collect()
}

fn request(method: Method, eps: &[f64]) -> Request {
    Request {
        method,
        eps: eps.to_vec(),
        target: None,
        reference: Reference::Label,
        seed: 7,
        keep: true,
    }
}

fn surveyed(model: &FloatModel, request: &Request, samples: Vec<Sample>) -> Survey {
    let mut go_on = |_| ControlFlow::Continue(());
    survey(model, request, 0, samples.into_iter(), NEVER, &mut go_on).expect("it runs")
}

#[test]
fn a_survey_counts_what_is_still_right() {
    // Class 0 where the first pixel is above a half.
    let model = affine(&[&[1.0, 0.0, 0.0, 0.0], &[0.0; 4]], &[-0.5, 0.0]);
    let at = |level: u8| [f32::from(level) / 255.0, 0.0, 0.0, 0.0];
    // 20 and 60 levels above the boundary, and one that is wrong before.
    let inputs = samples(&[at(148), at(188), at(100)], 0);
    let eps = [0.0, 30.0 / 255.0, 70.0 / 255.0];
    let found = surveyed(&model, &request(Method::Fgsm, &eps), inputs);
    let counts = |row: &Row| (row.right, row.images, row.right_before, row.reached);
    let rows: Vec<_> = found.rows.iter().map(counts).collect();
    assert_eq!(rows, [(2, 3, 2, 0), (1, 3, 2, 1), (0, 3, 2, 2)]);
    assert_eq!(found.smallest(), [Some(eps[1]), Some(eps[2]), Some(0.0)]);
    assert_eq!(found.outcomes[0].attempts[1].levels, [118, 0, 0, 0]);
    assert!(found.rows.iter().all(|row| row.zero_gradients == 0));
}

#[test]
fn an_attack_without_slopes_is_counted() {
    let model = dead();
    let inputs = samples(&[MIDDLE, [0.0; 4]], 0);
    let pgd = Method::Pgd(steps(Start::Random));
    for method in [Method::Fgsm, pgd, Method::DeepFool(DeepFool::default())] {
        let found = surveyed(&model, &request(method, &[0.3]), inputs.clone());
        let row = found.rows[0];
        assert_eq!((row.zero_gradients, row.right, row.images), (2, 2, 2));
        assert_eq!(found.smallest(), [None, None]);
        assert_eq!(row.eps.is_some(), method.takes_eps());
    }
    let fgsm = surveyed(&model, &request(Method::Fgsm, &[0.3]), inputs);
    assert_eq!(fgsm.outcomes[0].attempts[0].levels, levels(&MIDDLE));
}

#[test]
fn one_seed_gives_one_result_and_another_seed_another() {
    let model = dense();
    let inputs = || samples(&[MIDDLE, [0.3, 0.8, 0.1, 0.9], [0.6, 0.6, 0.2, 0.1]], 1);
    let few = Steps {
        rate: 0.01,
        count: 2,
        start: Start::Random,
    };
    let seeded = |seed| Request {
        seed,
        ..request(Method::Pgd(few), &[0.1, 0.3])
    };
    let first = surveyed(&model, &seeded(7), inputs());
    assert_eq!(first, surveyed(&model, &seeded(7), inputs()));
    assert_ne!(first, surveyed(&model, &seeded(8), inputs()));
    // Each input and ε has numbers of its own.
    let starts: Vec<u64> = (0..2)
        .flat_map(|index| (0..2).map(move |column| (index, column)))
        .map(|(index, column)| seeded(7).seed_of(index, column))
        .collect();
    assert_eq!(starts[0], 7);
    let mut different = starts.clone();
    different.dedup();
    assert_eq!(starts, different);
}

#[test]
fn a_target_is_reached_or_said_to_be_missed() {
    let model = affine(&[&NORMAL, &[0.0; 4], &[0.0; 4]], &[-1.0, 0.0, -3.0]);
    let towards = |target| Request {
        target: Some(target),
        ..request(Method::Fgsm, &[0.5])
    };
    let found = surveyed(&model, &towards(1), samples(&[MIDDLE], 0));
    assert_eq!((found.rows[0].reached, found.rows[0].right), (1, 0));
    // Class 2 never wins.
    let found = surveyed(&model, &towards(2), samples(&[MIDDLE], 0));
    assert_eq!((found.rows[0].reached, found.rows[0].right), (0, 0));
    let mut go_on = |_| ControlFlow::Continue(());
    let none = survey(
        &model,
        &towards(3),
        0,
        samples(&[MIDDLE], 0).into_iter(),
        NEVER,
        &mut go_on,
    );
    assert!(matches!(none, Err(ExplainError::Parameter(_))), "{none:?}");
}

#[test]
fn work_ends_when_it_is_to_end() {
    let model = dense();
    let inputs = samples(&[MIDDLE; 40], 1);
    let pgd = request(Method::Pgd(steps(Start::Random)), &[0.3]);
    let mut after_two = |done| {
        if done < 2 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let ended = survey(
        &model,
        &pgd,
        0,
        inputs.clone().into_iter(),
        NEVER,
        &mut after_two,
    );
    assert!(matches!(ended, Err(ExplainError::Interrupted)));
    let mut go_on = |_| ControlFlow::Continue(());
    let ended = survey(&model, &pgd, 0, inputs.into_iter(), &|| true, &mut go_on);
    assert!(matches!(ended, Err(ExplainError::Interrupted)));
}

#[test]
fn what_cannot_be_used_is_refused() {
    let refused = |request: Request| matches!(request.check(), Err(ExplainError::Parameter(_)));
    for eps in [&[][..], &[-0.1], &[f64::NAN], &[0.1, f64::INFINITY]] {
        assert!(refused(request(Method::Fgsm, eps)), "{eps:?}");
    }
    for (rate, count) in [(0.0, 1), (f64::NAN, 1), (0.1, 0)] {
        let start = Start::Input;
        let steps = Steps { rate, count, start };
        assert!(refused(request(Method::PgdL2(steps), &[0.1])));
    }
    let one = affine(&[&NORMAL], &[0.0]);
    assert!(matches!(
        Victim::new(&one, NEVER),
        Err(ExplainError::Parameter(_))
    ));
}

/// PGD on the shipped network: within ε of the digit, valid, and 8 bits turn the class.
#[test]
fn a_digit_is_taken_for_another() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let shipped = cortexscope_net::input::MnistSet::test_digits().unwrap();
    let pgd = Method::Pgd(Steps {
        rate: 0.05,
        count: 10,
        start: Start::Random,
    });
    let found = surveyed(&model, &request(pgd, &[0.3]), digits(&model, 2));
    assert_eq!((found.rows[0].right, found.rows[0].right_before), (0, 2));
    for (index, outcome) in found.outcomes.iter().enumerate() {
        let original = shipped.image(index).unwrap();
        let changed = &outcome.attempts[0].levels;
        let most = original
            .iter()
            .zip(changed)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        // 0.3 is 76.5 levels, and rounding adds a half at most.
        assert!(matches!(most, Some(70..=77)), "{most:?}");
        let values: Vec<f32> = changed
            .iter()
            .map(|&level| f32::from(level) / 255.0)
            .collect();
        let class = crate::target::Aim::predicted(&model, &values, Default::default())
            .unwrap()
            .class_in(&model);
        assert_eq!(class, Some(outcome.attempts[0].class));
        assert_ne!(class, Some(outcome.truth));
    }
}

fn digits(model: &FloatModel, count: usize) -> Vec<Sample> {
    let digits = cortexscope_net::input::MnistSet::test_digits().expect("they are shipped");
    let sample = |index| Sample {
        name: format!("mnist:{index}"),
        values: digits.input(index, &model.spec.input).unwrap(),
        label: digits.label(index).map(usize::from),
    };
    (0..count).map(sample).collect()
}

/// The numbers are those of `tests/lenet_f64.py`, NumPy 2 in f64, on the first 20 digits.
#[test]
fn as_many_digits_stay_right_as_numpy_finds() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let bim = Method::Bim(Steps {
        rate: 0.02,
        count: 10,
        start: Start::Input,
    });
    let cases: [(Method, &[f64], &[usize]); 3] = [
        (Method::Fgsm, &[0.1, 0.2], &[11, 1]),
        (Method::FgmL2, &[2.0], &[5]),
        (bim, &[0.1], &[2]),
    ];
    for (method, eps, right) in cases {
        let found = surveyed(&model, &request(method, eps), digits(&model, 20));
        let have: Vec<usize> = found.rows.iter().map(|row| row.right).collect();
        assert_eq!(have, right, "{method:?}");
    }
}

/// As above: lengths of DeepFool's changes, before rounding.
#[test]
fn deepfool_goes_as_far_as_numpy_does() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let method = Method::DeepFool(DeepFool::default());
    let found = surveyed(&model, &request(method, &[0.0]), digits(&model, 4));
    let want = [1.20263, 1.66579, 0.79328, 0.54198];
    for (length, want) in found.smallest().into_iter().zip(want) {
        // Single precision of a length that three or four steps add up to.
        let length = length.expect("every digit is fooled");
        assert!((length - want).abs() < 2e-4, "{length} {want}");
    }
}
