//! A compiled model as files: what a board gets, what other programs check, and how
//! the model wants its input.

use crate::Compiled;
use crate::board_image::BoardImage;
use crate::model_files::IMAGE_EXTENSION;
use cortexscope_net::input::ModelSpec;
use cortexscope_net::output::{self, OutputError};
use std::path::{Path, PathBuf};

/// Where the files of a model were saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The int8 ONNX.
    pub int8_onnx: PathBuf,
    /// The board image.
    pub image: PathBuf,
    /// The description.
    pub spec: PathBuf,
}

impl Compiled {
    /// Saves `NAME.int8.onnx`, `NAME.ctx` and, where there is none yet, `NAME.toml`
    /// into `folder`, which is made.
    ///
    /// # Errors
    /// The folder or a file cannot be written.
    pub fn save(
        &self,
        image: &BoardImage,
        spec: &ModelSpec,
        folder: &Path,
    ) -> Result<Saved, OutputError> {
        output::make_folder(folder)?;
        let path = |extension: &str| folder.join(format!("{}.{extension}", self.network.name));
        let saved = Saved {
            int8_onnx: path("int8.onnx"),
            image: path(IMAGE_EXTENSION),
            spec: path("toml"),
        };
        output::write(&saved.int8_onnx, &self.int8_onnx)?;
        output::write(&saved.image, image.bytes())?;
        if !saved.spec.is_file() {
            output::write(&saved.spec, spec.to_string().as_bytes())?;
        }
        Ok(saved)
    }
}
