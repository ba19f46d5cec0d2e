//! Every method against attributions that were worked out by hand: a wrong
//! sign, a missing factor or another variant fails.

mod class_activation;
pub mod networks;
mod pointwise;
mod shapes;

use std::ops::ControlFlow;

use super::*;
use crate::float_model::Overrides;
use crate::target::{ClassValue, Target};
use networks::{HIDDEN, INPUT, dense, hinge, linear, maps};

fn run(model: &FloatModel, input: &[f32], target: &str, method: impl Into<Method>) -> Attribution {
    let target: Target = target.parse().expect("a target");
    let aim = target.aim(model, ClassValue::Logit).expect("it is there");
    let request = Request {
        input,
        aim: &aim,
        method: &method.into(),
    };
    explain(model, request, &mut |_, _| ControlFlow::Continue(())).expect("an attribution")
}

#[track_caller]
fn near(have: &[f32], want: &[f32]) {
    assert_eq!(have.len(), want.len());
    for (have_one, want_one) in have.iter().zip(want) {
        // Sums of a few products of order ten in single precision.
        assert!((have_one - want_one).abs() < 1e-4, "{have:?}, not {want:?}");
    }
}

fn residual(attribution: &Attribution, name: &str) -> f64 {
    let found = attribution
        .residuals
        .iter()
        .find(|one| one.name.contains(name));
    found
        .unwrap_or_else(|| panic!("there is a residual {name}"))
        .value
}

#[test]
fn the_gradient_is_signed_and_saliency_its_magnitude() {
    let model = dense();
    let gradient = run(&model, &INPUT, "class:0", Gradient);
    near(&gradient.values, &[-4.0, 0.0, -2.0, 4.0]);
    assert!((gradient.score + 7.9).abs() < 1e-5);
    let saliency = run(&model, &INPUT, "class:0", Saliency);
    near(&saliency.values, &[4.0, 0.0, 2.0, 4.0]);
    let product = run(&model, &INPUT, "class:0", GradientXInput);
    near(&product.values, &[-4.0, 0.0, -6.0, 2.0]);
}

#[test]
fn saliency_takes_the_greatest_channel_not_the_sum() {
    let values = [1.0, -5.0, 2.0, -3.0, 4.0, -1.0];
    assert_eq!(greatest_magnitude(&values, 2), [4.0, 5.0]);
    assert_eq!(sum_over_channels(&values, 2), [7.0, -9.0]);
}

#[test]
fn a_probability_is_softmax_of_the_logits() {
    let model = dense();
    let target: Target = "class:0".parse().expect("a target");
    let aim = target
        .aim(&model, ClassValue::Probability)
        .expect("a class");
    // Near the middle, where no class is sure: both logits are b + small terms.
    let input = [0.5, 0.0, 0.0, 0.45];
    let request = Request {
        input: &input,
        aim: &aim,
        method: &Gradient.into(),
    };
    let found =
        explain(&model, request, &mut |_, _| ControlFlow::Continue(())).expect("a gradient");
    // z = (0.5 + 0.9 + 0.5, −1.5, 1 − 0.9): units 0 and 2 are open.
    let logits = [1.9 - 0.2 + 0.1, 0.95 + 0.3 + 0.2];
    let p = 1.0 / (1.0 + f64::exp(logits[1] - logits[0]));
    let slope = |at: usize| {
        let by_logit = [
            HIDDEN[0][at] - 2.0 * HIDDEN[2][at],
            0.5 * HIDDEN[0][at] + 3.0 * HIDDEN[2][at],
        ];
        (p * (1.0 - p)) as f32 * (by_logit[0] - by_logit[1])
    };
    near(&found.values, &[slope(0), slope(1), slope(2), slope(3)]);
    assert!((found.score - p).abs() < 1e-6);
}

#[test]
fn guided_backprop_stops_what_is_negative_or_was_closed() {
    let model = dense();
    // Class 0 pulls its only open unit down: nothing is left, in a dense layer too.
    let down = run(&model, &INPUT, "class:0", GuidedBackprop);
    near(&down.values, &[0.0; 4]);
    let up = run(&model, &INPUT, "class:1", GuidedBackprop);
    near(&up.values, &[6.0, 0.0, 3.0, -6.0]);
}

