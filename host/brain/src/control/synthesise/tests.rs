use super::*;
use crate::control::Judge;
use crate::encode::{About, Pooling, Readout, ReadoutWeights};
use crate::neuron::{FittedNeuron, Neuron};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use image::DynamicImage;

/// Three neurons, read from some cells of the lecture's first layer, pooled in twos.
fn fit() -> Stored {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
    let layer = model.find("relu1").unwrap();
    let pooling = Pooling { window: 2 };
    let shape = pooling.shape(model.layer(layer).shape);
    let [channels, height, width] = shape;
    let mut random = Random::new(1);
    let mut draw = |count: usize| {
        (0..count)
            .map(|_| random.normal() as f32)
            .collect::<Vec<_>>()
    };
    Stored {
        pooling,
        readout: Readout {
            shape,
            bias: vec![1.0, 2.0, 3.0],
            weights: ReadoutWeights::Factorised {
                masks: draw(3 * height * width),
                channels: draw(3 * channels),
            },
        },
        predictions: vec![vec![0.0]; 3],
        about: About {
            model: "lecture-lenet".to_owned(),
            model_sha256: model.sha256_hex(),
            layer: "relu1".to_owned(),
            window: 2,
            shape,
            readout: "factorised".to_owned(),
            images: String::new(),
            means: vec![1.0, 0.0, -1.0],
            deviations: vec![20.0, 30.0, 40.0],
            bias: vec![1.0, 2.0, 3.0],
        },
        model,
        layer,
    }
}

/// The derivative of both scores with respect to the features, neuron 2 of three, against
/// central differences: the softmax runs over the neurons.
#[test]
fn scores_have_the_derivatives_that_are_sent_back() {
    let fit = fit();
    let size: usize = fit.readout.shape.iter().product();
    let cells: Vec<f32> = (0..size).map(|at| ((at * 37) % 11) as f32 / 11.0).collect();
    for goal in [Goal::Stretch, Goal::OneHot] {
        let slopes: Vec<Vec<f32>> = match goal {
            Goal::Stretch => vec![fit.readout.slopes(2)],
            Goal::OneHot => (0..3).map(|n| fit.readout.slopes(n)).collect(),
        };
        let (_, own) = score(&fit, 2, goal, &slopes, &cells);
        for at in [0, 77, 500, size - 1] {
            let moved = |by: f32| {
                let mut cells = cells.clone();
                cells[at] += by;
                score(&fit, 2, goal, &slopes, &cells).0
            };
            let step = 1.0 / 64.0;
            let exact = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            let error = (f64::from(own[at]) - exact).abs();
            assert!(
                error < 1e-3 * exact.abs().max(0.01),
                "{goal:?} {at}: {} is not {exact}",
                own[at]
            );
        }
    }
}

#[test]
fn variation_has_the_derivative_of_its_formula() {
    let v = [0.1_f32, -0.4, 0.7, 0.2, 0.9, -0.3];
    let value = |v: &[f32]| -> f64 {
        let square = |a: usize, b: usize| f64::from(v[a] - v[b]).powi(2);
        let across = square(1, 0) + square(2, 1) + square(4, 3) + square(5, 4);
        let down = square(3, 0) + square(4, 1) + square(5, 2);
        2.0 * (0.5 * across / 4.0 + 0.5 * down / 3.0)
    };
    let mut gradient = [0.0; 6];
    add_variation(&mut gradient, &v, [2, 3], 2.0);
    for at in 0..6 {
        let moved = |by: f32| {
            let mut v = v;
            v[at] += by;
            value(&v)
        };
        let exact = (moved(0.01) - moved(-0.01)) / 0.02;
        assert!((f64::from(gradient[at]) - exact).abs() < 1e-5, "{at}");
    }
}

/// The image answers its goal: the stretched neuron rises, the same seed gives the same image.
#[test]
fn an_image_drives_its_neuron() {
    let fit = fit();
    let settings = Settings {
        steps: 30,
        variation: 5.0,
        rate: 0.05,
        ..Settings::new(Goal::Stretch, &fit.model.spec.input)
    };
    assert_eq!(settings.jitter, 2);
    let mut watch = |_: usize| ControlFlow::Continue(());
    let made = synthesise(&fit, 1, &settings, 7, &mut watch).unwrap();
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    assert!(
        mean(&made.scores[25..]) > mean(&made.scores[..5]) + 0.1,
        "{:?}",
        made.scores
    );
    let again = synthesise(&fit, 1, &settings, 7, &mut watch).unwrap();
    assert_eq!(made.picture, again.picture);
    let none = synthesise(&fit, 3, &settings, 7, &mut watch);
    assert!(matches!(
        none,
        Err(ControlError::Neuron(NeuronError::NoNeuron { last: 2, .. }))
    ));
}

/// Two images and three neurons: a response is found at image · neurons + neuron, and the softmax
/// of an image runs over its neurons. The last one's image has the greater share of it.
#[test]
fn one_hot_is_over_the_neurons_of_each_image() {
    let fit = fit();
    let settings = Settings {
        steps: 30,
        variation: 5.0,
        rate: 0.05,
        ..Settings::new(Goal::OneHot, &fit.model.spec.input)
    };
    let mut watch = |_: usize| ControlFlow::Continue(());
    let pictures = [0, 2].map(|neuron| {
        let made = synthesise(&fit, neuron, &settings, 7, &mut watch);
        made.unwrap().picture
    });
    let levels = pictures.each_ref().map(|picture| -> Vec<f32> {
        let pixels = picture.pixels();
        pixels.map(|pixel| f32::from(pixel.0[0]) / 255.0).collect()
    });
    let mut neurons = FittedNeuron::new(&fit, None).unwrap();
    let batch = neurons.rates(&[&levels[0], &levels[1]]).unwrap();
    assert_eq!(batch.len(), 2 * 3);
    let mut judge = Judge::of_fit(&fit).unwrap();
    let mut shares = [[0.0; 3]; 2];
    for (image, picture) in pictures.iter().enumerate() {
        let shown = DynamicImage::ImageLuma8(picture.clone());
        let answered = judge.respond(&shown).unwrap();
        let z: Vec<f64> = (0..3)
            .map(|neuron| {
                let rate = batch[image * 3 + neuron];
                assert!((rate - answered[neuron]).abs() < 1e-3, "{image} {neuron}");
                (rate - fit.about.means[neuron]) / fit.about.deviations[neuron]
            })
            .collect();
        let all: f64 = z.iter().map(|z| z.exp()).sum();
        for neuron in 0..3 {
            shares[image][neuron] = judge.one_hot(&answered, neuron).unwrap();
            let by_hand = z[neuron].exp() / all;
            assert!((shares[image][neuron] - by_hand).abs() < 1e-4);
        }
        assert!((shares[image].iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
    let [first, last] = shares;
    assert!(first[0] > last[0] && last[2] > first[2], "{shares:?}");
}
