//! Recordings as `.npy` files, one per layer.

use cortexscope_core::Model;
use cortexscope_net::npy::{self, Element};
use cortexscope_rig::Recording;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct DumpError {
    path: PathBuf,
    source: io::Error,
}

/// Writes the int8 input, every tapped layer, the accumulators and the logits
/// into `folder`: `NAME.npy`, `[1, C, H, W]`, int8; the last layer's i32 sums as
/// `NAME.accumulators.npy` and its f32 logits as `NAME.npy`.
///
/// # Errors
/// [`DumpError`]: the file, and what the system says.
pub fn write(
    folder: &Path,
    model: &Model<'_>,
    input: &[i8],
    recording: &Recording,
) -> Result<(), DumpError> {
    std::fs::create_dir_all(folder).map_err(|source| DumpError {
        path: folder.to_owned(),
        source,
    })?;
    let shape = |tensor: usize| {
        let shape = model.tensor(tensor).map(|tensor| tensor.shape);
        shape.map_or([1; 4], |shape| {
            [1, shape.channels, shape.height, shape.width].map(|n| n as u64)
        })
    };
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
fn array<T: Element>(
    folder: &Path,
    name: &str,
    shape: [u64; 4],
    values: &[T],
) -> Result<(), DumpError> {
    let path = folder.join(format!("{}.npy", file_name(name)));
    npy(&path, &shape, values)
}

/// A layer's name as the name of a file: what separates folders becomes an
/// underscore.
pub fn file_name(layer: &str) -> String {
    layer.replace(['/', '\\', ':'], "_")
}

/// Writes one array, in C order.
///
/// # Errors
/// [`DumpError`]: the file, and what the system says.
pub fn npy<T: Element>(path: &Path, shape: &[u64], values: &[T]) -> Result<(), DumpError> {
    let emit = || npy::emit(BufWriter::new(File::create(path)?), shape, values);
    emit().map_err(|source| DumpError {
        path: path.to_owned(),
        source,
    })
}
