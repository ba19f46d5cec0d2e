//! The methods that weigh maps, and those that hide the input behind masks.

use std::ops::ControlFlow;

use super::networks::{dense, linear, maps, network};
use super::*;

/// `[1, 1, 3]` → two 1×1 filters, 1 and −1 → a class with the weights (2, −1, ½) on the
/// first map and (−1, 3, −2) on the second: slopes and values of both signs.
fn signed() -> FloatModel {
    network([1, 1, 3], "y", |graph| {
        graph.f32s("w", &[2, 1, 1, 1], &[1.0, -1.0]);
        graph.f32s("v", &[6, 1], &[2.0, -1.0, 0.5, -1.0, 3.0, -2.0]);
        let kernel = cortexscope_net::onnx::builder::ints("kernel_shape", &[1, 1]);
        graph.node("Conv", &["x", "w"], "c", vec![kernel]);
        graph.node("Flatten", &["c"], "f", Vec::new());
        graph.node("MatMul", &["f", "v"], "y", Vec::new());
    })
}

/// The maps are (1, 2, −1) and (−1, −2, 1), the class is −7.5.
const SIGNED: [f32; 3] = [1.0, 2.0, -1.0];

fn on(layer: &str) -> MapLayer {
    MapLayer {
        layer: Some(layer.to_owned()),
        coarse: true,
    }
}

#[test]
fn hires_cam_is_not_rectified_and_adds_up_to_the_target() {
    let found = run(&signed(), &SIGNED, "class:0", HiResCam(on("c")));
    assert_eq!(found.shape, [1, 1, 3]);
    near(&found.values, &[3.0, -8.0, -2.5]);
    let found = run(&maps(), &MAPS_INPUT, "class:1", HiResCam(on("p")));
    near(&found.values, &[-1.5, 8.0, -3.75, 14.0]);
    let sum: f32 = found.values.iter().sum();
    assert!((f64::from(sum) - found.score).abs() < 1e-4);
}

#[test]
fn hires_cam_at_the_input_is_gradient_times_input() {
    const WEIGHTS: [f32; 18] = [
        1.0, -2.0, 0.5, 3.0, -1.0, 2.0, 0.25, -0.5, 4.0, -3.0, 1.5, 2.5, -1.5, 0.75, -0.25, 1.0,
        -4.0, 2.0,
    ];
    // An input without a negative value is what the rectifier writes.
    let model = network([3, 2, 3], "y", |graph| {
        graph.f32s("w", &[18, 1], &WEIGHTS);
        graph.node("Relu", &["x"], "r", Vec::new());
        graph.node("Flatten", &["r"], "f", Vec::new());
        graph.node("MatMul", &["f", "w"], "z", Vec::new());
        graph.node("Sigmoid", &["z"], "y", Vec::new());
    });
    let input: [f32; 18] = std::array::from_fn(|at| 0.05 + at as f32 / 40.0);
    let cam = run(&model, &input, "y:0", HiResCam(on("r")));
    let product = run(&model, &input, "y:0", GradientXInput);
    near(&cam.values, &sum_over_channels(&product.values, 6));
    assert!(cam.values.iter().any(|value| value.abs() > 0.01));
}

#[test]
fn layer_cam_rectifies_slopes_and_sum() {
    // (2, 0, −½) + (0, −6, 0). One rectifier less gives (3, 0, 0) or (2, −6, −½).
    let found = run(&signed(), &SIGNED, "class:0", LayerCam(on("c")));
    near(&found.values, &[2.0, 0.0, 0.0]);
    // A product, not a quotient: 2 · 3, 3 · 0.5 and 0.5 · 4.
    let found = run(&signed(), &[3.0, -0.5, 4.0], "class:0", LayerCam(on("c")));
    near(&found.values, &[6.0, 1.5, 2.0]);
}

#[test]
fn grad_cam_says_that_nothing_speaks_for_the_class_only_where_that_is_so() {
    // The mean slopes are ½ and 0: half of the input.
    let notes = |input: &[f32]| run(&signed(), input, "class:0", GradCam(on("c"))).notes;
    let cut = |notes: &[Note]| matches!(notes, [Note::NowherePositive { .. }, ..]);
    assert!(cut(&notes(&[-1.0, 0.0, 0.0])));
    assert!(!cut(&notes(&[1.0, -1.0, 0.5])));
    assert!(!cut(&notes(&[0.0, 0.0, 0.0])));
}