#[test]
fn the_deconvnet_rectifies_the_signal_and_ignores_what_was_closed() {
    let model = dense();
    let method = Deconvnet {
        start: DeconvnetStart::Strongest,
    };
    let found = run(&model, &INPUT, "class:0", method);
    // −7.9 goes back as (−7.9, 7.9, 15.8), rectified, through the hidden weights.
    let want = [0, 1, 2, 3].map(|at| 7.9 * HIDDEN[1][at] + 15.8 * HIDDEN[2][at]);
    near(&found.values, &want);
}

/// Rows (1, 2, −3, −4) and (5, 4, −1, −7): pooled maps (2, 0; 5, 0) and
/// (0, 4; 0, 7).
const MAPS_INPUT: [f32; 8] = [1.0, 2.0, -3.0, -4.0, 5.0, 4.0, -1.0, -7.0];

#[test]
fn the_deconvnet_unpools_by_switches() {
    let model = maps();
    let strongest = Deconvnet {
        start: DeconvnetStart::Strongest,
    };
    let found = run(&model, &MAPS_INPUT, "p:0", strongest);
    near(&found.values, &[0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0]);
    assert_eq!(residual(&found, "row"), 1.0);
    assert_eq!(residual(&found, "activation"), 5.0);
    let whole = Deconvnet {
        start: DeconvnetStart::Map,
    };
    let found = run(&model, &MAPS_INPUT, "p:1", whole);
    near(&found.values, &[0.0, 0.0, 0.0, -4.0, 0.0, 0.0, 0.0, -7.0]);
}

#[test]
fn smooth_grad_measures_noise_by_the_inputs_range() {
    // The input goes from 0 to 4: level 0.25 is σ = 1, and the hinge at 1 + 4 is
    // open where the noise of both pixels exceeds 1: P(√2 n > 1) = 0.2398.
    let model = hinge(5.0);
    let method = |of| SmoothGrad {
        of,
        samples: 4000,
        level: 0.25,
        seed: 3,
    };
    let found = run(
        &model,
        &[0.0, 4.0],
        "class:0",
        method(SmoothGradOf::Gradient),
    );
    // Five standard errors: 5 √(0.24 · 0.76 / 4000).
    for value in &found.values {
        assert!((value - 0.2398).abs() < 0.034, "{value}");
    }
    assert_eq!(found.score, 0.0, "the value is that of the input itself");
    let again = run(
        &model,
        &[0.0, 4.0],
        "class:0",
        method(SmoothGradOf::Gradient),
    );
    assert_eq!(found, again);
    // The same range elsewhere, and as far below the hinge.
    let moved = run(
        &hinge(21.0),
        &[8.0, 12.0],
        "class:0",
        method(SmoothGradOf::Gradient),
    );
    for value in &moved.values {
        assert!((value - 0.2398).abs() < 0.034, "{value}");
    }
}

#[test]
fn noise_without_a_level_is_refused() {
    let model = hinge(1.0);
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    for (samples, level) in [(0, 0.1), (1, -0.1), (1, f64::NAN), (1, f64::INFINITY)] {
        let request = Request {
            input: &[1.0, 2.0],
            aim: &aim,
            method: &SmoothGrad {
                of: SmoothGradOf::Gradient,
                samples,
                level,
                seed: 0,
            }
            .into(),
        };
        let refused = explain(&model, request, &mut |_, _| ControlFlow::Continue(()));
        assert!(matches!(refused, Err(ExplainError::Parameter(_))));
    }
}

#[test]
fn smooth_grad_averages_what_its_variant_says() {
    let mut weights = [0.0; 16];
    weights[0] = -3.0;
    let model = linear(&weights);
    let input = [0.5; 16];
    for (of, want) in [
        (SmoothGradOf::Gradient, -3.0),
        (SmoothGradOf::Magnitude, 3.0),
        (SmoothGradOf::Square, 9.0),
    ] {
        let method = SmoothGrad {
            of,
            samples: 2,
            level: 0.1,
            seed: 0,
        };
        let found = run(&model, &input, "class:0", method);
        assert!((found.values[0] - want).abs() < 1e-5);
    }
}

