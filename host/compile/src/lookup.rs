//! Tables of element-wise functions, filled by tract.

use tract_onnx::pb::ModelProto;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::prelude::*;

use super::emit_onnx::{FunctionGraph, Names, Parameters, opset_for};
use super::error::CompileError;
use super::network::Elementwise;
use cortexscope_net::Affine;
use cortexscope_net::onnx::builder::{GraphBuilder, Size};
use cortexscope_net::onnx::{Engine, EngineError};

const INPUT: &str = "int8";
const TABLE: &str = "table";

/// DequantizeLinear → `functions` → QuantizeLinear on every int8; entry
/// `x + 128`.
///
/// # Errors
/// tract cannot evaluate one of the functions.
pub fn table(
    functions: &[Elementwise],
    from: Affine,
    to: Affine,
) -> Result<Box<[i8; 256]>, CompileError> {
    let (model, _) = graph(functions, from, to);
    let values = evaluate::<i8>(&model, TABLE).map_err(failed)?;
    let mut table = Box::new([0; 256]);
    table
        .iter_mut()
        .zip(values)
        .for_each(|(entry, value)| *entry = value);
    Ok(table)
}

/// DequantizeLinear → `functions` on every int8, not yet quantised.
///
/// # Errors
/// tract cannot evaluate one of the functions.
pub fn reals(functions: &[Elementwise], from: Affine) -> Result<Vec<f32>, CompileError> {
    let (model, real) = graph(functions, from, from);
    evaluate::<f32>(&model, &real).map_err(failed)
}

/// Whether a function that is not finite everywhere is not finite on some int8.
///
/// # Errors
/// tract cannot evaluate one of the functions.
pub fn is_infinite(functions: &[Elementwise], from: Affine) -> Result<bool, CompileError> {
    let has_poles = functions.iter().any(|function| {
        let poles = ["Div", "Log", "Pow", "Reciprocal", "Sqrt"];
        poles.contains(&function.op_type.as_str())
    });
    Ok(has_poles && reals(functions, from)?.iter().any(|real| !real.is_finite()))
}

/// The graph, and the name of what is not yet quantised in it.
fn graph(functions: &[Elementwise], from: Affine, to: Affine) -> (ModelProto, String) {
    let mut graph = GraphBuilder::new(TABLE);
    let mut names = Names::none();
    graph.input(INPUT, DataType::Int8, &[Size::Fixed(256)]);
    let real = FunctionGraph {
        functions,
        input: INPUT,
        from: &Parameters::emit(&mut graph, &mut names, INPUT, from),
        output: TABLE,
        to: &Parameters::emit(&mut graph, &mut names, TABLE, to),
    }
    .emit(&mut graph, &mut names);
    (graph.model(opset_for(functions)), real)
}

fn evaluate<T: Datum + Copy>(model: &ModelProto, output: &str) -> Result<Vec<T>, EngineError> {
    let engine = Engine::new(model, &[output])?;
    let every: Vec<i8> = (i8::MIN..=i8::MAX).collect();
    let outputs = engine.run(tvec![Tensor::from_shape(&[256], &every)?.into()])?;
    let Some(values) = outputs.first() else {
        return Ok(Vec::new());
    };
    Ok(values.to_plain_array_view::<T>()?.iter().copied().collect())
}

