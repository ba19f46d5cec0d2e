//! Whether a file is the network that was trained: tract runs the one, burn the other.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor, TensorData};
use cortexscope_brain::autoencode::{AutoEncodeError, AutoEncoder, LayerNames};
use cortexscope_explain::float_model::{FloatModel, FloatModelError, Forward, Overrides};
use cortexscope_net::resources::ResourcePath;
use thiserror::Error;

use super::data;
use super::decoder::Trained;
use super::network::Network;
use super::table::{SIDE, Table};

/// What tract and burn may differ by, relative to 1 or the value: both compute the same sums in
/// another order. A wrong layout or sign differs by a lot more than a thousand roundings of a
/// single-precision number.
const MOST_DIFFERENCE: f32 = 1000.0 * f32::EPSILON;

/// Why a file is not the network.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// tract cannot run the file.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// It is no auto-encoder.
    #[error(transparent)]
    AutoEncoder(#[from] AutoEncodeError),
    /// They compute something else.
    #[error("tract and burn differ by {largest}, more than {MOST_DIFFERENCE}")]
    Differs {
        /// The largest difference, relative to 1 or the value.
        largest: f32,
    },
}

/// The largest difference, relative to 1 or the value, of tract on the file `onnx` and burn on
/// the network, over images `[28, 28]`.
///
/// # Errors
/// The file cannot be run, or differs by more than roundings.
pub fn compare(
    network: &Network,
    table: &Table,
    images: &[Vec<f32>],
    onnx: &[u8],
) -> Result<f32, WitnessError> {
    let overrides = Overrides {
        size: Some([SIDE, SIDE]),
        ..Overrides::default()
    };
    let exported = AutoEncoder::new(load(onnx, &overrides)?, &LayerNames::default())?;
    let mut largest = 0.0_f32;
    let device = Device::flex();
    for image in images {
        let [made, rates] = exported.run(image)?;
        let input = TensorData::new(image.clone(), [1, 1, SIDE, SIDE]);
        let answer = network.forward(table, Tensor::from_data(input, &device));
        if let Some(burn) = answer.reconstruction {
            // burn's are blocks, as the file's layer is; the judge joins them to an image.
            largest = largest.max(difference(&data::blocks(&made), &values(burn)));
        }
        if let Some(burn) = answer.rates {
            largest = largest.max(difference(&rates, &values(burn)));
        }
    }
    checked(largest)
}

/// The same for a decoder, over its examples.
///
/// # Errors
/// As [`compare`].
pub fn compare_decoder(trained: &Trained) -> Result<f32, WitnessError> {
    let model = load(&trained.onnx, &Overrides::default())?;
    let forward = Forward::new(&model, &[model.output()])?;
    let mut largest = 0.0_f32;
    for (code, burn) in &trained.examples {
        let tract = forward.run(code)?.concat();
        largest = largest.max(difference(&tract, burn));
    }
    checked(largest)
}

fn load(onnx: &[u8], overrides: &Overrides) -> Result<FloatModel, FloatModelError> {
    let path = ResourcePath::Disk(PathBuf::from("trained.onnx"));
    FloatModel::from_bytes(onnx, path, overrides)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() {
        return f32::INFINITY;
    }
    let both = a.iter().zip(b);
    both.map(|(a, b)| (a - b).abs() / b.abs().max(1.0))
        .fold(0.0, f32::max)
}

fn checked(largest: f32) -> Result<f32, WitnessError> {
    if largest <= MOST_DIFFERENCE {
        Ok(largest)
    } else {
        Err(WitnessError::Differs { largest })
    }
}
