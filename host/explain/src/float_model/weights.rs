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

/// The float constants of one layer, by name: weights, and a bias where the node has one.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerConstants {
    /// Values that one output is computed from.
    pub fan_in: usize,
    /// Names and values; the weights come first.
    pub constants: Vec<(String, Constant)>,
}

/// The constants of a convolution or a dense layer; `None` for other layers, or where the
/// weights are computed.
pub fn constants_of(graph: &Graph, layer: &Layer) -> Option<LayerConstants> {
    if !matches!(layer.normal_form.as_str(), "Conv" | "Gemm" | "MatMul") {
        return None;
    }
    let inputs = layer.inputs.iter().filter_map(|name| {
        let constant = Constant::parse(graph.constant(name)?).ok()?;
        constant.floats()?;
        Some((name.clone(), constant))
    });
    let constants: Vec<(String, Constant)> = inputs.collect();
    let (_, weights) = constants.first()?;
    if weights.dims.len() < 2 {
        return None;
    }
    let outputs = layer.shape[0].max(1);
    let fan_in = (weights.floats()?.len() / outputs).max(1);
    Some(LayerConstants { fan_in, constants })
}

pub fn of(graph: &Graph, layer: &Layer) -> Result<ConvWeights, FloatModelError> {
    if layer.normal_form != "Conv" {
        let all = graph
            .layers
            .iter()
            .filter(|layer| layer.normal_form == "Conv");
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
    let tensor = graph.constant(name).ok_or_else(missing)?;
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
