//! Inputs in colour and maps that are not square: with a wrong index, a row taken for a
//! column or one channel for another, values land elsewhere.

use super::networks::{coloured, maps};
use super::*;

/// Weights of red, green and blue for two rows of three pixels.
const WEIGHTS: [f32; 18] = [
    1.0, -2.0, 3.0, 0.5, 0.0, -1.0, // red
    -4.0, 1.0, 2.0, 0.25, -3.0, 0.5, // green
    2.0, 1.5, -3.5, -0.75, 1.0, 2.0, // blue
];

#[test]
fn saliency_is_the_greatest_magnitude_of_any_colour() {
    let model = coloured(&WEIGHTS);
    let input = [0.5; 18];
    let gradient = run(&model, &input, "class:0", Gradient);
    assert_eq!(gradient.shape, [3, 2, 3]);
    near(&gradient.values, &WEIGHTS);
    let saliency = run(&model, &input, "class:0", Saliency);
    assert_eq!(saliency.shape, [1, 2, 3]);
    near(&saliency.values, &[4.0, 2.0, 3.5, 0.75, 3.0, 2.0]);
    let product = run(&model, &input, "class:0", GradientXInput);
    near(&product.values, &WEIGHTS.map(|weight| weight / 2.0));
}

#[test]
fn baselines_are_inputs_in_the_models_units() {
    let model = coloured(&WEIGHTS);
    let mut spec = model.spec.input.clone();
    spec.mean = vec![0.5, 0.25, 0.0];
    spec.std = vec![0.5, 0.5, 0.25];
    let input: Vec<f32> = (0..18_u8).map(f32::from).collect();
    let planes = |baseline: &Baseline| {
        let values = baseline.values(&spec, &input).expect("a baseline");
        assert_eq!(values.len(), 18);
        let planes = [0, 1, 2].map(|channel| values[channel * 6]);
        for (at, value) in values.iter().enumerate() {
            assert_eq!(*value, planes[at / 6]);
        }
        planes
    };
    assert_eq!(planes(&Baseline::Black), [-1.0, -0.5, 0.0]);
    assert_eq!(planes(&Baseline::White), [1.0, 1.5, 4.0]);
    assert_eq!(planes(&Baseline::Level(127.5)), [0.0, 0.5, 2.0]);
    assert_eq!(planes(&Baseline::Zero), [0.0; 3]);
    // Means of 0 … 5, 6 … 11 and 12 … 17.
    assert_eq!(planes(&Baseline::Mean), [2.5, 8.5, 14.5]);
    let own: Vec<f32> = input.iter().map(|value| value * 2.0).collect();
    let given = Baseline::Input(own.clone()).values(&spec, &input);
    assert_eq!(given.expect("it is as large"), own);
    let small = Baseline::Input(vec![0.0; 17]).values(&spec, &input);
    assert!(small.is_err());
}

#[test]
fn a_window_hides_every_colour() {
    let model = coloured(&WEIGHTS);
    let input: [f32; 18] = std::array::from_fn(|at| at as f32 / 6.0);
    let value: f32 = WEIGHTS.iter().zip(&input).map(|(w, x)| w * x).sum();
    let method = Occlusion {
        window: [2, 1],
        stride: [1, 2],
        fill: Baseline::Mean,
    };
    let found = run(&model, &input, "class:0", method);
    assert_eq!(found.maps[0].shape, [1, 1, 2]);
    let drop = |column: usize| -> f32 {
        let hidden = (0..18).filter(|at| at % 3 == column);
        hidden
            .map(|at| WEIGHTS[at] * (input[at] - ((at / 6) as f32 + 2.5 / 6.0)))
            .sum()
    };
    near(&found.maps[0].values, &[value - drop(0), value - drop(2)]);
    let [first, last] = [drop(0), drop(2)];
    near(&found.values, &[first, 0.0, last, first, 0.0, last]);
    assert!((found.score - f64::from(value)).abs() < 1e-4);
    let least = value - first.max(last);
    assert!((residual(&found, "least") - f64::from(least)).abs() < 1e-4);
    assert_eq!(residual(&found, "no patch"), 2.0);
}

#[test]
fn a_map_that_is_no_square_is_weighted_by_its_mean_slope() {
    let model = maps();
    let layer = Some("a".to_owned());
    let method = GradCam(layer.into());
    let found = run(&model, &MAPS_INPUT, "class:0", method);
    // Of two positions one is pooled: 4 slopes of 2/4 and of 4/4 among 8 positions.
    near(&found.maps[1].values, &[0.25, 0.5]);
    assert_eq!(found.maps[1].shape, [2, 1, 1]);
    let cam = [0.25, 0.5, 1.5, 2.0, 1.25, 1.0, 0.5, 3.5];
    near(&found.maps[0].values, &cam);
    assert_eq!(found.maps[0].shape, [1, 2, 4]);
    near(&found.values, &cam);
}

#[test]
fn a_deconvnet_begins_at_one_place_of_its_own_map() {
    let model = maps();
    let strongest = Deconvnet {
        start: DeconvnetStart::Strongest,
    };
    let found = run(&model, &MAPS_INPUT, "a:1", strongest);
    near(&found.values, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -7.0]);
    assert_eq!(residual(&found, "activation"), 7.0);
    assert_eq!(
        [residual(&found, "row"), residual(&found, "column")],
        [1.0, 3.0]
    );
    // Of equal ones the first.
    let found = run(&model, &[3.0; 8], "a:0", strongest);
    near(&found.values, &[3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let whole = Deconvnet {
        start: DeconvnetStart::Map,
    };
    let found = run(&model, &MAPS_INPUT, "a:0", whole);
    near(&found.values, &[1.0, 2.0, 0.0, 0.0, 5.0, 4.0, 0.0, 0.0]);
    assert!(found.residuals.is_empty());
    let found = run(&model, &MAPS_INPUT, "a:1", whole);
    near(&found.values, &[0.0, 0.0, -3.0, -4.0, 0.0, 0.0, -1.0, -7.0]);
}

#[test]
fn relevance_begins_with_the_values_of_one_map() {
    let model = maps();
    let method = lrp_epsilon(Composite::uniform(LrpRule::Epsilon(0.0)));
    let first = run(&model, &MAPS_INPUT, "c:0", method.clone());
    near(&first.values, &MAPS_INPUT);
    assert_eq!(residual(&first, "relevance at the target"), -3.0);
    let second = run(&model, &MAPS_INPUT, "a:1", method);
    near(&second.values, &[0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 1.0, 7.0]);
    assert_eq!(residual(&second, "relevance at the target"), 15.0);
    assert_eq!(residual(&second, "relevance at the input"), 15.0);
}
