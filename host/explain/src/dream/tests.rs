//! Dreams against finite differences, and steps worked out by hand.

use std::ops::ControlFlow;

use super::slopes::starts;
use super::*;
use crate::attribute::tests::networks::network;
use crate::float_model::Overrides;
use cortexscope_net::onnx::builder::ints;

fn lenet() -> FloatModel {
    FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped")
}

fn digit(model: &FloatModel) -> Canvas {
    let digits = cortexscope_net::input::MnistSet::test_digits().expect("they are shipped");
    Canvas {
        size: [28, 28],
        values: digits.input(18, &model.spec.input).expect("a digit"),
    }
}

/// One map of `[1, h, w]` that is twice the input.
fn doubled() -> FloatModel {
    network([1, 2, 3], "a", |graph| {
        graph.f32s("w", &[1, 1, 1, 1], &[2.0]);
        let kernel = vec![ints("kernel_shape", &[1, 1])];
        graph.node("Conv", &["x", "w"], "a", kernel);
    })
}

fn never(_: DreamStep<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn objectives_and_their_slopes_by_hand() {
    let values = [1.0, -2.0, 3.0, 0.0, 2.0, -4.0];
    let (value, slopes) = Objective::HalfSquare.of(&values, [2, 1, 3], None);
    assert_eq!((value, &slopes[..]), (17.0, &values[..]));
    let (value, slopes) = Objective::HalfSquare.of(&values, [2, 1, 3], Some(1));
    assert_eq!((value, slopes), (10.0, vec![0.0, 0.0, 0.0, 0.0, 2.0, -4.0]));
    let (value, slopes) = Objective::Mean.of(&values, [2, 1, 3], Some(0));
    let third = (1.0 / 3.0) as f32;
    assert!((value - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(slopes, [third, third, third, 0.0, 0.0, 0.0]);
    // Columns (1, 0), (−2, 2), (3, −4); the guide's are (1, 1) and (−1, 2).
    let guide = Objective::Guide {
        features: vec![1.0, -1.0, 1.0, 2.0],
    };
    let (value, slopes) = guide.of(&values, [2, 1, 3], None);
    assert_eq!(value, 1.0 + 6.0 - 1.0);
    assert_eq!(slopes, [1.0, -1.0, 1.0, 1.0, 2.0, 1.0]);
    // One value, one column, and two columns alike, of which the first counts.
    assert_eq!(best_match(&[1.0], &[2.0, 2.0]), Some((0, 2.0)));
    assert_eq!(best_match(&[1.0, 2.0], &[3.0, 4.0]), Some((0, 11.0)));
    assert_eq!(best_match(&[1.0], &[-3.0, -2.0]), Some((1, -2.0)));
}

#[test]
fn what_is_standard_is_the_notebooks() {
    let model = doubled();
    let layer = model.find("a").expect("a layer");
    let wanted = Dream {
        layer,
        channel: None,
        objective: Objective::HalfSquare,
        steps: 10,
        octaves: Octaves {
            count: 4,
            ratio: 1.4,
        },
        rate: 1.5,
        jitter: 32,
        tile: 512,
        seed: 0,
    };
    assert_eq!(Dream::of(layer, Objective::HalfSquare), wanted);
    // 30 and 45 by 1.4, 1.96 and 2.744, rounded; a side has one pixel at least.
    assert_eq!(
        wanted.sizes([30, 45]),
        [[11, 16], [15, 23], [21, 32], [30, 45]]
    );
    assert_eq!(wanted.sizes([1, 2]), [[1, 1], [1, 1], [1, 1], [1, 2]]);
}

#[test]
fn slopes_are_those_of_the_objective() {
    let model = lenet();
    let canvas = digit(&model);
    for (layer, objective, channel) in [
        ("conv2", Objective::HalfSquare, None),
        ("pool1", Objective::HalfSquare, Some(3)),
        ("conv1", Objective::Mean, None),
    ] {
        let layer = model.find(layer).expect("a layer");
        let dream = Dream {
            channel,
            ..Dream::of(layer, objective)
        };
        let (_, slopes) = gradient(&model, &canvas, &dream).expect("slopes");
        // Along the gradient itself, where the difference is greatest.
        let length: f64 = slopes.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>();
        let at = |by: f64| {
            let mut moved = canvas.clone();
            for (value, &g) in moved.values.iter_mut().zip(&slopes) {
                *value += (by * f64::from(g) / length.sqrt()) as f32;
            }
            gradient(&model, &moved, &dream).expect("a value").0
        };
        let difference = (at(2e-3) - at(-2e-3)) / 4e-3;
        let wrong = (difference / length.sqrt() - 1.0).abs();
        assert!(wrong < 0.01, "{difference} {}", length.sqrt());
    }
}

#[test]
fn a_step_moves_pixels_by_the_rate_on_average() {
    let model = doubled();
    let input = vec![0.1, 0.2, 0.3, 0.2, 0.1, 0.3];
    let canvas = Canvas {
        size: [2, 3],
        values: input.clone(),
    };
    let layer = model.find("a").expect("a layer");
    let dream_of = Dream {
        steps: 1,
        octaves: Octaves {
            count: 1,
            ratio: 1.4,
        },
        rate: 5.1,
        ..Dream::of(layer, Objective::HalfSquare)
    };
    let found = dream(&model, &canvas, &dream_of, &mut never).expect("a dream");
    // ½ Σ (2x)² has the slope 4x, whose mean magnitude is 0.8; a level is 1/255.
    for (after, before) in found.canvas.values.iter().zip(&input) {
        let wanted = before + 5.1 / 255.0 * (4.0 * before / 0.8);
        assert!((after - wanted).abs() < 1e-6, "{after} {wanted}");
    }
    assert!((found.start - 0.56).abs() < 1e-6 && found.value > found.start);
    assert_eq!(found.values.len(), 1);
    assert!(found.has_gradient);
    // Black is ¼ here, so that a level is ¾/255.
    let mut other = doubled();
    other.spec.input.range = [0.25, 1.0];
    let found = dream(&other, &canvas, &dream_of, &mut never).expect("a dream");
    for (after, before) in found.canvas.values.iter().zip(&input) {
        let wanted = (before + 0.75 * 5.1 / 255.0 * (4.0 * before / 0.8)).max(0.25);
        assert!((after - wanted).abs() < 1e-6, "{after} {wanted}");
    }
    // Where nothing slopes nothing moves.
    let dark = Canvas {
        size: [2, 3],
        values: vec![0.0; 6],
    };
    let found = dream(&model, &dark, &dream_of, &mut never).expect("no dream");
    assert_eq!((found.canvas, found.has_gradient), (dark, false));
    // What would leave the range is cut.
    let steep = Dream {
        rate: 1000.0,
        ..dream_of
    };
    let found = dream(&model, &canvas, &steep, &mut never).expect("a dream");
    assert!(found.canvas.values.iter().all(|value| *value <= 1.0));
}

#[test]
fn octaves_carry_detail_over() {
    let model = lenet();
    let canvas = digit(&model);
    let layer = model.find("conv2").expect("a layer");
    let dream_of = Dream {
        steps: 2,
        jitter: 3,
        seed: 5,
        ..Dream::of(layer, Objective::HalfSquare)
    };
    assert_eq!(
        dream_of.sizes([28, 28]),
        [[10, 10], [14, 14], [20, 20], [28, 28]]
    );
    let found = dream(&model, &canvas, &dream_of, &mut never).expect("a dream");
    assert_eq!(found.values.len(), 8);
    // The finest octave alone knows nothing of the detail of the three before it.
    let alone = Dream {
        octaves: Octaves {
            count: 1,
            ratio: 1.4,
        },
        ..dream_of.clone()
    };
    let alone = dream(&model, &canvas, &alone, &mut never).expect("a dream");
    assert!(alone.value > found.start && found.value > alone.value);
    let again = dream(&model, &canvas, &dream_of, &mut never).expect("a dream");
    assert_eq!(found, again);
    let other = Dream {
        seed: 6,
        ..dream_of.clone()
    };
    let other = dream(&model, &canvas, &other, &mut never).expect("a dream");
    assert_ne!(found.canvas, other.canvas);
    // No steps, no detail: the picture itself.
    let none = Dream {
        steps: 0,
        ..dream_of
    };
    let none = dream(&model, &canvas, &none, &mut never).expect("no dream");
    assert_eq!(none.canvas, canvas);
}

#[test]
fn octaves_are_as_many_as_a_picture_can_have() {
    let model = doubled();
    let layer = model.find("a").expect("a layer");
    let mut many = Dream::of(layer, Objective::HalfSquare);
    many.octaves.count = 64;
    assert!(many.check(&model).is_ok());
    many.octaves.count = usize::MAX;
    assert!(matches!(
        many.check(&model),
        Err(ExplainError::Parameter("there are 64 octaves at most"))
    ));
}

#[test]
fn tiles_cover_a_picture_larger_than_one() {
    assert_eq!(starts(10, 4), [0, 4, 6]);
    assert_eq!(starts(8, 4), [0, 4]);
    let model = doubled();
    let canvas = Canvas {
        size: [5, 7],
        values: (0..35).map(|at| at as f32 / 35.0).collect(),
    };
    let layer = model.find("a").expect("a layer");
    for tile in [2, 3, 5, 512] {
        let dream = Dream {
            tile,
            ..Dream::of(layer, Objective::HalfSquare)
        };
        let (_, slopes) = gradient(&model, &canvas, &dream).expect("slopes");
        // One pixel answers to one pixel: tiles cannot be seen.
        for (slope, value) in slopes.iter().zip(&canvas.values) {
            assert!((slope - 4.0 * value).abs() < 1e-6);
        }
    }
    // Two channels, and tiles that are no squares.
    let model = network([2, 2, 3], "a", |graph| {
        graph.f32s("w", &[2, 2, 1, 1], &[2.0, 0.0, 0.0, 3.0]);
        let kernel = vec![ints("kernel_shape", &[1, 1])];
        graph.node("Conv", &["x", "w"], "a", kernel);
    });
    let layer = model.find("a").expect("a layer");
    for size in [[5, 7], [7, 5]] {
        let canvas = Canvas {
            size,
            values: (0..70).map(|at| at as f32 / 70.0).collect(),
        };
        for tile in [3, 6, 512] {
            let dream = Dream {
                tile,
                ..Dream::of(layer, Objective::HalfSquare)
            };
            let (_, slopes) = gradient(&model, &canvas, &dream).expect("slopes");
            for (at, (slope, value)) in slopes.iter().zip(&canvas.values).enumerate() {
                let square = if at < 35 { 4.0 } else { 9.0 };
                assert!((slope - square * value).abs() < 1e-5, "{tile} {at}");
            }
        }
    }
}

#[test]
fn a_picture_that_is_no_square_is_resized_plane_by_plane() {
    let canvas = Canvas {
        size: [1, 2],
        values: vec![0.0, 4.0, 8.0, 0.0],
    };
    // Pixel centres are at half steps, and the border is continued.
    let large = canvas.resized([1, 4]);
    assert_eq!(large.values, [0.0, 1.0, 3.0, 4.0, 8.0, 6.0, 2.0, 0.0]);
}

#[test]
fn what_cannot_be_dreamt_is_refused() {
    let model = lenet();
    let canvas = digit(&model);
    let layer = model.find("fc").expect("a layer");
    let dense = dream(
        &model,
        &canvas,
        &Dream::of(layer, Objective::HalfSquare),
        &mut never,
    );
    let words = dense.expect_err("it needs 28×28").to_string();
    assert!(words.contains("fc") && words.contains("10×10"), "{words}");
    let layer = model.find("conv1").expect("a layer");
    let good = Dream::of(layer, Objective::Mean);
    for wrong in [
        Dream {
            channel: Some(20),
            ..good.clone()
        },
        Dream {
            rate: 0.0,
            ..good.clone()
        },
        Dream {
            tile: 0,
            ..good.clone()
        },
    ] {
        let refused = dream(&model, &canvas, &wrong, &mut never);
        assert!(matches!(refused, Err(ExplainError::Parameter(_))));
    }
    let octaves = |count, ratio| Dream {
        octaves: Octaves { count, ratio },
        rate: 0.5,
        ..good.clone()
    };
    for ratio in [1.0, 0.5, f64::NAN, f64::INFINITY] {
        // One octave has no ratio.
        assert!(octaves(1, ratio).check(&model).is_ok(), "{ratio}");
        assert!(octaves(2, ratio).check(&model).is_err(), "{ratio}");
    }
    assert!(octaves(2, 1.1).check(&model).is_ok());
    assert!(octaves(0, 1.4).check(&model).is_err());
    let ended = dream(&model, &canvas, &good, &mut |_| ControlFlow::Break(()));
    assert!(matches!(ended, Err(ExplainError::Interrupted)));
}
