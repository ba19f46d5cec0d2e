//! Measures against numbers worked out by hand.

mod sensitivity;

use std::ops::ControlFlow;

use super::*;
use crate::attribute::tests::networks::{linear, network};
use crate::attribute::{Baseline, Gradient, GradientXInput, GuidedBackprop};
use crate::float_model::Overrides;

/// Weights of a model that adds up its input: only pixels 5 and 2 count.
fn planted() -> FloatModel {
    let mut weights = [0.0; 16];
    (weights[5], weights[2]) = (6.0, 2.0);
    linear(&weights)
}

fn measured(
    model: &FloatModel,
    method: impl Into<Method>,
    metric: &Metric,
    inputs: &[Vec<f32>],
) -> Vec<Row> {
    let method = method.into();
    let assessment = Assessment {
        model,
        method: &method,
        metric,
        seed: 0,
    };
    assess(assessment, inputs, &mut |_, _| ControlFlow::Continue(())).expect("a measure")
}

fn deletion(step: usize) -> Metric {
    Metric::Curve {
        hide: Hide::Delete(Baseline::Zero),
        step,
        value: ClassValue::Logit,
    }
}

#[test]
fn deletion_takes_the_greatest_first_and_counts_both_ends() {
    let model = planted();
    let rows = measured(&model, Gradient, &deletion(1), &[vec![1.0; 16]]);
    assert_eq!(rows[0].map, "gradient");
    let values: Vec<f64> = rows[0].curve.iter().map(|point| point.value).collect();
    // 8 with all, 2 without pixel 5, nothing from then on: 17 points.
    assert_eq!(values[..3], [8.0, 2.0, 0.0]);
    assert_eq!(values.len(), 17);
    assert_eq!(rows[0].curve[16].share, 1.0);
    // Trapezoids (8 + 2)/2 and (2 + 0)/2, each 1/16 wide.
    assert!((rows[0].value.unwrap() - 6.0 / 16.0).abs() < 1e-12);
    // Chance finds them later, and there are no edges in a constant input: by index.
    assert!(rows[1].value > rows[0].value);
    // 8 at three points and 6 at three, half of the first.
    let edges = (3.0 * 8.0 + 3.0 * 6.0 - 4.0) / 16.0;
    assert!((rows[2].value.unwrap() - edges).abs() < 1e-12);
}

#[test]
fn a_step_that_does_not_divide_the_pixels_has_a_short_end() {
    let rows = measured(&planted(), Gradient, &deletion(5), &[vec![1.0; 16]]);
    let shares: Vec<f64> = rows[0]
        .curve
        .iter()
        .map(|point| 16.0 * point.share)
        .collect();
    assert_eq!(shares, [0.0, 5.0, 10.0, 15.0, 16.0]);
    // 8 and then nothing: half of 5/16 · 8.
    assert!((rows[0].value.unwrap() - 1.25).abs() < 1e-12);
}

#[test]
fn insertion_begins_with_the_blur_and_ends_with_the_input() {
    let model = planted();
    let mut input = vec![0.0; 16];
    input[5] = 1.0;
    let blur = Blur {
        sigma: 1.0,
        taps: 3,
    };
    let metric = Metric::Curve {
        hide: Hide::Insert(blur),
        step: 1,
        value: ClassValue::Logit,
    };
    let rows = measured(&model, GradientXInput, &metric, &[input]);
    let curve = &rows[0].curve;
    // Weights (e, 1, e)/(1 + 2e) with e = exp(−½): pixel 5 keeps 1/(1 + 2e)² of itself,
    // pixel 2 is a diagonal away.
    let e = (-0.5_f64).exp();
    let whole = (1.0 + 2.0 * e) * (1.0 + 2.0 * e);
    let begun = (6.0 + 2.0 * e * e) / whole;
    assert!((curve[0].value - begun).abs() < 1e-5, "{}", curve[0].value);
    // Pixel 5 comes first; pixel 2, of value 0, ties with others and comes by its index.
    assert!((curve[1].value - (6.0 + 2.0 * e * e / whole)).abs() < 1e-5);
    assert!((curve[3].value - (6.0 + 2.0 * e * e / whole)).abs() < 1e-5);
    assert!((curve[4].value - 6.0).abs() < 1e-5 && (curve[16].value - 6.0).abs() < 1e-5);
}

