//! What one network is does not depend on who wrote its file: budget, compiler, board
//! and explanations say the same of all exporters' files.

use cortexscope_budget::{Element, Ledger, Mode, Network, onnx, plan};
use cortexscope_compile::Judge;
use cortexscope_compile::float_run::FloatRun;
use cortexscope_core as core;
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::input::ModelSpec;
use cortexscope_net::onnx::GraphBuilder;
use cortexscope_net::onnx::builder::Size;
use cortexscope_net::onnx::file::decode;
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use cortexscope_net::reader::{self, Hint};
use cortexscope_rig::Recording;
use cortexscope_tests::exporters::{EXPORTERS, Exported, Exporter, draw};
use cortexscope_tests::plain_float;
use cortexscope_tests::random_network::RandomNetwork;
use cortexscope_tests::rig::{self, compiled, record};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::path::PathBuf;

const NETWORKS: u64 = 6;

/// How far logits may be apart that two graphs compute from the same numbers: some
/// thousand roundings of sums of at most 400 products.
const TOLERANCE: f32 = 1e-4;

fn counted(file: &[u8]) -> Network {
    let graph = reader::read(decode(file).expect("a file"), &Hint::default());
    onnx::network(&graph.expect("a network"), "main", &[]).expect("layers")
}

/// Weights, biases, multiplications, and the arena of both plans.
fn budget(network: &Network) -> [u64; 5] {
    let totals = Ledger::new(network).totals;
    let arena = |mode| plan(network, Element::Int8, mode).arena_bytes as u64;
    [
        totals.weights,
        totals.biases,
        totals.macs,
        arena(Mode::Fused),
        arena(Mode::Tapped),
    ]
}

fn inputs(net: &Exported, seed: u64) -> Vec<Vec<f32>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values: usize = net.shape.iter().product();
    let mut one = || (0..values).map(|_| random.random_range(0.0..1.0)).collect();
    (0..3).map(|_| one()).collect()
}

#[test]
fn the_budget_is_the_same_for_all_exporters() {
    for seed in 0..8 * NETWORKS {
        let net = draw(seed);
        let expected = budget(&counted(&net.file(Exporter::Plain)));
        for exporter in EXPORTERS {
            let network = counted(&net.file(exporter));
            assert_eq!(network.input, net.shape, "{exporter:?}, seed {seed}");
            assert_eq!(network.not_on_a_board, [], "{exporter:?}, seed {seed}");
            assert_eq!(budget(&network), expected, "{exporter:?}, seed {seed}");
        }
    }
}

#[test]
fn all_exporters_files_compile_to_the_same_network() {
    for seed in 0..NETWORKS {
        let net = draw(seed);
        let inputs = inputs(&net, seed);
        let mut plain: Option<Vec<f32>> = None;
        for exporter in EXPORTERS {
            let context = format!("{exporter:?}, seed {seed}");
            let drawn = RandomNetwork {
                onnx: net.file(exporter),
                spec: ModelSpec::assumed(net.shape),
                inputs: inputs.clone(),
                operators: BTreeSet::new(),
            };
            let (compiled, mut rig) =
                compiled(&drawn).unwrap_or_else(|e| panic!("{context}: {e:#}"));
            let model = rig.model.image.model();
            let [.., fused, tapped] = budget(&counted(&drawn.onnx));
            for (mode, bytes) in [(core::Mode::Fused, fused), (core::Mode::Tapped, tapped)] {
                let planned = model.plan(mode).expect("a plan").arena_bytes() as u64;
                assert_eq!(planned, bytes, "{mode:?}, {context}");
            }
            let judge = Judge::new(&compiled.int8_onnx).expect("an int8 network");
            let input = rig.model.quantise(&inputs[0]);
            let expected = judge.run(&input).expect("tract runs it");
            let recording = record(&mut rig, &input, rig::Mode::Tapped).expect("the board answers");
            assert_eq!(bytes_of(&recording), expected.activations, "{context}");
            let logits = recording.logits;
            match &plain {
                None => plain = Some(logits),
                Some(plain) => {
                    let greatest = plain
                        .iter()
                        .fold(0.0_f32, |most, logit| most.max(logit.abs()));
                    for (logit, plain) in logits.iter().zip(plain) {
                        // A step of the int8 may fall to another side.
                        let apart = (logit - plain).abs();
                        assert!(
                            apart <= 0.05 * (1.0 + greatest),
                            "{context}: {logit} {plain}"
                        );
                    }
                }
            }
        }
    }
}

/// The layers that are quantised, as tract gives them.
fn bytes_of(recording: &Recording) -> Vec<Vec<i8>> {
    let layers = recording
        .activations
        .iter()
        .filter(|layer| layer.tensor > 0);
    layers.map(|layer| layer.values.clone()).collect()
}

fn opened(net: &Exported, exporter: Exporter) -> FloatModel {
    let path = PathBuf::from("no/such/folder/main.onnx");
    let file = net.file(exporter);
    FloatModel::from_bytes(&file, path.into(), &Overrides::default()).expect("a float model")
}

