//! Kinds of small networks that people export: how many of them each command takes, and
//! that a board's refusal is one sentence, whoever says it.

use cortexscope_budget::onnx;
use cortexscope_compile::Judge;
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::input::ModelSpec;
use cortexscope_net::onnx::GraphBuilder;
use cortexscope_net::onnx::builder::{Size, float, int, ints, text};
use cortexscope_net::onnx::file::decode;
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use cortexscope_net::reader::{self, Hint};
use cortexscope_tests::random_network::RandomNetwork;
use cortexscope_tests::rig::{Mode, compiled, record};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Of 100 networks, how many `budget`, `compile` with `verify`, and `explain` take.
const WANTED: [usize; 3] = [97, 85, 95];

/// Writes the nodes from the map `map`, [1, 8, 8, 8], to the tensor `made`.
type Body = fn(&mut Writer);

struct Writer {
    graph: GraphBuilder,
    random: ChaCha8Rng,
}

impl Writer {
    fn weights(&mut self, name: &str, dims: &[usize]) {
        let count = dims.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|_| self.random.random_range(-0.4..0.4))
            .collect();
        self.graph.f32s(name, dims, &values);
    }

    fn convolution(&mut self, from: &str, to: &str, [inputs, outputs]: [usize; 2]) {
        let weights = format!("{to}.weights");
        self.weights(&weights, &[outputs, inputs, 3, 3]);
        let pads = vec![ints("pads", &[1; 4])];
        self.graph.node("Conv", &[from, &weights], to, pads);
    }

    /// A function of the map that is all the body there is.
    fn function(&mut self, op_type: &str) {
        self.graph.node(op_type, &["map"], "made", vec![]);
    }

    fn resize(&mut self, mode: &str, coordinates: &str) {
        self.graph.f32s("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
        let attributes = vec![
            text("mode", mode),
            text("coordinate_transformation_mode", coordinates),
            text("nearest_mode", "floor"),
        ];
        self.graph
            .node("Resize", &["map", "", "scales"], "made", attributes);
    }

    fn transposed(&mut self, kernel: usize, pads: usize, more: usize) {
        self.weights("larger.weights", &[8, 4, kernel, kernel]);
        let attributes = vec![
            ints("strides", &[2, 2]),
            ints("pads", &[pads; 4]),
            ints("output_padding", &[more; 2]),
        ];
        let inputs = ["map", "larger.weights"];
        self.graph
            .node("ConvTranspose", &inputs, "larger", attributes);
        self.graph.node("Relu", &["larger"], "made", vec![]);
    }

    fn gate(&mut self, op_type: &str) {
        self.graph
            .node("GlobalAveragePool", &["map"], "mean", vec![]);
        self.graph.node(op_type, &["mean"], "gate", vec![]);
        self.graph.node("Mul", &["map", "gate"], "made", vec![]);
    }

    fn over_channels(&mut self, op_type: &str) {
        let attributes = vec![ints("axes", &[1]), int("keepdims", 1)];
        self.graph.node(op_type, &["map"], "made", attributes);
    }

    fn pad(&mut self, mode: &str) {
        self.graph.i64s("pads", &[8], &[0, 0, 1, 1, 0, 0, 1, 1]);
        self.graph
            .node("Pad", &["map", "pads"], "made", vec![text("mode", mode)]);
    }
}