#[test]
fn a_curve_is_of_all_channels_and_the_mean_of_all_inputs() {
    // Two channels of two pixels, which are worth 1 + 3 and 2 + 4.
    let model = network([2, 1, 2], "y", |graph| {
        let weights = [1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 4.0, 0.0];
        graph.f32s("w", &[4, 2], &weights);
        graph.node("Flatten", &["x"], "f", Vec::new());
        graph.node("MatMul", &["f", "w"], "y", Vec::new());
    });
    let inputs = [vec![1.0; 4], vec![0.5; 4]];
    let rows = measured(&model, Gradient, &deletion(1), &inputs);
    let values: Vec<f64> = rows[0].curve.iter().map(|point| point.value).collect();
    assert_eq!(values, [7.5, 3.0, 0.0]);
}

#[test]
fn curves_are_of_the_probability_of_the_class_of_the_whole_input() {
    // Logits (x₀, 2 x₁): the whole input is class 1.
    let model = network([1, 1, 2], "y", |graph| {
        graph.f32s("w", &[2, 2], &[1.0, 0.0, 0.0, 2.0]);
        graph.node("Flatten", &["x"], "f", Vec::new());
        graph.node("MatMul", &["f", "w"], "y", Vec::new());
    });
    let metric = Metric::Curve {
        hide: Hide::Delete(Baseline::Zero),
        step: 1,
        value: ClassValue::Probability,
    };
    let rows = measured(&model, Gradient, &metric, &[vec![1.0, 1.0]]);
    let logistic = |z: f64| 1.0 / (1.0 + (-z).exp());
    let wanted = [logistic(1.0), logistic(-1.0), logistic(0.0)];
    for (point, wanted) in rows[0].curve.iter().zip(wanted) {
        assert!((point.value - wanted).abs() < 1e-6);
    }
    let area = (wanted[0] + 2.0 * wanted[1] + wanted[2]) / 4.0;
    assert!((rows[0].value.unwrap() - area).abs() < 1e-6);
}

#[test]
fn ties_go_by_index_and_both_zeros_are_one() {
    assert_eq!(curve::order(&[0.0, 1.0, -0.0, 1.0, -2.0]), [1, 3, 0, 2, 4]);
}

#[test]
fn sparseness_is_the_gini_index_of_the_magnitudes() {
    let rows = measured(&planted(), Gradient, &Metric::Sparseness, &[vec![1.0; 16]]);
    // Of 16, two have ¼ and ¾: 1 − 2 (¼ · 1.5 + ¾ · ½)/16.
    assert!((rows[0].value.unwrap() - (1.0 - 2.0 * 0.75 / 16.0)).abs() < 1e-6);
    // A constant input has no edges, so that the measure has no value.
    assert_eq!(
        (rows[2].map, rows[2].value, rows[2].inputs),
        ("edges", None, 0)
    );
}

#[test]
fn edges_are_where_levels_change() {
    // A step of 1 between the second and the third column: 4 on both sides of it.
    let rows = [0.0, 0.0, 1.0, 1.0].repeat(3);
    let found = control::edges(&rows, [3, 4]);
    assert_eq!(found, [0.0, 4.0, 4.0, 0.0].repeat(3));
    // Both filters as sums of nine products, in another program; the border is continued.
    let uneven = [0.1, 0.7, 0.2, 0.9, 0.5, 0.0, 0.6, 0.3, 0.8, 0.4, 1.0, 0.15];
    let wanted = [
        1.39284, 0.72111, 1.02956, 2.28035, 1.96977, 1.02956, 0.77782, 1.63248, 2.14009, 1.65529,
        1.14237, 2.85044,
    ];
    for (have, want) in control::edges(&uneven, [3, 4]).iter().zip(wanted) {
        assert!((have - want).abs() < 2e-5_f32, "{have} {want}");
    }
    // The mean of the channels.
    let two: Vec<f32> = rows.iter().chain(&vec![0.0; 12]).copied().collect();
    assert_eq!(control::edges(&two, [3, 4]), [0.0, 2.0, 2.0, 0.0].repeat(3));
}