#[test]
fn integrated_gradients_are_complete_and_scaled_by_the_difference() {
    let model = hinge(1.0);
    let method = |baseline, quadrature| IntegratedGradients {
        baseline,
        steps: 300,
        quadrature,
    };
    // From (0, 0) to (2, 1) the hinge opens after a third of the way.
    for quadrature in [Quadrature::Midpoint, Quadrature::Right] {
        let found = run(
            &model,
            &[2.0, 1.0],
            "class:0",
            method(Baseline::Black, quadrature),
        );
        // One step of 300 may lie on the hinge itself.
        assert!((found.values[0] - 4.0 / 3.0).abs() < 0.008, "{found:?}");
        assert!((found.values[1] - 2.0 / 3.0).abs() < 0.004, "{found:?}");
        assert!(residual(&found, "completeness").abs() < 0.011);
        assert_eq!(residual(&found, "baseline"), 0.0);
    }
    // From (−1, 0), where the hinge is closed: it opens half-way.
    let given = method(Baseline::Input(vec![-1.0, 0.0]), Quadrature::Midpoint);
    let found = run(&model, &[2.0, 1.0], "class:0", given);
    assert!((found.values[0] - 1.5).abs() < 0.01, "{found:?}");
    assert!((found.values[1] - 0.5).abs() < 0.004, "{found:?}");
    // From white, (1, 1): open all the way, and only the first pixel moves.
    let white = run(
        &model,
        &[2.0, 1.0],
        "class:0",
        method(Baseline::White, Quadrature::Right),
    );
    near(&white.values, &[1.0, 0.0]);
    assert_eq!(residual(&white, "baseline"), 1.0);
    assert!(residual(&white, "completeness").abs() < 1e-5);
}

#[test]
fn grad_cam_weights_maps_by_the_mean_slope_of_one_class() {
    let model = maps();
    let cam = |target: &str, layer: &str| {
        let layer = Some(layer.to_owned());
        run(&model, &MAPS_INPUT, target, GradCam(layer.into()))
    };
    // α = v / 4 for each of 4 positions: 0.5 and −0.75 of the pooled maps' means
    // for class 0 are 2/4 and 4/4.
    let found = cam("class:0", "p");
    let (name, values) = (found.maps[0].name, &found.maps[0].values);
    assert_eq!(name, "cam");
    near(values, &[0.5 * 2.0, 4.0, 0.5 * 5.0, 7.0]);
    near(&found.maps[1].values, &[0.5, 1.0]);
    // Class 1: weights −3/4 and 8/4; what is negative is cut.
    let other = cam("class:1", "p");
    near(&other.maps[0].values, &[0.0, 8.0, 0.0, 14.0]);
    assert_eq!(other.shape, [1, 2, 4]);
    near(&other.values[..4], &[0.0, 2.0, 6.0, 8.0]);
}

#[test]
fn grad_cam_has_a_layer_of_its_own_and_refuses_later_ones() {
    let model = maps();
    assert_eq!(model.layer(model.last_maps().expect("maps")).name, "a");
    let target: Target = "p:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a map");
    let refused = |aim: &Aim, layer: &str| {
        let layer = Some(layer.to_owned());
        let request = Request {
            input: &MAPS_INPUT,
            aim,
            method: &GradCam(layer.into()).into(),
        };
        match explain(&model, request, &mut |_, _| ControlFlow::Continue(())) {
            Err(ExplainError::NoMaps { have, .. }) => have,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&aim, "y"), ["c", "a"]);
    assert_eq!(refused(&aim, "p"), ["c", "a"]);
    // The mean of a map is not a map.
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    assert_eq!(refused(&aim, "g"), ["c", "a", "p"]);
}

