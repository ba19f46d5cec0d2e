//! A compiled model on disk: the board image, the int8 ONNX that says the same,
//! and how it wants its input.
//!
//! `NAME.ctx`, `NAME.int8.onnx` and `NAME.toml` lie side by side, as `compile`
//! writes them. Shipped models are named, others are given as a path.

use crate::board_image::BoardImage;
use cortexscope_core::image::ImageError;
use cortexscope_net::input::{ModelSpec, SpecError};
use cortexscope_net::resources::{hex, shipped, shipped_folder};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Ending of a board image.
pub const IMAGE_EXTENSION: &str = "ctx";

/// A compiled model.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// The name in the image.
    pub name: String,
    /// Where the image lies.
    pub image_path: PathBuf,
    /// The image, checked.
    pub image: BoardImage,
    /// The int8 ONNX, checked to be the one that the image was made from.
    pub int8_onnx: Vec<u8>,
    /// How it wants its input.
    pub spec: ModelSpec,
    /// What was assumed because nothing is said, for the user to read.
    pub assumed: Option<String>,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelFilesError {
    /// It is neither shipped nor a file.
    #[error("there is no model {name}: name one of {} or the path of a board image (.{IMAGE_EXTENSION})", shipped.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        shipped: Vec<String>,
    },
    /// A file of it cannot be read.
    #[error("cannot read {}: `cortexscope compile` writes it", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The image is not one.
    #[error("{}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ImageError,
    },
    /// The int8 ONNX says something else than the image.
    #[error("{} is not the network that {} was made from: compile the model again", onnx.display(), image.display())]
    Mismatch {
        /// The int8 ONNX.
        onnx: PathBuf,
        /// The image.
        image: PathBuf,
    },
    /// The description cannot be used.
    #[error("{}", path.display())]
    Spec {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<SpecError>,
    },
}

fn shipped_image(name: &str) -> PathBuf {
    shipped_folder()
        .join(name)
        .join(name)
        .with_extension(IMAGE_EXTENSION)
}

impl ModelFiles {
    /// The shipped model of this name, or the one at this path.
    ///
    /// # Errors
    /// [`ModelFilesError`]: which file, what is wrong, what to do.
    pub fn open(name_or_path: &str) -> Result<Self, ModelFilesError> {
        let path = Path::new(name_or_path);
        let is_path = path.extension().is_some() || path.components().count() > 1;
        let image_path = if is_path {
            path.to_owned()
        } else {
            shipped_image(name_or_path)
        };
        if !image_path.is_file() {
            let (name, shipped) = (name_or_path.to_owned(), shipped());
            return Err(ModelFilesError::Unknown { name, shipped });
        }
        Self::load(image_path)
    }

    fn load(image_path: PathBuf) -> Result<Self, ModelFilesError> {
        let image = BoardImage::from_bytes(&read(&image_path)?).map_err(|source| {
            ModelFilesError::Image {
                path: image_path.clone(),
                source,
            }
        })?;
        let model = image.model();
        let onnx_path = image_path.with_extension("int8.onnx");
        let int8_onnx = read(&onnx_path)?;
        if Sha256::digest(&int8_onnx).as_slice() != model.onnx_hash() {
            return Err(ModelFilesError::Mismatch {
                onnx: onnx_path,
                image: image_path,
            });
        }
        let shape = model.input().shape;
        let shape = [shape.channels, shape.height, shape.width];
        let spec_path = image_path.with_extension("toml");
        let (spec, assumed) = if spec_path.is_file() {
            let spec = ModelSpec::open(&spec_path)
                .and_then(|spec| spec.input.matches(shape).map(|()| spec));
            let spec = spec.map_err(|source| ModelFilesError::Spec {
                path: spec_path.clone(),
                source: Box::new(source),
            })?;
            (spec, None)
        } else {
            let spec = ModelSpec::assumed(shape);
            let said = format!("no {}: assumed {}", spec_path.display(), spec.input);
            (spec, Some(said))
        };
        let name = model.name().to_owned();
        Ok(Self {
            name,
            image_path,
            image,
            int8_onnx,
            spec,
            assumed,
        })
    }

    /// The label of class `index`, or its number.
    pub fn label(&self, index: usize) -> String {
        self.image
            .model()
            .label(index)
            .map_or_else(|| index.to_string(), str::to_owned)
    }

    /// The image's hash in hexadecimal.
    pub fn hash_hex(&self) -> String {
        hex(self.image.model().hash())
    }

    /// `values`, `[C, H, W]` in the float model's units, as the int8 input:
    /// `round_ties_even(x · (1 / scale)) + zero`, clamped.
    pub fn quantise(&self, values: &[f32]) -> Vec<i8> {
        let input = self.image.model().input();
        let reciprocal = 1.0 / input.scale;
        let quantise = |x: &f32| {
            let step = (x * reciprocal).round_ties_even() + f32::from(input.zero);
            step.clamp(-128.0, 127.0) as i8
        };
        values.iter().map(quantise).collect()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelFilesError> {
    std::fs::read(path).map_err(|source| ModelFilesError::Read {
        path: path.to_owned(),
        source,
    })
}
