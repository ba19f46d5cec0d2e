//! The float network, run by tract: the reference that int8 is measured by.

use tract_onnx::prelude::*;

use super::error::CompileError;
use super::float_net::FloatNet;
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

fn failed(source: EngineError) -> CompileError {
    CompileError::Engine {
        graph: "float model",
        source,
    }
}
