//! Recordings as `.npy` files, one per layer.

use crate::results::{ResultFolder, SaveError};
use cortexscope_core::Model;
use cortexscope_net::output;
use cortexscope_rig::Recording;
use std::path::Path;

/// Saves the int8 input, every tapped layer, the accumulators and the logits in the folder
/// `below` of `results`, or in `results` itself where that is empty: `NAME.npy`,
/// `[1, C, H, W]`, int8; the last layer's i32 sums as `NAME.accumulators.npy` and its f32
/// logits as `NAME.npy`.
///
/// # Errors
/// The file, and what the system says.
pub fn write(
    results: &ResultFolder,
    below: &str,
    model: &Model<'_>,
    input: &[i8],
    recording: &Recording,
) -> Result<(), SaveError> {
    let shape = |tensor: usize| {
        let shape = model.tensor(tensor).map(|tensor| tensor.shape);
        shape.map_or([1; 4], |shape| {
            [1, shape.channels, shape.height, shape.width].map(usize::from)
        })
    };
    let folder = (results, below);
    array(folder, model.input().name, shape(0), input)?;
    for activation in recording
        .activations
        .iter()
        .filter(|activation| activation.tensor > 0)
    {
        array(
            folder,
            &activation.name,
            shape(activation.tensor),
            &activation.values,
        )?;
    }
    let logits = model.logits();
    let last = shape(model.tensor_count() - 1);
    if let Some(sums) = &recording.accumulators {
        array(folder, &format!("{}.accumulators", logits.name), last, sums)?;
    }
    array(folder, logits.name, last, &recording.logits)
}

/// One array; path separators in layer names become underscores.
fn array<T: output::ArrayValue>(
    (results, below): (&ResultFolder, &str),
    name: &str,
    shape: [usize; 4],
    values: &[T],
) -> Result<(), SaveError> {
    let file = Path::new(below).join(format!("{}.npy", file_name(name)));
    results.array(&file.display().to_string(), &shape, values)?;
    Ok(())
}

/// A layer's name as the name of a file: what separates folders becomes an
/// underscore.
pub fn file_name(layer: &str) -> String {
    layer.replace(['/', '\\', ':'], "_")
}
