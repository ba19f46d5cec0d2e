//! An int8 network as a [`FloatModel`]: forward the very int8 values of the board, as the
//! real numbers that they stand for; backward the dequantised weights, straight through
//! rounding (Bengio et al. 2013).
//!
//! The int8 ONNX file is rewritten with float operators and two of our own, which
//! [`tract_adjoint::straight_through`] explains:
//!
//! | in the file | here |
//! |---|---|
//! | input in int8 | input in the float model's units, `Rescale` |
//! | `QLinearConv` | `Steps`, `Conv` with whole weights, `Rescale` |
//! | `ConvInteger`, `Add`, `DequantizeLinear` | the same, without a clamp |
//! | `DequantizeLinear`, `QuantizeLinear` | `Identity`, `Rescale` |
//! | `MaxPool`, `Concat`, `Flatten`, functions | as they are, on real numbers |

mod parts;
mod rewrite;
#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};
use tract_adjoint::straight_through::Rescale;

use super::FloatModel;
use super::error::FloatModelError;
use super::graph;
use cortexscope_net::Affine;
use cortexscope_net::onnx::file;
use cortexscope_net::reader::ReadError;
use rewrite::{Refused, Rewriter};

impl FloatModel {
    /// The network in an int8 ONNX file that `compile` made of this model, to be run and
    /// differentiated as this model is; its input is quantised by `input`.
    ///
    /// Layers have the names that they have in this model. A rectifier that became a
    /// saturation has the rectifier's name, and the layer before it, the sums in whole
    /// steps, the name of that.
    ///
    /// # Errors
    /// [`FloatModelError::Int8`]: the file is not one that `compile` made of this model, or
    /// sums do not fit.
    pub fn straight_through(
        &self,
        int8_onnx: &[u8],
        input: Affine,
    ) -> Result<Self, FloatModelError> {
        let model = file::decode(int8_onnx).map_err(ReadError::from)?;
        let refused = |why: Refused| FloatModelError::Int8 {
            model: self.name.clone(),
            node: why.node,
            why: why.why,
        };
        let rewritten = Rewriter::of(self, &model, input)
            .and_then(|rewriter| rewriter.rewrite(&model))
            .map_err(refused)?;
        let fields = self.layers().iter().zip(&self.graph.fields);
        let fields = fields.flat_map(|(layer, field)| {
            [&layer.name, &layer.tensor].map(|name| (name.clone(), *field))
        });
        let known = graph::Known {
            fields: fields.collect(),
            ..graph::Known::default()
        };
        let output = rewritten.output;
        let graph = graph::build(rewritten.model, self.input_shape(), &output, &known)?;
        Ok(Self {
            sha256: Sha256::digest(int8_onnx).into(),
            notes: Vec::new(),
            graph,
            ..self.clone()
        })
    }

    /// By which derivatives methods work on it, as receipts call them: `float`, or
    /// `straight-through` of an int8 network.
    pub fn gradients(&self) -> &'static str {
        if self.is_straight_through() {
            "straight-through"
        } else {
            "float"
        }
    }

    /// The network as pictures call it: its name, and that it is in int8 where it is.
    pub fn title(&self) -> String {
        if self.is_straight_through() {
            format!("{} in int8 (straight-through)", self.name)
        } else {
            self.name.clone()
        }
    }

    /// Whether this is an int8 network whose derivatives go [straight
    /// through](Self::straight_through) rounding.
    pub fn is_straight_through(&self) -> bool {
        let mut nodes = self.typed().nodes().iter();
        nodes.any(|node| node.op_is::<Rescale>())
    }
}
