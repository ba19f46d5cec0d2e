//! A compiled model as files: what a board gets, what other programs check, and how
//! the model wants its input.

use crate::Compiled;
use crate::board_image::{BoardImage, EmitError, emit_with};
use crate::model_files::IMAGE_EXTENSION;
use cortexscope_net::input::ModelSpec;
use cortexscope_net::output::{self, OutputError, StagedFolder};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

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
    /// The network as the bytes that a board runs, with the hash of the int8 ONNX.
    ///
    /// # Errors
    /// It does not fit a board image.
    pub fn image(&self) -> Result<BoardImage, EmitError> {
        let onnx_hash = Sha256::digest(&self.int8_onnx).into();
        emit_with(&self.network, onnx_hash, self.weights)
    }

    /// Saves `NAME.int8.onnx`, `NAME.ctx` and `NAME.toml` into the folder of `staged`: all of
    /// them or none. Whoever begins the folder before the work is told at once where it
    /// cannot be. A description that says the same already keeps its words.
    ///
    /// # Errors
    /// The folder or a file cannot be written, or the name is not one of files.
    pub fn save(
        &self,
        image: &BoardImage,
        spec: &ModelSpec,
        staged: StagedFolder,
    ) -> Result<Saved, OutputError> {
        let name = &self.network.name;
        output::check_name(name)?;
        let folder = staged.folder();
        let file = |extension: &str| format!("{name}.{extension}");
        let saved = Saved {
            int8_onnx: folder.join(file("int8.onnx")),
            image: folder.join(file(IMAGE_EXTENSION)),
            spec: folder.join(file("toml")),
        };
        let write = |extension: &str, bytes: &[u8]| {
            output::write(&staged.path().join(file(extension)), bytes)
        };
        write("int8.onnx", &self.int8_onnx)?;
        write(IMAGE_EXTENSION, image.bytes())?;
        let there = ModelSpec::open(&saved.spec.as_path().into()).ok();
        if there.as_ref() != Some(spec) {
            write("toml", spec.to_string().as_bytes())?;
        }
        staged.commit()?;
        Ok(saved)
    }
}