/// What people put between convolutions.
const KINDS: [(&str, Body); 40] = [
    ("Relu", |w| w.function("Relu")),
    ("Sigmoid", |w| w.function("Sigmoid")),
    ("Tanh", |w| w.function("Tanh")),
    ("Elu", |w| w.function("Elu")),
    ("Selu", |w| w.function("Selu")),
    ("Softplus", |w| w.function("Softplus")),
    ("Softsign", |w| w.function("Softsign")),
    ("HardSwish", |w| w.function("HardSwish")),
    ("HardSigmoid", |w| w.function("HardSigmoid")),
    ("Mish", |w| w.function("Mish")),
    ("LeakyRelu", |w| w.function("LeakyRelu")),
    ("InstanceNormalization", |w| {
        w.graph.f32s("scale", &[8], &[1.0; 8]);
        w.graph.f32s("shift", &[8], &[0.1; 8]);
        let inputs = ["map", "scale", "shift"];
        w.graph
            .node("InstanceNormalization", &inputs, "made", vec![]);
    }),
    ("LRN", |w| {
        let attributes = vec![int("size", 5), float("alpha", 1e-2)];
        w.graph.node("LRN", &["map"], "made", attributes);
    }),
    ("PRelu per channel", |w| {
        w.graph.f32s("slope", &[8, 1, 1], &[0.25; 8]);
        w.graph.node("PRelu", &["map", "slope"], "made", vec![]);
    }),
    ("residual sum", |w| {
        w.convolution("map", "branch", [8, 8]);
        w.graph.node("Add", &["map", "branch"], "sum", vec![]);
        w.graph.node("Relu", &["sum"], "made", vec![]);
    }),
    ("difference", |w| {
        w.convolution("map", "branch", [8, 8]);
        w.graph.node("Sub", &["map", "branch"], "made", vec![]);
    }),
    ("greater of two", |w| {
        w.convolution("map", "branch", [8, 8]);
        w.graph.node("Max", &["map", "branch"], "made", vec![]);
    }),
    ("Concat", |w| {
        w.convolution("map", "branch", [8, 4]);
        let axis = vec![int("axis", 1)];
        w.graph.node("Concat", &["map", "branch"], "made", axis);
    }),
    ("gate by Sigmoid", |w| w.gate("Sigmoid")),
    ("gate by HardSigmoid", |w| w.gate("HardSigmoid")),
    ("depthwise", |w| {
        w.weights("depthwise", &[8, 1, 3, 3]);
        let attributes = vec![int("group", 8), ints("pads", &[1; 4])];
        w.graph
            .node("Conv", &["map", "depthwise"], "made", attributes);
    }),
    ("dilated", |w| {
        w.weights("dilated", &[4, 8, 3, 3]);
        let attributes = vec![ints("dilations", &[2, 2]), ints("pads", &[2; 4])];
        w.graph
            .node("Conv", &["map", "dilated"], "made", attributes);
    }),
    ("padded below and right", |w| {
        w.weights("strided", &[4, 8, 3, 3]);
        let attributes = vec![ints("strides", &[2, 2]), ints("pads", &[0, 0, 1, 1])];
        w.graph
            .node("Conv", &["map", "strided"], "made", attributes);
    }),
    ("average at the edge", |w| {
        let attributes = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1; 4])];
        w.graph.node("AveragePool", &["map"], "made", attributes);
    }),
    ("MaxPool with ceil_mode", |w| {
        let attributes = vec![
            ints("kernel_shape", &[3, 3]),
            ints("strides", &[2, 2]),
            int("ceil_mode", 1),
        ];
        w.graph.node("MaxPool", &["map"], "made", attributes);
    }),
    ("GlobalMaxPool", |w| w.function("GlobalMaxPool")),
    ("mean over channels", |w| w.over_channels("ReduceMean")),
    ("maximum over channels", |w| w.over_channels("ReduceMax")),
    ("transposed, 2×2", |w| w.transposed(2, 0, 0)),
    ("transposed, 3×3", |w| w.transposed(3, 1, 1)),
    ("transposed, 4×4", |w| w.transposed(4, 1, 0)),
    ("nearest", |w| w.resize("nearest", "asymmetric")),
    ("linear", |w| w.resize("linear", "half_pixel")),
    ("pixel shuffle", |w| {
        let attributes = vec![int("blocksize", 2), text("mode", "CRD")];
        w.graph.node("DepthToSpace", &["map"], "made", attributes);
    }),
    ("linear with align_corners", |w| {
        w.resize("linear", "align_corners");
    }),
    ("pad by reflection", |w| w.pad("reflect")),
    ("pad by repetition", |w| w.pad("edge")),
    ("Softmax over channels", |w| {
        w.graph
            .node("Softmax", &["map"], "made", vec![int("axis", 1)]);
    }),
    ("pad with zeros", |w| w.pad("constant")),
    ("Identity and Dropout", |w| {
        w.graph.node("Dropout", &["map"], "kept", vec![]);
        w.graph.node("Identity", &["kept"], "made", vec![]);
    }),
];

