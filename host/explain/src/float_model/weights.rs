//! The filters of a convolution.

use super::error::FloatModelError;
use super::graph::Graph;
use super::layer::Layer;
use cortexscope_net::onnx::Constant;

/// The weights of a convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvWeights {
    /// `[O, I / groups, KH, KW]`.
    pub shape: [usize; 4],
    /// As many values as the product of `shape`.
    pub values: Vec<f32>,
}

impl ConvWeights {
    /// One filter, `[I / groups, KH, KW]`.
    pub fn filters(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values
            .chunks_exact(self.shape[1..].iter().product::<usize>().max(1))
    }
}

pub fn of(graph: &Graph, layer: &Layer) -> Result<ConvWeights, FloatModelError> {
    if layer.operator != "Conv" {
        let all = graph.layers.iter().filter(|layer| layer.operator == "Conv");
        return Err(FloatModelError::NotConv {
            layer: layer.name.clone(),
            operator: layer.operator.clone(),
            convolutions: all.map(|layer| layer.name.clone()).collect(),
        });
    }
    let missing = || FloatModelError::NoWeights {
        layer: layer.name.clone(),
    };
    let name = layer.inputs.get(1).ok_or_else(missing)?;
    let tensor = graph.constants.get(name).ok_or_else(missing)?;
    let constant = Constant::parse(tensor).map_err(|source| FloatModelError::Weights {
        layer: layer.name.clone(),
        source,
    })?;
    let values = constant.floats().ok_or_else(missing)?;
    match *constant.dims.as_slice() {
        [outputs, inputs, height, width] if !values.is_empty() => Ok(ConvWeights {
            shape: [outputs, inputs, height, width],
            values: values.to_vec(),
        }),
        _ => Err(missing()),
    }
}
