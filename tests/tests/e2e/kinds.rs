//! Kinds of small networks that people export: how many of them each command takes, and
//! that a board's refusal is one sentence, whoever says it.

use cortexscope_budget::onnx;
use cortexscope_compile::Judge;
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::input::ModelSpec;
use cortexscope_net::onnx::builder::{Size, int, ints};
use cortexscope_net::onnx::file::decode;
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use cortexscope_net::reader::{self, Hint};
use cortexscope_tests::random_network::RandomNetwork;
use cortexscope_tests::rig::{Mode, compiled, record};
use std::collections::BTreeSet;
use std::path::PathBuf;

mod bodies;
mod writer;

use bodies::{Body, NAMED, TAKEN_APART};
use writer::{INPUTS, Writer};

/// Of 100 networks, how many `budget`, `compile` with `verify`, and `explain` take.
const WANTED: [u64; 3] = [97, 85, 95];

/// Networks that are drawn: kinds that have been there come again with other sizes.
const NETWORKS: u64 = 100;

/// A network of one body, of random sizes.
fn network(body: Body, seed: u64) -> RandomNetwork {
    let mut writer = Writer::new(seed);
    body(&mut writer);
    let inputs = (0..2).map(|_| writer.input()).collect();
    let Writer {
        mut graph,
        sides: [rows, columns],
        ..
    } = writer;
    let axes = vec![ints("axes", &[2, 3]), int("keepdims", 0)];
    graph.node("ReduceMean", &["made"], "y", axes);
    graph.output("y", DataType::Float, &[Size::Batch]);
    RandomNetwork {
        spec: ModelSpec::assumed([INPUTS, rows, columns]),
        inputs,
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

/// Whether gradients go from the scores to the input; else why not.
fn explained(drawn: &RandomNetwork) -> Result<(), String> {
    let path = PathBuf::from("no/such/folder/kind.onnx");
    let model = FloatModel::from_bytes(&drawn.onnx, path.into(), &Overrides::default());
    let model = model.map_err(|error| error.to_string())?;
    let outlets = model.typed().output_outlets().unwrap_or_default();
    let scores = outlets.last().copied();
    let plan = tract_adjoint::Adjoint::of(model.typed()).read(scores.as_slice());
    plan.plan().map(drop).map_err(|error| error.to_string())
}

#[test]
fn of_100_networks_of_all_kinds_97_are_counted_85_compiled_and_95_explained() {
    let mut taken = [0_u64; 3];
    let kinds = NAMED.iter().chain(&TAKEN_APART).cycle();
    for (seed, &(what, body)) in (0..NETWORKS).zip(kinds) {
        let drawn = network(body, seed);
        let graph = reader::read(decode(&drawn.onnx).expect("a file"), &Hint::default());
        let counted = graph
            .ok()
            .and_then(|graph| onnx::network(&graph, what, &[]).ok());
        let said = counted
            .as_ref()
            .map(|network| network.not_on_a_board.clone());
        let refused = runs(&drawn).err();
        taken[0] += u64::from(counted.is_some());
        taken[1] += u64::from(refused.is_none());
        match explained(&drawn) {
            Ok(()) => taken[2] += 1,
            Err(why) => println!("{what}: {why}"),
        }
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
    let rates = taken.map(|taken| 100 * taken / NETWORKS);
    let commands = ["budget", "compile and verify", "explain"];
    for ((command, rate), wanted) in commands.into_iter().zip(rates).zip(WANTED) {
        println!("{command}: {rate} of 100");
        assert!(rate >= wanted, "{command}: {rate} of 100, wanted {wanted}");
    }
}