#[test]
fn guided_grad_cam_is_the_product() {
    let model = maps();
    let layer = Some("p".to_owned());
    let method = GuidedGradCam(GradCam(layer.into()));
    let found = run(&model, &MAPS_INPUT, "class:0", method);
    let guided = run(&model, &MAPS_INPUT, "class:0", GuidedBackprop);
    let layer = Some("p".to_owned());
    let cam = run(&model, &MAPS_INPUT, "class:0", GradCam(layer.into()));
    let want: Vec<f32> = guided
        .values
        .iter()
        .zip(&cam.values)
        .map(|(g, c)| g * c)
        .collect();
    near(&found.values, &want);
    assert!(want.iter().any(|value| *value > 0.1) && want.iter().any(|value| *value < -0.1));
}

#[test]
fn epsilon_relevance_is_gradient_times_input_where_nothing_is_damped() {
    let model = dense();
    let method = lrp_epsilon(Composite::uniform(LrpRule::Epsilon(0.0)));
    let found = run(&model, &INPUT, "class:1", method);
    near(&found.values, &[6.0, 0.0, 9.0, -3.0]);
    assert!((residual(&found, "relevance at the target") - 12.2).abs() < 1e-5);
    // The bias of the class, 0.2, keeps its share.
    assert!((residual(&found, "relevance at the input") - 12.0).abs() < 1e-4);
    assert!((residual(&found, "biases") - 0.2).abs() < 1e-4);
    assert!(residual(&found, "conservation").abs() < 1e-4);
    // ε damps: 12/(12.2 + 1) of 12.2, then 4/(4 + 1) of it.
    let method = lrp_epsilon(Composite::uniform(LrpRule::Epsilon(1.0)));
    let damped = run(&model, &INPUT, "class:1", method);
    let unit = 12.0 / 13.2 * 12.2;
    near(
        &damped.values,
        &[2.0, 0.0, 3.0, -1.0].map(|z| z / 5.0 * unit),
    );
    assert!(residual(&damped, "ε").abs() > 1.0);
    assert!(residual(&damped, "conservation").abs() < 1e-4);
    // From a negative class the relevance is negative.
    let method = lrp_epsilon(Composite::uniform(LrpRule::Epsilon(0.0)));
    let negative = run(&model, &INPUT, "class:0", method);
    near(&negative.values, &[-4.0, 0.0, -6.0, 2.0]);
}

#[test]
fn rules_are_chosen_layer_by_layer() {
    let model = dense();
    let mut composite = Composite::uniform(LrpRule::Epsilon(0.0));
    composite.layers.push(("z".to_owned(), LrpRule::ZPlus));
    let found = run(&model, &INPUT, "class:1", lrp_epsilon(composite));
    // Of the hidden unit's 12, positive contributions 2 and 3 get all.
    near(&found.values, &[4.8, 0.0, 7.2, 0.0]);
    let mut composite = Composite::uniform(LrpRule::Epsilon(0.0));
    composite
        .layers
        .push(("z".to_owned(), LrpRule::Gamma(0.25)));
    let found = run(&model, &INPUT, "class:1", lrp_gamma(composite));
    let sum = 2.5 + 3.75 - 1.0;
    near(
        &found.values,
        &[2.5, 0.0, 3.75, -1.0].map(|z| z / sum * 12.0),
    );
}

#[test]
fn relevance_has_no_probability() {
    let model = dense();
    let target: Target = "class:0".parse().expect("a target");
    let aim = target
        .aim(&model, ClassValue::Probability)
        .expect("a class");
    let request = Request {
        input: &INPUT,
        aim: &aim,
        method: &lrp_zplus(Composite::uniform(LrpRule::ZPlus)),
    };
    let refused = explain(&model, request, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(ExplainError::Parameter(_))));
}

