//! A trained arm as an ONNX file: opset 13, dynamic batch `N`, every tensor named after its node.
//!
//! `output` is one vector: the reconstruction's pixels, then the neurons' rates.

use cortexscope_net::onnx::{
    GraphBuilder,
    builder::{Size, float, int, ints, text},
    pb::{AttributeProto, ModelProto, tensor_proto::DataType},
};
use prost::Message;

use super::recipe::VERSION;
use super::table::{BLOCK, Head, SIDE, Stage, Table, shape_after};
use crate::network::Parameter;

const INPUT: &str = "input";
const OPSET: i64 = 13;
/// What burn adds to a variance.
const EPSILON: f32 = 1e-5;

/// The bytes of an arm's file; the same weights always give the same bytes.
pub fn emit(name: &str, table: &Table, parameters: &[Parameter]) -> Vec<u8> {
    let mut graph = GraphBuilder::new(name);
    let image = [1, SIDE, SIDE];
    let mut last = INPUT.to_owned();
    let mut rates = None;
    for (done, stage) in table.encoder.iter().enumerate() {
        last = push(&mut graph, stage, &last);
        if let Some(head) = table.head
            && head.after == done + 1
        {
            rates = Some((readout(&mut graph, head, &last), head.neurons));
        }
    }
    let pixels = table.decoder.as_ref().map(|stages| {
        for stage in stages {
            last = push(&mut graph, stage, &last);
        }
        graph.node("Flatten", &[&last], "image", vec![int("axis", 1)]);
        let code = shape_after(&table.encoder, image);
        shape_after(stages, code).iter().product::<usize>()
    });
    let (output, values) = match (pixels, rates) {
        (Some(pixels), Some((rates, neurons))) => {
            let both = ["image", rates];
            graph.node("Concat", &both, "output", vec![int("axis", 1)]);
            ("output", pixels + neurons)
        }
        (Some(pixels), None) => ("image", pixels),
        (None, Some((rates, neurons))) => (rates, neurons),
        (None, None) => (INPUT, 0),
    };
    let sizes = [Size::Batch, Size::Fixed(values)];
    finish(graph, image, output, &sizes, parameters)
}

/// Declares input, output and weights, and gives the file's bytes.
pub fn finish(
    mut graph: GraphBuilder,
    [channels, height, width]: [usize; 3],
    output: &str,
    sizes: &[Size],
    parameters: &[Parameter],
) -> Vec<u8> {
    let [channels, height, width] = [channels, height, width].map(Size::Fixed);
    let input = [Size::Batch, channels, height, width];
    graph.input(INPUT, DataType::Float, &input);
    graph.output(output, DataType::Float, sizes);
    for parameter in parameters {
        graph.f32s(&parameter.name, &parameter.shape, &parameter.values);
    }
    let model = ModelProto {
        producer_name: env!("CARGO_PKG_NAME").to_owned(),
        producer_version: format!("neuro recipe {VERSION}"),
        ..graph.model(OPSET)
    };
    model.encode_to_vec()
}

/// Adds a stage that reads `input`, and gives its name.
pub fn push(graph: &mut GraphBuilder, stage: &Stage, input: &str) -> String {
    let (name, op, own, attributes): (&str, &str, &[&str], Vec<AttributeProto>) = match *stage {
        Stage::Conv {
            name,
            kernel,
            stride,
            padding,
            ..
        } => (
            name,
            "Conv",
            &["weight", "bias"],
            vec![
                ints("kernel_shape", &[kernel; 2]),
                ints("pads", &[padding; 4]),
                ints("strides", &[stride; 2]),
            ],
        ),
        Stage::Norm { name, .. } => (
            name,
            "BatchNormalization",
            &["scale", "shift", "mean", "variance"],
            vec![float("epsilon", EPSILON)],
        ),
        Stage::Relu { name } => (name, "Relu", &[], vec![]),
        Stage::Softplus { name } => (name, "Softplus", &[], vec![]),
        Stage::Sigmoid { name } => (name, "Sigmoid", &[], vec![]),
        Stage::Reshape { name, shape } => {
            let sizes: Vec<i64> = [0]
                .into_iter()
                .chain(shape.map(|size| size as i64))
                .collect();
            graph.i64s(&format!("{name}.shape"), &[4], &sizes);
            (name, "Reshape", &["shape"], vec![])
        }
        Stage::DepthToSpace { name } => (
            name,
            "DepthToSpace",
            &[],
            vec![int("blocksize", BLOCK as i64), text("mode", "CRD")],
        ),
    };
    let own: Vec<String> = own.iter().map(|kind| format!("{name}.{kind}")).collect();
    let inputs = std::iter::once(input).chain(own.iter().map(String::as_str));
    graph.node(op, &inputs.collect::<Vec<_>>(), name, attributes);
    name.to_owned()
}

/// Adds the readout: channels are mixed for each neuron, and its mask is a convolution of its
/// own channel with one place.
fn readout(graph: &mut GraphBuilder, head: Head, features: &str) -> &'static str {
    let [_, height, width] = head.shape;
    let attributes = |kernel: [usize; 2], groups: usize| {
        vec![
            ints("kernel_shape", &kernel),
            ints("pads", &[0; 4]),
            ints("strides", &[1; 2]),
            int("group", groups as i64),
        ]
    };
    let mix = [features, "channels.weight"];
    graph.node("Conv", &mix, "channels", attributes([1, 1], 1));
    let mask = ["channels", "mask.weight", "mask.bias"];
    let attributes = attributes([height, width], head.neurons);
    graph.node("Conv", &mask, "mask", attributes);
    graph.node("Softplus", &["mask"], "response", vec![]);
    graph.node("Flatten", &["response"], "rates", vec![int("axis", 1)]);
    "rates"
}
