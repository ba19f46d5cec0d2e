//! Sixteen neurons that are read from known maps, and how much of them a fit gives back.

use super::*;
use crate::encode::Ridge;
use crate::linear::gram;

const SHAPE: [usize; 3] = [24, 9, 9];
const CELLS: usize = SHAPE[1] * SHAPE[2];
const TRAIN: usize = 480;
const IMAGES: usize = 600;
const NEURONS: usize = 16;

/// A readout: a Gaussian mask of σ 1.5 cells around `centre`, and ten signed channels.
struct Planted {
    centre: [f64; 2],
    neuron: Neuron,
}

fn plant(random: &mut Random) -> Planted {
    let centre = [0; 2].map(|_| 2.0 + 4.0 * random.uniform());
    let mask = (0..CELLS).map(|at| {
        let [y, x] = [at / SHAPE[2], at % SHAPE[2]].map(|at| at as f64);
        let square = (y - centre[0]).powi(2) + (x - centre[1]).powi(2);
        (-square / 4.5).exp()
    });
    let mut channels = vec![0.0; SHAPE[0]];
    let mut order: Vec<usize> = (0..SHAPE[0]).collect();
    random.shuffle(&mut order);
    for &channel in &order[..10] {
        channels[channel] = random.normal();
    }
    Planted {
        centre,
        neuron: Neuron {
            mask: mask.collect(),
            channels,
            bias: 0.0,
            size: [SHAPE[1], SHAPE[2]],
        },
    }
}