#[test]
fn occlusion_is_what_a_window_takes_away() {
    let weights: [f32; 16] = std::array::from_fn(|at| at as f32);
    let model = linear(&weights);
    let input = [1.0; 16];
    let method = |window, stride| Occlusion {
        window,
        stride,
        fill: Baseline::Level(127.5),
    };
    // A 1×2 window, every second row, every column: half of two weights is lost.
    let found = run(&model, &input, "class:0", method([1, 2], [2, 1]));
    // Rows 0 and 2, and the last one, at the edge.
    assert_eq!(found.maps[0].shape, [1, 3, 3]);
    let lost = |a: f32, b: f32| 120.0 - (a + b) / 2.0;
    near(
        &found.maps[0].values,
        &[
            lost(0.0, 1.0),
            lost(1.0, 2.0),
            lost(2.0, 3.0),
            lost(8.0, 9.0),
            lost(9.0, 10.0),
            lost(10.0, 11.0),
            lost(12.0, 13.0),
            lost(13.0, 14.0),
            lost(14.0, 15.0),
        ],
    );
    // A pixel has the mean drop of the patches that cover it, if any does.
    near(
        &found.values[..8],
        &[0.5, 1.0, 2.0, 2.5, 0.0, 0.0, 0.0, 0.0],
    );
    near(&found.values[12..], &[12.5, 13.0, 14.0, 14.5]);
    assert_eq!(residual(&found, "no patch"), 4.0);
    let one = run(&model, &input, "class:0", method([4, 4], [1, 1]));
    near(&one.values, &[60.0; 16]);
}

#[test]
fn a_window_that_does_not_fit_is_refused() {
    let parameters = |window, stride| Occlusion {
        window,
        stride,
        fill: Baseline::Black,
    };
    assert_eq!(
        parameters([2, 3], [1, 2])
            .positions([4, 5])
            .expect("it fits"),
        [vec![0, 1, 2], vec![0, 2]]
    );
    // Patches that do not tile the input: the last ones end at its edge.
    assert_eq!(
        parameters([2, 2], [2, 2])
            .positions([5, 7])
            .expect("it fits"),
        [vec![0, 2, 3], vec![0, 2, 4, 5]]
    );
    assert_eq!(
        parameters([28, 28], [7, 7])
            .positions([227, 227])
            .expect("it fits")[0]
            .last(),
        Some(&199)
    );
    assert!(matches!(
        parameters([5, 1], [1, 1]).positions([4, 5]),
        Err(ExplainError::Window { .. })
    ));
    assert!(parameters([0, 1], [1, 1]).positions([4, 5]).is_err());
    assert!(parameters([1, 1], [0, 1]).positions([4, 5]).is_err());
}

#[test]
fn every_step_is_told_and_an_interruption_ends_the_work() {
    let model = hinge(1.0);
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    let methods: [Method; 3] = [
        Occlusion {
            window: [1, 1],
            stride: [1, 1],
            fill: Baseline::Black,
        }
        .into(),
        SmoothGrad {
            of: SmoothGradOf::Gradient,
            samples: 2,
            level: 0.1,
            seed: 0,
        }
        .into(),
        IntegratedGradients {
            baseline: Baseline::Black,
            steps: 2,
            quadrature: Quadrature::Midpoint,
        }
        .into(),
    ];
    for method in &methods {
        let request = Request {
            input: &[1.0, 1.0],
            aim: &aim,
            method,
        };
        let mut told = Vec::new();
        let whole = explain(&model, request, &mut |done, all| {
            told.push([done, all]);
            ControlFlow::Continue(())
        });
        assert!(whole.is_ok());
        assert_eq!(told, [[1, 2], [2, 2]], "{}", method.name());
        let mut told = 0;
        let ended = explain(&model, request, &mut |_, _| {
            told += 1;
            ControlFlow::Break(())
        });
        assert!(matches!(ended, Err(ExplainError::Interrupted)));
        assert_eq!(told, 1);
    }
}

#[test]
fn a_value_that_is_not_finite_is_refused() {
    let model = hinge(1.0);
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    // The derivative is 1, but the value is more than a number can be.
    let request = Request {
        input: &[f32::MAX, f32::MAX],
        aim: &aim,
        method: &Gradient.into(),
    };
    let refused = explain(&model, request, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(ExplainError::NotFinite(_))));
    // A rectifier turns NaN into zero.
    let request = Request {
        input: &[f32::NAN, 1.0],
        ..request
    };
    let refused = explain(&model, request, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(ExplainError::NotFinite("the input"))));
}

