//! Which rule of relevance each node of tract's graph gets.
//!
//! What a layer is, is decided on the file: tract computes an unpadded 1×1 convolution
//! as a matrix product, and folds a batch normalisation or a bias that stands alone into
//! the convolution before it. A node of tract's graph therefore belongs to the layers of
//! the file that lie between its own output and the outputs of earlier layers.

use std::collections::{BTreeSet, HashMap, HashSet};

use tract_adjoint::{Rule, Share};
use tract_onnx::prelude::*;

use super::composite::{Composite, LrpRule};
use super::error::ExplainError;
use crate::float_model::{FloatModel, Layer};
use cortexscope_net::described;
use cortexscope_net::input::InputSpec;
use cortexscope_net::onnx::engine::EngineError;

described! {
    /// The rule that a layer got.
    #[derive(Eq)]
    pub struct AppliedRule {
        /// The layer's name; layers that are computed as one, with `+` between.
        pub layer: String,
        /// Its operator in the file.
        pub operator: String,
        /// The rule.
        // As it is written on the command line: `epsilon=0.000001`, `zplus`.
        pub rule: String,
        /// Whether it is a convolution or dense layer that has no other before it.
        #[serde(skip)]
        pub is_first: bool,
    }
}

/// Rules for all nodes of a model's typed graph.
#[derive(Clone, Debug)]
pub struct LayerRules {
    default: Rule,
    nodes: HashMap<usize, NodeRule>,
}

#[derive(Clone, Debug)]
struct NodeRule {
    layer: String,
    operator: String,
    rule: Rule,
    is_first: bool,
}

impl LayerRules {
    /// The rules of `composite` for the layers of `model`.
    ///
    /// # Errors
    /// The graph has no outputs.
    pub fn of(model: &FloatModel, composite: &Composite) -> Result<Self, ExplainError> {
        let spec = &model.spec.input;
        let typed = model.typed();
        let outlets = typed.output_outlets().map_err(EngineError::from)?;
        let file = FileGraph::of(model.layers());
        let mut nodes = HashMap::new();
        for (index, outlet) in outlets.iter().enumerate() {
            let segment = segment(typed, outlets, *outlet);
            // Layers that only rename a value share its outlet with the one before; the
            // last of them sees all.
            if outlets[index + 1..].contains(outlet) {
                continue;
            }
            let members = file.members(index, &segment.before);
            let rule = file.rule(&members, composite);
            let named = file.with_weights(&members);
            let node_rule = NodeRule {
                layer: file.join(&named, |layer| &layer.name),
                operator: file.join(&named, |layer| &layer.operator),
                rule: rule_of(rule, spec),
                is_first: members.iter().any(|&at| file.is_first[at]),
            };
            for node in segment.nodes {
                nodes.entry(node).or_insert_with(|| node_rule.clone());
            }
        }
        Ok(Self {
            default: rule_of(composite.dense, spec),
            nodes,
        })
    }

    /// The same for the backward pass: a rule for every node, so that nothing is left to
    /// the operator that tract computes with.
    pub fn adjoint_rules(&self) -> tract_adjoint::Rules {
        let layers = self.nodes.iter();
        let layers = layers.map(|(&node, of)| (OutletId::new(node, 0), of.rule.clone()));
        tract_adjoint::Rules {
            layers: layers.collect(),
            ..tract_adjoint::Rules::uniform(self.default.clone())
        }
    }

    /// The rules that a run applied, by the layers of the file.
    pub fn applied(&self, shares: &[Share]) -> Vec<AppliedRule> {
        let mut applied: Vec<AppliedRule> = Vec::new();
        for share in shares {
            let of = self.nodes.get(&share.outlet.node);
            let one = AppliedRule {
                layer: of.map_or_else(|| share.node.clone(), |of| of.layer.clone()),
                operator: of.map_or_else(String::new, |of| of.operator.clone()),
                rule: share.rule.to_string(),
                is_first: of.is_some_and(|of| of.is_first),
            };
            if applied.last() != Some(&one) {
                applied.push(one);
            }
        }
        applied
    }
}

/// The nodes of tract's graph that compute one value from those of earlier layers.
struct Segment {
    nodes: Vec<usize>,
    /// Layers whose values they read.
    before: BTreeSet<usize>,
}

fn segment(typed: &TypedModel, outlets: &[OutletId], end: OutletId) -> Segment {
    let mut nodes = Vec::new();
    let mut before = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![end];
    while let Some(outlet) = open.pop() {
        if !seen.insert(outlet.node) {
            continue;
        }
        if outlet != end && outlets.contains(&outlet) {
            let layers = (0..outlets.len()).filter(|&at| outlets[at] == outlet);
            before.extend(layers);
            continue;
        }
        nodes.push(outlet.node);
        open.extend(&typed.node(outlet.node).inputs);
    }
    Segment { nodes, before }
}