/// How much of a neuron was found.
struct Found {
    /// Correlation with the responses to images that were not fitted, which have no noise.
    r: f64,
    /// Cosine of found and planted mask, and of the channels.
    mask: f64,
    channels: f64,
    /// Cells from the mask's peak to the planted middle, along the worse axis.
    peak: f64,
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Neurons, what they answer, and the features that they read.
struct Session {
    features: Features,
    planted: Vec<Planted>,
    /// Responses without noise, `[neurons][images]`, with a mean square of 1.
    clean: Vec<Vec<f64>>,
    /// Responses to the images that are fitted to.
    measured: Vec<Vec<f64>>,
}

fn wide(features: &Features, image: usize) -> Vec<f64> {
    features.row(image).iter().map(|&x| x.into()).collect()
}

/// Plants neurons with `noise` standard deviations of theirs, and shows them `images`, of which
/// the first `train` are fitted to.
fn session(noise: f64, train: usize, images: usize) -> Session {
    let mut random = Random::new(8);
    let mut features = random_features(SHAPE, images, 7);
    // Rectified, as the layers of a network are, and with mean 0 and deviation 1.
    for value in &mut features.values {
        *value = (value.max(0.0) - 0.399) / 0.584;
    }
    let planted: Vec<Planted> = (0..NEURONS).map(|_| plant(&mut random)).collect();
    let mut clean = vec![Vec::new(); NEURONS];
    for image in 0..images {
        let image = wide(&features, image);
        for (rates, planted) in clean.iter_mut().zip(&planted) {
            rates.push(planted.neuron.predict(&image));
        }
    }
    let mut measured = Vec::new();
    for rates in &mut clean {
        let square = rates.iter().map(|rate| rate * rate).sum::<f64>() / images as f64;
        rates.iter_mut().for_each(|rate| *rate /= square.sqrt());
        let noisy = rates[..train]
            .iter()
            .map(|rate| rate + noise * random.normal());
        measured.push(noisy.collect::<Vec<f64>>());
    }
    Session {
        features,
        planted,
        clean,
        measured,
    }
}

/// Plants neurons with `noise` standard deviations of theirs, fits them, and compares.
fn recover(noise: f64, lambda: Lambda) -> Vec<Found> {
    let Session {
        features,
        planted,
        clean,
        measured,
    } = session(noise, TRAIN, IMAGES);
    let settings = Factorised {
        lambdas: vec![lambda],
        rate: 1e-2,
        ..Factorised::new(1)
    };
    let train: Vec<usize> = (0..TRAIN).collect();
    let mut watch = |_: Stage, _: usize, _: usize| ControlFlow::Continue(());
    let fit = settings
        .fit(&features, &train, &measured, None, &mut watch)
        .unwrap();
    let part = |values: &[f32], neuron: usize, size: usize| -> Vec<f64> {
        values[neuron * size..][..size]
            .iter()
            .map(|&value| value.into())
            .collect()
    };
    let compare = |(at, planted): (usize, &Planted)| {
        let found = Neuron {
            mask: part(&fit.weights.masks, at, CELLS),
            channels: part(&fit.weights.channels, at, SHAPE[0]),
            bias: 0.0,
            size: planted.neuron.size,
        };
        let predicted: Vec<f64> = (TRAIN..IMAGES)
            .map(|image| found.predict(&wide(&features, image)))
            .collect();
        let mask = cosine(&found.mask, &planted.neuron.mask);
        // Mask and channels may both have the other sign.
        let height = |cell: &usize| mask.signum() * found.mask[*cell];
        let peak = (0..CELLS)
            .max_by(|a, b| height(a).total_cmp(&height(b)))
            .unwrap();
        let off = [peak / SHAPE[2], peak % SHAPE[2]];
        let off = [0, 1].map(|axis| (off[axis] as f64 - planted.centre[axis]).abs());
        Found {
            r: pearson(&predicted, &clean[at][TRAIN..]).unwrap(),
            mask: mask.abs(),
            channels: mask.signum() * cosine(&found.channels, &planted.neuron.channels),
            peak: off[0].max(off[1]),
        }
    };
    planted.iter().enumerate().map(compare).collect()
}

fn median(found: &[Found], of: impl Fn(&Found) -> f64) -> f64 {
    cortexscope_statistics::median(&found.iter().map(of).collect::<Vec<f64>>()).unwrap()
}

/// The lines that an independent fit of such neurons reached, or better.
#[test]
fn masks_of_planted_neurons_peak_where_they_were_planted() {
    let lambda = Lambda {
        space: 0.03,
        depth: 0.03,
        laplace: 0.01,
    };
    let found = recover(0.0, lambda);
    let [r, mask, channels] = [
        median(&found, |found| found.r),
        median(&found, |found| found.mask),
        median(&found, |found| found.channels),
    ];
    let near = found.iter().filter(|found| found.peak <= 1.0).count();
    assert!(
        r >= 0.97 && mask >= 0.97 && channels >= 0.85,
        "{r} {mask} {channels}"
    );
    assert!(near >= 15, "{near} of 16");
}

/// With as much noise as signal, responses are predicted, and the mask is not the planted one.
#[test]
fn masks_of_noisy_neurons_are_not_recovered() {
    let lambda = Lambda {
        space: 0.3,
        depth: 0.3,
        laplace: 0.1,
    };
    let found = recover(1.0, lambda);
    let mask = median(&found, |found| found.mask);
    assert!(mask < 0.97, "{mask}");
}

/// At 1,000 images and with three candidates each, neurons that are read from a mask and weights
/// of channels are predicted better by such a readout than by one with a weight for each feature:
/// the direction of Klindt et al. (2017), table 1, where the latter has .43 and the former .50.
#[test]
fn a_factorised_readout_predicts_more_than_a_fully_connected_one() {
    const FITTED: usize = 1000;
    const ALL: usize = 1200;
    let Session {
        features,
        clean,
        measured,
        ..
    } = session(1.0, FITTED, ALL);
    let mut watch = |_: Stage, _: usize, _: usize| ControlFlow::Continue(());
    let median_r = |predicted: &dyn Fn(usize) -> Vec<f64>| {
        let r = (0..NEURONS).map(|at| pearson(&predicted(at), &clean[at][FITTED..]).unwrap());
        cortexscope_statistics::median(&r.collect::<Vec<f64>>()).unwrap()
    };
    let settings = Factorised {
        rate: 1e-2,
        epochs: 20,
        ..Factorised::new(1)
    };
    assert_eq!(settings.lambdas.len(), 3);
    let train: Vec<usize> = (0..FITTED).collect();
    let fit = settings.fit(&features, &train, &measured, None, &mut watch);
    let rows = fit.unwrap().weights.predict(&features);
    let of = |neuron: usize| {
        rows[FITTED..]
            .iter()
            .map(|row| row[neuron].into())
            .collect()
    };
    let factorised = median_r(&of);

    let ridge = Ridge {
        alphas: vec![0.1, 1.0, 10.0],
        ..Ridge::new(1)
    };
    let size = features.size();
    let fitted = &features.values[..FITTED * size];
    let products: Vec<f64> = gram(&features.values, fitted, size)
        .into_iter()
        .map(f64::from)
        .collect();
    let rows = products.chunks_exact(FITTED);
    let within = rows.clone().take(FITTED).flatten().copied();
    let within: Vec<f64> = within.collect();
    let fit = ridge.fit(&within, &measured, &mut watch).unwrap();
    let of = |neuron: usize| {
        let weights = &fit.images[neuron];
        let shown = rows.clone().skip(FITTED);
        let sum = |row: &[f64]| row.iter().zip(weights).map(|(k, a)| k * a).sum();
        shown.map(sum).collect()
    };
    let connected = median_r(&of);
    println!("median r, factorised {factorised:.3}, fully connected {connected:.3}");
    assert!(
        factorised > connected + 0.02,
        "{factorised} is not above {connected}"
    );
}