#[test]
fn methods_say_which_of_them_have_a_sign_and_which_only_ask() {
    let map = MapLayer::default;
    let score = score_cam(ScoreCamVariant::Increase, Baseline::Zero);
    let [value, probability] = [RiseVariant::Value, RiseVariant::Probability];
    let methods: [(Method, bool, bool); 9] = [
        (HiResCam(map()).into(), true, false),
        (Cam(map()).into(), true, false),
        (GradCam(map()).into(), false, false),
        (GradCamPlusPlus(map()).into(), false, false),
        (XGradCam(map()).into(), false, false),
        (LayerCam(map()).into(), false, false),
        (score.into(), false, true),
        (rise(MASKS, value).into(), true, true),
        (rise(MASKS, probability).into(), false, true),
    ];
    for (method, is_signed, only_asks) in &methods {
        let name = method.name();
        assert_eq!(method.is_signed(), *is_signed, "{name}");
        assert_eq!(method.only_asks(), *only_asks, "{name}");
        assert!(method.is_coarse(), "{name}");
    }
    assert_eq!(methods[7].0.seed(), Some(4));
}

#[test]
fn xgrad_cam_weighs_slopes_by_the_maps_values() {
    let found = run(&signed(), &SIGNED, "class:0", XGradCam(on("c")));
    near(&found.maps[1].values, &[-0.25, 3.5]);
    near(&found.values, &[0.0, 0.0, 3.75]);
    // Maps that sum to 0 have no weight.
    let found = run(&signed(), &[1.0, 2.0, -3.0], "class:0", XGradCam(on("c")));
    assert_eq!(found.maps[1].values, [0.0, 0.0]);
    assert_eq!(found.notes, [Note::ZeroEverywhere]);
}

#[test]
fn grad_cam_plus_plus_shares_out_positive_slopes() {
    // α·g is 2/6 and 0.5/3 in the first map, 3/−4 in the second.
    let found = run(&signed(), &SIGNED, "class:0", GradCamPlusPlus(on("c")));
    near(&found.maps[1].values, &[0.5, -0.75]);
    near(&found.values, &[1.25, 2.5, 0.0]);
}

#[test]
fn grad_cam_plus_plus_is_finite_where_a_share_has_no_value() {
    // The second map sums to −2/3: with the slope 3 the denominator 2 + 3·(−2/3) is 0.
    let input = [0.0, 0.0, 2.0 / 3.0];
    let found = run(&signed(), &input, "class:0", GradCamPlusPlus(on("c")));
    assert!(found.values.iter().all(|value| value.is_finite()));
}

#[test]
fn cam_is_grad_cam_times_the_positions_where_pooling_meets_one_dense_layer() {
    let model = maps();
    let found = run(&model, &MAPS_INPUT, "class:0", Cam(on("p")));
    near(&found.values, &[4.0, 16.0, 10.0, 28.0]);
    near(&found.maps[1].values, &[2.0, 4.0]);
    let grad_cam = run(&model, &MAPS_INPUT, "class:0", GradCam(on("p")));
    let scaled: Vec<f32> = grad_cam.values.iter().map(|value| 4.0 * value).collect();
    near(&found.values, &scaled);
    // What speaks against the class stays.
    let other = run(&model, &MAPS_INPUT, "class:1", Cam::default());
    near(&other.maps[0].values, &[-6.0, 32.0, -15.0, 56.0]);
    assert_eq!(other.shape, [1, 2, 4]);
}

#[test]
fn cam_says_why_a_network_has_none() {
    let refused = |model: &FloatModel, input: &[f32], target: &str, method: Cam| {
        let target: Target = target.parse().expect("a target");
        let aim = target.aim(model, ClassValue::Logit).expect("it is there");
        let request = Request {
            input,
            aim: &aim,
            method: &method.into(),
        };
        explain(model, request, &mut |_, _| ControlFlow::Continue(()))
            .expect_err("it is refused")
            .to_string()
    };
    let two = refused(&dense(), &[1.0; 4], "class:0", Cam::default());
    assert!(two.contains("Relu") && two.contains("grad-cam"), "{two}");
    let map = refused(&maps(), &MAPS_INPUT, "p:0", Cam::default());
    assert!(map.contains("not a class"), "{map}");
    let other = refused(&maps(), &MAPS_INPUT, "class:0", Cam(on("a")));
    assert!(other.contains("those of p, not of a"), "{other}");
    let pooled = network([1, 2, 2], "y", |graph| {
        graph.f32s("w", &[2, 1, 1, 1], &[1.0, -1.0]);
        let kernel = cortexscope_net::onnx::builder::ints("kernel_shape", &[1, 1]);
        graph.node("Conv", &["x", "w"], "c", vec![kernel]);
        graph.node("GlobalAveragePool", &["c"], "y", Vec::new());
    });
    let none = refused(&pooled, &[1.0; 4], "class:0", Cam::default());
    assert!(none.contains("no dense layer follows"), "{none}");
}

