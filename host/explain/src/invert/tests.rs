//! Terms worked out by hand, slopes by differences, and a search that arrives.

use std::ops::ControlFlow;

use super::*;
use crate::attribute::tests::networks::network;
use crate::float_model::Overrides;
use cortexscope_net::onnx::builder::ints;

/// One map of `[1, 2, 2]` that is twice the input.
fn doubled() -> FloatModel {
    network([1, 2, 2], "a", |graph| {
        graph.f32s("w", &[1, 1, 1, 1], &[2.0]);
        let kernel = vec![ints("kernel_shape", &[1, 1])];
        graph.node("Conv", &["x", "w"], "a", kernel);
    })
}

fn never(_: InvertStep<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn terms_and_slopes_by_hand() {
    let model = doubled();
    let layer = model.find("a").expect("a layer");
    let inversion = Inversion {
        sigma: 2.0,
        alpha: 6.0,
        alpha_weight: 0.5,
        beta: 2.0,
        tv_weight: 0.25,
        ..Inversion::of(&model, layer)
    };
    let mut memory = Memory::of(&model, &[1.0, 0.0, 0.0, 0.0], &inversion).expect("a memory");
    // z = (1, 2; −1, 0): Φ is (4, 8; −4, 0) instead of (2, 0; 0, 0).
    let found = memory.objective(&[2.0, 4.0, -2.0, 0.0]).expect("terms");
    let [distance, alpha, tv] = found.terms.map(|term| term.value);
    assert_eq!(distance, (4.0 + 64.0 + 16.0) / 4.0);
    assert_eq!(alpha, 0.5 * (1.0 + 64.0 + 1.0));
    // 1 to the right and −2 below; −2 below; 1 to the right; nothing at the corner.
    assert_eq!(tv, 0.25 * ((1.0 + 4.0) + 4.0 + 1.0));
    // At x₁: 2 · 2 · 8/4, ½ · 6 · 2⁵/2, ¼ · (2 · 1 + 2 · 2)/2.
    assert!((found.gradient[1] - (8.0 + 48.0 + 0.75)).abs() < 1e-4);
    // At x₃, which is 0: ¼ · (2 · (0 − 2) + 2 · (0 + 1))/2.
    assert!((found.gradient[3] + 0.25).abs() < 1e-5);
    assert!((found.value() - (distance + alpha + tv)).abs() < 1e-12);
}

#[test]
fn slopes_are_those_of_the_terms() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let digits = cortexscope_net::input::MnistSet::test_digits().expect("they are shipped");
    let input = digits.input(4, &model.spec.input).expect("a digit");
    let layer = model.find("pool2").expect("a layer");
    for beta in [2.0, 1.5] {
        let inversion = Inversion {
            beta,
            ..Inversion::of(&model, layer)
        };
        let mut memory = Memory::of(&model, &input, &inversion).expect("a memory");
        let start = noise(&model, &inversion);
        let slopes = memory.objective(&start).expect("slopes").gradient;
        let length = slopes.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>();
        let mut at = |by: f64| {
            let moved = start.iter().zip(&slopes);
            let moved = moved.map(|(&x, &g)| x + (by * f64::from(g) / length.sqrt()) as f32);
            let moved: Vec<f32> = moved.collect();
            memory.objective(&moved).expect("a value").value()
        };
        let difference = (at(1e-3) - at(-1e-3)) / 2e-3;
        let wrong = (difference / length.sqrt() - 1.0).abs();
        assert!(wrong < 0.02, "{difference} {}", length.sqrt());
    }
}

#[test]
fn an_early_layer_gives_the_picture_back() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let digits = cortexscope_net::input::MnistSet::test_digits().expect("they are shipped");
    let input = digits.input(4, &model.spec.input).expect("a digit");
    let layer = model.find("conv1").expect("a layer");
    let inversion = Inversion {
        steps: 60,
        ..Inversion::of(&model, layer)
    };
    let found = invert(&model, &input, None, &inversion, &mut never).expect("an input");
    assert!(
        found.terms[0].value < 0.1 * found.start[0].value,
        "{found:?}"
    );
    assert_eq!(found.values.len(), 60);
    let best = found.values.iter().copied().fold(f64::INFINITY, f64::min);
    let sum: f64 = found.terms.iter().map(|term| term.value).sum();
    assert!(sum <= best);
    let again = invert(&model, &input, None, &inversion, &mut never).expect("an input");
    assert_eq!(found, again);
}

#[test]
fn without_steps_the_start_is_measured() {
    let model = doubled();
    let layer = model.find("a").expect("a layer");
    let inversion = Inversion {
        steps: 0,
        ..Inversion::of(&model, layer)
    };
    let input = [1.0, 0.0, 0.5, 0.25];
    let found = invert(&model, &input, Some(&input), &inversion, &mut never).expect("terms");
    assert_eq!(found.terms[0].value, 0.0);
    assert_eq!((found.start, &found.input[..]), (found.terms, &input[..]));
}

#[test]
fn what_cannot_be_inverted_is_refused() {
    let model = doubled();
    let layer = model.find("a").expect("a layer");
    let good = Inversion::of(&model, layer);
    let refused = |inversion: &Inversion, input: &[f32], start: Option<&[f32]>| {
        invert(&model, input, start, inversion, &mut never)
            .expect_err("it is refused")
            .to_string()
    };
    let silent = refused(&good, &[0.0; 4], None);
    assert!(silent.contains("0 everywhere"), "{silent}");
    assert!(refused(&good, &[1.0; 4], Some(&[1.0])).contains("4"));
    let wrong = Inversion {
        momentum: 1.0,
        ..good.clone()
    };
    assert!(refused(&wrong, &[1.0; 4], None).contains("momentum"));
    let ended = invert(&model, &[1.0; 4], None, &good, &mut |_| {
        ControlFlow::Break(())
    });
    assert!(matches!(ended, Err(ExplainError::Interrupted)));
}
