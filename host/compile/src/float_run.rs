//! The float network, run by tract: the reference that int8 is measured by.

use std::collections::HashSet;

use tract_onnx::pb::NodeProto;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::prelude::*;

use super::error::CompileError;
use super::float_net::FloatNet;
use cortexscope_net::onnx::builder::{GraphBuilder, Size};
use cortexscope_net::onnx::{Engine, EngineError};

/// A float network that gives some of its tensors.
pub struct FloatRun {
    engine: Engine,
    /// Sizes of the input in the file, the batch of one included.
    dims: Vec<usize>,
}

impl FloatRun {
    /// Plans `net` so that a run gives the tensors called `values`.
    ///
    /// # Errors
    /// tract cannot load the network.
    pub fn new<S: AsRef<str>>(net: &FloatNet, values: &[S]) -> Result<Self, CompileError> {
        let engine = Engine::new(&net.reference, values).map_err(failed)?;
        Ok(Self {
            engine,
            dims: net.input_dims.clone(),
        })
    }

    /// Plans `net` so that a run gives the logits.
    ///
    /// # Errors
    /// tract cannot load the network.
    pub fn logits(net: &FloatNet) -> Result<Self, CompileError> {
        let last = net.layers.last().map(|layer| &layer.value);
        Self::new(net, last.as_slice())
    }

    /// The tensors asked for, for one input `[C, H, W]`.
    ///
    /// # Errors
    /// The input has another size, or tract cannot run the network.
    pub fn run(&self, input: &[f32]) -> Result<Vec<Vec<f32>>, CompileError> {
        let run = || -> Result<Vec<Vec<f32>>, EngineError> {
            let input = Tensor::from_shape(&self.dims, input)?;
            let outputs = self.engine.run(tvec![input.into()])?;
            outputs
                .iter()
                .map(|output| {
                    let view = output.to_plain_array_view::<f32>()?;
                    Ok(view.iter().copied().collect())
                })
                .collect()
        };
        run().map_err(failed)
    }
}

/// What of a float network comes after one of its tensors.
pub struct FloatRest {
    engine: Engine,
    /// Sizes of the tensor in the file.
    dims: Vec<usize>,
    /// Sizes of the network's input, where the logits depend on it by another way too.
    input_dims: Option<Vec<usize>>,
}

impl FloatRest {
    /// Plans what comes after `value`, a tensor of `dims` in the file.
    ///
    /// # Errors
    /// tract cannot load the rest of the network.
    pub fn after(net: &FloatNet, value: &str, dims: &[usize]) -> Result<Self, CompileError> {
        let last = net.layers.last().map_or("", |last| last.value.as_str());
        let mut model = net.reference.clone();
        let mut input_dims = None;
        if let Some(graph) = &mut model.graph {
            let mut needed = HashSet::from([last.to_owned()]);
            let mut kept: Vec<NodeProto> = Vec::new();
            for node in std::mem::take(&mut graph.node).into_iter().rev() {
                let writes = |name: &String| needed.contains(name);
                if node.output.iter().any(writes) && !node.output.iter().any(|name| name == value) {
                    needed.extend(node.input.iter().cloned());
                    kept.push(node);
                }
            }
            kept.reverse();
            graph.node = kept;
            let mut cut = GraphBuilder::new("rest");
            let sizes: Vec<Size> = dims.iter().copied().map(Size::Fixed).collect();
            cut.input(value, DataType::Float, &sizes);
            let mut inputs = cut.model(13).graph.map_or(Vec::new(), |graph| graph.input);
            if needed.contains(&net.input) {
                let whole = std::mem::take(&mut graph.input).into_iter();
                inputs.extend(whole.filter(|input| input.name == net.input));
                input_dims = Some(net.input_dims.clone());
            }
            graph.input = inputs;
        }
        Ok(Self {
            engine: Engine::new(&model, &[last]).map_err(failed)?,
            dims: dims.to_vec(),
            input_dims,
        })
    }

    /// The logits for `values` of the tensor, and `input` where it is needed too.
    ///
    /// # Errors
    /// Values of another size, or tract cannot run the network.
    pub fn run(&self, values: &[f32], input: &[f32]) -> Result<Vec<f32>, CompileError> {
        let run = || -> Result<Vec<f32>, EngineError> {
            let mut inputs = tvec![Tensor::from_shape(&self.dims, values)?.into()];
            if let Some(dims) = &self.input_dims {
                inputs.push(Tensor::from_shape(dims, input)?.into());
            }
            let outputs = self.engine.run(inputs)?;
            let Some(logits) = outputs.first() else {
                return Ok(Vec::new());
            };
            Ok(logits
                .to_plain_array_view::<f32>()?
                .iter()
                .copied()
                .collect())
        };
        run().map_err(failed)
    }
}

fn failed(source: EngineError) -> CompileError {
    CompileError::Engine {
        graph: "float model",
        source,
    }
}
