mod planted;

use super::reference::Neuron;
use super::*;
use cortexscope_statistics::pearson;

fn random_features(shape: [usize; 3], images: usize, seed: u64) -> Features {
    let mut random = Random::new(seed);
    let count = shape.iter().product::<usize>() * images;
    Features {
        shape,
        values: (0..count).map(|_| random.normal() as f32).collect(),
    }
}

/// Each derivative that the fit follows, of both data terms and with all three penalties,
/// is that of the loss as the equations write it.
#[test]
fn gradients_are_those_of_the_equations() {
    let shape = [3, 4, 5];
    let features = random_features(shape, 6, 1);
    let mut random = Random::new(2);
    let mut draw =
        |count: usize| -> Vec<f32> { (0..count).map(|_| random.normal() as f32).collect() };
    let weights = Weights {
        masks: draw(2 * 20),
        channels: draw(2 * 3),
        bias: draw(2),
    };
    let batch = Batch {
        images: vec![0, 2, 3, 5],
        responses: draw(8),
    };
    let lambda = Lambda {
        space: 0.3,
        depth: 0.2,
        laplace: 0.7,
    };
    let wide = |values: &[f32]| -> Vec<f64> { values.iter().copied().map(f64::from).collect() };
    for data_term in [DataTerm::MeanSquares, DataTerm::Norm] {
        let gradient = Gradient::of(&features, &weights, &batch, data_term);
        let gradient = gradient.with_penalties(&weights, shape, lambda);
        let images: Vec<Vec<f64>> = batch
            .images
            .iter()
            .map(|&at| wide(features.row(at)))
            .collect();
        for neuron in 0..2 {
            let plain = Neuron {
                mask: wide(&weights.masks[neuron * 20..][..20]),
                channels: wide(&weights.channels[neuron * 3..][..3]),
                bias: f64::from(weights.bias[neuron]),
                size: [4, 5],
            };
            let responses: Vec<f64> = (0..4)
                .map(|at| f64::from(batch.responses[at * 2 + neuron]))
                .collect();
            let loss = |plain: &Neuron| plain.loss(&images, &responses, data_term, lambda);
            let [masks, channels, bias] = gradient.parts();
            let own = [
                &masks[neuron * 20..][..20],
                &channels[neuron * 3..][..3],
                &bias[neuron..][..1],
            ]
            .concat();
            for (index, slope) in own.iter().enumerate() {
                let exact = plain.slope(index, &loss);
                let error = (f64::from(*slope) - exact).abs() / exact.abs().max(1.0);
                // The fit's derivatives are in f32: sums of a few dozen terms.
                assert!(
                    error < 3e-6,
                    "{data_term:?}, neuron {neuron}, {index}: {slope} is not {exact}"
                );
            }
        }
    }
}

