//! The table of operators is what the commands do: each operator is put into a small
//! network, which is counted, compiled and differentiated.

use cortexscope_budget::onnx;
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::onnx::GraphBuilder;
use cortexscope_net::onnx::builder::{Size, float, int, ints, text};
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use cortexscope_net::onnx::pb::{AttributeProto, ModelProto};
use cortexscope_net::reader::{self, Board, Hint, OPERATORS};
use prost::Message;
use std::path::PathBuf;

/// Where an operator stands, and what it reads beside an activation.
struct Sample {
    place: Place,
    attributes: Vec<AttributeProto>,
    others: Vec<Other>,
}

#[derive(PartialEq)]
enum Place {
    /// After a convolution, `[1, 4, 6, 6]`.
    Map,
    /// After a dense layer, `[1, 6]`.
    Vector,
    /// At the end.
    Last,
}

enum Other {
    Floats(Vec<usize>, f32),
    Integers(Vec<i64>),
    /// Left out.
    Nothing,
    /// A second activation of the same sizes.
    Activation,
}

use Other::{Activation, Floats, Integers, Nothing};

fn sample(operator: &str) -> Sample {
    let map = |attributes, others| Sample {
        place: Place::Map,
        attributes,
        others,
    };
    let channels = || Floats(vec![4], 0.5);
    match operator {
        "Add" | "Sub" | "Mul" | "Div" | "Max" | "Min" => map(vec![], vec![Floats(vec![], 0.5)]),
        "Pow" => map(vec![], vec![Floats(vec![], 2.0)]),
        "PRelu" => map(vec![], vec![Floats(vec![1], 0.2)]),
        "Clip" => map(vec![], vec![Floats(vec![], -0.5), Floats(vec![], 0.5)]),
        "AveragePool" | "MaxPool" => map(vec![ints("kernel_shape", &[2, 2])], vec![]),
        "BatchNormalization" => {
            let four = (0..4).map(|_| channels()).collect();
            map(vec![], four)
        }
        "Gather" => map(vec![int("axis", 1)], vec![Integers(vec![1, 2])]),
        "InstanceNormalization" => map(vec![], vec![channels(), channels()]),
        "Cast" => map(vec![int("to", 1)], vec![]),
        "Concat" => map(vec![int("axis", 1)], vec![Activation]),
        "Sum" => map(vec![], vec![Activation]),
        "Conv" => map(vec![], vec![Floats(vec![3, 4, 3, 3], 0.1)]),
        "ConvTranspose" => map(
            vec![ints("strides", &[2, 2])],
            vec![Floats(vec![4, 3, 2, 2], 0.1)],
        ),
        "DepthToSpace" | "SpaceToDepth" => map(vec![int("blocksize", 2)], vec![]),
        "Expand" => map(vec![], vec![Integers(vec![1, 4, 6, 6])]),
        "Einsum" => map(
            vec![text("equation", "nchw,oc->nohw")],
            vec![Floats(vec![3, 4], 0.3)],
        ),
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" => {
            map(vec![], vec![Floats(vec![], 0.5)])
        }
        "LayerNormalization" => Sample {
            place: Place::Vector,
            attributes: vec![],
            others: vec![Floats(vec![6], 0.5)],
        },
        "LRN" => map(vec![int("size", 3)], vec![]),
        "Pad" => map(vec![], vec![Integers(vec![0, 0, 1, 1, 0, 0, 1, 1])]),
        "ReduceMax" | "ReduceMean" => map(vec![ints("axes", &[2])], vec![]),
        "ReduceSum" => map(vec![], vec![Integers(vec![2])]),
        "Resize" => map(
            vec![text("mode", "linear")],
            vec![Nothing, Floats(vec![4], f32::NAN)],
        ),
        "Upsample" => map(
            vec![text("mode", "nearest")],
            vec![Floats(vec![4], f32::NAN)],
        ),
        "Slice" => map(
            vec![],
            vec![Integers(vec![1]), Integers(vec![3]), Integers(vec![1])],
        ),
        "Split" => map(vec![int("axis", 1)], vec![Integers(vec![3, 1])]),
        "Transpose" => map(vec![ints("perm", &[0, 2, 3, 1])], vec![]),
        "Squeeze" => Sample {
            place: Place::Map,
            attributes: vec![],
            others: vec![Integers(vec![0])],
        },
        "Unsqueeze" => map(vec![], vec![Integers(vec![1])]),
        "Reshape" => map(vec![], vec![Integers(vec![1, -1])]),
        "Gemm" | "MatMul" => Sample {
            place: Place::Vector,
            attributes: vec![],
            others: vec![Floats(vec![6, 3], 0.3)],
        },
        "Scaler" => Sample {
            place: Place::Vector,
            attributes: vec![float_list("offset", 6), float_list("scale", 6)],
            others: vec![],
        },
        "ArgMax" | "LogSoftmax" | "Softmax" | "ZipMap" => Sample {
            place: Place::Last,
            attributes: if operator == "ZipMap" {
                vec![]
            } else {
                vec![int("axis", 1)]
            },
            others: vec![],
        },
        "LeakyRelu" => map(vec![float("alpha", 0.1)], vec![]),
        _ => map(vec![], vec![]),
    }
}

