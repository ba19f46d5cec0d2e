//! The published compact models of session 190923, one for each neuron, through tract.

use cortexscope_brain::data::NumberArray;
use cortexscope_brain::neuron::{LayerNeuron, Neuron};
use cortexscope_brain::stimuli::levels;
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::input::{Channels, InputSpec, Picture};
use cortexscope_net::random::Random;
use cortexscope_statistics::{mean_and_deviation, pearson};
use image::{DynamicImage, GrayImage};

use crate::session::{IMAGES, NEURONS, responses};
use crate::{median, outside};

/// A compact model, and what it answers to the natural images.
pub struct Compact {
    model: LayerNeuron,
    spec: InputSpec,
    pub natural: Vec<f64>,
}

impl Compact {
    pub fn open(neuron: usize, known: &NumberArray) -> Self {
        let path = outside(&format!("brain/v4_190923_compact_onnx/n{neuron:02}.onnx"));
        let described = Overrides {
            channels: Some(Channels::Rgb),
            size: Some([112; 2]),
            range: Some([0.0, 255.0]),
            mean: Some(vec![116.222, 109.270, 100.381]),
            std: Some(vec![1.0; 3]),
            ..Overrides::default()
        };
        let model = FloatModel::open(&path, &described).unwrap();
        let images = known.shape[1];
        Self {
            spec: model.spec.input.clone(),
            model: LayerNeuron::new(&model, model.last()).unwrap(),
            natural: known.values[neuron * images..][..images].to_vec(),
        }
    }

    /// The response to an input `[3, 112, 112]` in the model's units.
    fn answer(&mut self, input: &[f32]) -> f64 {
        let shown = levels(&self.spec, input);
        self.model.rates(&[&shown]).unwrap()[0]
    }

    /// The response to a picture of any size.
    pub fn respond(&mut self, picture: &GrayImage) -> f64 {
        let picture = Picture::of(DynamicImage::ImageLuma8(picture.clone()));
        let input = self.spec.prepare(&picture).values;
        self.answer(&input)
    }
}

/// Responses `[33, 1200]` of all compact models to the natural images.
pub fn published() -> NumberArray {
    let path = outside("brain/v4_190923_compact_predictions.npy");
    NumberArray::open(&path).unwrap()
}

/// The greatest and the root mean square of differences.
fn greatest_and_mean(apart: &[f64]) -> [f64; 2] {
    let squares: f64 = apart.iter().map(|difference| difference.powi(2)).sum();
    let most = apart.iter().fold(0.0_f64, |most, one| most.max(one.abs()));
    [most, (squares / apart.len() as f64).sqrt()]
}

/// An input with its colours raised as rounding up raises them: in every seventh pixel red by 1 of
/// JPEG's scale, in every seventh blue, and green lowered by what these take from it.
fn raised(input: &[f32], random: &mut Random) -> Vec<f32> {
    let mut moved = input.to_vec();
    let pixels = input.len() / 3;
    for pixel in 0..pixels {
        let [red, blue] = [(); 2].map(|()| f32::from(u8::from(random.index(7) == 0)));
        moved[pixel] += 1.402 * red;
        moved[pixels + pixel] -= 0.714 * red + 0.344 * blue;
        moved[2 * pixels + pixel] += 1.772 * blue;
    }
    moved
}

/// The published responses are to the images as libjpeg decodes them. To its levels, tract answers
/// with the published responses to 2e-5 of each (33 models, 4 images; measured beside the tests,
/// which have no libjpeg). Colours are stored at half the size, and the decoder here rounds otherwise
/// than libjpeg when it enlarges them, as if always upwards: in every seventh pixel a colour is
/// greater by 1. So the responses differ, by less than a twentieth of a
/// neuron's standard deviation over the images, which is much of a response near 0, and as they do
/// when the colours are raised as much once more.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn compact_models_answer_as_published_up_to_the_rounding_of_colours() {
    let known = published();
    let mut random = Random::new(3);
    let (mut from_published, mut by_rounding) = (Vec::new(), Vec::new());
    for neuron in 0..NEURONS {
        let mut compact = Compact::open(neuron, &known);
        let [_, deviation] = mean_and_deviation(&compact.natural).unwrap();
        for image in (0..compact.natural.len()).step_by(300) {
            let input = IMAGES.input(image, &compact.spec).unwrap();
            let answered = compact.answer(&input);
            let other = compact.answer(&raised(&input, &mut random));
            from_published.push((answered - compact.natural[image]) / deviation);
            by_rounding.push((other - answered) / deviation);
        }
    }
    let [most, mean] = greatest_and_mean(&from_published);
    let [rounding_most, rounding] = greatest_and_mean(&by_rounding);
    let alike = pearson(&from_published, &by_rounding).unwrap();
    println!(
        "of the deviation, from published {mean:.4}, at most {most:.4}; by rounding {rounding:.4}, \
         at most {rounding_most:.4}; r of both {alike:.3}"
    );
    assert!(most < 0.05, "{most}");
    assert!(
        mean < 1.5 * rounding && alike > 0.7,
        "{mean} {rounding} {alike}"
    );
}

/// The images that the models were not fitted to: .636 by an independent implementation.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn published_responses_predict_the_second_half_of_the_session() {
    let (predicted, measured) = (published(), responses());
    assert_eq!(predicted.shape, measured.shape);
    let rows = |array: &NumberArray| -> Vec<Vec<f64>> {
        let rows = array.values.chunks_exact(array.shape[1]);
        rows.map(|row| row[600..].to_vec()).collect()
    };
    let both = rows(&predicted).into_iter().zip(rows(&measured));
    let r: Vec<f64> = both.map(|(a, b)| pearson(&a, &b).unwrap()).collect();
    println!("median r of {} compact models: {:.4}", r.len(), median(&r));
    assert!((median(&r) - 0.636).abs() < 0.002, "{}", median(&r));
}