#[test]
fn all_exporters_files_are_explained_alike() {
    for seed in 0..NETWORKS {
        let net = draw(seed);
        let input = inputs(&net, seed).remove(0);
        let of = |exporter: Exporter| {
            let model = opened(&net, exporter);
            let logits = model.logits().expect("classes");
            let values = model
                .activations(&[logits], &input)
                .expect("it runs")
                .remove(0);
            let mut adjoint = tract_adjoint::Adjoint::of(model.typed());
            let outlet = model.typed().output_outlets().expect("outputs")[logits.0];
            adjoint = adjoint.read(&[outlet]);
            let mut plan = adjoint.plan().expect("a plan");
            let tensor = tract_onnx::prelude::Tensor::from_shape(model.input_dims(), &input);
            let inputs = std::iter::once(tensor.expect("an input").into()).collect();
            let pass = plan
                .run(inputs, &tract_adjoint::Target::Sum)
                .expect("it runs");
            let gradient = pass.gradients[0]
                .to_plain_array_view::<f32>()
                .expect("floats");
            (values, gradient.iter().copied().collect::<Vec<f32>>())
        };
        let (logits, gradient) = of(Exporter::Plain);
        for exporter in EXPORTERS {
            let (own_logits, own_gradient) = of(exporter);
            for (own, plain) in [(&own_logits, &logits), (&own_gradient, &gradient)] {
                assert_eq!(own.len(), plain.len());
                for (own, plain) in own.iter().zip(plain) {
                    let apart = (own - plain).abs();
                    let scale = 1.0 + plain.abs();
                    assert!(
                        apart <= TOLERANCE * scale,
                        "{exporter:?}, seed {seed}: {own} {plain}"
                    );
                }
            }
        }
    }
}

/// One step of an activation: operator, its constants, and whether it also reads what
/// the activation reads.
type Step = (&'static str, &'static [f32], bool);

/// Activations that older exporters write out, for want of an operator.
const WRITTEN_OUT: [(&str, &[Step]); 4] = [
    ("SiLU", &[("Sigmoid", &[], false), ("Mul", &[], true)]),
    (
        "Mish",
        &[
            ("Softplus", &[], false),
            ("Tanh", &[], false),
            ("Mul", &[], true),
        ],
    ),
    (
        "HardSwish",
        &[
            ("Add", &[3.0], false),
            ("Clip", &[0.0, 6.0], false),
            ("Mul", &[], true),
            ("Div", &[6.0], false),
        ],
    ),
    (
        "Gelu",
        &[
            ("Div", &[std::f32::consts::SQRT_2], false),
            ("Erf", &[], false),
            ("Add", &[1.0], false),
            ("Mul", &[], true),
            ("Mul", &[0.5], false),
        ],
    ),
];

/// A convolution, an activation written out, and a dense layer.
fn with_activation(steps: &[Step]) -> RandomNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut values =
        |count: usize| -> Vec<f32> { (0..count).map(|_| random.random_range(-0.7..0.7)).collect() };
    let mut graph = GraphBuilder::new("written-out");
    graph.input("x", DataType::Float, &[1, 1, 6, 6].map(Size::Fixed));
    graph.f32s("w", &[3, 1, 3, 3], &values(27));
    graph.node("Conv", &["x", "w"], "map", vec![]);
    let mut last = "map".to_owned();
    for (index, (operator, constants, reads_map)) in steps.iter().enumerate() {
        let mut inputs = vec![last];
        inputs.extend(reads_map.then(|| "map".to_owned()));
        for (at, constant) in constants.iter().enumerate() {
            let name = format!("constant_{index}_{at}");
            graph.f32s(&name, &[], &[*constant]);
            inputs.push(name);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        last = format!("step_{index}");
        graph.node(operator, &inputs, &last, vec![]);
    }
    graph.node("Flatten", &[&last], "flat", vec![]);
    graph.f32s("d", &[48, 4], &values(192));
    graph.node("Gemm", &["flat", "d"], "y", vec![]);
    graph.output("y", DataType::Float, &[Size::Batch, Size::Fixed(4)]);
    let mut image = || (0..36).map(|_| random.random_range(0.0..1.0)).collect();
    RandomNetwork {
        onnx: graph.emit(13),
        spec: ModelSpec::assumed([1, 6, 6]),
        inputs: (0..8).map(|_| image()).collect(),
        operators: BTreeSet::new(),
    }
}

#[test]
fn activations_that_are_written_out_are_one_table() {
    for (name, steps) in WRITTEN_OUT {
        let drawn = with_activation(steps);
        let graph = reader::read(decode(&drawn.onnx).expect("a file"), &Hint::default());
        let net = cortexscope_compile::import(&graph.expect("a network"));
        let net = net.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(net.layers.len(), 3, "{name}");
        // The standard library has no erf to compare with.
        if name != "Gelu" {
            let tract = FloatRun::logits(&net).expect("tract runs it");
            for input in &drawn.inputs {
                let got = tract.run(input).expect("tract runs it");
                for (&got, expected) in got[0].iter().zip(plain_float::logits(&net, input)) {
                    let distance = (f64::from(got) - expected.value).abs();
                    assert!(
                        distance <= expected.error,
                        "{name}: {got}, not {expected:?}"
                    );
                }
            }
        }
        let (compiled, mut rig) = compiled(&drawn).unwrap_or_else(|e| panic!("{name}: {e:#}"));
        let judge = Judge::new(&compiled.int8_onnx).expect("an int8 network");
        for input in &drawn.inputs {
            let input = rig.model.quantise(input);
            let expected = judge.run(&input).expect("tract runs it");
            let recording = record(&mut rig, &input, rig::Mode::Tapped).expect("the board answers");
            assert_eq!(bytes_of(&recording), expected.activations, "{name}");
        }
    }
}