fn score_cam(variant: ScoreCamVariant, fill: Baseline) -> ScoreCam {
    ScoreCam {
        maps: on("p"),
        variant,
        fill,
    }
}

/// Class 0 behind the mask of the first and of the second map: worked by hand from the
/// masks (.4 .3 .1 0; 1 .75 .25 0) and (0 1 3 4; 0 1.75 5.25 7) / 7.
const BEHIND: [f64; 2] = [3.35, 69.5 / 7.0];
/// Class 1 behind them.
const OTHER: [f64; 2] = [-3.1, 123.25 / 7.0];

#[test]
fn score_cam_weighs_maps_by_what_is_seen_through_them() {
    let weights = |variant| {
        let method = score_cam(variant, Baseline::Zero);
        run(&maps(), &MAPS_INPUT, "class:0", method).maps[1]
            .values
            .clone()
    };
    let wanted = BEHIND.map(|value| value as f32);
    near(&weights(ScoreCamVariant::Increase), &wanted);
    let first = 1.0 / (1.0 + (BEHIND[1] - BEHIND[0]).exp());
    let wanted = [first as f32, 1.0 - first as f32];
    near(&weights(ScoreCamVariant::Softmax), &wanted);
    let wanted = [0, 1].map(|at| (1.0 / (1.0 + (OTHER[at] - BEHIND[at]).exp())) as f32);
    near(&weights(ScoreCamVariant::Probability), &wanted);
    near(&weights(ScoreCamVariant::Scaled), &wanted);
    let method = score_cam(ScoreCamVariant::Increase, Baseline::Zero);
    let found = run(&maps(), &MAPS_INPUT, "class:0", method);
    let [a, b] = BEHIND.map(|value| value as f32);
    near(&found.values, &[2.0 * a, 4.0 * b, 5.0 * a, 7.0 * b]);
    let method = score_cam(ScoreCamVariant::Scaled, Baseline::Zero);
    let found = run(&maps(), &MAPS_INPUT, "class:0", method);
    let [least, greatest] = found
        .values
        .iter()
        .fold([1.0_f32, 0.0], |[low, high], &v| [low.min(v), high.max(v)]);
    assert_eq!([least, greatest], [0.0, 1.0]);
}

#[test]
fn score_cam_subtracts_the_hidden_input_and_fills_with_it() {
    // Behind the first mask white shows where the mask is below 1, and white is 1.
    let masks = [0.4, 0.3, 0.1, 0.0, 1.0, 0.75, 0.25, 0.0];
    let input: Vec<f32> = MAPS_INPUT
        .iter()
        .zip(masks)
        .map(|(x, m)| m * x + 1.0 - m)
        .collect();
    let behind = run(&maps(), &input, "class:0", Gradient).score;
    let white = run(&maps(), &[1.0; 8], "class:0", Gradient).score;
    // Rectified maps of white are 1 and 0: 2 · 4/4.
    assert!((white - 2.0).abs() < 1e-6);
    let method = score_cam(ScoreCamVariant::Increase, Baseline::White);
    let found = run(&maps(), &MAPS_INPUT, "class:0", method);
    assert!((f64::from(found.maps[1].values[0]) - (behind - white)).abs() < 1e-4);
}

#[test]
fn a_constant_map_has_no_mask_and_no_weight() {
    // Nothing is negative, so that the second map is 0 everywhere.
    let input = [1.0, 2.0, 3.0, 4.0, 5.0, 4.0, 1.0, 7.0];
    for variant in [
        ScoreCamVariant::Increase,
        ScoreCamVariant::Softmax,
        ScoreCamVariant::Probability,
    ] {
        let method = score_cam(variant, Baseline::Zero);
        let found = run(&maps(), &input, "class:0", method);
        assert_eq!(found.maps[1].values[1], 0.0);
        assert!(found.maps[1].values[0] > 0.0);
        assert_eq!(residual(&found, "constant"), 1.0);
    }
}

fn rise(masks: Masks, variant: RiseVariant) -> Rise {
    Rise {
        masks,
        variant,
        fill: Baseline::Zero,
    }
}

const MASKS: Masks = Masks {
    samples: 300,
    cells: 2,
    share: 0.5,
    seed: 4,
};

/// A grid of two cells becomes three of two pixels: weights of the second cell, by pixel.
const ACROSS: [f32; 6] = [0.0, 0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0];