fn network(body: Body, seed: u64) -> RandomNetwork {
    let mut writer = Writer {
        graph: GraphBuilder::new("kind"),
        random: ChaCha8Rng::seed_from_u64(seed),
    };
    let sizes = [1, 2, 8, 8].map(Size::Fixed);
    writer.graph.input("x", DataType::Float, &sizes);
    writer.convolution("x", "map", [2, 8]);
    body(&mut writer);
    let axes = vec![ints("axes", &[2, 3]), int("keepdims", 0)];
    let Writer {
        mut graph,
        mut random,
    } = writer;
    graph.node("ReduceMean", &["made"], "y", axes);
    graph.output("y", DataType::Float, &[Size::Batch]);
    let mut image = || (0..128).map(|_| random.random_range(0.0..1.0)).collect();
    RandomNetwork {
        spec: ModelSpec::assumed([2, 8, 8]),
        inputs: (0..2).map(|_| image()).collect(),
        operators: BTreeSet::new(),
        onnx: graph.emit(17),
    }
}

/// Whether `compile` takes it, and the board computes tract's bytes; else what it says.
fn runs(drawn: &RandomNetwork) -> Result<(), String> {
    let (compiled, mut rig) = compiled(drawn).map_err(|error| format!("{error:#}"))?;
    let judge = Judge::new(&compiled.int8_onnx).expect("an int8 network");
    for input in &drawn.inputs {
        let input = rig.model.quantise(input);
        let expected = judge.run(&input).expect("tract runs it");
        let recording = record(&mut rig, &input, Mode::Tapped).expect("the board answers");
        assert_eq!(recording.logits, expected.logits);
    }
    Ok(())
}

fn is_explained(drawn: &RandomNetwork) -> bool {
    let path = PathBuf::from("no/such/folder/kind.onnx");
    let opened = FloatModel::from_bytes(&drawn.onnx, path.into(), &Overrides::default());
    opened.is_ok_and(|model| {
        let outlets = model.typed().output_outlets().unwrap_or_default();
        let plan = tract_adjoint::Adjoint::of(model.typed()).read(outlets);
        plan.plan().is_ok()
    })
}

#[test]
fn of_100_networks_of_all_kinds_97_are_counted_85_compiled_and_95_explained() {
    let mut taken = [0; 3];
    for (seed, (what, body)) in KINDS.into_iter().enumerate() {
        let drawn = network(body, seed as u64);
        let graph = reader::read(decode(&drawn.onnx).expect("a file"), &Hint::default());
        let counted = graph
            .ok()
            .and_then(|graph| onnx::network(&graph, what, &[]).ok());
        let said = counted
            .as_ref()
            .map(|network| network.not_on_a_board.clone());
        let refused = runs(&drawn).err();
        taken[0] += usize::from(counted.is_some());
        taken[1] += usize::from(refused.is_none());
        taken[2] += usize::from(is_explained(&drawn));
        if let Some(refused) = &refused {
            println!("{what}: {refused}");
        }
        // The budget says of a board what the compiler says, in the same words.
        let plain = |said: String| said.replace("not on a board: ", "");
        let refused = refused.map(plain);
        let first = said.unwrap_or_default().into_iter().next();
        let first = first.map(|said| plain(said.to_string()));
        match (&first, &refused) {
            (None, None) => {}
            (Some(said), Some(refused)) => {
                assert!(refused.contains(said), "{what}: {said:?}, not {refused:?}");
            }
            _ => panic!("{what}: the budget says {first:?}, compile {refused:?}"),
        }
    }
    let rates = taken.map(|taken| 100 * taken / KINDS.len());
    let commands = ["budget", "compile and verify", "explain"];
    for ((command, rate), wanted) in commands.into_iter().zip(rates).zip(WANTED) {
        println!("{command}: {rate} of 100");
        assert!(rate >= wanted, "{command}: {rate} of 100, wanted {wanted}");
    }
}
