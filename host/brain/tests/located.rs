//! Where the neurons of a network look that was trained elsewhere, on neurons that are known.
//!
//! `benches/located.py` made `located`: CNN-FR's architecture, trained by PyTorch 2.15 on 1,440
//! textures and the Poisson counts of ten planted simple and complex cells, their middles, and
//! textures that it has not seen. Nothing of others is in it.

use cortexscope_brain::autoencode::{AutoEncoder, LayerNames};
use cortexscope_brain::data::Images;
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::input::Channels;

/// At least nine of ten neurons are found within a pixel, by what they depend on. Their masks
/// alone do not say it: filters look to the side of the cell where they stand.
#[test]
fn neurons_trained_on_textures_are_found_within_a_pixel() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/located");
    let text = std::fs::read_to_string(format!("{folder}/centres.txt")).unwrap();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let grey = Overrides {
        channels: Some(Channels::Grey),
        size: Some([28; 2]),
        range: Some([0.0, 1.0]),
        ..Overrides::default()
    };
    let model = FloatModel::open(&format!("{folder}/cnn-fr.onnx"), &grey).unwrap();
    let network = AutoEncoder::new(model, &LayerNames::default()).unwrap();
    let images = Images::open(&format!("{folder}/images.npy")).unwrap();
    let input = |index| images.input(index, &network.model.spec.input).unwrap();
    let images: Vec<Vec<f32>> = (0..images.stimuli.len()).map(input).collect();
    let within = |found: &[f64; 2], centre: &[f64; 2]| {
        (found[0] - centre[0]).hypot(found[1] - centre[1]) <= 1.0
    };
    let centres = numbers.as_chunks().0;
    let fields = network.fields(&images).unwrap();
    assert_eq!((fields.len(), centres.len()), (10, 10));
    let fields = fields.iter().zip(centres);
    let near = fields.filter(|(found, centre)| within(&found.unwrap(), centre));
    let near = near.count();
    assert!(near >= 9, "{near} of 10");
    let masks = network.locations().unwrap();
    let masks = masks.iter().zip(centres);
    let near = masks
        .filter(|(found, centre)| within(found, centre))
        .count();
    assert!(
        near < 9,
        "{near} masks of 10: docs/brain.md says why there should be few"
    );
}
