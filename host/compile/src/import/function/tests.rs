use super::*;
use crate::lookup::reals;
use cortexscope_net::Affine;
use cortexscope_net::onnx::builder::{Size, int};
use cortexscope_net::onnx::{Engine, GraphBuilder};
use cortexscope_net::reader::{self, Hint};
use tract_onnx::prelude::{Tensor, tvec};

#[test]
fn what_two_lists_share_is_computed_once() {
    let sigmoid = || Elementwise::of("Sigmoid");
    let mut joined = Joined::default();
    assert_eq!(joined.add(&[]), 0);
    assert_eq!(joined.add(&[sigmoid(), Elementwise::by("Add", 1.0)]), 2);
    assert_eq!(joined.add(&[sigmoid(), Elementwise::with("Mul", 0)]), 3);
    let product = Elementwise {
        operands: vec![Operand::Value(1), Operand::Value(0)],
        ..Elementwise::of("Mul")
    };
    assert_eq!(joined.functions[2], product);
    let ordered = in_order(joined.functions);
    assert_eq!(ordered[0], sigmoid());
    assert_eq!(ordered[1], Elementwise::by("Add", 1.0));
}

/// The nodes that `build` writes from `x` to `y` are one table, with `expected` of each number
/// that an int8 stands for, and tract computes the same of the graph.
fn check(build: impl FnOnce(&mut GraphBuilder), expected: fn(f64) -> f64) {
    let mut graph = GraphBuilder::new("function");
    graph.input("x", DataType::Float, &[1, 1, 16, 16].map(Size::Fixed));
    for (name, value) in [
        ("half", 0.5),
        ("minus", -0.5),
        ("zero", 0.0),
        ("one", 1.0),
        ("two", 2.0),
    ] {
        graph.f32s(name, &[], &[value]);
    }
    build(&mut graph);
    graph.output("y", DataType::Float, &[Size::Batch]);
    let graph = reader::read(graph.model(13), &Hint::default()).expect("a network");
    let net = crate::import(&graph).expect("a table");
    // The second gives the scores.
    let [layer, _] = net.layers.as_slice() else {
        panic!("{} layers", net.layers.len());
    };
    let FloatOp::Elementwise(functions) = &layer.op else {
        panic!("{:?} is not a table", layer.op);
    };
    let from = Affine {
        scale: 1.0 / 32.0,
        zero: 0,
    };
    let inputs: Vec<f32> = (-128_i8..=127).map(|x| f32::from(x) / 32.0).collect();
    let table = reals(functions, from).expect("values");
    let tensor = Tensor::from_shape(&[1, 1, 16, 16], &inputs).expect("a tensor");
    let engine = Engine::new(&graph.model, &[&graph.output]).expect("it runs");
    let outputs = engine.run(tvec![tensor.into()]).expect("values");
    let outputs = outputs[0].to_plain_array_view::<f32>().expect("floats");
    for ((x, value), output) in inputs.iter().zip(table).zip(outputs.iter()) {
        let expected = expected(f64::from(*x));
        let bound = 2e-6 * (1.0 + expected.abs());
        for got in [value, *output] {
            assert!((f64::from(got) - expected).abs() < bound, "{x}: {got}");
        }
    }
}

#[test]
fn shrinkages_are_choices_by_comparisons() {
    check(
        |graph| {
            graph.node("Greater", &["x", "half"], "above", vec![]);
            graph.node("Less", &["x", "minus"], "below", vec![]);
            graph.node("Sub", &["x", "half"], "down", vec![]);
            graph.node("Add", &["x", "half"], "up", vec![]);
            graph.node("Where", &["below", "up", "zero"], "inner", vec![]);
            graph.node("Where", &["above", "down", "inner"], "y", vec![]);
        },
        |x| x.signum() * (x.abs() - 0.5).max(0.0),
    );
    check(
        |graph| {
            graph.node("LessOrEqual", &["x", "half"], "under", vec![]);
            graph.node("GreaterOrEqual", &["x", "minus"], "over", vec![]);
            graph.node("And", &["under", "over"], "inside", vec![]);
            graph.node("Not", &["inside"], "outside", vec![]);
            let to = vec![int("to", DataType::Float as i64)];
            graph.node("Cast", &["outside"], "mask", to);
            graph.node("Mul", &["mask", "x"], "y", vec![]);
        },
        |x| if x.abs() > 0.5 { x } else { 0.0 },
    );
}

#[test]
fn a_mask_is_read_more_than_once() {
    check(
        |graph| {
            graph.node("Equal", &["x", "zero"], "none", vec![]);
            graph.node("Greater", &["x", "zero"], "above", vec![]);
            graph.node("Xor", &["none", "above"], "either", vec![]);
            graph.node("Or", &["none", "above"], "both", vec![]);
            graph.node("Where", &["either", "x", "minus"], "first", vec![]);
            graph.node("Where", &["both", "first", "one"], "y", vec![]);
        },
        |x| if x >= 0.0 { x } else { 1.0 },
    );
}

#[test]
fn powers_sines_and_quotients() {
    check(
        |graph| {
            graph.node("Sin", &["x"], "wave", vec![]);
            graph.node("Pow", &["wave", "two"], "square", vec![]);
            graph.node("Add", &["x", "square"], "y", vec![]);
        },
        |x| x + x.sin().powi(2),
    );
    check(
        |graph| {
            graph.node("Abs", &["x"], "size", vec![]);
            graph.node("Add", &["size", "one"], "more", vec![]);
            graph.node("Div", &["x", "more"], "y", vec![]);
        },
        |x| x / (1.0 + x.abs()),
    );
    check(
        |graph| {
            graph.node("Exp", &["x"], "power", vec![]);
            graph.node("Add", &["power", "one"], "more", vec![]);
            graph.node("Div", &["one", "more"], "share", vec![]);
            graph.node("Pow", &["two", "share"], "y", vec![]);
        },
        |x| 2.0_f64.powf(1.0 / (1.0 + x.exp())),
    );
}