/// A planted readout, Gaussian mask and three signed channels: found where there is no
/// noise.
#[test]
fn a_planted_readout_is_recovered() {
    let shape = [8, 7, 7];
    let images = 400;
    let features = random_features(shape, images, 3);
    let mask: Vec<f64> = (0..49)
        .map(|at| {
            let (dy, dx) = ((at / 7) as f64 - 2.0, (at % 7) as f64 - 4.0);
            (-(dy * dy + dx * dx) / 4.5).exp()
        })
        .collect();
    let planted = Neuron {
        mask: mask.clone(),
        channels: vec![1.0, 0.0, 0.0, -0.8, 0.0, 0.0, 0.5, 0.0],
        bias: 0.0,
        size: [7, 7],
    };
    let wide =
        |image: usize| -> Vec<f64> { features.row(image).iter().copied().map(f64::from).collect() };
    let raw: Vec<f64> = (0..images)
        .map(|image| planted.predict(&wide(image)))
        .collect();
    let deviation = (raw.iter().map(|y| y * y).sum::<f64>() / images as f64).sqrt();
    let responses: Vec<f64> = raw.iter().map(|y| y / deviation).collect();
    let train: Vec<usize> = (0..300).collect();
    let settings = Factorised {
        lambdas: vec![Lambda {
            space: 0.01,
            depth: 0.01,
            laplace: 0.003,
        }],
        rate: 1e-2,
        ..Factorised::new(1)
    };
    let fit = settings
        .fit(
            &features,
            &train,
            &[responses[..300].to_vec()],
            None,
            &mut |_, _, _| ControlFlow::Continue(()),
        )
        .unwrap();
    let found = Neuron {
        mask: fit.weights.masks.iter().copied().map(f64::from).collect(),
        channels: fit
            .weights
            .channels
            .iter()
            .copied()
            .map(f64::from)
            .collect(),
        bias: f64::from(fit.weights.bias[0]),
        size: [7, 7],
    };
    let predicted: Vec<f64> = (300..400)
        .map(|image| found.predict(&wide(image)))
        .collect();
    let r = pearson(&predicted, &responses[300..]).unwrap();
    assert!(r > 0.97, "{r}");
    let cosine = |a: &[f64], b: &[f64]| {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    assert!(cosine(&found.mask, &mask).abs() > 0.97);
    let signed = cosine(&found.mask, &mask).signum();
    assert!(signed * cosine(&found.channels, &planted.channels) > 0.95);
}

/// The same seed gives the same bytes, whatever the number of threads.
#[test]
fn a_seed_is_a_fit() {
    let features = random_features([2, 3, 3], 40, 5);
    let train: Vec<usize> = (0..40).collect();
    let responses = vec![(0..40).map(|at| (at as f64).sin()).collect::<Vec<f64>>(); 3];
    let settings = Factorised {
        epochs: 3,
        ..Factorised::new(9)
    };
    let fit = || {
        settings
            .fit(&features, &train, &responses, None, &mut |_, _, _| {
                ControlFlow::Continue(())
            })
            .unwrap()
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    assert_eq!(fit(), pool.install(fit));
    let stopped = settings.fit(&features, &train, &responses, None, &mut |_, _, _| {
        ControlFlow::Break(())
    });
    assert!(matches!(stopped, Err(EncodeError::Interrupted)));
}

/// A fit that is stopped before every pass, and goes on from its file each time, ends with the
/// bits of one that was not stopped: neurons leave at different passes, and three λ are tried.
#[test]
fn a_fit_that_was_stopped_goes_on_to_the_same_bytes() {
    let features = random_features([2, 3, 3], 40, 5);
    let train: Vec<usize> = (0..40).collect();
    let planted = (0..40).map(|image| f64::from(features.row(image)[4]));
    let noise = |rate: f64| (0..40).map(move |at| (f64::from(at) * rate).sin());
    let responses: Vec<Vec<f64>> = vec![
        planted.collect(),
        noise(1.0).collect(),
        noise(2.3).collect(),
    ];
    let settings = Factorised {
        epochs: 12,
        patience: 2,
        batch: 8,
        rate: 2e-2,
        ..Factorised::new(9)
    };
    let mut passes = 0;
    let whole = settings.fit(&features, &train, &responses, None, &mut |_, _, _| {
        passes += 1;
        ControlFlow::Continue(())
    });
    let whole = whole.unwrap();
    assert!(
        whole.epochs.iter().any(|epoch| *epoch != whole.epochs[0]),
        "{:?}",
        whole.epochs
    );

    let dir = tempfile::tempdir().unwrap();
    let file = Checkpoint::at(&dir.path().join("fit"));
    let go_on = |settings: &Factorised| {
        let mut calls = 0;
        settings.fit(
            &features,
            &train,
            &responses,
            Some(&file),
            &mut |_, _, _| {
                calls += 1;
                if calls > 1 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )
    };
    let mut stops = 0;
    let found = loop {
        match go_on(&settings) {
            Ok(found) => break found,
            Err(EncodeError::Interrupted) => stops += 1,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(stops, passes - 1);
    assert_eq!(found, whole);

    let other = Factorised::new(10);
    let refused = go_on(&other).unwrap_err();
    assert!(refused.to_string().contains("of another fit"), "{refused}");
    let mut bytes = std::fs::read(dir.path().join("fit")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(dir.path().join("fit"), &bytes).unwrap();
    let refused = go_on(&settings).unwrap_err();
    assert!(refused.to_string().contains("damaged"), "{refused}");
}
