//! A network that was read under one layout of its input: what it costs, and its graph.

use std::collections::HashSet;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, ModelProto, OperatorSetIdProto};

use super::Reader;
use super::checked::Checked;
use super::graph::{Constants, Graph, needed};
use super::layout::{self, Layout, View};
use crate::onnx::builder::{Size, value_info};

/// A network that was read under one layout.
pub(super) struct Read<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) layout: Layout,
    pub(super) output: View,
}

impl<'a> Read<'a> {
    /// Tensors that this layout leaves to be rearranged; constants that vary over places
    /// and nodes that are passed on, which no board has.
    pub(super) fn cost(&self) -> [usize; 2] {
        [self.reader.rearranged, self.reader.uneven]
    }

    /// Other layouts of an input of `sizes`, from what the network turns it into.
    pub(super) fn suggested(&self, sizes: &[usize], known: &[Layout]) -> Vec<Layout> {
        let Some(input_as) = &self.reader.input_as else {
            return Vec::new();
        };
        let suggested = layout::layouts(input_as, None).into_iter();
        // Images of a batch stay apart.
        let suggested = suggested.filter(|layout| layout.axes.batch == self.reader.batch);
        let suggested = suggested.filter_map(|layout| {
            let dims = layout.axes.regroup(&layout.dims, sizes)?;
            let axes = layout.axes;
            Some(Layout { axes, dims })
        });
        suggested.filter(|layout| !known.contains(layout)).collect()
    }

    /// The network without its constants, and the constants that it reads.
    pub(super) fn finish(self, checked: &Checked) -> (Graph, Constants) {
        let Self {
            reader,
            layout,
            output,
        } = self;
        let output = reader.tensors[output.tensor].name.clone();
        let mut notes = Vec::new();
        let [channels, height, width] = layout.axes.shape;
        if !layout::is_usual(&layout) {
            notes.push(format!(
                "input `{}` is {}: read as {channels}×{height}×{width} (channels, rows, columns)",
                checked.input,
                layout::written(&layout)
            ));
        }
        if reader.batch > 1 {
            notes.push(format!("the file's batch of {} is read as 1", reader.batch));
        }
        if checked.outputs.len() > 1 {
            let others = checked
                .outputs
                .iter()
                .filter(|name| **name != checked.output);
            let others: Vec<&str> = others.map(String::as_str).collect();
            notes.push(format!(
                "of several outputs `{}` is read; --output-name takes another: {}",
                checked.output,
                others.join(", ")
            ));
        }
        notes.extend(reader.notes);
        let nodes = needed(reader.nodes, &output);
        let read: HashSet<&str> = nodes
            .iter()
            .flat_map(|node| &node.input)
            .map(String::as_str)
            .collect();
        let constants = reader.constants.into_iter();
        let constants = constants.filter(|(name, _)| read.contains(name.as_str()));
        let constants = constants.collect();
        let sizes = reader
            .tensors
            .iter()
            .map(|tensor| (tensor.name.clone(), tensor.form.sizes()))
            .collect();
        let operators = checked.nodes.iter().filter_map(|node| {
            let tensor = node.output.first()?;
            Some((tensor.clone(), node.op_type.clone()))
        });
        let input = [1, channels, height, width].map(Size::Fixed);
        let graph = Graph {
            model: ModelProto {
                ir_version: 8,
                opset_import: vec![OperatorSetIdProto {
                    domain: String::new(),
                    version: reader.opset,
                }],
                graph: Some(GraphProto {
                    name: checked.name.clone(),
                    node: nodes,
                    input: vec![value_info(&checked.input, DataType::Float, &input)],
                    ..GraphProto::default()
                }),
                ..ModelProto::default()
            },
            input: checked.input.clone(),
            shape: layout.axes.shape,
            output,
            outputs: checked.outputs.clone(),
            sizes,
            operators: operators.collect(),
            notes,
        };
        (graph, constants)
    }
}
