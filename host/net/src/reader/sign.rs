//! Which tensors hold no value below zero, whatever the input of the network.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::{NodeProto, TensorProto};

use crate::onnx::{Attributes, Constant};

/// What is known of the sign of what a node gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// No value is below zero.
    NeverNegative,
    /// None is, where none of the first so many inputs has one.
    OfInputs(usize),
    /// None is, where one of the inputs has none.
    OfAnyInput,
    /// Not known.
    Unknown,
}

impl Sign {
    /// The sign of what `node` gives; `least` is the smallest value of a constant.
    pub(super) fn of(node: &NodeProto, least: impl Fn(&str) -> Option<f32>) -> Self {
        let attributes = Attributes(node);
        let operand = |at: usize| node.input.get(at).filter(|name| !name.is_empty());
        // A value that is left out is not below zero; one that is not known may be.
        let is_not_below = |at| operand(at).is_none_or(|name| least(name) >= Some(0.0));
        match node.op_type.as_str() {
            "Relu" | "Sigmoid" | "HardSigmoid" | "Softplus" | "Softmax" | "Abs" | "Exp"
            | "Sqrt" => Self::NeverNegative,
            "ThresholdedRelu" if attributes.float("alpha", 1.0).is_ok_and(|x| x >= 0.0) => {
                Self::NeverNegative
            }
            "Clip" if operand(1).is_some() && is_not_below(1) => Self::NeverNegative,
            // What is above zero may be cut, but not below it.
            "Clip" if is_not_below(2) => Self::OfInputs(1),
            "Pad" if is_not_below(2) => Self::OfInputs(1),
            "Resize"
                if attributes
                    .text("mode")
                    .is_ok_and(|mode| mode != Some("cubic")) =>
            {
                Self::OfInputs(1)
            }
            // Functions with the sign of what they read.
            "LeakyRelu" | "PRelu" | "Elu" | "Selu" | "Celu" | "Tanh" | "Softsign" | "Gelu"
            | "Mish" | "HardSwish" | "ThresholdedRelu" | "LRN" => Self::OfInputs(1),
            // What selects, moves or averages.
            "MaxPool" | "AveragePool" | "GlobalAveragePool" | "GlobalMaxPool" | "Flatten"
            | "Reshape" | "Dropout" | "Identity" | "Transpose" | "Squeeze" | "Unsqueeze"
            | "Slice" | "Split" | "Gather" | "Expand" | "DepthToSpace" | "SpaceToDepth"
            | "ReduceMax" | "ReduceMean" | "ReduceSum" => Self::OfInputs(1),
            "Concat" | "Add" | "Sum" | "Mul" | "Div" | "Min" => Self::OfInputs(node.input.len()),
            "Max" => Self::OfAnyInput,
            _ => Self::Unknown,
        }
    }

    /// The same, of what is known of the inputs of the node.
    pub(super) fn is_never_negative(
        self,
        node: &NodeProto,
        mut is_input: impl FnMut(&str) -> bool,
    ) -> bool {
        match self {
            Self::NeverNegative => true,
            Self::OfInputs(count) => {
                let inputs = node.input.get(..count).unwrap_or_default();
                !inputs.is_empty() && inputs.iter().all(|input| is_input(input))
            }
            Self::OfAnyInput => node.input.iter().any(|input| is_input(input)),
            Self::Unknown => false,
        }
    }
}

/// The tensors that hold no value below zero, whatever the input; the nodes are in an order
/// that works.
pub fn never_negative<'g>(
    nodes: &'g [NodeProto],
    constants: &'g [TensorProto],
) -> HashSet<&'g str> {
    let constants = constants.iter();
    let constants: HashMap<&str, &TensorProto> = constants
        .map(|constant| (constant.name.as_str(), constant))
        .collect();
    let least = |name: &str| least(constants.get(name)?);
    let mut found: HashSet<&str> = HashSet::new();
    for node in nodes {
        let is_input = |input: &str| found.contains(input) || least(input) >= Some(0.0);
        if Sign::of(node, least).is_never_negative(node, is_input) {
            found.extend(node.output.iter().map(String::as_str));
        }
    }
    found
}