#[test]
fn randomised_weights_change_a_gradient_and_leave_what_knows_no_model() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let digits = cortexscope_net::input::MnistSet::test_digits().expect("they are shipped");
    let input = digits.input(0, &model.spec.input).expect("a digit");
    let metric = Metric::Randomisation {
        redraw: Redraw::Permuted,
        seed: 0,
    };
    let rows = measured(&model, Gradient, &metric, std::slice::from_ref(&input));
    let places: Vec<(&str, &str)> = rows[0]
        .layers
        .iter()
        .map(|one| (one.order.name(), one.layer.as_str()))
        .collect();
    let wanted = ["cascading", "independent"]
        .map(|order| ["fc", "conv2", "conv1"].map(|layer| (order, layer)));
    assert_eq!(places, wanted.concat());
    // The top layer alone is both.
    let [cascading, independent] = [&rows[0].layers[0], &rows[0].layers[3]];
    assert_eq!(cascading.spearman, independent.spearman);
    // A random order of all weights leaves nothing of the gradient.
    let last = &rows[0].layers[2];
    assert!(last.spearman.unwrap().abs() < 0.3, "{last:?}");
    assert_ne!(last.ssim, last.ssim_absolute);
    // The value is the magnitudes' with all layers exchanged, not with the lowest alone.
    assert_eq!(rows[0].value, last.spearman_absolute);
    assert_ne!(rows[0].value, rows[0].layers[5].spearman_absolute);
    for control in &rows[1..] {
        for layer in &control.layers {
            let all = [
                layer.ssim,
                layer.ssim_absolute,
                layer.spearman,
                layer.spearman_absolute,
            ];
            assert!(all.iter().all(|value| (value.unwrap() - 1.0).abs() < 1e-9));
        }
        assert!((control.value.unwrap() - 1.0).abs() < 1e-9);
    }
    // Guided backprop hardly changes: the paper's finding.
    let guided = measured(&model, GuidedBackprop, &metric, &[input]);
    assert!(guided[0].value.unwrap() > rows[0].value.unwrap());
}

#[test]
fn initial_weights_have_the_variance_of_their_fan_in() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let id = model.find("fc").expect("a dense layer");
    let fan_in = model.layer_constants(id).expect("weights").fan_in;
    assert_eq!(fan_in, 1250);
    let metric = Metric::Randomisation {
        redraw: Redraw::Initial,
        seed: 3,
    };
    let rows = measured(&model, Gradient, &metric, &[vec![0.5; 784]]);
    assert_eq!(rows[0].layers.len(), 6);
}

#[test]
fn every_map_is_told_once() {
    for (metric, each) in [(Metric::Sparseness, 3), (deletion(8), 3)] {
        let method: Method = Gradient.into();
        let assessment = Assessment {
            model: &planted(),
            method: &method,
            metric: &metric,
            seed: 0,
        };
        let mut told = Vec::new();
        assess(assessment, &vec![vec![1.0; 16]; 2], &mut |done, all| {
            told.push((done, all));
            ControlFlow::Continue(())
        })
        .expect("a measure");
        assert!(told.iter().all(|&(_, all)| all == 2 * each));
        told.dedup();
        let done = told.iter().map(|&(done, _)| done).filter(|&done| done > 0);
        assert_eq!(done.collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6], "{metric:?}");
    }
}

#[test]
fn a_coarse_map_is_as_large_as_the_input_where_it_is_measured() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let input = vec![0.5; 784];
    let aim = Aim::predicted(&model, &input, ClassValue::Logit).expect("a class");
    let map = |coarse| {
        let layer = crate::attribute::MapLayer {
            layer: Some("pool1".to_owned()),
            coarse,
        };
        let method: Method = crate::attribute::HiResCam(layer).into();
        let run = &mut Run {
            model: &model,
            input: &input,
            aim: &aim,
            plans: &mut Plans::default(),
            answers: None,
            report: &mut |_, _| ControlFlow::Continue(()),
        };
        Candidate::Method(&method).map(run).expect("a map")
    };
    let (coarse, fine) = (map(true), map(false));
    assert_eq!((coarse.values.len(), coarse.pixels.len()), (144, 784));
    assert_eq!(coarse.pixels, fine.pixels);
}

#[test]
fn an_interruption_ends_it() {
    let model = planted();
    let assessment = Assessment {
        model: &model,
        method: &Gradient.into(),
        metric: &Metric::Sparseness,
        seed: 0,
    };
    let ended = assess(assessment, &[vec![1.0; 16]], &mut |_, _| {
        ControlFlow::Break(())
    });
    assert!(matches!(ended, Err(ExplainError::Interrupted)));
    let zero = measured_error(&model, &deletion(0));
    assert!(zero.contains("step"), "{zero}");
}

fn measured_error(model: &FloatModel, metric: &Metric) -> String {
    let assessment = Assessment {
        model,
        method: &Gradient.into(),
        metric,
        seed: 0,
    };
    assess(assessment, &[vec![1.0; 16]], &mut |_, _| {
        ControlFlow::Continue(())
    })
    .expect_err("it is refused")
    .to_string()
}

