//! The exported file against the network it was exported from.
//!
//! Burn and tract compute the same sums of products in different orders, so
//! their logits may differ by rounding and by nothing else. How much that can
//! be is computed, not guessed: a sum of `n` rounded products is off by at most
//! `n·u/(1 − n·u)` times the sum of the products' absolute values (Higham,
//! *Accuracy and Stability of Numerical Algorithms*, section 3.1), with
//! `u = 2⁻²⁴`. ReLU and maximum never enlarge a difference, so the network with
//! all weights replaced by their absolute values carries those sums to the end.

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Device, Tensor},
};
use cortexscope_net::input::MnistSet;
use thiserror::Error;

use crate::{
    architecture::Architecture,
    batches,
    exported::{Exported, ExportedError},
    mnist::CLASSES,
    network::{Network, image_tensor},
};

const BATCH: usize = 500;
/// Rounding error of one f32 operation, relative.
const UNIT_ROUNDOFF: f32 = f32::EPSILON / 2.0;

/// Why a file is not the network it should be.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// tract does not run it.
    #[error(transparent)]
    Exported(#[from] ExportedError),
    /// A logit differs by more than rounding can explain.
    #[error(
        "digit {digit}, class {class}: tract gives {tract}, burn {burn}, rounding explains {bound}"
    )]
    Differs {
        /// Position among the digits compared.
        digit: usize,
        /// Which logit.
        class: usize,
        /// From the exported file.
        tract: f32,
        /// From the network.
        burn: f32,
        /// The largest difference that rounding can make.
        bound: f32,
    },
}

/// The largest difference of any logit over `digits`.
///
/// # Errors
///
/// A file that tract does not run, or a difference beyond rounding.
pub fn compare(
    architecture: &Architecture,
    network: &Network,
    exported: &Exported,
    digits: &MnistSet,
) -> Result<f32, WitnessError> {
    let device = Device::flex();
    let magnitudes = network.clone().map(&mut Absolute);
    let roundings = architecture.summed_terms() as f32 * UNIT_ROUNDOFF;
    // Both engines may be off, in opposite directions.
    let factor = 2.0 * roundings / (1.0 - roundings);
    let mut largest = 0.0_f32;
    let mut first = 0;
    for batch in batches::plain(digits, BATCH) {
        let images = image_tensor(&batch, &device);
        let ours: Vec<f32> = network.forward(images.clone()).into_data().iter().collect();
        let bounds: Vec<f32> = magnitudes.forward(images).into_data().iter().collect();
        let theirs = exported.logits(&batch)?;
        for (i, ((&burn, &tract), &magnitude)) in ours.iter().zip(&theirs).zip(&bounds).enumerate()
        {
            let difference = (burn - tract).abs();
            let bound = factor * magnitude;
            if difference > bound || difference.is_nan() {
                return Err(WitnessError::Differs {
                    digit: first + i / CLASSES,
                    class: i % CLASSES,
                    tract,
                    burn,
                    bound,
                });
            }
            largest = largest.max(difference);
        }
        first += batch.labels.len();
    }
    Ok(largest)
}

struct Absolute;

impl ModuleMapper for Absolute {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(Tensor::abs)
    }
}
