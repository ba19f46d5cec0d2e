//! From the nodes of an int8 ONNX file to float operators, node by node.

use std::collections::{HashMap, HashSet};

use tract_adjoint::straight_through::{Int8, Rescale};
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto};

use super::super::FloatModel;
use super::super::graph;
use super::super::int8_operators::{RESCALE, STEPS, rescale};
use super::parts::{channels, parts};
use cortexscope_net::Affine;
use cortexscope_net::onnx::Constant;
use cortexscope_net::onnx::builder::{GraphBuilder, Size, float};

/// Why a file cannot be rewritten.
pub struct Refused {
    /// The node; empty where it is none.
    pub node: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The network in float operators.
pub struct Rewritten {
    /// The network; every node is an output.
    pub model: ModelProto,
    /// The tensor of the logits.
    pub output: String,
}

/// A sum that is not rescaled yet.
struct Sum {
    /// Its parts, each exact.
    parts: Vec<String>,
    /// Added to it.
    bias: Vec<i64>,
}

/// Rewrites one file.
pub struct Rewriter<'a> {
    constants: HashMap<&'a str, &'a TensorProto>,
    /// Of which steps the real numbers here are that stand for the int8 of the file. Those of
    /// a sum or a product of two activations are the steps themselves.
    affines: HashMap<String, Affine>,
    /// Names that are taken.
    names: HashSet<String>,
    /// Tensors of the file by the names that they have here.
    renamed: HashMap<String, String>,
    /// Layers of the float model and the rectifiers that the compiler took along.
    rectifiers: HashMap<String, String>,
    sums: HashMap<String, Sum>,
    graph: GraphBuilder,
}

/// The operands of a convolution of whole numbers.
struct Integers<'n> {
    node: &'n NodeProto,
    input: &'n str,
    weights: &'n str,
    scale: f32,
    zero: i8,
}

impl<'a> Rewriter<'a> {
    /// Begins with the input, which is quantised by `input`.
    ///
    /// # Errors
    /// The file has another input than one.
    pub fn of(float: &FloatModel, model: &'a ModelProto, input: Affine) -> Result<Self, Refused> {
        let file = graph_of(model)?;
        let [named] = file.input.as_slice() else {
            return Err(refused("", "it has another number of inputs than one"));
        };
        let mut names = HashSet::new();
        for node in &file.node {
            names.extend(node.output.iter().cloned());
        }
        let constants = file.initializer.iter();
        let rectifiers = float.layers().iter().filter_map(|layer| {
            let rectified = float.rectified(float.find(&layer.name).ok()?);
            let after = &float.layer(rectified).name;
            let is_fused = *after != layer.name && !names.contains(after);
            is_fused.then(|| (layer.name.clone(), after.clone()))
        });
        let mut rewriter = Self {
            constants: constants.map(|one| (one.name.as_str(), one)).collect(),
            affines: HashMap::from([(named.name.clone(), input)]),
            rectifiers: rectifiers.collect(),
            names,
            renamed: HashMap::new(),
            sums: HashMap::new(),
            graph: GraphBuilder::new(&file.name),
        };
        let [channels, height, width] = float.input_shape();
        let sizes = [1, channels, height, width].map(Size::Fixed);
        rewriter.graph.input(&named.name, DataType::Float, &sizes);
        rewriter.names.insert(named.name.clone());
        let quantised = rewriter.fresh(&format!("{}.int8", named.name));
        let attributes = rescale(&Rescale::quantise(input.scale, input.zero));
        rewriter
            .graph
            .node(RESCALE, &[&named.name], &quantised, attributes);
        rewriter.renamed.insert(named.name.clone(), quantised);
        Ok(rewriter)
    }

    /// Rewrites all nodes.
    ///
    /// # Errors
    /// A node is not as `compile` writes it, or its sums do not fit.
    pub fn rewrite(mut self, model: &ModelProto) -> Result<Rewritten, Refused> {
        let file = graph_of(model)?;
        for node in &file.node {
            self.node(node)?;
        }
        let last = file.output.first();
        let last = last.ok_or_else(|| refused("", "it has no output"))?;
        let output = self.here(&last.name);
        let opset = model.opset_import.first().map_or(13, |set| set.version);
        let mut model = self.graph.model(opset);
        if let Some(graph) = &mut model.graph {
            graph::declare_outputs(graph);
        }
        Ok(Rewritten { model, output })
    }