/// Operators on truth values.
const LOGIC: [&str; 4] = ["And", "Not", "Or", "Xor"];

fn is_comparison(operator: &str) -> bool {
    operator == "Equal" || operator.starts_with("Greater") || operator.starts_with("Less")
}

fn float_list(name: &str, count: usize) -> AttributeProto {
    AttributeProto {
        floats: vec![0.5; count],
        r#type: 6,
        ..float(name, 0.0)
    }
}

/// A network of one operator among convolutions and dense layers.
fn network(operator: &str) -> ModelProto {
    let sample = sample(operator);
    let mut graph = GraphBuilder::new("sample");
    let sizes = [1, 2, 6, 6].map(Size::Fixed);
    graph.input("x", DataType::Float, &sizes);
    let values = |count: usize, scale: f32| -> Vec<f32> {
        (0..count)
            .map(|at| scale * ((at * 7 % 11) as f32 - 4.0))
            .collect()
    };
    graph.f32s("w", &[4, 2, 3, 3], &values(72, 0.05));
    graph.node(
        "Conv",
        &["x", "w"],
        "map",
        vec![ints("pads", &[1, 1, 1, 1])],
    );
    graph.node("Flatten", &["map"], "flat", vec![]);
    graph.f32s("d", &[144, 6], &values(864, 0.02));
    graph.node("Gemm", &["flat", "d"], "vector", vec![]);
    let from = if sample.place == Place::Map {
        "map"
    } else {
        "vector"
    };
    let mut inputs = vec![from.to_owned()];
    for (index, other) in sample.others.iter().enumerate() {
        let name = format!("other{index}");
        match other {
            // What doubles rows and columns.
            Floats(dims, value) if value.is_nan() => {
                graph.f32s(&name, dims, &[1.0, 1.0, 2.0, 2.0]);
            }
            Floats(dims, value) => graph.f32s(&name, dims, &vec![*value; dims.iter().product()]),
            Integers(values) => graph.i64s(&name, &[values.len()], values),
            Activation => graph.node("Conv", &["x", "w"], &name, vec![ints("pads", &[1; 4])]),
            Nothing => {
                inputs.push(String::new());
                continue;
            }
        }
        inputs.push(name);
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let is_last = sample.place == Place::Last;
    if LOGIC.contains(&operator) || operator == "Where" {
        graph.f32s("bound", &[], &[0.25]);
        graph.node("Greater", &["map", "bound"], "above", vec![]);
        graph.node("Less", &["map", "bound"], "below", vec![]);
    }
    let end = if is_last { "y" } else { "made" };
    if operator == "Shape" {
        // Its sizes are what something else is reshaped to.
        graph.node("Shape", &inputs, "sizes", vec![]);
        graph.node("Reshape", &["map", "sizes"], end, vec![]);
    } else if operator == "Where" {
        graph.node("Where", &["above", "map", "bound"], end, vec![]);
    } else if LOGIC.contains(&operator) || is_comparison(operator) {
        let operands = match operator {
            "Not" => vec!["above"],
            "And" | "Or" | "Xor" => vec!["above", "below"],
            _ => inputs,
        };
        graph.node(operator, &operands, "truth", vec![]);
        graph.f32s("less", &[], &[-0.25]);
        graph.node("Where", &["truth", "map", "less"], end, vec![]);
    } else {
        graph.node(operator, &inputs, end, sample.attributes);
    }
    if !is_last {
        // A dense layer over whatever came out.
        graph.i64s("all", &[2], &[1, -1]);
        graph.node("Reshape", &["made", "all"], "rest", vec![]);
        graph.f32s(
            "last",
            &[features(operator), 3],
            &values(3 * features(operator), 0.02),
        );
        graph.node("MatMul", &["rest", "last"], "y", vec![]);
    }
    graph.output("y", DataType::Float, &[Size::Batch]);
    let mut model = graph.model(13);
    let nodes = model.graph.iter_mut().flat_map(|graph| &mut graph.node);
    for node in nodes.filter(|node| matches!(node.op_type.as_str(), "Scaler" | "ZipMap")) {
        node.domain = "ai.onnx.ml".to_owned();
    }
    model
}

/// Values that an operator gives.
fn features(operator: &str) -> usize {
    match operator {
        "AveragePool" | "MaxPool" => 4 * 25,
        "Concat" => 8 * 36,
        "Conv" => 3 * 16,
        "Einsum" => 3 * 36,
        "ConvTranspose" => 3 * 144,
        "Gemm" | "MatMul" => 3,
        "LayerNormalization" | "Scaler" => 6,
        "GlobalAveragePool" | "GlobalMaxPool" => 4,
        "Pad" => 4 * 64,
        "ReduceMax" | "ReduceMean" | "ReduceSum" => 4 * 6,
        "Resize" | "Upsample" => 4 * 144,
        "Gather" | "Slice" => 2 * 36,
        "Split" => 3 * 36,
        _ => 4 * 36,
    }
}

#[test]
fn the_table_of_operators_is_what_the_commands_do() {
    for operator in OPERATORS {
        let name = operator.name;
        let model = network(name);
        let graph = reader::read(model.clone(), &Hint::default());
        let graph = graph.unwrap_or_else(|e| panic!("{name} is not read: {e}"));
        let counted = onnx::network(&graph, name, &[]);
        let counted = counted.unwrap_or_else(|e| panic!("{name} is not counted: {e}"));

        let runs = !matches!(operator.board, Board::No(_));
        let compiled = cortexscope_compile::import(&graph);
        assert_eq!(compiled.is_ok(), runs, "{name}: {:?}", compiled.err());
        let said = &counted.not_on_a_board;
        assert_eq!(said.is_empty(), runs, "{name}: the budget says {said:?}");

        let path = PathBuf::from("no/such/folder/sample.onnx");
        let bytes = model.encode_to_vec();
        let model = FloatModel::from_bytes(&bytes, path.into(), &Overrides::default());
        let model = model.unwrap_or_else(|e| panic!("{name} is not run: {e}"));
        let outlets = model.typed().output_outlets().expect("outputs");
        let read = outlets[outlets.len() - 1];
        let plan = tract_adjoint::Adjoint::of(model.typed())
            .read(&[read])
            .plan();
        assert_eq!(plan.is_ok(), operator.backward, "{name}: {:?}", plan.err());
    }
}
