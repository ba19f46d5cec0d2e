//! The int8 ONNX file, run by tract: what every other engine is held against.

use thiserror::Error;
use tract_onnx::pb::{ModelProto, tensor_shape_proto::dimension, type_proto};
use tract_onnx::prelude::*;

use prost::Message;

use super::emit_onnx::key;
use cortexscope_net::onnx::{Engine, EngineError};

/// tract with one plan for an int8 ONNX file, for any number of runs.
pub struct Judge {
    engine: Engine,
    tensors: Vec<String>,
    /// `[1, C, H, W]`.
    dims: Vec<usize>,
    scale: f32,
    zero: i8,
}

/// Everything that one run computes, activations as `[C, H, W]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What each layer writes, except the last: tensor `i + 1` at `i`.
    pub activations: Vec<Vec<i8>>,
    /// The last layer's sums, biases included.
    pub accumulators: Vec<i32>,
    /// The last layer's output.
    pub logits: Vec<f32>,
}

/// Why an int8 ONNX file cannot be run.
#[derive(Debug, Error)]
pub enum JudgeError {
    /// The bytes are no ONNX model.
    #[error("not an ONNX model: {0}")]
    Decode(#[from] prost::DecodeError),
    /// The file was not emitted by `compile`.
    #[error("the metadata `{0}` is missing or damaged; the file was not made by `compile`")]
    Metadata(&'static str),
    /// The input is not `[N, C, H, W]`.
    #[error("the input of the int8 ONNX file is not [N, C, H, W]")]
    Input,
    /// An input of another size.
    #[error("the input has {have} values, the network wants {need}")]
    InputSize {
        /// Values given.
        have: usize,
        /// Values wanted.
        need: usize,
    },
    /// tract cannot load or run the file.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Judge {
    /// Loads a file that [`emit`](super::emit_onnx::emit) wrote.
    ///
    /// # Errors
    /// Another file, or one that tract cannot load.
    pub fn new(int8_onnx: &[u8]) -> Result<Self, JudgeError> {
        let mut model = ModelProto::decode(int8_onnx)?;
        let entry = |name: &'static str| {
            let mut entries = model.metadata_props.iter();
            let found = entries.find(|entry| entry.key == name);
            found
                .map(|entry| entry.value.as_str())
                .ok_or(JudgeError::Metadata(name))
        };
        let tensors: Vec<String> = serde_json::from_str(entry(key::TENSORS)?)
            .map_err(|_| JudgeError::Metadata(key::TENSORS))?;
        let accumulators = entry(key::ACCUMULATORS)?.to_owned();
        let scale = entry(key::INPUT_SCALE)?
            .parse()
            .map_err(|_| JudgeError::Metadata(key::INPUT_SCALE))?;
        let zero = entry(key::INPUT_ZERO)?
            .parse()
            .map_err(|_| JudgeError::Metadata(key::INPUT_ZERO))?;
        let [_, layers @ ..] = tensors.as_slice() else {
            return Err(JudgeError::Metadata(key::TENSORS));
        };
        let Some((logits, activations)) = layers.split_last() else {
            return Err(JudgeError::Metadata(key::TENSORS));
        };
        let dims = fix_batch(&mut model).ok_or(JudgeError::Input)?;
        let mut outputs: Vec<&String> = activations.iter().collect();
        outputs.extend([&accumulators, logits]);
        Ok(Self {
            engine: Engine::new(&model, &outputs)?,
            tensors,
            dims,
            scale,
            zero,
        })
    }

    /// Names of the tensors, the input first, the logits last.
    pub fn tensors(&self) -> &[String] {
        &self.tensors
    }

    /// The input as the network wants it: `round_ties_even(x · (1 / scale)) +
    /// zero`, saturated.
    pub fn quantise(&self, input: &[f32]) -> Vec<i8> {
        let affine = cortexscope_net::Affine {
            scale: self.scale,
            zero: self.zero,
        };
        input.iter().map(|&real| affine.quantise(real)).collect()
    }

    /// Runs one int8 input `[C, H, W]`.
    ///
    /// # Errors
    /// An input of another size, or tract fails.
    pub fn run(&self, input: &[i8]) -> Result<Trace, JudgeError> {
        let need = self.dims.iter().product();
        if input.len() != need {
            let have = input.len();
            return Err(JudgeError::InputSize { have, need });
        }
        let input = Tensor::from_shape(&self.dims, input).map_err(EngineError::from)?;
        let outputs = self.engine.run(tvec![input.into()])?;
        let (activations, last) = outputs.split_at(outputs.len().saturating_sub(2));
        let [accumulators, logits] = last else {
            return Err(JudgeError::Metadata(key::TENSORS));
        };
        Ok(Trace {
            activations: activations.iter().map(values).collect::<Result<_, _>>()?,
            accumulators: values(accumulators)?,
            logits: values(logits)?,
        })
    }
}

fn values<T: Datum + Copy>(tensor: &TValue) -> Result<Vec<T>, EngineError> {
    let view = tensor.to_plain_array_view::<T>()?;
    Ok(view.iter().copied().collect())
}

/// Makes the input's batch one, and gives its sizes.
fn fix_batch(model: &mut ModelProto) -> Option<Vec<usize>> {
    let input = model.graph.as_mut()?.input.first_mut()?;
    let type_proto::Value::TensorType(tensor) = input.r#type.as_mut()?.value.as_mut()?;
    let dims = &mut tensor.shape.as_mut()?.dim;
    dims.first_mut()?.value = Some(dimension::Value::DimValue(1));
    let sizes = dims.iter().map(|dim| match dim.value {
        Some(dimension::Value::DimValue(size)) => usize::try_from(size).ok(),
        _ => None,
    });
    sizes
        .collect::<Option<Vec<_>>>()
        .filter(|sizes| sizes.len() == 4)
}