    fn node(&mut self, node: &NodeProto) -> Result<(), Refused> {
        let [output, ..] = node.output.as_slice() else {
            return Err(refused(&node.name, "it writes nothing"));
        };
        let operand = |at: usize| -> Result<&str, Refused> {
            let name = node.input.get(at).map(String::as_str);
            name.ok_or_else(|| refused(&node.name, "an operand is missing"))
        };
        match node.op_type.as_str() {
            "QLinearConv" => {
                let integers = Integers {
                    node,
                    input: operand(0)?,
                    weights: operand(3)?,
                    scale: self.number(node, operand(1)?)?,
                    zero: self.zero(node, operand(2)?)?,
                };
                let to = Affine {
                    scale: self.number(node, operand(6)?)?,
                    zero: self.zero(node, operand(7)?)?,
                };
                let mut sum = self.sum(&integers)?;
                if node.input.len() > 8 {
                    sum.bias = self.ints(node, operand(8)?)?;
                }
                let weight_scales = self.floats(node, operand(4)?)?;
                let steps = weight_scales.iter().map(|weight| integers.scale * weight);
                let steps: Vec<f32> = steps.collect();
                let rectifier = self.rectifiers.get(output).cloned();
                let here = self.named(rectifier.as_deref().unwrap_or(output));
                let op = Rescale {
                    bias: bias(&sum),
                    multipliers: steps.iter().map(|step| step / to.scale).collect(),
                    slopes: steps,
                    to: Some(Int8 {
                        scale: to.scale,
                        zero: to.zero,
                        is_rectifier: to.zero == i8::MIN,
                    }),
                };
                self.affines.insert(output.clone(), to);
                self.rescale(&sum.parts, here, output, &op);
            }
            "ConvInteger" => {
                let input = operand(0)?;
                let known = self.affines.get(input);
                let affine = *known.ok_or_else(|| {
                    refused(&node.name, "the scale of what it reads is not in the file")
                })?;
                let sum = self.sum(&Integers {
                    node,
                    input,
                    weights: operand(1)?,
                    scale: affine.scale,
                    zero: affine.zero,
                })?;
                self.sums.insert(output.clone(), sum);
            }
            "Add" if self.sums.contains_key(operand(0)?) => {
                let bias = self.ints(node, operand(1)?)?;
                let Some(sum) = self.sums.remove(operand(0)?) else {
                    return Ok(());
                };
                let parts = sum.parts;
                self.sums.insert(output.clone(), Sum { parts, bias });
            }
            "DequantizeLinear" => match self.sums.remove(operand(0)?) {
                Some(sum) => {
                    let steps = self.floats(node, operand(1)?)?;
                    let op = Rescale {
                        bias: bias(&sum),
                        multipliers: steps.clone(),
                        slopes: steps,
                        to: None,
                    };
                    let here = self.named(output);
                    self.rescale(&sum.parts, here, output, &op);
                }
                None => {
                    let scale = self.number(node, operand(1)?)?;
                    let here = self.named(output);
                    self.dequantise(operand(0)?, scale, &here);
                    self.renamed.insert(output.clone(), here);
                }
            },
            "QuantizeLinear" => {
                let to = Affine {
                    scale: self.number(node, operand(1)?)?,
                    zero: self.zero(node, operand(2)?)?,
                };
                self.affines.insert(output.clone(), to);
                let parts = [self.here(operand(0)?)];
                let here = self.named(output);
                let op = Rescale::quantise(to.scale, to.zero);
                self.rescale(&parts, here, output, &op);
            }
            _ => self.copy(node, output)?,
        }
        Ok(())
    }

    /// The int8 `input` in steps that are worth `scale`, as the tensor `here`.
    fn dequantise(&mut self, input: &str, scale: f32, here: &str) {
        let known = self.affines.get(input).map(|affine| affine.scale);
        if known.is_none_or(|known| known == scale) {
            let input = self.here(input);
            self.graph.node("Identity", &[&input], here, Vec::new());
            return;
        }
        let steps = self.steps(input, scale);
        let factor = self.fresh(&format!("{here}.scale"));
        self.graph.f32s(&factor, &[], &[scale]);
        self.graph.node("Mul", &[&steps, &factor], here, Vec::new());
    }