#[test]
fn a_trained_network_is_explained_as_completely_as_its_equations_say() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let digits = cortexscope_net::input::MnistSet::test_digits().expect("they are shipped");
    let input = digits.input(0, &model.spec.input).expect("a digit");
    let path = IntegratedGradients {
        baseline: Baseline::Black,
        steps: 200,
        quadrature: Quadrature::Midpoint,
    };
    let integrated = run(&model, &input, "class:7", path);
    let difference = integrated.score - residual(&integrated, "baseline");
    // Kinks of the rectifiers leave less than a hundredth with 200 points.
    assert!(residual(&integrated, "completeness").abs() < 0.01 * difference.abs());
    // z+ without a share for the bias would conserve; the residual is reported.
    let zplus = lrp_zplus(Composite::uniform(LrpRule::ZPlus));
    let relevance = run(&model, &input, "class:7", zplus);
    assert!(relevance.values.iter().all(|value| *value >= 0.0));
    let black = relevance
        .values
        .iter()
        .zip(&input)
        .filter(|(_, x)| **x == 0.0);
    assert!(black.into_iter().all(|(value, _)| *value == 0.0));
}

#[test]
fn every_pixel_is_covered_where_windows_do_not_tile() {
    let weights: [f32; 16] = std::array::from_fn(|at| at as f32);
    let method = Occlusion {
        window: [3, 3],
        stride: [2, 2],
        fill: Baseline::Black,
    };
    let mut told = Vec::new();
    let model = linear(&weights);
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    let request = Request {
        input: &[1.0; 16],
        aim: &aim,
        method: &method.into(),
    };
    let found = explain(&model, request, &mut |done, all| {
        told.push([done, all]);
        ControlFlow::Continue(())
    })
    .expect("a map");
    assert_eq!(found.maps[0].shape, [1, 2, 2]);
    assert_eq!(told, [[1, 4], [2, 4], [3, 4], [4, 4]]);
    assert_eq!(residual(&found, "no patch"), 0.0);
    assert!(found.values.iter().all(|value| *value > 0.0));
}

#[test]
fn plans_are_kept_from_one_input_to_the_next() {
    let model = maps();
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    let mut plans = Plans::default();
    let with = |plans: &mut Plans, method: &Method, input: &[f32]| {
        let request = Request {
            input,
            aim: &aim,
            method,
        };
        let go_on = &mut |_, _| ControlFlow::Continue(());
        let kept = explain_with(plans, &model, request, go_on).expect("an attribution");
        let alone = explain(&model, request, go_on).expect("an attribution");
        assert_eq!(kept, alone);
    };
    let cam = Method::from(GradCam::default());
    with(&mut plans, &cam, &MAPS_INPUT);
    assert_eq!(plans.made(), 1);
    with(&mut plans, &cam, &[1.0; 8]);
    assert_eq!(plans.made(), 1);
    // Guided Grad-CAM needs one more, relevance one forward and one backward.
    with(&mut plans, &GuidedGradCam::default().into(), &MAPS_INPUT);
    assert_eq!(plans.made(), 2);
    let zplus = lrp_zplus(Composite::uniform(LrpRule::ZPlus));
    with(&mut plans, &zplus, &MAPS_INPUT);
    assert_eq!(plans.made(), 4);
    // Other rules are another plan.
    let flat = lrp_zplus(Composite::uniform(LrpRule::Flat));
    with(&mut plans, &flat, &MAPS_INPUT);
    with(&mut plans, &zplus, &MAPS_INPUT);
    with(&mut plans, &cam, &MAPS_INPUT);
    assert_eq!(plans.made(), 5);
}

