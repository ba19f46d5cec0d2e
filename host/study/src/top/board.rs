//! Which tensor of the board holds a layer of the float model.
//!
//! The compiler folds biases, normalisations and rectifiers into the layer before them, so
//! that the board has fewer layers than the float model.

use thiserror::Error;

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_net::RequestError;

/// A layer as the board has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardLayer {
    /// The tensor's number.
    pub tensor: usize,
    /// Its name.
    pub name: String,
    /// `[C, H, W]`.
    pub shape: [usize; 3],
    /// Whether it has the logits, which are no int8.
    pub is_logits: bool,
    /// Whether no value of it can be below 0.
    pub is_rectified: bool,
}

/// Why the board has no such layer.
#[derive(Debug, Error)]
#[error("the board has no layer that holds {layer} of the float model; it has {}", have.join(", "))]
pub struct BoardLayerError {
    /// The float model's layer.
    pub layer: String,
    /// The board's layers.
    pub have: Vec<String>,
}

impl RequestError for BoardLayerError {
    fn is_request(&self) -> bool {
        true
    }
}

/// The tensor on the board that holds what `layer` of the float model holds. A convolution
/// that is rectified at once is held rectified.
///
/// # Errors
/// [`BoardLayerError`].
pub fn board_layer(
    model: &FloatModel,
    layer: LayerId,
    board: &ModelFiles,
) -> Result<BoardLayer, BoardLayerError> {
    let view = board.image.model();
    let mut at = layer;
    loop {
        let float = model.layer(at);
        let is_it = |name: &str| name == float.name || name == float.tensor;
        let found = view.tensors().enumerate().find(|(_, t)| is_it(t.name));
        if let Some((tensor, held)) = found {
            let shape = [held.shape.channels, held.shape.height, held.shape.width];
            // A flattened layer is asked for by its numbers in a row.
            let asked = model.layer(layer).shape;
            if shape.iter().product::<usize>() == asked.iter().product::<usize>() {
                return Ok(BoardLayer {
                    tensor,
                    name: held.name.to_owned(),
                    shape: asked,
                    is_logits: held.is_logits,
                    is_rectified: model.is_rectified(model.rectified(at)),
                });
            }
        }
        let is_folded = matches!(
            float.operator.as_str(),
            "Relu"
                | "Clip"
                | "Add"
                | "Sub"
                | "Mul"
                | "Div"
                | "BatchNormalization"
                | "Flatten"
                | "Reshape"
                | "Dropout"
                | "Identity"
                | "Softmax"
        );
        match model.source(at) {
            Some(before) if is_folded => at = before,
            _ => {
                return Err(BoardLayerError {
                    layer: model.layer(layer).name.clone(),
                    have: view.tensors().skip(1).map(|t| t.name.to_owned()).collect(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    #[test]
    fn a_folded_layer_is_found_where_it_went() {
        for (name, pairs) in [
            (
                "lenet5",
                &[
                    ("conv1", "conv1"),
                    ("relu1", "conv1"),
                    ("pool2", "pool2"),
                    ("fc3", "fc3"),
                ][..],
            ),
            (
                "winml-mnist",
                &[("ReLU32", "Convolution28"), ("Plus112", "Convolution110")],
            ),
        ] {
            let model = FloatModel::open(name, &Overrides::default()).unwrap();
            let board = ModelFiles::open(name).unwrap();
            for (float, held) in pairs {
                let layer = model.find(float).unwrap();
                let found = board_layer(&model, layer, &board).unwrap();
                assert_eq!(
                    (found.name.as_str(), found.shape),
                    (*held, model.layer(layer).shape)
                );
            }
        }
    }
}
