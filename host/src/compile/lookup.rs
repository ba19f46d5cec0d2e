//! Tables of element-wise functions, filled by tract.

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::prelude::*;

use super::affine::Affine;
use super::emit_onnx::{Names, Parameters, emit_function, opset_for};
use super::error::CompileError;
use super::network::{Activation, Elementwise};
use crate::onnx::builder::{GraphBuilder, Size};
use crate::onnx::{Engine, EngineError};

const INPUT: &str = "int8";
const OUTPUT: &str = "table";

/// DequantizeLinear → `functions` → QuantizeLinear on every int8; entry
/// `x + 128`.
///
/// # Errors
/// tract cannot evaluate one of the functions.
pub fn table(
    functions: &[Elementwise],
    input: Affine,
    output: &Activation,
) -> Result<Box<[i8; 256]>, CompileError> {
    fill(functions, input, output).map_err(|source| CompileError::Engine {
        graph: "table of an element-wise function",
        source,
    })
}

fn fill(
    functions: &[Elementwise],
    input: Affine,
    output: &Activation,
) -> Result<Box<[i8; 256]>, EngineError> {
    let mut graph = GraphBuilder::new(OUTPUT);
    graph.input(INPUT, DataType::Int8, &[Size::Fixed(256)]);
    let mut names = Names::none();
    let from = Parameters::emit(&mut graph, &mut names, INPUT, input);
    let to = Parameters::emit(&mut graph, &mut names, OUTPUT, output.affine());
    let ends = [(INPUT, &from), (OUTPUT, &to)];
    emit_function(&mut graph, &mut names, functions, ends);
    let engine = Engine::new(&graph.model(opset_for(functions)), &[OUTPUT])?;
    let every: Vec<i8> = (i8::MIN..=i8::MAX).collect();
    let outputs = engine.run(tvec![Tensor::from_shape(&[256], &every)?.into()])?;
    let mut table = Box::new([0; 256]);
    if let Some(values) = outputs.first() {
        let values = values.to_plain_array_view::<i8>()?;
        table
            .iter_mut()
            .zip(values.iter())
            .for_each(|(entry, value)| *entry = *value);
    }
    Ok(table)
}
