//! Mouse V1 of Antolik et al. (2016): the repeats, without the training images.

use cortexscope_brain::autoencode::Significance;
use cortexscope_brain::data::{NumberArray, Responses};

use crate::outside;

/// The repeats of a region, `[neurons, images, repeats]`, from `[repeats, images, neurons]`.
fn region(number: usize) -> NumberArray {
    let file = outside("brain/antolik_v1_val.npz");
    let array = NumberArray::open(&format!("{file}:r{number}_repeats")).unwrap();
    let [repeats, images, neurons] = *array.shape else {
        panic!("{:?} is not [repeats, images, neurons]", array.shape)
    };
    let of = |neuron: usize, image: usize| {
        let place = move |repeat: usize| (repeat * images + image) * neurons + neuron;
        (0..repeats).map(place)
    };
    let places =
        (0..neurons).flat_map(|neuron| (0..images).flat_map(move |image| of(neuron, image)));
    NumberArray {
        values: places.map(|at| array.values[at]).collect(),
        shape: vec![neurons, images, repeats],
        ..array.clone()
    }
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / (count - 1.0)
}

/// The share of the variance of single trials that the images do not explain, the mean over the
/// neurons: .759, .818 and .791 by an independent implementation.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn most_of_a_trial_is_noise_in_each_region() {
    for (number, found) in [(1, 0.759), (2, 0.818), (3, 0.791)] {
        let array = region(number);
        let [neurons, images, repeats] = *array.shape else {
            panic!("three sizes")
        };
        let responses = Responses::new(array.clone(), None).unwrap();
        assert_eq!(responses.notes, Vec::<String>::new());
        let share = |neuron: usize| {
            let trials: Vec<Vec<f64>> = (0..images)
                .map(|image| responses.trials(neuron, image))
                .collect();
            let within = trials.iter().map(|own| variance(own)).sum::<f64>() / images as f64;
            within / variance(&trials.concat())
        };
        let mean = (0..neurons).map(share).sum::<f64>() / neurons as f64;
        println!("region {number}: noise has {mean:.4} of the variance");
        assert!((mean - found).abs() < 0.001, "region {number}: {mean}");
        // The responses that a fit is judged on are the means of the repeats.
        for (at, trials) in array.values.chunks_exact(repeats).enumerate() {
            let mean = trials.iter().sum::<f64>() / repeats as f64;
            let own = responses.mean(at / images, at % images).unwrap();
            assert!(
                (own - mean).abs() <= 1e-12 * mean.abs().max(1.0),
                "{at}: {own}"
            );
        }
    }
}

/// Half of the repeats predict the other half of most neurons; of images in another order they
/// predict about a twentieth, and not more than ten of 102 in 95 % of the orders.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn shuffled_responses_of_a_region_look_predicted_by_chance_alone() {
    let array = region(3);
    let [neurons, images, repeats] = *array.shape else {
        panic!("three sizes")
    };
    let half = |which: usize| -> Vec<Vec<f64>> {
        let of = |neuron: usize, image: usize| {
            let trials = &array.values[(neuron * images + image) * repeats..][..repeats];
            let half = &trials[which * repeats / 2..][..repeats / 2];
            half.iter().sum::<f64>()
        };
        let neuron = |neuron| (0..images).map(|image| of(neuron, image)).collect();
        (0..neurons).map(neuron).collect()
    };
    let found = Significance::test(&half(0), &half(1), 0.05, 2000, 1).unwrap();
    let [mean, most] = found.by_chance;
    println!(
        "{} of {neurons} by the other half; shuffled {mean:.2}, at most {most} in 95 %; |r| {:.4}",
        found.uncorrected, found.critical_r
    );
    assert!((found.critical_r - 0.2787).abs() < 1e-4);
    assert!(found.uncorrected >= 70, "{}", found.uncorrected);
    assert!((mean - 5.1).abs() < 0.5 && most <= 10.0, "{mean} {most}");
}
