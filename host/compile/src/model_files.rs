//! A compiled model on disk: the board image, the int8 ONNX that says the same,
//! and how it wants its input.
//!
//! `NAME.ctx`, `NAME.int8.onnx` and `NAME.toml` lie side by side, as `compile`
//! writes them. Shipped models are named, others are given as a path.

use crate::board_image::BoardImage;
use crate::emit_onnx::key;
use cortexscope_core::image::ImageError;
use cortexscope_net::input::{InputError, Int8Input, ModelSpec, SpecError};
use cortexscope_net::resources::{ResourcePath, shipped};
use cortexscope_net::{Affine, RequestError, hex, labels};
use image::GrayImage;
use prost::Message;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use tract_onnx::pb::ModelProto;

/// Ending of a board image.
pub const IMAGE_EXTENSION: &str = "ctx";

/// A compiled model.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// The name in the image.
    pub name: String,
    /// Where the image lies.
    pub image_path: ResourcePath,
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
    #[error("cannot read {path}: if it is missing, `cortexscope compile` makes it")]
    Read {
        /// The file.
        path: ResourcePath,
        /// What the system says.
        source: std::io::Error,
    },
    /// The image is not one.
    #[error("{path}")]
    Image {
        /// The file.
        path: ResourcePath,
        /// What is wrong with it.
        source: ImageError,
    },
    /// The int8 ONNX says something else than the image.
    #[error("{onnx} is not the network that {image} was made from: compile the model again")]
    Mismatch {
        /// The int8 ONNX.
        onnx: ResourcePath,
        /// The image.
        image: ResourcePath,
    },
    /// The description cannot be used.
    #[error("{path}")]
    Spec {
        /// The file.
        path: ResourcePath,
        /// What is wrong with it.
        source: Box<SpecError>,
    },
}

impl RequestError for ModelFilesError {
    fn is_request(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// How the input of the compiled model is quantised that lies beside a float
/// model's file, or nothing where none does.
///
/// # Errors
/// There is an image, and it cannot be used.
pub fn input_steps_beside(float: &ResourcePath) -> Result<Option<Affine>, ModelFilesError> {
    let path = float.with_extension(IMAGE_EXTENSION);
    if !path.is_file() {
        return Ok(None);
    }
    Ok(Some(input_steps(&image(&path)?)))
}

fn input_steps(image: &BoardImage) -> Affine {
    let input = image.model().input();
    Affine {
        scale: input.scale,
        zero: input.zero,
    }
}

impl ModelFiles {
    /// The shipped model of this name, or the one at this path.
    ///
    /// # Errors
    /// [`ModelFilesError`]: which file, what is wrong, what to do.
    pub fn open(name_or_path: &str) -> Result<Self, ModelFilesError> {
        let image_path = ResourcePath::of_model(name_or_path, IMAGE_EXTENSION);
        if !image_path.is_file() {
            let (name, shipped) = (name_or_path.to_owned(), shipped());
            return Err(ModelFilesError::Unknown { name, shipped });
        }
        Self::load(image_path)
    }

    /// The compiled model that lies beside a float model's file.
    ///
    /// # Errors
    /// [`ModelFilesError`]; [`ModelFilesError::Read`] where there is none.
    pub fn beside(float: &ResourcePath) -> Result<Self, ModelFilesError> {
        Self::load(float.with_extension(IMAGE_EXTENSION))
    }

    fn load(image_path: ResourcePath) -> Result<Self, ModelFilesError> {
        let image = image(&image_path)?;
        let model = image.model();
        let onnx_path = image_path.with_extension("int8.onnx");
        let int8_onnx = read(&onnx_path)?.into_owned();
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
            let said = format!("no {}: assumed {}", spec_path, spec.input);
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

    /// The label of class `index`: the image's, the description's or ImageNet's; or its
    /// number.
    pub fn label(&self, index: usize) -> String {
        let model = self.image.model();
        if let Some(label) = model.label(index) {
            return label.to_owned();
        }
        let described = self.spec.output.labels.get(index).cloned();
        let known = || {
            let (labels, _) = labels::well_known(model.logits().shape.elements())?;
            labels.into_iter().nth(index)
        };
        described
            .or_else(known)
            .unwrap_or_else(|| index.to_string())
    }

    /// The image's hash in hexadecimal.
    pub fn hash_hex(&self) -> String {
        hex(self.image.model().hash())
    }

    /// SHA-256 of the float ONNX file that it was compiled from, in hexadecimal; `None` where
    /// the int8 ONNX does not say it.
    pub fn source_sha256(&self) -> Option<String> {
        let model = ModelProto::decode(self.int8_onnx.as_slice()).ok()?;
        let mut entries = model.metadata_props.into_iter();
        let entry = entries.find(|entry| entry.key == key::SOURCE_SHA256);
        entry.map(|entry| entry.value)
    }

    /// How the input is quantised.
    pub fn input_steps(&self) -> Affine {
        input_steps(&self.image)
    }

    /// A grey level, from 0 (black) to 255 (white), in the steps of the input.
    pub fn grey(&self, level: u8) -> i8 {
        self.input_steps().quantise(self.spec.input.value(0, level))
    }

    /// `values`, `[C, H, W]` in the float model's units, as the int8 input.
    pub fn quantise(&self, values: &[f32]) -> Vec<i8> {
        let steps = self.input_steps();
        values.iter().map(|&value| steps.quantise(value)).collect()
    }

    /// The input that `argument` names, as this model wants it: `mnist:18`, a `.npy`
    /// array or a picture.
    ///
    /// # Errors
    /// [`InputError`].
    pub fn input(&self, argument: &str) -> Result<Int8Input, InputError> {
        Int8Input::open(argument, &self.spec.input, self.input_steps())
    }

    /// A picture of the board's camera, as this model wants it.
    pub fn captured(&self, picture: GrayImage) -> Int8Input {
        Int8Input::captured(picture, &self.spec.input, self.input_steps())
    }
}

fn image(path: &ResourcePath) -> Result<BoardImage, ModelFilesError> {
    let bytes = read(path)?;
    BoardImage::from_bytes(&bytes).map_err(|source| ModelFilesError::Image {
        path: path.clone(),
        source,
    })
}

fn read(path: &ResourcePath) -> Result<Cow<'static, [u8]>, ModelFilesError> {
    path.read().map_err(|source| ModelFilesError::Read {
        path: path.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_a_shipped_models_input_lie_beside_its_float_network() {
        let model = ModelFiles::open("lecture-lenet").unwrap();
        let float = model.image_path.with_extension("onnx");
        let steps = input_steps_beside(&float).unwrap();
        assert_eq!(steps, Some(model.input_steps()));
        let source = hex(&Sha256::digest(float.read().unwrap()));
        assert_eq!(model.source_sha256(), Some(source));
        let elsewhere = ResourcePath::Disk("no/such/model.onnx".into());
        assert_eq!(input_steps_beside(&elsewhere).unwrap(), None);
    }

    #[test]
    fn an_input_is_opened_by_name() {
        let model = ModelFiles::open("lecture-lenet").unwrap();
        let input = model.input("mnist:18").unwrap();
        assert_eq!(input.values.len(), 28 * 28);
        assert_eq!(input.label, Some(3));
    }
}