/// The smallest value of a constant of floats; none where there is none, or one is
/// not a number.
pub(super) fn least(constant: &TensorProto) -> Option<f32> {
    let constant = Constant::parse(constant).ok()?;
    let mut values = constant.floats()?.iter().copied();
    let first = values.next().filter(|value| !value.is_nan())?;
    values.try_fold(first, |least, value| {
        (!value.is_nan()).then(|| least.min(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::builder::{GraphBuilder, float, text};

    /// Whether a node that reads `inputs` gives no value below zero, in a network where
    /// `positive` never is and `x` may be.
    fn is_known(operator: &str, inputs: &[&str], attributes: &[(&str, f32)]) -> bool {
        let mut graph = GraphBuilder::new("sign");
        graph.f32s("zero", &[], &[0.0]);
        graph.f32s("six", &[], &[6.0]);
        graph.f32s("minus", &[2], &[1.0, -0.5]);
        graph.node("Relu", &["x"], "positive", vec![]);
        let attributes = attributes.iter().map(|&(name, value)| float(name, value));
        graph.node(operator, inputs, "y", attributes.collect());
        let model = graph.model(13);
        let graph = model.graph.expect("a graph");
        never_negative(&graph.node, &graph.initializer).contains("y")
    }

    #[test]
    fn functions_are_known_by_their_bounds() {
        // x in {-1, -0.25, 0, 1}: by hand, from the definitions in ONNX.
        for operator in [
            "Exp",
            "Sigmoid",
            "HardSigmoid",
            "Softplus",
            "Softmax",
            "Abs",
        ] {
            assert!(is_known(operator, &["x"], &[]), "{operator}");
        }
        for operator in [
            "Tanh",
            "LeakyRelu",
            "Elu",
            "HardSwish",
            "Softsign",
            "Neg",
            "Log",
        ] {
            assert!(!is_known(operator, &["x"], &[]), "{operator}");
        }
        assert!(is_known("Clip", &["x", "zero", "six"], &[]));
        assert!(is_known("Clip", &["x", "zero"], &[]));
        assert!(!is_known("Clip", &["x", "", "six"], &[]));
        assert!(!is_known("Clip", &["x", "minus", "six"], &[]));
        // x > α ? x : 0 gives −0.25 for an α of −0.5.
        assert!(is_known("ThresholdedRelu", &["x"], &[]));
        assert!(is_known("ThresholdedRelu", &["x"], &[("alpha", 0.0)]));
        assert!(!is_known("ThresholdedRelu", &["x"], &[("alpha", -0.5)]));
    }

    #[test]
    fn the_rest_follows_from_what_is_read() {
        for operator in ["MaxPool", "LeakyRelu", "ReduceMean", "Transpose", "Slice"] {
            assert!(is_known(operator, &["positive"], &[]), "{operator}");
            assert!(!is_known(operator, &["x"], &[]), "{operator}");
        }
        for operator in ["Add", "Mul", "Concat", "Min"] {
            assert!(
                is_known(operator, &["positive", "positive"], &[]),
                "{operator}"
            );
            assert!(is_known(operator, &["positive", "six"], &[]), "{operator}");
            assert!(!is_known(operator, &["positive", "x"], &[]), "{operator}");
            assert!(
                !is_known(operator, &["positive", "minus"], &[]),
                "{operator}"
            );
        }
        assert!(is_known("Max", &["x", "zero"], &[]));
        assert!(!is_known("Max", &["x", "minus"], &[]));
        assert!(!is_known("Sub", &["positive", "positive"], &[]));
        // A bound above that is below zero.
        assert!(is_known("Clip", &["positive", "minus", "six"], &[]));
        assert!(!is_known("Clip", &["positive", "", "minus"], &[]));
        assert!(!is_known("Pad", &["positive", "pads", "minus"], &[]));
    }

    #[test]
    fn a_cubic_spline_goes_below_what_it_joins() {
        for (mode, expected) in [("nearest", true), ("linear", true), ("cubic", false)] {
            let mut graph = GraphBuilder::new("sign");
            graph.node("Relu", &["x"], "positive", vec![]);
            graph.node("Resize", &["positive"], "y", vec![text("mode", mode)]);
            let graph = graph.model(13).graph.expect("a graph");
            let found = never_negative(&graph.node, &graph.initializer);
            assert_eq!(found.contains("y"), expected, "{mode}");
        }
    }
}
