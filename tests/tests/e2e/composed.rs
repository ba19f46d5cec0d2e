//! Operators that no kernel computes, composed of those that have one: tract and the
//! engine have the same bytes of every layer, and the budget counts what is compiled.

use cortexscope_budget::{self as budget, Element, Ledger, onnx};
use cortexscope_compile::Judge;
use cortexscope_core as core;
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

/// Writes the nodes from the map `map`, [1, 4, 8, 8], to the tensor `made`.
type Nodes = fn(&mut GraphBuilder);

const KINDS: [(&str, Nodes); 13] = [
    ("a slope for each channel", |graph| {
        graph.f32s("slope", &[4, 1, 1], &[0.25, -0.5, 0.0, 1.5]);
        graph.node("PRelu", &["map", "slope"], "made", vec![]);
    }),
    ("a gate", |graph| {
        graph.node("GlobalAveragePool", &["map"], "mean", vec![]);
        graph.node("HardSigmoid", &["mean"], "gate", vec![]);
        graph.node("Mul", &["map", "gate"], "made", vec![]);
    }),
    ("the greater half", |graph| {
        graph.i64s("none", &[1], &[0]);
        graph.i64s("two", &[1], &[2]);
        graph.i64s("four", &[1], &[4]);
        graph.i64s("one", &[1], &[1]);
        graph.node("Slice", &["map", "none", "two", "one"], "first", vec![]);
        graph.node("Slice", &["map", "two", "four", "one"], "second", vec![]);
        graph.node("Max", &["first", "second"], "made", vec![]);
    }),
    ("every other place", |graph| {
        graph.i64s("start", &[2], &[0, 1]);
        graph.i64s("end", &[2], &[8, 8]);
        graph.i64s("sides", &[2], &[2, 3]);
        graph.i64s("step", &[2], &[2, 3]);
        let inputs = ["map", "start", "end", "sides", "step"];
        graph.node("Slice", &inputs, "made", vec![]);
    }),
    ("channels in another order", |graph| {
        graph.i64s("groups", &[5], &[1, 2, 2, 8, 8]);
        graph.i64s("whole", &[4], &[1, 4, 8, 8]);
        graph.node("Reshape", &["map", "groups"], "apart", vec![]);
        let order = vec![ints("perm", &[0, 2, 1, 3, 4])];
        graph.node("Transpose", &["apart"], "turned", order);
        graph.node("Reshape", &["turned", "whole"], "made", vec![]);
    }),
    ("normalisation of each channel", |graph| {
        graph.f32s("scale", &[4], &[1.0, 0.5, 2.0, 1.5]);
        graph.f32s("shift", &[4], &[0.0, 0.5, -0.5, 1.0]);
        let inputs = ["map", "scale", "shift"];
        let epsilon = vec![float("epsilon", 1e-3)];
        graph.node("InstanceNormalization", &inputs, "made", epsilon);
    }),
    ("normalisation over channels", |graph| {
        let attributes = vec![int("size", 3), float("alpha", 0.5)];
        graph.node("LRN", &["map"], "made", attributes);
    }),
    ("a transposed convolution", |graph| {
        graph.f32s("k", &[4, 2, 3, 3], &[0.25; 72]);
        let attributes = vec![
            ints("strides", &[2, 2]),
            ints("pads", &[1, 1, 1, 1]),
            ints("output_padding", &[1, 1]),
        ];
        graph.node("ConvTranspose", &["map", "k"], "larger", attributes);
        graph.node("Relu", &["larger"], "made", vec![]);
    }),
    ("pixels repeated", |graph| {
        graph.f32s("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
        let attributes = vec![
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor"),
        ];
        graph.node("Resize", &["map", "", "scales"], "made", attributes);
    }),
    ("lines between pixels", |graph| {
        graph.f32s("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
        let attributes = vec![text("mode", "linear")];
        graph.node("Resize", &["map", "", "scales"], "made", attributes);
    }),
    ("the greatest of all channels", |graph| {
        let attributes = vec![ints("axes", &[1]), int("keepdims", 1)];
        graph.node("ReduceMax", &["map"], "made", attributes);
    }),
    ("channels as blocks", |graph| {
        let attributes = vec![int("blocksize", 2), text("mode", "CRD")];
        graph.node("DepthToSpace", &["map"], "made", attributes);
    }),
    ("an average at the edge", |graph| {
        let attributes = vec![
            ints("kernel_shape", &[3, 3]),
            ints("strides", &[2, 2]),
            ints("pads", &[1, 1, 1, 1]),
        ];
        graph.node("AveragePool", &["map"], "made", attributes);
    }),
];

fn network(nodes: Nodes, seed: u64) -> RandomNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut values = |count: usize, reach: f32| -> Vec<f32> {
        let values = (0..count).map(|_| random.random_range(-reach..reach));
        values.collect()
    };
    let mut graph = GraphBuilder::new("composed");
    graph.input("x", DataType::Float, &[1, 2, 8, 8].map(Size::Fixed));
    graph.f32s("w", &[4, 2, 3, 3], &values(72, 0.4));
    graph.node("Conv", &["x", "w"], "map", vec![ints("pads", &[1; 4])]);
    nodes(&mut graph);
    graph.node("GlobalMaxPool", &["made"], "greatest", vec![]);
    graph.node("Flatten", &["greatest"], "y", vec![]);
    graph.output("y", DataType::Float, &[Size::Batch]);
    let mut image = || (0..128).map(|_| random.random_range(0.0..1.0)).collect();
    RandomNetwork {
        spec: ModelSpec::assumed([2, 8, 8]),
        inputs: (0..3).map(|_| image()).collect(),
        operators: BTreeSet::new(),
        onnx: graph.emit(13),
    }
}

#[test]
fn compositions_have_tracts_bytes_and_are_counted() {
    for (seed, (what, nodes)) in KINDS.into_iter().enumerate() {
        let drawn = network(nodes, seed as u64);
        let (compiled, mut rig) = compiled(&drawn).unwrap_or_else(|e| panic!("{what}: {e:#}"));
        let image = rig.model.image.clone();
        let graph = reader::read(decode(&drawn.onnx).expect("a file"), &Hint::default());
        let counted = onnx::network(&graph.expect("a network"), "random", &[]).expect("layers");
        assert_eq!(counted.not_on_a_board, [], "{what}");
        let on_board = counted.on_board.as_ref().expect("a network for boards");
        let bytes = image.model().image_bytes() as u64;
        assert_eq!(on_board.image_bytes, bytes, "{what}");
        // Those of the file: 4 maps of 8×8, each of 2×3×3 weights; slopes, scales and shifts.
        let totals = Ledger::new(&counted).totals;
        let [learnt, more] = match what {
            "a slope for each channel" => [4, 0],
            "normalisation of each channel" => [8, 0],
            "a transposed convolution" => [72, 72 * 64],
            _ => [0, 0],
        };
        assert_eq!(
            (totals.macs, totals.parameters()),
            (4_608 + more, 72 + learnt),
            "{what}"
        );

        let judge = Judge::new(&compiled.int8_onnx).expect("an int8 network");
        let modes = [
            (Mode::Tapped, core::Mode::Tapped, budget::Mode::Tapped),
            (Mode::Fused, core::Mode::Fused, budget::Mode::Fused),
        ];
        for (mode, planned, costs) in modes {
            let plan = image.model().plan(planned).expect("a plan");
            let costs = budget::plan(&counted, Element::Int8, costs);
            let [counted, planned] = [costs.arena_bytes, plan.arena_bytes()];
            assert_eq!(counted, planned, "{what}, {mode:?}");
            for input in &drawn.inputs {
                let input = rig.model.quantise(input);
                let expected = judge.run(&input).expect("tract runs it");
                let recording = record(&mut rig, &input, mode).expect("the board answers");
                let layers = recording.activations.iter();
                let got: Vec<&Vec<i8>> = layers
                    .filter(|layer| layer.tensor > 0)
                    .map(|layer| &layer.values)
                    .collect();
                let activations: Vec<&Vec<i8>> = expected.activations.iter().collect();
                assert!(got == activations, "{what}, {mode:?}");
                assert_eq!(recording.logits, expected.logits, "{what}, {mode:?}");
            }
        }
    }
}
