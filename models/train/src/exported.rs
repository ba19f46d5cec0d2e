//! What an exported file computes, as the rest of the project reads it: imported
//! by the compiler and run by tract, independent of how it was trained.

use cortexscope_compile::{CompileError, float_run::FloatRun, import};
use cortexscope_net::input::MnistSet;
use cortexscope_net::onnx::file::decode;
use cortexscope_net::reader::{self, Hint, ReadError};
use thiserror::Error;

use crate::{
    batches::{self, Batch},
    mnist::{CLASSES, PIXELS, SIDE},
    session::{Score, count_correct},
};

/// Images counted at once; has no effect on the results.
const BATCH: usize = 500;

/// An exported ONNX file, ready to run.
pub struct Exported {
    run: FloatRun,
}

/// Why a file cannot be run on MNIST.
#[derive(Debug, Error)]
pub enum ExportedError {
    /// The compiler does not import it, or tract does not run it.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It takes other images than MNIST's.
    #[error("the model takes images of shape {found:?}, expected [1, 28, 28]")]
    Input {
        /// `[C, H, W]` of what it takes.
        found: [usize; 3],
    },
    /// It runs, and gives something else than ten logits.
    #[error("the model gives {found} values for an image, expected 10 logits")]
    Output {
        /// Values of its output.
        found: usize,
    },
}

impl Exported {
    /// Loads the bytes of an ONNX file.
    ///
    /// # Errors
    ///
    /// An operator that the compiler does not support, or another input.
    pub fn load(onnx: &[u8]) -> Result<Self, ExportedError> {
        let hint = Hint {
            shape: Some([1, SIDE, SIDE]),
            ..Hint::default()
        };
        let model = decode(onnx).map_err(ReadError::from)?;
        let graph = reader::read(model, &hint)?;
        let net = import(&graph)?;
        if net.input_shape != [1, SIDE, SIDE] {
            let found = net.input_shape;
            return Err(ExportedError::Input { found });
        }
        let run = FloatRun::logits(&net)?;
        Ok(Self { run })
    }

    /// Logits, `[N, 10]` row-major, of a batch's images.
    ///
    /// # Errors
    ///
    /// A model that does not run, or does not give ten values for an image.
    pub fn logits(&self, batch: &Batch) -> Result<Vec<f32>, ExportedError> {
        let mut logits = Vec::with_capacity(batch.labels.len() * CLASSES);
        for image in batch.images.chunks_exact(PIXELS) {
            let row = self.run.run(image)?.concat();
            if row.len() != CLASSES {
                let found = row.len();
                return Err(ExportedError::Output { found });
            }
            logits.extend(row);
        }
        Ok(logits)
    }

    /// Counts the digits that the file classifies rightly.
    ///
    /// # Errors
    ///
    /// Those of [`Exported::logits`].
    pub fn measure(&self, digits: &MnistSet) -> Result<Score, ExportedError> {
        let mut correct = 0;
        for batch in batches::plain(digits, BATCH) {
            correct += count_correct(&self.logits(&batch)?, &batch.labels);
        }
        Ok(Score {
            correct,
            total: digits.len(),
        })
    }
}
