//! The published compact models of V4 neurons answer here as they did elsewhere.

use std::path::Path;

use cortexscope_brain::data::{Images, NumberArray, Responses};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_explain::target::{ClassValue, Target};
use cortexscope_net::input::Channels;
use cortexscope_statistics::{median, pearson};

const NEURONS: usize = 33;
const IMAGES: usize = 1200;
/// Images of the half that no model was fitted to.
const TEST: std::ops::Range<usize> = 600..IMAGES;
/// Of so many images one is run.
const EVERY: usize = 100;

/// All 33 models, each with one of 100 images, beside the outputs of another program, to 1e-3 of
/// them; and these outputs beside the neurons: a median r of .636 in the half of the session
/// that the models had not seen.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn published_models_of_v4_answer_as_elsewhere() {
    let data = std::env::var_os("CORTEXSCOPE_TEST_DATA").expect("CORTEXSCOPE_TEST_DATA is set");
    let at = |name: &str| Path::new(&data).join(name).to_str().unwrap().to_owned();
    let images = Images::open(&at("v4/images_190923.zip")).unwrap();
    let rates = Responses::open(&at("v4/responses_190923.npy"), None).unwrap();
    let answers = NumberArray::open(&at("brain/v4_190923_compact_predictions.npy")).unwrap();
    assert_eq!(answers.shape, [NEURONS, IMAGES]);
    assert_eq!(images.stimuli.len(), IMAGES);
    let input = Overrides {
        channels: Some(Channels::Rgb),
        size: Some([112, 112]),
        range: Some([0.0, 255.0]),
        mean: Some(vec![116.222, 109.270, 100.381]),
        std: Some(vec![1.0; 3]),
        ..Overrides::default()
    };
    let test: Vec<usize> = TEST.collect();
    let mut found = Vec::new();
    for (neuron, answers) in answers.values.chunks_exact(IMAGES).enumerate() {
        let path = at(&format!("brain/v4_190923_compact_onnx/n{neuron:02}.onnx"));
        let model = FloatModel::open(&path, &input).unwrap();
        let target: Target = "class:0".parse().unwrap();
        let aim = target.aim(&model, ClassValue::Logit).unwrap();
        for index in (0..IMAGES).step_by(EVERY) {
            let input = images.input(index, &model.spec.input).unwrap();
            let own = aim.value(&model.activations(&[aim.layer], &input).unwrap()[0]);
            let error = (own - answers[index]).abs();
            assert!(
                error <= 1e-3 * answers[index].abs(),
                "neuron {neuron}, image {index}: {own}, elsewhere {}",
                answers[index]
            );
        }
        let r = pearson(&answers[TEST], &rates.means(neuron, &test));
        found.push(r.unwrap_or(0.0));
    }
    let r = median(&found).unwrap();
    assert!((r - 0.636).abs() < 0.002, "{r}");
}