    /// The int8 `input` as whole steps; `scale` is what one is worth where that is not known.
    fn steps(&mut self, input: &str, scale: f32) -> String {
        let known = self.affines.get(input).map(|affine| affine.scale);
        let attributes = vec![float("scale", known.unwrap_or(scale))];
        let steps = self.fresh(&format!("{input}.steps"));
        let input = self.here(input);
        self.graph.node(STEPS, &[&input], &steps, attributes);
        steps
    }

    /// A node on real numbers, as it is in the file.
    fn copy(&mut self, node: &NodeProto, output: &str) -> Result<(), Refused> {
        let mut inputs = Vec::new();
        // The sizes of a Reshape have no scale.
        let activations = match node.op_type.as_str() {
            "Reshape" => node.input.get(..1).unwrap_or_default(),
            _ => &node.input[..],
        };
        let affines = activations.iter().map(|name| self.affines.get(name));
        let affines: Option<Vec<Affine>> = affines.map(Option::<&Affine>::copied).collect();
        let mut of_output = affines.as_ref().and_then(|all| all.first().copied());
        // What is joined has one scale on the board; here it may be in other units.
        let scales_differ =
            affines.is_some_and(|all| all.iter().any(|one| one.scale != all[0].scale));
        if scales_differ {
            of_output = of_output.map(|affine| Affine {
                scale: 1.0,
                ..affine
            });
        }
        for name in &node.input {
            if scales_differ {
                inputs.push(self.steps(name, 1.0));
            } else if let Some(&constant) = self.constants.get(name.as_str()) {
                let dims: Vec<usize> = constant.dims.iter().map(|&size| size as usize).collect();
                let here = self.fresh(name);
                if node.op_type == "Reshape" {
                    let sizes = self.ints(node, name)?;
                    self.graph.i64s(&here, &dims, &sizes);
                } else {
                    let values = self.floats(node, name)?;
                    self.graph.f32s(&here, &dims, &values);
                }
                inputs.push(here);
            } else {
                inputs.push(self.here(name));
            }
        }
        if let Some(affine) = of_output {
            self.affines.insert(output.to_owned(), affine);
        }
        let here = self.named(output);
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.graph
            .node(&node.op_type, &inputs, &here, node.attribute.clone());
        self.renamed.insert(output.to_owned(), here);
        Ok(())
    }

    /// The convolution of whole numbers as exact parts.
    fn sum(&mut self, integers: &Integers<'_>) -> Result<Sum, Refused> {
        let Integers { node, scale, .. } = *integers;
        let (dims, weights) = self.weights(integers)?;
        let groups = node.attribute.iter().find(|one| one.name == "group");
        let is_grouped = groups.is_some_and(|group| group.i > 1);
        let ranges = parts(&dims, &weights, integers.zero);
        let ranges = ranges.filter(|ranges| !is_grouped || ranges.len() == 1);
        let ranges = ranges.ok_or_else(|| {
            refused(
                &node.name,
                "its sums may exceed 2^24, so that f32 does not hold them",
            )
        })?;
        let output = &node.output[0];
        let steps = self.steps(integers.input, scale);
        // The sums have the layer's name where its rectifier has one of its own.
        let sums = if self.rectifiers.contains_key(output) {
            output.clone()
        } else {
            format!("{output}.sums")
        };
        let mut parts = Vec::new();
        for [from, to] in &ranges {
            let is_whole = ranges.len() == 1;
            let suffix = if is_whole {
                String::new()
            } else {
                format!(".{from}")
            };
            let part = format!("{sums}{suffix}");
            let part = if part == *output {
                self.named(&part)
            } else {
                self.fresh(&part)
            };
            let read = if is_whole {
                steps.clone()
            } else {
                self.slice(&steps, [*from, *to])
            };
            let kernel = self.fresh(&format!("{part}.kernel"));
            let (sizes, values) = channels(&dims, &weights, [*from, *to]);
            self.graph.f32s(&kernel, &sizes, &values);
            let attributes = node.attribute.clone();
            self.graph
                .node("Conv", &[&read, &kernel], &part, attributes);
            parts.push(part);
        }
        Ok(Sum {
            parts,
            bias: vec![0],
        })
    }

