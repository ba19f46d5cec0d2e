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
    // At x₀, where z is 1, and at x₂, where it is −1.
    assert!((found.gradient[0] - (2.0 + 1.5 + 0.25)).abs() < 1e-5);
    assert!((found.gradient[2] - (-4.0 - 1.5 - 0.75)).abs() < 1e-5);
    assert_eq!(found.terms.map(|term| term.weight), [1.0, 0.5, 0.25]);
    // At x₃, which is 0: ¼ · (2 · (0 − 2) + 2 · (0 + 1))/2.
    assert!((found.gradient[3] + 0.25).abs() < 1e-5);
    assert!((found.value() - (distance + alpha + tv)).abs() < 1e-12);
}

#[test]
fn an_absolute_value_has_no_slope_at_zero() {
    let model = doubled();
    let inversion = Inversion {
        sigma: 1.0,
        alpha: 1.0,
        alpha_weight: 0.5,
        tv_weight: 0.0,
        ..Inversion::of(&model, model.find("a").expect("a layer"))
    };
    // What the layer remembers has the squared length 4 · 9 + 4 · 1.
    let mut memory = Memory::of(&model, &[3.0, 0.0, 1.0, 0.0], &inversion).expect("a memory");
    let found = memory.objective(&[3.0, 0.0, -1.0, 0.0]).expect("terms");
    assert!((found.terms[0].value - 16.0 / 40.0).abs() < 1e-6);
    let wanted = [0.5, 0.0, -16.0 / 40.0 - 0.5, 0.0];
    for (have, want) in found.gradient.iter().zip(wanted) {
        assert!((have - want).abs() < 1e-6, "{:?}", found.gradient);
    }
}

#[test]
fn what_is_standard_is_the_papers() {
    let mut model = network([3, 1, 2], "a", |graph| {
        graph.node("Relu", &["x"], "a", Vec::new());
    });
    // Whites less blacks are −2, 4 and 1.
    model.spec.input.mean = vec![0.0; 3];
    model.spec.input.std = vec![0.5, 0.25, 1.0];
    for range in [[0.0, 1.0], [1.0, 0.0], [1.0, 2.0]] {
        model.spec.input.range = range;
        let found = Inversion::of(&model, model.find("a").expect("a layer"));
        assert!((found.sigma - 7.0 / 3.0).abs() < 1e-6, "{}", found.sigma);
        assert_eq!((found.alpha, found.beta, found.momentum), (6.0, 2.0, 0.9));
        assert!((found.alpha_weight - 0.01 / 6.0).abs() < 1e-12);
        assert!((found.tv_weight - 0.1 / 6.0).abs() < 1e-12);
        let others = (found.first_step, found.steps, found.noise, found.seed);
        assert_eq!(others, (0.01, 400, 0.1, 0));
    }
}

#[test]
fn noise_has_its_deviation() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let inversion = Inversion {
        sigma: 4.0,
        noise: 0.5,
        ..Inversion::of(&model, model.find("conv1").expect("a layer"))
    };
    let noise = noise(&model, &inversion);
    let squares: f64 = noise.iter().map(|&x| f64::from(x).powi(2)).sum();
    // Five standard errors of a deviation over 784 values: 2 · 5/√(2 · 784).
    assert!(((squares / 784.0).sqrt() - 2.0).abs() < 0.26);
}

/// E = Σ(x − x₀)²/‖x₀‖² falls by one factor in each step.
#[test]
fn steps_slow_down_and_keep_their_momentum() {
    let model = doubled();
    let inversion = Inversion {
        sigma: 2.0,
        alpha_weight: 0.0,
        tv_weight: 0.0,
        first_step: 0.1,
        momentum: 0.0,
        steps: 10,
        ..Inversion::of(&model, model.find("a").expect("a layer"))
    };
    // z begins 0.5 away everywhere: the slope of each is 1 there, and the first step of z a
    // fifth of the way.
    let (input, start) = ([1.0, 0.0, 0.0, 0.0], [2.0, 1.0, 1.0, 1.0]);
    let found = invert(&model, &input, Some(&start), &inversion, &mut never).expect("an input");
    let mut left = 1.0_f64;
    let factors = [0.8, 0.8, 0.8, 0.8, 0.8, 0.98, 0.98, 0.98, 0.998, 0.998];
    for (value, factor) in found.values.iter().zip(factors) {
        assert!(
            (value - 4.0 * left * left).abs() < 1e-4,
            "{:?}",
            found.values
        );
        left *= factor;
    }
    assert!((found.terms[0].value - 4.0 * left * left).abs() < 1e-4);
    assert!((f64::from(found.input[1]) - left).abs() < 1e-4);
    // The second step is a fifth of 0.8 and half of the first one.
    let inversion = Inversion {
        momentum: 0.5,
        ..inversion
    };
    let found = invert(&model, &input, Some(&start), &inversion, &mut never).expect("an input");
    for (value, left) in found.values.iter().zip([1.0, 0.8, 0.54, 0.302]) {
        assert!(
            (value - 4.0 * left * left).abs() < 1e-4,
            "{:?}",
            found.values
        );
    }
    // What slopes nowhere stays.
    let found = invert(&model, &input, Some(&input), &inversion, &mut never).expect("an input");
    assert_eq!((&found.input[..], found.terms[0].value), (&input[..], 0.0));
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    let model = doubled();
    let good = Inversion::of(&model, model.find("a").expect("a layer"));
    let edge = Inversion {
        alpha: 1.0,
        beta: 0.5,
        alpha_weight: 0.0,
        tv_weight: 0.0,
        noise: 0.0,
        momentum: 0.0,
        first_step: 1e-9,
        ..good.clone()
    };
    assert!(edge.check().is_ok());
    let middle = Inversion {
        alpha: 1.5,
        ..good.clone()
    };
    assert!(middle.check().is_ok());
    let wrong: [fn(&mut Inversion); 14] = [
        |of| of.sigma = 0.0,
        |of| of.sigma = f64::INFINITY,
        |of| of.first_step = 0.0,
        |of| of.first_step = f64::NAN,
        |of| of.alpha = 0.9,
        |of| of.alpha = f64::INFINITY,
        |of| of.beta = 0.0,
        |of| of.alpha_weight = -0.1,
        |of| of.tv_weight = f64::INFINITY,
        |of| of.tv_weight = -0.1,
        |of| of.noise = -0.1,
        |of| of.noise = f64::INFINITY,
        |of| of.momentum = -0.1,
        |of| of.momentum = 1.0,
    ];
    for (at, change) in wrong.iter().enumerate() {
        let mut inversion = good.clone();
        change(&mut inversion);
        let refused = inversion.check();
        assert!(matches!(refused, Err(ExplainError::Parameter(_))), "{at}");
    }
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
    let short = invert(&model, &[1.0; 4], Some(&[1.0]), &good, &mut never);
    let size = FloatModelError::InputSize { have: 1, need: 4 }.to_string();
    assert_eq!(short.expect_err("it is refused").to_string(), size);
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
