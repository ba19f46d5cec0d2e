//! The network as it is compiled: what a board will count, to the byte.

use cortexscope_compile::planner::PlannedNetwork;
use cortexscope_compile::{CompileError, Outline};
use cortexscope_net::reader::Graph;

use crate::NotOnABoard;

/// A network of a file as the compiler takes it apart. Its layers are those of a board
/// image, not those of the file: some nodes become several layers, and some none.
#[derive(Clone, Debug, PartialEq)]
pub struct OnBoard {
    /// The compiled network in the terms of the planner.
    pub(crate) planned: PlannedNetwork,
    /// Names of the compiled network's tensors.
    pub(crate) names: Vec<String>,
    /// The tensor of the file that each of them holds; none for parts of a node.
    pub(crate) tensors: Vec<Option<usize>>,
    /// Bytes of the board image.
    pub image_bytes: u64,
}

impl OnBoard {
    /// What is compiled of `graph`; `tensor` numbers the graph's tensors. None where too
    /// many of its weights are not known.
    ///
    /// # Errors
    /// No board runs it: why.
    pub(crate) fn of(
        graph: &Graph,
        name: &str,
        labels: &[String],
        tensor: impl Fn(&str) -> Option<usize>,
    ) -> Result<Option<Self>, NotOnABoard> {
        let outline = Outline::of(graph, name, labels).map_err(refused)?;
        let Some(outline) = outline else {
            return Ok(None);
        };
        let image_bytes = outline.image_bytes().map_err(|why| NotOnABoard {
            node: None,
            why: why.to_string(),
        })?;
        let layers = outline.values.iter().map(|value| tensor(value));
        Ok(Some(Self {
            planned: outline.planned(),
            names: outline.names().map(str::to_owned).collect(),
            tensors: std::iter::once(Some(0)).chain(layers).collect(),
            image_bytes: image_bytes as u64,
        }))
    }

    /// Values of each tensor that a board can send, the input first and the scores last.
    pub(crate) fn values(&self) -> Vec<usize> {
        let layers = self.planned.layers.iter().map(|layer| &layer.output);
        // One byte a value, but for the scores.
        let values = std::iter::once(&self.planned.input).chain(layers);
        values.map(|buffer| buffer.bytes / buffer.align).collect()
    }

    /// For each of the file's tensors the compiled one that holds it as it is read later.
    pub(crate) fn places(&self, count: usize) -> Vec<Option<usize>> {
        let mut places = vec![None; count];
        for (at, tensor) in self.tensors.iter().enumerate() {
            if let Some(place) = tensor.and_then(|tensor| places.get_mut(tensor)) {
                *place = Some(at);
            }
        }
        places
    }

    /// For each compiled layer the layer of the file that it is part of.
    pub(crate) fn layers(&self, count: usize) -> Vec<usize> {
        let mut layer = count.saturating_sub(1);
        let back = self.tensors.iter().skip(1).rev().map(|tensor| {
            layer = tensor
                .and_then(|tensor| tensor.checked_sub(1))
                .unwrap_or(layer);
            layer
        });
        let mut layers: Vec<usize> = back.collect();
        layers.reverse();
        layers
    }
}

fn refused(error: CompileError) -> NotOnABoard {
    match error {
        CompileError::Refused {
            node,
            operator,
            why,
        } => NotOnABoard::node(&node, &operator, &why),
        other => NotOnABoard {
            node: None,
            why: other.to_string(),
        },
    }
}
