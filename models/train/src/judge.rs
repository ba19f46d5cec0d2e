//! What tract makes of an exported file, independent of how it was trained.

use std::{io::Cursor, sync::Arc};

use thiserror::Error;
use tract_onnx::prelude::*;

use crate::{
    batches::{self, Batch},
    mnist::{CLASSES, Digits, SIDE},
    session::{Score, count_correct},
};

/// Images run at once; has no effect on the results.
const BATCH: usize = 500;

/// An ONNX file in tract, ready to run.
pub struct Judge {
    model: Arc<TypedRunnableModel>,
}

/// Why tract cannot run a file on MNIST.
#[derive(Debug, Error)]
pub enum JudgeError {
    /// Not ONNX, or an operator or shape that tract refuses.
    #[error("tract cannot load the model")]
    Load(#[source] TractError),
    /// It loads, and does not run on `[N, 1, 28, 28]` floats.
    #[error("tract cannot run the model on [N, 1, 28, 28] images")]
    Run(#[source] TractError),
    /// It runs, and gives something else than ten logits an image.
    #[error("the model gives shape {found:?}, expected [{count}, 10]")]
    Output {
        /// Shape of what it gives.
        found: Vec<usize>,
        /// Images it was given.
        count: usize,
    },
}

impl Judge {
    /// Loads the bytes of an ONNX file.
    ///
    /// # Errors
    ///
    /// [`JudgeError::Load`].
    pub fn load(onnx: &[u8]) -> Result<Self, JudgeError> {
        let model = tract_onnx::onnx()
            .model_for_read(&mut Cursor::new(onnx))
            .and_then(|model| model.into_optimized())
            .and_then(|model| model.into_runnable())
            .map_err(JudgeError::Load)?;
        Ok(Self { model })
    }

    /// Logits, `[N, 10]` row-major, of a batch's images.
    ///
    /// # Errors
    ///
    /// A model that does not take such images or does not give ten values each.
    pub fn logits(&self, batch: &Batch) -> Result<Vec<f32>, JudgeError> {
        let count = batch.labels.len();
        let images =
            Tensor::from_shape(&[count, 1, SIDE, SIDE], &batch.images).map_err(JudgeError::Run)?;
        let outputs = self
            .model
            .run(tvec!(images.into()))
            .map_err(JudgeError::Run)?;
        let logits = &outputs[0];
        if logits.shape() != [count, CLASSES] {
            return Err(JudgeError::Output {
                found: logits.shape().to_vec(),
                count,
            });
        }
        let view = logits
            .to_plain_array_view::<f32>()
            .map_err(JudgeError::Run)?;
        Ok(view.iter().copied().collect())
    }

    /// Counts the digits that the file classifies rightly.
    ///
    /// # Errors
    ///
    /// Those of [`Judge::logits`].
    pub fn measure(&self, digits: &Digits) -> Result<Score, JudgeError> {
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