    /// Channels of a tensor.
    fn slice(&mut self, tensor: &str, [from, to]: [usize; 2]) -> String {
        let here = self.fresh(&format!("{tensor}.{from}"));
        let bounds = [("starts", from as i64), ("ends", to as i64), ("axes", 1)];
        let mut operands = vec![tensor.to_owned()];
        for (what, value) in bounds {
            let name = self.fresh(&format!("{here}.{what}"));
            self.graph.i64s(&name, &[1], &[value]);
            operands.push(name);
        }
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        self.graph.node("Slice", &operands, &here, Vec::new());
        here
    }

    fn rescale(&mut self, parts: &[String], here: String, output: &str, op: &Rescale) {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.graph.node(RESCALE, &parts, &here, rescale(op));
        self.renamed.insert(output.to_owned(), here);
    }

    /// What the tensor `name` of the file is called here.
    fn here(&self, name: &str) -> String {
        let renamed = self.renamed.get(name).map(String::as_str);
        renamed.unwrap_or(name).to_owned()
    }

    /// A name of the float model, kept as it is.
    fn named(&mut self, name: &str) -> String {
        self.names.insert(name.to_owned());
        name.to_owned()
    }

    /// `wanted`, with as many underscores as make it a new name.
    fn fresh(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        while !self.names.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    fn constant(&self, node: &NodeProto, name: &str) -> Result<Constant, Refused> {
        let proto = self.constants.get(name);
        let proto = proto.ok_or_else(|| refused(&node.name, "an operand is not constant"))?;
        Constant::parse(proto).map_err(|_| refused(&node.name, "a constant cannot be read"))
    }

    fn floats(&self, node: &NodeProto, name: &str) -> Result<Vec<f32>, Refused> {
        let constant = self.constant(node, name)?;
        let floats = constant.floats().map(<[f32]>::to_vec);
        floats.ok_or_else(|| refused(&node.name, "a constant is not of floats"))
    }

    fn ints(&self, node: &NodeProto, name: &str) -> Result<Vec<i64>, Refused> {
        let constant = self.constant(node, name)?;
        let ints = constant.ints().map(<[i64]>::to_vec);
        ints.ok_or_else(|| refused(&node.name, "a constant is not of integers"))
    }

    fn number(&self, node: &NodeProto, name: &str) -> Result<f32, Refused> {
        let values = self.floats(node, name)?;
        let [scale] = *values.as_slice() else {
            return Err(refused(&node.name, "a scale is not one number"));
        };
        Ok(scale)
    }

    fn zero(&self, node: &NodeProto, name: &str) -> Result<i8, Refused> {
        let values = self.ints(node, name)?;
        let zero = values.first().and_then(|&zero| i8::try_from(zero).ok());
        zero.ok_or_else(|| refused(&node.name, "a zero point is not an int8"))
    }

    /// Weights `[O, I, …]` and their sizes.
    fn weights(&self, integers: &Integers<'_>) -> Result<(Vec<usize>, Vec<i64>), Refused> {
        let constant = self.constant(integers.node, integers.weights)?;
        let weights = self.ints(integers.node, integers.weights)?;
        if constant.dims.len() < 2 || weights.is_empty() {
            return Err(refused(
                &integers.node.name,
                "its weights are not [O, I, …]",
            ));
        }
        Ok((constant.dims, weights))
    }
}

fn graph_of(model: &ModelProto) -> Result<&GraphProto, Refused> {
    let graph = model.graph.as_ref();
    graph.ok_or_else(|| refused("", "it has no graph"))
}

fn refused(node: &str, why: &'static str) -> Refused {
    Refused {
        node: node.to_owned(),
        why,
    }
}

fn bias(sum: &Sum) -> Vec<i32> {
    // What the file has are int32.
    let bias = sum.bias.iter();
    bias.map(|&bias| i32::try_from(bias).unwrap_or(i32::MAX))
        .collect()
}
