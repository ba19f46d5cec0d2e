//! Networks in float64, read as float32.
//!
//! A float32 has 24 bits of each weight and a range of 10^38: what a float64 network computes
//! changes by less than the seventh digit, unless a number is too large for it.

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, TensorProto, type_proto};

use super::error::ReadError;
use crate::onnx::constant::{Constant, is_without_values};

const DOUBLE: i32 = DataType::Double as i32;
const FLOAT: i32 = DataType::Float as i32;

/// Writes a graph whose input is float64 in float32, and gives the note that says so.
///
/// # Errors
/// [`ReadError::TooWide`]: a constant that float32 has no number for.
pub fn to_float32(graph: &mut GraphProto) -> Result<Option<String>, ReadError> {
    let mut is_wide = false;
    for input in &mut graph.input {
        let kind = input.r#type.as_mut().and_then(|kind| kind.value.as_mut());
        if let Some(type_proto::Value::TensorType(tensor)) = kind
            && tensor.elem_type == DOUBLE
        {
            tensor.elem_type = FLOAT;
            is_wide = true;
        }
    }
    if !is_wide {
        return Ok(None);
    }
    for constant in &mut graph.initializer {
        narrow(constant, "")?;
    }
    for node in &mut graph.node {
        let name = super::node_name(node).to_owned();
        let is_cast = matches!(node.op_type.as_str(), "Cast" | "CastLike");
        for attribute in &mut node.attribute {
            if is_cast && attribute.name == "to" && attribute.i == i64::from(DOUBLE) {
                attribute.i = i64::from(FLOAT);
            }
            if let Some(tensor) = &mut attribute.t {
                narrow(tensor, &name)?;
            }
        }
    }
    Ok(Some(
        "the file computes in float64: read in float32, with 24 bits of each weight".to_owned(),
    ))
}

/// A constant in float32; `node` has it, where it has no name.
fn narrow(constant: &mut TensorProto, node: &str) -> Result<(), ReadError> {
    if constant.data_type != DOUBLE {
        return Ok(());
    }
    if is_without_values(constant) {
        constant.data_type = FLOAT;
        return Ok(());
    }
    let has_infinity = |constant: &TensorProto| {
        let raw = constant.raw_data.as_chunks::<8>().0.iter();
        let mut all = raw
            .map(|&bytes| f64::from_le_bytes(bytes))
            .chain(constant.double_data.iter().copied());
        all.any(f64::is_infinite)
    };
    // What cannot be read is refused where it is used.
    let Ok(parsed) = Constant::parse(constant) else {
        return Ok(());
    };
    let mut values = parsed.floats().unwrap_or_default().iter();
    if values.any(|value| value.is_infinite()) && !has_infinity(constant) {
        let name = if constant.name.is_empty() {
            node
        } else {
            &constant.name
        };
        return Err(ReadError::TooWide(name.to_owned()));
    }
    *constant = parsed.emit(&constant.name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::GraphBuilder;
    use crate::onnx::builder::{Size, ints};
    use crate::reader::{Hint, read};
    use tract_onnx::pb::ModelProto;

    /// A convolution in float64 by one weight.
    fn wide(weight: f64) -> ModelProto {
        let mut graph = GraphBuilder::new("wide");
        let sizes = [1, 1, 4, 4].map(Size::Fixed);
        graph.input("x", DataType::Double, &sizes);
        graph.node(
            "Conv",
            &["x", "w"],
            "y",
            vec![ints("kernel_shape", &[1, 1])],
        );
        graph.output("y", DataType::Double, &[Size::Batch]);
        let mut model = graph.model(13);
        if let Some(graph) = &mut model.graph {
            graph.initializer.push(TensorProto {
                name: "w".to_owned(),
                dims: vec![1, 1, 1, 1],
                data_type: DOUBLE,
                double_data: vec![weight],
                ..TensorProto::default()
            });
        }
        model
    }

    #[test]
    fn a_network_in_float64_is_read_in_float32() {
        let graph = read(wide(0.1), &Hint::default()).expect("a network");
        let constant = graph.constant("w").expect("the weight");
        let constant = Constant::parse(constant).expect("a constant");
        assert_eq!(constant.floats(), Some(&[0.1_f32][..]));
        assert!(graph.notes.iter().any(|note| note.contains("float64")));
    }

    #[test]
    fn a_weight_that_float32_has_no_number_for_is_refused() {
        let error = read(wide(1e300), &Hint::default()).expect_err("too wide");
        assert_eq!(
            error.to_string(),
            ReadError::TooWide("w".to_owned()).to_string()
        );
    }
}