fn failed(source: EngineError) -> CompileError {
    CompileError::Engine {
        graph: "table of an element-wise function",
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::FUNCTIONS;
    use crate::network::Operand;

    fn function(op_type: &str, attributes: &[(&str, f32)], constant: Option<f32>) -> Elementwise {
        let attributes = attributes
            .iter()
            .map(|&(name, value)| (name.to_owned(), value));
        let number = constant.map(Operand::Constant);
        Elementwise {
            op_type: op_type.to_owned(),
            attributes: attributes.collect(),
            operands: [Operand::Before].into_iter().chain(number).collect(),
        }
    }

    /// The error function: Abramowitz and Stegun, 7.1.6, whose terms have one sign.
    fn erf(x: f64) -> f64 {
        let terms = std::iter::successors(Some((0.0, x)), |&(n, term): &(f64, f64)| {
            Some((n + 1.0, term * 2.0 * x * x / (2.0 * n + 3.0)))
        });
        let sum: f64 = terms.take(200).map(|(_, term)| term).sum();
        std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
    }

    /// Every function that is accepted, against its definition in `f64`.
    #[test]
    fn tables_are_their_functions() {
        type Case = (Elementwise, fn(f64) -> f64);
        let unary: &[Case] = &[
            (function("Relu", &[], None), |x| x.max(0.0)),
            (function("Sigmoid", &[], None), |x| 1.0 / (1.0 + (-x).exp())),
            (function("Tanh", &[], None), f64::tanh),
            (function("HardSwish", &[], None), |x| {
                x * (x / 6.0 + 0.5).clamp(0.0, 1.0)
            }),
            (function("Softplus", &[], None), |x| x.exp().ln_1p()),
            (function("Softsign", &[], None), |x| x / (1.0 + x.abs())),
            (function("Abs", &[], None), f64::abs),
            (function("Neg", &[], None), |x| -x),
            (function("Erf", &[], None), erf),
            (function("Exp", &[], None), f64::exp),
            (function("Sin", &[], None), f64::sin),
            (function("Cos", &[], None), f64::cos),
            (function("Atan", &[], None), f64::atan),
            (function("Asinh", &[], None), f64::asinh),
            (function("Sinh", &[], None), f64::sinh),
            (function("Cosh", &[], None), f64::cosh),
            (function("Floor", &[], None), f64::floor),
            (function("Ceil", &[], None), f64::ceil),
            (function("Round", &[], None), f64::round_ties_even),
            (function("Sign", &[], None), |x| {
                if x == 0.0 { 0.0 } else { x.signum() }
            }),
            // Any other α comes as Div, Elu and Mul.
            (function("Celu", &[("alpha", 1.0)], None), |x| {
                x.max(0.0) + x.exp_m1().min(0.0)
            }),
            (function("ThresholdedRelu", &[("alpha", 1.01)], None), |x| {
                if x > 1.01 { x } else { 0.0 }
            }),
            (function("LeakyRelu", &[("alpha", 0.125)], None), |x| {
                if x < 0.0 { 0.125 * x } else { x }
            }),
            (function("PRelu", &[], Some(0.25)), |x| {
                if x < 0.0 { 0.25 * x } else { x }
            }),
            (function("Elu", &[("alpha", 1.5)], None), |x| {
                if x < 0.0 { 1.5 * x.exp_m1() } else { x }
            }),
            (
                function("HardSigmoid", &[("alpha", 0.25), ("beta", 0.5)], None),
                |x| (0.25 * x + 0.5).clamp(0.0, 1.0),
            ),
            (
                function("Selu", &[("alpha", 1.5), ("gamma", 1.25)], None),
                |x| 1.25 * if x < 0.0 { 1.5 * x.exp_m1() } else { x },
            ),
            (
                function("Clip", &[("min", -0.5), ("max", 2.0)], None),
                |x| x.clamp(-0.5, 2.0),
            ),
            (function("Add", &[], Some(1.5)), |x| x + 1.5),
            (function("Sub", &[], Some(1.5)), |x| x - 1.5),
            (function("Mul", &[], Some(-1.5)), |x| -1.5 * x),
            (function("Div", &[], Some(1.5)), |x| x / 1.5),
        ];
        // Functions of positive numbers, after an exponential.
        let of_positive: &[Case] = &[
            (function("Log", &[], None), |x| x),
            (function("Reciprocal", &[], None), |x| (-x).exp()),
            (function("Sqrt", &[], None), |x| (x / 2.0).exp()),
            (function("Pow", &[], Some(-0.5)), |x| (-x / 2.0).exp()),
        ];
        for (accepted, _) in FUNCTIONS {
            let is_tested = |(function, _): &Case| function.op_type == accepted;
            let mut cases = unary.iter().chain(of_positive);
            assert!(cases.any(is_tested), "{accepted} is not tested");
        }
        let from = Affine::of_range(-4.0, 4.5);
        let alone = unary.iter().map(|case| (case, false));
        for ((function, definition), after) in
            alone.chain(of_positive.iter().map(|case| (case, true)))
        {
            let exponential = Elementwise::of("Exp");
            let chain = [exponential, function.clone()];
            let got = reals(&chain[usize::from(!after)..], from).unwrap();
            assert!(!is_infinite(&chain[usize::from(!after)..], from).unwrap());
            for (x, got) in (-128_i16..128).zip(got) {
                let x = f64::from(f32::from(x - i16::from(from.zero)) * from.scale);
                let expected = definition(x);
                // Single precision through one transcendental function.
                let error = (f64::from(got) - expected).abs();
                assert!(
                    error <= 2e-6 * (1.0 + expected.abs()),
                    "{function:?} of {x}: {got}"
                );
            }
        }
    }

    #[test]
    fn poles_are_seen_where_the_int8_reach_them() {
        for op_type in ["Log", "Reciprocal", "Sqrt"] {
            let chain = [function(op_type, &[], None)];
            assert!(is_infinite(&chain, Affine::of_range(-1.0, 1.0)).unwrap());
            let moved = [function("Add", &[], Some(2.0)), chain[0].clone()];
            assert!(!is_infinite(&moved, Affine::of_range(-1.0, 1.0)).unwrap());
        }
    }

    #[test]
    fn chains_are_applied_in_order() {
        let chain = [
            function("Add", &[], Some(1.0)),
            function("Mul", &[], Some(2.0)),
        ];
        let from = Affine {
            scale: 1.0,
            zero: 0,
        };
        let to = Affine {
            scale: 2.0,
            zero: 5,
        };
        let table = table(&chain, from, to).unwrap();
        assert_eq!(table[128..132], [6, 7, 8, 9]);
        assert_eq!((table[0], table[255]), (-122, 127));
    }
}
