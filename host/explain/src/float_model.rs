//! A user's float network, whole, run by tract: what activations, filters,
//! attributions and ascents are made from.
//!
//! A [`FloatModel`] has one input `[1, C, H, W]`, knows every layer that
//! depends on it by name, and says how it wants its input and what its classes
//! are called. [`Forward`] runs it up to some layers.

mod description;
mod error;
mod forward;
mod graph;
mod layer;
mod weights;

pub use description::{Description, Overrides};
pub use error::FloatModelError;
pub use forward::Forward;
pub use layer::{Layer, LayerId};
pub use weights::ConvWeights;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use tract_onnx::prelude::TypedModel;

use cortexscope_net::hex;
use cortexscope_net::input::ModelSpec;
use cortexscope_net::labels::{self, LabelsError};
use cortexscope_net::resources::{ResourcePath, shipped};
use graph::Graph;

/// Bytes that a model's file may have: what a protocol buffer can.
const MAX_FILE_BYTES: u64 = 1 << 31;

/// A float network and what is known of it.
#[derive(Clone, Debug)]
pub struct FloatModel {
    /// Its name: the description's, or the file's without its ending.
    pub name: String,
    /// The ONNX file.
    pub path: ResourcePath,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// How it wants its input, and its labels.
    pub spec: ModelSpec,
    /// Where the description came from, for the user to read.
    pub notes: Vec<String>,
    graph: Graph,
}

impl FloatModel {
    /// The shipped network of this name, or the ONNX file at this path.
    ///
    /// # Errors
    /// [`FloatModelError`]: which file, what is wrong with it, what to do.
    pub fn open(name_or_path: &str, overrides: &Overrides) -> Result<Self, FloatModelError> {
        let path = ResourcePath::of_model(name_or_path, "onnx");
        if !path.is_file() {
            let (name, shipped) = (name_or_path.to_owned(), shipped());
            return Err(FloatModelError::Unknown { name, shipped });
        }
        Self::load(path, overrides)
    }

    /// The network in this ONNX file.
    ///
    /// # Errors
    /// As [`FloatModel::open`].
    pub fn load(path: ResourcePath, overrides: &Overrides) -> Result<Self, FloatModelError> {
        let read_error = |source| FloatModelError::Read {
            path: path.clone(),
            source,
        };
        let bytes = path.byte_count().map_err(read_error)?;
        if bytes > MAX_FILE_BYTES {
            return Err(FloatModelError::FileTooLarge { path, bytes });
        }
        let onnx = path.read().map_err(read_error)?;
        Self::from_bytes(&onnx, path, overrides)
    }

    /// The network in the bytes of an ONNX file that lies at `path`.
    ///
    /// # Errors
    /// As [`FloatModel::open`].
    pub fn from_bytes(
        onnx: &[u8],
        path: ResourcePath,
        overrides: &Overrides,
    ) -> Result<Self, FloatModelError> {
        let file = graph::File::parse(onnx)?;
        let Description { spec, notes } = overrides.describe(&path, file.input_dims())?;
        let graph = file.load(spec.input.shape())?;
        let from_file = || path.stem().unwrap_or_else(|| "model".to_owned());
        let mut model = Self {
            name: spec.name.clone().unwrap_or_else(from_file),
            path,
            sha256: Sha256::digest(onnx).into(),
            spec,
            notes,
            graph,
        };
        model.name_classes()?;
        Ok(model)
    }

    /// Checks that every class has a label, or takes the names that are well known.
    fn name_classes(&mut self) -> Result<(), LabelsError> {
        // A network that ends in maps has no classes.
        let Ok(logits) = self.logits() else {
            return Ok(());
        };
        let classes = self.layer(logits).elements();
        let labels = &mut self.spec.output.labels;
        if labels.is_empty()
            && let Some((known, whose)) = labels::well_known(classes)
        {
            *labels = known;
            self.notes.push(format!(
                "classes are named by {whose}; --labels names them otherwise"
            ));
        }
        labels::check(&self.spec.output.labels, classes)
    }

    /// SHA-256 of the file in hexadecimal.
    pub fn sha256_hex(&self) -> String {
        hex(&self.sha256)
    }

    /// The layers in the order of the file, without the input.
    pub fn layers(&self) -> &[Layer] {
        &self.graph.layers
    }

    /// A layer.
    pub fn layer(&self, id: LayerId) -> &Layer {
        &self.graph.layers[id.0]
    }

    /// The layer that is called `name`, by its node or by the tensor that it
    /// writes.
    ///
    /// # Errors
    /// There is none; the error lists those that there are.
    pub fn find(&self, name: &str) -> Result<LayerId, FloatModelError> {
        layer::find(&self.graph.layers, name)
    }

    /// The last layer's logits: what comes before a closing softmax.
    ///
    /// # Errors
    /// The network ends in maps, not in one value for each class.
    pub fn logits(&self) -> Result<LayerId, FloatModelError> {
        layer::logits(&self.graph.layers, self.graph.output)
    }

    /// The layer whose maps Grad-CAM reads where none is named: what the last
    /// convolution with more than one position writes, after its rectifier
    /// where one follows (the "final convolutional layer" of Selvaraju et al.
    /// 2017).
    ///
    /// # Errors
    /// There is no such layer.
    pub fn last_maps(&self) -> Result<LayerId, FloatModelError> {
        layer::last_maps(&self.graph.layers)
    }

    /// The layers that `id` depends on, itself not counted.
    pub fn ancestors(&self, id: LayerId) -> BTreeSet<LayerId> {
        layer::ancestors(&self.graph.layers, id)
    }

    /// The layer that rectifies what `id` writes and nothing else reads, or
    /// `id` itself.
    pub fn rectified(&self, id: LayerId) -> LayerId {
        layer::rectified(&self.graph.layers, id)
    }

    /// The name of class `index`, or its number.
    pub fn label(&self, index: usize) -> String {
        let label = self.spec.output.labels.get(index);
        label.cloned().unwrap_or_else(|| index.to_string())
    }

    /// The first of the names of class `index`, for a picture: ImageNet's
    /// classes have several, with commas between.
    pub fn short_label(&self, index: usize) -> String {
        let label = self.label(index);
        let first = label.split(',').next().unwrap_or_default().trim();
        if first.is_empty() {
            index.to_string()
        } else {
            first.to_owned()
        }
    }

    /// Sizes of the input, the batch of one included.
    pub fn input_dims(&self) -> &[usize] {
        &self.graph.input_dims
    }

    /// `[C, H, W]` of the input.
    pub fn input_shape(&self) -> [usize; 3] {
        self.spec.input.shape()
    }

    /// The graph, typed and decluttered, with layer `i` as output `i`.
    pub fn typed(&self) -> &TypedModel {
        &self.graph.typed
    }

    /// The weights of a convolution.
    ///
    /// # Errors
    /// The layer is not a convolution, or its weights are not in the file.
    pub fn conv_weights(&self, id: LayerId) -> Result<ConvWeights, FloatModelError> {
        weights::of(&self.graph, self.layer(id))
    }
}