#[test]
fn a_map_that_is_zero_everywhere_says_so() {
    // White, (1, 1), opens it.
    let closed = run(&hinge(1.5), &[0.5, 0.25], "class:0", Gradient);
    assert_eq!(closed.notes, [Note::ZeroEverywhere]);
    let model = hinge(5.0);
    assert!(closed.notes[0].to_string().contains("another target"));
    let open = run(&model, &[4.0, 4.0], "class:0", Gradient);
    assert!(open.notes.is_empty());
}

#[test]
fn a_target_that_no_picture_changes_says_so() {
    let closed = run(&hinge(5.0), &[1.0, 1.0], "class:0", Gradient);
    assert_eq!(closed.notes, [Note::Independent { value: 0.0 }]);
    assert!(
        closed.notes[0]
            .to_string()
            .contains("cortexscope activations")
    );
}

#[test]
fn a_map_of_which_nothing_speaks_for_the_class_says_so() {
    // Positive inputs fill the first map alone, and class 1 has it with weight -3.
    let input = [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0];
    let found = run(&maps(), &input, "class:1", GradCam::default());
    let [Note::NowherePositive { layer }] = found.notes.as_slice() else {
        panic!("{:?}", found.notes)
    };
    assert!(found.notes[0].to_string().contains(layer.as_str()));
    assert!(found.values.iter().all(|&value| value == 0.0));
    let guided = run(&maps(), &input, "class:1", GuidedGradCam::default());
    assert_eq!(guided.notes, found.notes);
    let speaks = run(&maps(), &input, "class:0", GradCam::default());
    assert!(speaks.notes.is_empty());
}

#[test]
fn relevance_that_grows_past_its_target_says_so() {
    // 4 + 4 - 7.9 = 0.1, of which the two inputs get 8: the bias takes the rest.
    let epsilon = || lrp_epsilon(Composite::uniform(LrpRule::Epsilon(1e-6)));
    let found = run(&hinge(7.9), &[4.0, 4.0], "class:0", epsilon());
    let [Note::RelevanceGrew { times }] = found.notes.as_slice() else {
        panic!("{:?}", found.notes)
    };
    assert!((times - 80.0).abs() < 0.1, "{times}");
    let kept = run(&hinge(1.0), &[4.0, 4.0], "class:0", epsilon());
    assert!(kept.notes.is_empty(), "{:?}", kept.notes);
}

#[test]
fn the_gamma_rule_warns_of_inputs_with_a_sign() {
    let model = dense();
    let gamma = || lrp_gamma(Composite::uniform(LrpRule::Gamma(0.25)));
    let found = run(&model, &INPUT, "class:1", gamma());
    let signed = Note::GammaOnSignedInput { negative: 1, of: 4 };
    assert_eq!(found.notes, std::slice::from_ref(&signed));
    assert!(signed.to_string().contains("epsilon-gamma-box"));
    let positive = run(&model, &[1.0, 2.0, 3.0, 0.5], "class:1", gamma());
    assert!(positive.notes.is_empty());
    // The box is for inputs of any sign.
    let kind = CompositeKind::EpsilonGammaBox;
    let composite = Composite::of(kind, LrpRule::Gamma(0.25), 1e-6, 0.25);
    let boxed = run(&model, &INPUT, "class:1", lrp_gamma(composite));
    assert!(boxed.notes.is_empty());
}

#[test]
fn an_error_of_grad_cam_says_what_to_do() {
    let refused = |model: &FloatModel, input: &[f32], target: &str, layer: &str| {
        let target: Target = target.parse().expect("a target");
        let aim = target.aim(model, ClassValue::Logit).expect("it is there");
        let layer = Some(layer.to_owned());
        let request = Request {
            input,
            aim: &aim,
            method: &GradCam(layer.into()).into(),
        };
        explain(model, request, &mut |_, _| ControlFlow::Continue(()))
            .expect_err("it is refused")
            .to_string()
    };
    let listed = refused(&maps(), &MAPS_INPUT, "class:0", "g");
    assert!(listed.ends_with("one of c, a, p"), "{listed}");
    // Nothing before the first convolution has maps.
    let none = refused(&maps(), &MAPS_INPUT, "c:0", "a");
    assert!(none.ends_with("choose a target after the first convolution"));
}
