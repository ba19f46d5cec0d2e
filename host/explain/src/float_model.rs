//! A user's float network, whole, run by tract: what activations, filters,
//! attributions and ascents are made from.
//!
//! A [`FloatModel`] has one input `[1, C, H, W]`, knows every layer that
//! depends on it by name, and says how it wants its input and what its classes
//! are called. [`Forward`] runs it up to some layers.

mod error;
mod forward;
mod graph;
mod int8_operators;
mod layer;
mod receptive_field;
mod straight_through;
mod weights;

pub use cortexscope_net::{Description, DescriptionError, Overrides};
pub use error::FloatModelError;
pub use forward::Forward;
pub use layer::{Layer, LayerId};
pub use receptive_field::ReceptiveField;
pub use weights::{ConvWeights, LayerConstants};

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};
use tract_onnx::prelude::TypedModel;

use cortexscope_net::hex;
use cortexscope_net::input::ModelSpec;
use cortexscope_net::labels::{self, LabelsError};
use cortexscope_net::onnx::file;
use cortexscope_net::onnx::pb::ModelProto;
use cortexscope_net::onnx::{Constant, Weights};
use cortexscope_net::reader::{self, Hint, ReadError};
use cortexscope_net::resources::{ResourcePath, shipped};
use graph::Graph;

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
    /// What the reader was told of it.
    hint: Hint,
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
        let onnx = file::bytes(&path).map_err(ReadError::from)?;
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
        let in_file = |source: FloatModelError| FloatModelError::File {
            path: path.clone(),
            source: Box::new(source),
        };
        let model =
            file::decode_at(onnx, &path).map_err(|error| in_file(ReadError::from(error).into()))?;
        let hint = Hint {
            size: overrides.size,
            output: overrides.output.clone(),
            ..Hint::default()
        };
        let Description { spec, mut notes } =
            described(&model, &path, overrides, &hint).map_err(|error| match error {
                FloatModelError::Network(_) => in_file(error),
                other => other,
            })?;
        let shape = spec.input.shape();
        let hint = Hint {
            shape: Some(shape),
            replaces_size: true,
            ..hint
        };
        let mut read = reader::read(model, &hint).map_err(|error| in_file(error.into()))?;
        spec.input
            .matches(read.shape)
            .map_err(|source| DescriptionError::Overrides(Box::new(source)))?;
        notes.append(&mut read.notes);
        let graph = graph::load(read).map_err(in_file)?;
        let from_file = || path.stem().unwrap_or_else(|| "model".to_owned());
        let mut model = Self {
            name: spec.name.clone().unwrap_or_else(from_file),
            path,
            sha256: Sha256::digest(onnx).into(),
            spec,
            notes,
            hint,
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
                "class names are those of {whose}; --labels gives other names"
            ));
        }
        labels::check(&self.spec.output.labels, classes)
    }

    /// The network as it is read from its file, for the same output and the same input: what
    /// a compiler takes. The file is read again.
    ///
    /// # Errors
    /// It cannot be read any more.
    pub fn read_again(&self) -> Result<reader::Graph, FloatModelError> {
        let in_file = |error: ReadError| FloatModelError::File {
            path: self.path.clone(),
            source: Box::new(error.into()),
        };
        reader::open(&self.path, Weights::Read, &self.hint).map_err(in_file)
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

    /// The layer that writes what the network gives, before a closing softmax or
    /// sigmoid.
    pub fn last(&self) -> LayerId {
        layer::scores(&self.graph.layers, self.graph.output)
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

    /// What the units of a layer see of the input.
    pub fn receptive_field(&self, id: LayerId) -> ReceptiveField {
        self.graph.fields[id.0]
    }

    /// Whether no value of the layer can be below 0: it rectifies, or only selects, adds or
    /// joins values that were rectified.
    pub fn is_rectified(&self, id: LayerId) -> bool {
        self.graph.layers[id.0].is_rectified
    }

    /// The layer that `id` reads first, where it reads one and not the input.
    pub fn source(&self, id: LayerId) -> Option<LayerId> {
        layer::source(&self.graph.layers, id)
    }

    /// The layers that `id` depends on, itself not counted.
    pub fn ancestors(&self, id: LayerId) -> BTreeSet<LayerId> {
        layer::ancestors(&self.graph.layers, id)
    }

    /// The only layer that reads what `id` writes.
    pub fn only_reader(&self, id: LayerId) -> Option<LayerId> {
        layer::only_reader(&self.graph.layers, id)
    }

    /// Whether the layer adds or multiplies by constants that differ from place to place of a
    /// map.
    pub fn varies_over_places(&self, id: LayerId) -> bool {
        let layer = self.layer(id);
        let is_arithmetic = matches!(layer.normal_form.as_str(), "Add" | "Sub" | "Mul" | "Div");
        let constants = layer.inputs.iter();
        let constants = constants.filter_map(|name| self.graph.constant(name));
        let mut sizes = constants.map(|constant| constant.dims.iter().product::<i64>());
        is_arithmetic && layer.is_map() && sizes.any(|size| size > layer.shape[0] as i64)
    }

    /// The layers that cut what is below 0, in the order of the file.
    pub fn rectifiers(&self) -> Vec<LayerId> {
        layer::rectifiers(&self.graph.layers)
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

    /// The weights and biases of a convolution or a dense layer, as the file has them; `None`
    /// for other layers.
    pub fn layer_constants(&self, id: LayerId) -> Option<LayerConstants> {
        weights::constants_of(&self.graph, self.layer(id))
    }

    /// The same network with other values in some of its constants, by name. Its hash is
    /// another one.
    ///
    /// # Errors
    /// tract cannot load it.
    pub fn with_constants(
        &self,
        changed: &HashMap<String, Constant>,
    ) -> Result<Self, FloatModelError> {
        let protos = changed.iter();
        let protos: HashMap<String, _> = protos
            .map(|(name, constant)| (name.clone(), constant.emit(name)))
            .collect();
        let mut names: Vec<&String> = changed.keys().collect();
        names.sort();
        let mut hash = Sha256::new_with_prefix(self.sha256);
        for name in names {
            hash.update(name.as_bytes());
            for value in changed[name].floats().unwrap_or_default() {
                hash.update(value.to_le_bytes());
            }
        }
        Ok(Self {
            sha256: hash.finalize().into(),
            graph: self.graph.with_constants(&protos)?,
            ..self.clone()
        })
    }

    /// The network up to `layer`, for an input of another size; `layer` is what it gives.
    ///
    /// # Errors
    /// A layer on the way needs the size that the network was made for, or the size is too
    /// small.
    pub fn resized(&self, layer: LayerId, size: [usize; 2]) -> Result<Self, FloatModelError> {
        let refused = |source: FloatModelError| FloatModelError::Resize {
            layer: self.layer(layer).name.clone(),
            size,
            source: Box::new(source),
        };
        let graph = self.graph.resized(layer, size).map_err(refused)?;
        let mut hash = Sha256::new_with_prefix(self.sha256);
        hash.update(self.layer(layer).tensor.as_bytes());
        let mut resized = Self {
            sha256: hash.finalize().into(),
            graph,
            ..self.clone()
        };
        resized.spec.input.size = size;
        Ok(resized)
    }

    /// The layer that writes the network's own output.
    pub fn output(&self) -> LayerId {
        self.graph.output
    }
}

/// How a model wants its input: sizes that its file leaves open or to a description are
/// what is described.
fn described(
    model: &ModelProto,
    path: &ResourcePath,
    overrides: &Overrides,
    hint: &Hint,
) -> Result<Description, FloatModelError> {
    let dims = reader::input_dims(model);
    match reader::input_shape(model, hint) {
        Ok([channels, height, width]) => {
            let own = [channels, height, width].map(|size| size as i64);
            let [channels, height, width] = own;
            // A vector may be an image of any channels, where that is described.
            let open = [-1, -1, height, width];
            let described = (dims.len() == 2).then(|| overrides.describe(path, &open));
            match described {
                Some(Ok(described)) => Ok(described),
                _ => Ok(overrides.describe(path, &[-1, channels, height, width])?),
            }
        }
        Err(ReadError::OpenSize) => {
            let channels = match *dims.as_slice() {
                [_, -1, -1, channels] | [_, channels, ..] => channels,
                _ => -1,
            };
            Ok(overrides.describe(path, &[-1, channels, -1, -1])?)
        }
        Err(error) => Err(error.into()),
    }
}