/// Rows of 4; the field is rows 0 and 1, columns 1 and 2.
#[test]
fn pointing_is_at_the_greatest_value_or_by_the_share_inside() {
    let mut map = [0.0_f32; 12];
    (map[5], map[0], map[11]) = (2.0, 1.0, -9.0);
    let field = [0, 1, 2, 3];
    let points = |map: &[f32], score| pointing::points(map, 4, field, score);
    assert_eq!(points(&map, Score::Maximum), Some(1.0));
    // What is negative does not count.
    assert_eq!(points(&map, Score::Energy), Some(2.0 / 3.0));
    map[0] = 2.0;
    // Of equal ones the first.
    assert_eq!(points(&map, Score::Maximum), Some(0.0));
    assert_eq!(points(&map, Score::Energy), Some(0.5));
    // Column 3 and row 2 lie outside, row 1 inside.
    for (at, is_inside) in [(3, 0.0), (7, 0.0), (9, 0.0), (6, 1.0), (1, 1.0)] {
        let mut map = [0.0_f32; 12];
        map[at] = 1.0;
        assert_eq!(points(&map, Score::Maximum), Some(is_inside), "{at}");
    }
    assert_eq!(points(&[0.5; 12], Score::Maximum), None);
    assert_eq!(points(&[-1.0; 12], Score::Energy), None);
    let mut faint = [0.0_f32; 12];
    (faint[0], faint[11]) = (0.25, 0.125);
    let corner = pointing::points(&faint, 4, [0, 0, 1, 1], Score::Energy);
    assert_eq!(corner, Some(2.0 / 3.0));
}

/// A neuron's slope is 0 wherever it does not look, so that a gradient always points there; the
/// random map, which is the same for every neuron, and the edges do not.
#[test]
fn a_gradient_points_at_the_receptive_field() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let digits = cortexscope_net::input::MnistSet::test_digits().expect("they are shipped");
    let inputs = (0..6).map(|index| digits.input(index, &model.spec.input).expect("a digit"));
    let inputs: Vec<Vec<f32>> = inputs.collect();
    let pointing = |score| {
        Metric::Pointing(Pointing {
            layer: model.find("pool1").expect("it is there"),
            score,
        })
    };
    for score in [Score::Maximum, Score::Energy] {
        let rows = measured(&model, Gradient, &pointing(score), &inputs);
        assert_eq!(
            (rows[0].map, rows[0].value, rows[0].inputs),
            ("gradient", Some(1.0), 6)
        );
        // 6 × 6 of 28 × 28 pixels are 5 %.
        let random = rows[1].value.expect("it varies");
        assert!(random < 0.5, "{random}");
    }
    let rows = measured(&model, Gradient, &pointing(Score::Energy), &inputs);
    let random = rows[1].value.expect("it varies");
    assert!((random - 36.0 / 784.0).abs() < 0.02, "{random}");
    let Metric::Pointing(game) = pointing(Score::Maximum) else {
        return;
    };
    let seen = game.neuron(&model, &inputs[0]).expect("it runs");
    let [y0, x0, y1, x1] = seen.field;
    assert_eq!((y1 - y0, x1 - x0), (6, 6));
    // The words name the greatest value of the layer.
    let place = seen
        .aim
        .words
        .strip_prefix("neuron pool1:")
        .expect("a place");
    let place: Vec<usize> = place
        .split(':')
        .map(|at| at.parse().expect("a number"))
        .collect();
    let [_, height, width] = model.layer(game.layer).shape;
    let values = model
        .activations(&[game.layer], &inputs[0])
        .expect("it runs")
        .remove(0);
    let greatest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    assert_eq!(
        values[(place[0] * height + place[1]) * width + place[2]],
        greatest
    );
}

/// Inputs measured in two parts have the measures of both together.
#[test]
fn measures_can_be_joined() {
    let model = planted();
    let mut inputs = vec![vec![1.0; 16]; 3];
    (inputs[1][3], inputs[2][5]) = (0.3, 0.1);
    let method: Method = GradientXInput.into();
    let randomisation = Metric::Randomisation {
        redraw: Redraw::Permuted,
        seed: 3,
    };
    for metric in [deletion(3), Metric::Sparseness, randomisation] {
        let assessment = Assessment {
            model: &model,
            method: &method,
            metric: &metric,
            seed: 0,
        };
        let of = |inputs: &[Vec<f32>]| {
            let report: Report<'_> = &mut |_, _| ControlFlow::Continue(());
            measure(assessment, inputs, report).expect("a measure")
        };
        let whole = of(&inputs);
        let mut parts = of(&inputs[..1]);
        assert!(parts.fit(assessment, 1) && !whole.fit(assessment, 2));
        parts.join(of(&inputs[1..]));
        assert_eq!(parts, whole);
        assert_eq!((parts.len(), whole.fit(assessment, 3)), (3, true));
        // Of another measure they are not.
        let other = Assessment {
            metric: &deletion(5),
            ..assessment
        };
        assert!(!whole.fit(other, 3));
        assert_eq!(
            whole.rows(assessment),
            assess(assessment, &inputs, &mut |_, _| {
                ControlFlow::Continue(())
            })
            .expect("a measure")
        );
    }
}
