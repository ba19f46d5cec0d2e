//! The compiled model beside a float model: the same network as int8.
//!
//! Whoever asks both the same question hands the board inputs in the float model's units and
//! compares what both say. So it is checked here, once for all studies, that the compiled
//! model was made of this network, and for this input.

mod layer;
mod target;

pub use layer::{BoardLayer, BoardLayerError, board_layer};
pub use target::{BoardTarget, BoardTargetError, board_target};

use crate::levels::has_same_units;
use cortexscope_compile::model_files::{IMAGE_EXTENSION, ModelFiles, ModelFilesError};
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_net::RequestError;
use cortexscope_net::input::InputSpec;
use cortexscope_net::resources::ResourcePath;
use thiserror::Error;

/// Why no compiled model can be asked beside a float model.
#[derive(Debug, Error)]
pub enum BesideError {
    /// There is none.
    #[error("no such file: {image}: `cortexscope compile` writes it, beside {model}")]
    Missing {
        /// The board image.
        image: ResourcePath,
        /// The float model.
        model: ResourcePath,
    },
    /// It cannot be used.
    #[error(transparent)]
    Files(#[from] ModelFilesError),
    /// It takes its input in another form.
    #[error(
        "{image} takes {theirs}, and the float model here {ours}: leave out the options that \
         change the input, or compile the model for it"
    )]
    Input {
        /// The board image.
        image: ResourcePath,
        /// What it was compiled for.
        theirs: Box<InputSpec>,
        /// What the float model is asked with.
        ours: Box<InputSpec>,
    },
    /// It was compiled from another network.
    #[error("{image} is not what was compiled from {model}: {why}; compile the model again")]
    Network {
        /// The board image.
        image: ResourcePath,
        /// The float model.
        model: ResourcePath,
        /// What shows it.
        why: String,
    },
}

impl RequestError for BesideError {
    fn is_request(&self) -> bool {
        match self {
            Self::Files(error) => error.is_request(),
            Self::Missing { .. } | Self::Input { .. } | Self::Network { .. } => true,
        }
    }
}

/// The compiled model that lies beside the file of `model`, checked to be of the same network
/// and for the same input.
///
/// # Errors
/// [`BesideError`].
pub fn compiled(model: &FloatModel) -> Result<ModelFiles, BesideError> {
    let image = model.path.with_extension(IMAGE_EXTENSION);
    if !image.is_file() {
        let model = model.path.clone();
        return Err(BesideError::Missing { image, model });
    }
    let files = ModelFiles::beside(&model.path)?;
    check(model, &files)?;
    Ok(files)
}

/// Checks that `files` were compiled from the file of `model`, for its input and its output.
///
/// # Errors
/// [`BesideError::Input`] or [`BesideError::Network`].
pub fn check(model: &FloatModel, files: &ModelFiles) -> Result<(), BesideError> {
    let image = || files.image_path.clone();
    let (ours, theirs) = (&model.spec.input, &files.spec.input);
    if !has_same_units(ours, theirs) {
        return Err(BesideError::Input {
            image: image(),
            theirs: Box::new(theirs.clone()),
            ours: Box::new(ours.clone()),
        });
    }
    difference(model, files).map_or(Ok(()), |why| {
        Err(BesideError::Network {
            image: image(),
            model: model.path.clone(),
            why,
        })
    })
}

/// In what the network of `files` differs from `model`, in words: its file, or of the same file
/// a layer with weights that another output depends on. The compiler keeps the names of those.
fn difference(model: &FloatModel, files: &ModelFiles) -> Option<String> {
    if files.source_sha256() != Some(model.sha256_hex()) {
        return Some("the file was another one then".to_owned());
    }
    let last = model.last();
    let mut needed = model.ancestors(last);
    needed.insert(last);
    needed.into_iter().find_map(|id| {
        let layer = model.layer(id);
        let has_weights = matches!(layer.normal_form.as_str(), "Conv" | "Gemm" | "MatMul");
        let is_missing = has_weights && layer.activations == 1 && holds(model, id, files).is_none();
        is_missing.then(|| format!("it has no layer {}", layer.name))
    })
}

/// The tensor of the board that is called as `id` is and has as many values.
fn holds(model: &FloatModel, id: LayerId, files: &ModelFiles) -> Option<usize> {
    let layer = model.layer(id);
    let view = files.image.model();
    let mut tensors = view.tensors();
    tensors.position(|tensor| {
        let shape = tensor.shape;
        (tensor.name == layer.name || tensor.name == layer.tensor)
            && shape.channels * shape.height * shape.width == layer.elements()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    fn shipped(name: &str) -> FloatModel {
        FloatModel::open(name, &Overrides::default()).unwrap()
    }

    #[test]
    fn a_shipped_model_is_beside_itself_alone() {
        let names = ["lecture-lenet", "lenet5", "winml-mnist"];
        for name in names {
            let model = shipped(name);
            assert_eq!(compiled(&model).unwrap().name, name);
            for other in names.iter().filter(|&&other| other != name) {
                let files = ModelFiles::open(other).unwrap();
                assert!(check(&model, &files).unwrap_err().is_request());
                assert!(difference(&model, &files).is_some(), "{name}, {other}");
            }
        }
    }

    /// Another output of the same file.
    #[test]
    fn a_network_without_a_layer_of_the_model_is_refused() {
        let model = shipped("lenet5");
        let mut files = compiled(&model).unwrap();
        files.image = ModelFiles::open("lecture-lenet").unwrap().image;
        let refused = check(&model, &files).unwrap_err().to_string();
        assert!(refused.contains("it has no layer conv1"), "{refused}");
    }

    #[test]
    fn an_input_in_other_units_is_refused() {
        let mut model = shipped("lenet5");
        // Both get the same values, however a picture becomes them.
        model.spec.input.underlay = Some(255);
        model.spec.input.form = None;
        compiled(&model).unwrap();
        // The same units, written otherwise.
        model.spec.input.range = [0.0, 2.0];
        model.spec.input.std = vec![2.0];
        compiled(&model).unwrap();
        model.spec.input.range = [0.0, 255.0];
        let refused = compiled(&model).unwrap_err();
        assert!(matches!(refused, BesideError::Input { .. }) && refused.is_request());
    }

    #[test]
    fn a_model_that_was_not_compiled_is_named() {
        let mut model = shipped("lenet5");
        model.path = ResourcePath::Disk("no/such/net.onnx".into());
        let refused = compiled(&model).unwrap_err();
        assert!(refused.is_request() && refused.to_string().contains("net.ctx"));
    }
}
