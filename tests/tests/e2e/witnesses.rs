//! The engine, tract and a plain reference give the same bytes for random
//! networks of every supported operator, and the importer means by each operator
//! what tract means.

use cortexscope_compile::float_run::FloatRun;
use cortexscope_compile::{Judge, Trace};
use cortexscope_net::onnx::file::decode;
use cortexscope_net::reader::{self, Hint};
use cortexscope_rig::Recording;
use cortexscope_tests::random_network::{RandomNetwork, draw};
use cortexscope_tests::rig::{Mode, compiled, record};
use cortexscope_tests::{plain_float, reference};
use std::collections::BTreeSet;

/// Networks, each with [`INPUTS`] inputs; 4,000 were compared once.
const NETWORKS: u64 = 200;
/// More networks, on which engines differed before the compiler avoided it.
const TELLING: [u64; 8] = [887, 1316, 1354, 1424, 1897, 2801, 4775, 5271];
const INPUTS: usize = 3;

/// Everything that a random network may hold.
const OPERATORS: [&str; 31] = [
    "Abs",
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Clip",
    "Concat",
    "Conv",
    "Div",
    "Dropout",
    "Elu",
    "Flatten",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "LeakyRelu",
    "MatMul",
    "MaxPool",
    "Mul",
    "Neg",
    "PRelu",
    "ReduceMean",
    "Relu",
    "Reshape",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Sub",
    "Tanh",
];

fn networks() -> impl Iterator<Item = (u64, RandomNetwork)> {
    let seeds = (0..NETWORKS).chain(TELLING);
    seeds.map(|seed| (seed, draw(seed, INPUTS)))
}

#[test]
fn every_supported_operator_is_drawn() {
    let drawn: BTreeSet<String> = networks().flat_map(|(_, net)| net.operators).collect();
    let mut expected: BTreeSet<String> = OPERATORS.map(str::to_owned).into();
    expected.insert("Softmax".to_owned());
    assert_eq!(drawn, expected);
}

#[test]
fn engine_tract_and_reference_agree_on_every_byte() {
    for (seed, drawn) in networks() {
        let (compiled, mut rig) = compiled(&drawn).unwrap_or_else(|e| panic!("{seed}: {e:#}"));
        let judge = Judge::new(&compiled.int8_onnx).unwrap_or_else(|e| panic!("{seed}: {e:#}"));
        for input in &drawn.inputs {
            let input = rig.model.quantise(input);
            let expected = reference::run(&compiled.network, &input);
            let trace = judge
                .run(&input)
                .unwrap_or_else(|e| panic!("{seed}: {e:#}"));
            assert_eq!(as_tract_gives(&expected), trace, "tract, seed {seed}");
            for mode in [Mode::Tapped, Mode::Fused] {
                let recording = record(&mut rig, &input, mode).expect("the board answers");
                assert_same(&expected, &recording, &format!("{mode:?}, seed {seed}"));
            }
        }
    }
}

#[test]
fn an_imported_network_computes_what_tract_computes() {
    for (seed, drawn) in networks() {
        let hint = Hint {
            shape: Some(drawn.spec.input.shape()),
            ..Hint::default()
        };
        let file = decode(&drawn.onnx).unwrap_or_else(|e| panic!("{seed}: {e:#}"));
        let graph = reader::read(file, &hint).unwrap_or_else(|e| panic!("{seed}: {e:#}"));
        let net = cortexscope_compile::import(&graph);
        let net = net.unwrap_or_else(|e| panic!("{seed}: {e:#}"));
        let tract = FloatRun::logits(&net).unwrap_or_else(|e| panic!("{seed}: {e:#}"));
        for input in &drawn.inputs {
            let got = tract.run(input).unwrap_or_else(|e| panic!("{seed}: {e:#}"));
            let expected = plain_float::logits(&net, input);
            assert_eq!(got[0].len(), expected.len(), "seed {seed}");
            for (&got, expected) in got[0].iter().zip(&expected) {
                let distance = (f64::from(got) - expected.value).abs();
                assert!(
                    distance <= expected.error,
                    "seed {seed}: {got}, not {expected:?}"
                );
            }
        }
    }
}

/// Without the input, which tract does not give back.
fn as_tract_gives(trace: &reference::Trace) -> Trace {
    Trace {
        activations: trace.activations[1..].to_vec(),
        accumulators: trace.accumulators.clone(),
        logits: trace.logits.clone(),
    }
}

fn assert_same(expected: &reference::Trace, got: &Recording, context: &str) {
    assert_eq!(got.activations.len(), expected.activations.len());
    for activation in &got.activations {
        let expected = &expected.activations[activation.tensor];
        assert_eq!(
            &activation.values, expected,
            "{}, {context}",
            activation.name
        );
    }
    let sums = got.accumulators.as_ref();
    assert_eq!(sums, Some(&expected.accumulators), "{context}");
    let bits = |logits: &[f32]| logits.iter().map(|l| l.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&got.logits), bits(&expected.logits), "{context}");
}