/// The layers as the file connects them.
struct FileGraph<'m> {
    layers: &'m [Layer],
    /// The layers that each reads.
    reads: Vec<Vec<usize>>,
    /// Convolutions and dense layers with no other before them.
    is_first: Vec<bool>,
}

impl<'m> FileGraph<'m> {
    fn of(layers: &'m [Layer]) -> Self {
        let writer: HashMap<&str, usize> = layers
            .iter()
            .enumerate()
            .map(|(index, layer)| (layer.tensor.as_str(), index))
            .collect();
        let reads: Vec<Vec<usize>> = layers
            .iter()
            .map(|layer| {
                let inputs = layer.inputs.iter();
                inputs
                    .filter_map(|input| writer.get(input.as_str()).copied())
                    .collect()
            })
            .collect();
        let mut is_behind = vec![false; layers.len()];
        let mut is_first = vec![false; layers.len()];
        for index in 0..layers.len() {
            // The file is in the order of execution.
            let after_one = reads[index]
                .iter()
                .any(|&at| is_behind[at] || is_linear(&layers[at]));
            is_behind[index] = after_one;
            is_first[index] = is_linear(&layers[index]) && !after_one;
        }
        Self {
            layers,
            reads,
            is_first,
        }
    }

    /// The layers from `end` back to those of `before`, in the order of the file.
    fn members(&self, end: usize, before: &BTreeSet<usize>) -> Vec<usize> {
        let mut members = BTreeSet::new();
        let mut open = vec![end];
        while let Some(at) = open.pop() {
            if (at == end || !before.contains(&at)) && members.insert(at) {
                open.extend(&self.reads[at]);
            }
        }
        members.into_iter().collect()
    }

    /// An exception for any of them wins; otherwise a convolution or a dense layer among
    /// them says what they are.
    fn rule(&self, members: &[usize], composite: &Composite) -> LrpRule {
        let names = |at: &usize| {
            let layer = &self.layers[*at];
            [layer.name.as_str(), layer.tensor.as_str()]
        };
        let names: HashSet<&str> = members.iter().flat_map(names).collect();
        let exceptions = composite.layers.iter();
        let named = exceptions
            .rev()
            .find(|(name, _)| names.contains(name.as_str()));
        if let Some((_, rule)) = named {
            return *rule;
        }
        let main = members.iter().find(|&&at| is_linear(&self.layers[at]));
        let main = main.or(members.last());
        main.map_or(composite.dense, |&at| {
            composite.rule(&self.layers[at], self.is_first[at])
        })
    }

    /// Those that a convolution or a dense layer is made of; all of them where there is
    /// none. tract may take a rectifier along, which has no rule.
    fn with_weights(&self, members: &[usize]) -> Vec<usize> {
        let members = members.iter().copied();
        let has_weights = |at: &usize| {
            let layer = &self.layers[*at];
            let scales = ["BatchNormalization", "Add", "Sub", "Mul", "Div"];
            is_linear(layer) || scales.contains(&layer.normal_form.as_str())
        };
        if members.clone().any(|at| is_linear(&self.layers[at])) {
            members.filter(has_weights).collect()
        } else {
            members.collect()
        }
    }

    fn join(&self, members: &[usize], text: impl Fn(&Layer) -> &str) -> String {
        let texts: Vec<&str> = members.iter().map(|&at| text(&self.layers[at])).collect();
        texts.join("+")
    }
}

/// Convolutions and dense layers, also those that the file writes in another way.
fn is_linear(layer: &Layer) -> bool {
    matches!(layer.normal_form.as_str(), "Conv" | "Gemm" | "MatMul")
}

fn rule_of(rule: LrpRule, spec: &InputSpec) -> Rule {
    let channels = 0..spec.channels.count();
    let ends = |pixel| {
        channels
            .clone()
            .map(move |channel| spec.value(channel, pixel))
    };
    match rule {
        LrpRule::Epsilon(epsilon) => Rule::Epsilon(epsilon),
        LrpRule::Gamma(gamma) => Rule::Gamma(gamma),
        LrpRule::ZPlus => Rule::ZPlus,
        LrpRule::AlphaBeta { alpha, beta } => Rule::AlphaBeta { alpha, beta },
        LrpRule::ZBox => Rule::ZBox {
            low: ends(0).zip(ends(255)).map(|(a, b)| a.min(b)).collect(),
            high: ends(0).zip(ends(255)).map(|(a, b)| a.max(b)).collect(),
        },
        LrpRule::Flat => Rule::Flat,
    }
}
