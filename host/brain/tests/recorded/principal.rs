//! The image space of principal components, on the digits of MNIST.

use cortexscope_brain::generator::{COMPONENTS, Generator, Linear};
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_net::input::{ModelSpec, Pick};

use crate::outside;

fn digits(name: &str, pick: Pick) -> Stimuli {
    let spec = ModelSpec::assumed([1, 28, 28]).input;
    Stimuli::open(&outside(name), &spec, pick).unwrap()
}

/// 50 components of all 60,000 training digits leave a mean squared error of .0115 on the test
/// digits, and .0100 where levels are cut to what can be shown, by an independent implementation.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn fifty_components_give_test_digits_back() {
    let training = digits("mnist/train-images-idx3-ubyte.gz", Pick::All);
    let space = Linear::pca(&training, COMPONENTS).unwrap();
    let test = digits("mnist/t10k-images-idx3-ubyte.gz", Pick::First(2000));
    let (mut uncut, mut cut, mut outside) = (0.0, 0.0, 0);
    let count = (test.images.len() * 784) as f64;
    for image in &test.images {
        let code = space.encode(image).unwrap();
        let square = |made: Vec<f32>| -> f64 {
            let both = made.iter().zip(image);
            both.map(|(a, b)| f64::from(a - b).powi(2)).sum()
        };
        let made = space.decode(&code).unwrap();
        outside += made
            .iter()
            .filter(|level| !(0.0..=1.0).contains(*level))
            .count();
        cut += square(made) / count;
        uncut += square(space.uncut(&code).unwrap()) / count;
    }
    println!(
        "{} training digits, mean squared error {uncut:.5}, cut {cut:.5}",
        training.images.len()
    );
    assert_eq!(outside, 0, "levels below black or above white");
    assert!((uncut - 0.0115).abs() < 0.0003, "{uncut}");
    assert!((cut - 0.0100).abs() < 0.0003, "{cut}");
}