#[test]
fn masks_are_grids_upsampled_and_cropped() {
    let mut stream = MASKS.stream([4, 4]).expect("masks");
    let mut offsets = [[false; 2]; 2];
    for _ in 0..300 {
        let mask = stream.next_mask();
        let is = |grid: usize, top: usize, left: usize| {
            let cell = |at: usize| ((grid >> at) & 1) as f32;
            (0..16).all(|at| {
                let (down, across) = (ACROSS[top + at / 4], ACROSS[left + at % 4]);
                let upper = cell(0) * (1.0 - across) + cell(1) * across;
                let lower = cell(2) * (1.0 - across) + cell(3) * across;
                (upper * (1.0 - down) + lower * down - mask[at]).abs() < 1e-5
            })
        };
        let mut found = false;
        for (top, left) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            for grid in 0..16 {
                if is(grid, top, left) {
                    found = true;
                    // Every other grid would do at several places.
                    offsets[top][left] |= grid == 1 || grid == 8;
                }
            }
        }
        assert!(found, "{mask:?}");
    }
    assert_eq!(offsets, [[true; 2]; 2]);
}

#[test]
fn masks_show_their_share() {
    let masks = Masks {
        share: 0.3,
        cells: 3,
        ..MASKS
    };
    let mut stream = masks.stream([5, 7]).expect("masks");
    let mut sums = [0.0; 35];
    for _ in 0..4000 {
        for (sum, seen) in sums.iter_mut().zip(stream.next_mask()) {
            *sum += seen;
        }
    }
    // Five standard errors of a value of variance 0.21 at most.
    for sum in sums {
        assert!((sum / 4000.0 - 0.3).abs() < 0.037, "{}", sum / 4000.0);
    }
}

#[test]
fn rise_is_the_mean_of_masks_by_score_over_their_share() {
    let weights: [f32; 16] = std::array::from_fn(|at| at as f32 / 4.0 - 1.0);
    let input: [f32; 16] = std::array::from_fn(|at| ((at * 7) % 5) as f32 / 5.0);
    let model = linear(&weights);
    let found = run(&model, &input, "class:0", rise(MASKS, RiseVariant::Value));
    let mut sums = [0.0_f32; 16];
    let mut stream = MASKS.stream([4, 4]).expect("masks");
    for _ in 0..MASKS.samples {
        let mask = stream.next_mask();
        let score: f32 = (0..16).map(|at| weights[at] * input[at] * mask[at]).sum();
        for (sum, seen) in sums.iter_mut().zip(&mask) {
            *sum += score * seen / 150.0;
        }
    }
    near(&found.values, &sums);
    // Where all is seen, the map is the score itself; a probability in the paper's form.
    let all = Masks {
        samples: 3,
        share: 1.0,
        ..MASKS
    };
    let found = run(
        &maps(),
        &MAPS_INPUT,
        "class:0",
        rise(all, RiseVariant::Probability),
    );
    near(&found.values, &[(1.0 / (1.0 + 2.25_f64.exp())) as f32; 8]);
    let found = run(
        &maps(),
        &MAPS_INPUT,
        "class:0",
        rise(all, RiseVariant::Value),
    );
    near(&found.values, &[14.5; 8]);
    assert_eq!(found.shape, [1, 2, 4]);
    assert!((residual(&found, "mean score") - 14.5).abs() < 1e-4);
}

#[test]
fn masks_that_cannot_be_made_are_refused() {
    let wrong = [
        Masks {
            samples: 0,
            ..MASKS
        },
        Masks { cells: 0, ..MASKS },
        Masks { cells: 5, ..MASKS },
        Masks {
            share: 0.0,
            ..MASKS
        },
        Masks {
            share: f64::NAN,
            ..MASKS
        },
        Masks {
            share: 1.1,
            ..MASKS
        },
    ];
    for masks in wrong {
        let refused = masks.stream([4, 6]);
        assert!(matches!(refused, Err(ExplainError::Parameter(_))));
    }
}

#[test]
fn each_mask_is_a_step() {
    let model = maps();
    let target: Target = "class:0".parse().expect("a target");
    let aim = target.aim(&model, ClassValue::Logit).expect("a class");
    let two = Masks {
        samples: 2,
        ..MASKS
    };
    let methods: [Method; 2] = [
        rise(two, RiseVariant::Probability).into(),
        score_cam(ScoreCamVariant::Increase, Baseline::Zero).into(),
    ];
    for method in &methods {
        let request = Request {
            input: &MAPS_INPUT,
            aim: &aim,
            method,
        };
        let mut told = Vec::new();
        explain(&model, request, &mut |done, all| {
            told.push([done, all]);
            ControlFlow::Continue(())
        })
        .expect("a map");
        assert_eq!(told, [[1, 2], [2, 2]]);
        let ended = explain(&model, request, &mut |_, _| ControlFlow::Break(()));
        assert!(matches!(ended, Err(ExplainError::Interrupted)));
    }
}
