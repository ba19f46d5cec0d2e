//! How much memory the values of a plan need.

use std::collections::HashMap;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::change_axes::IntoShape;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;

use crate::AdjointError;

/// Greatest sums of bytes of values that are alive at once, inputs included,
/// constants, buffers inside tract's operators, and what gemm packs of a product's matrices on
/// processors whose kernel wants it (AVX2 does, AVX-512 does not) not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Of the forward graph alone.
    pub forward_bytes: usize,
    /// Of forward and backward: what the way back needs is kept from the way
    /// forward. Buffers of our own operators are counted once they have been used.
    pub value_and_gradient_bytes: usize,
}

/// Of one plan. A value that takes its operand's place (a rectifier's, a new shape's)
/// is counted once.
pub fn peak(plan: &TypedRunnableModel) -> Result<usize, AdjointError> {
    let order = plan.order_without_consts();
    let model = plan.model();
    let mut last_reader = HashMap::new();
    for &id in order {
        last_reader.extend(model.node(id).inputs.iter().map(|input| (input.node, id)));
    }
    for outlet in model.output_outlets()? {
        last_reader.remove(&outlet.node);
    }
    let mut alive: HashMap<usize, usize> = HashMap::new();
    let (mut now, mut greatest) = (0, 0);
    for &id in order {
        let node = model.node(id);
        let own = bytes(node)?;
        let is_last = |input: &&OutletId| last_reader.get(&input.node) == Some(&id);
        let replaced = node
            .inputs
            .iter()
            .filter(is_last)
            .find(|input| works_in_place(node) && alive.get(&input.node) == Some(&own));
        if let Some(replaced) = replaced {
            now -= alive.remove(&replaced.node).unwrap_or(0);
        }
        now += own;
        alive.insert(id, own);
        greatest = greatest.max(now);
        let done = node.inputs.iter().filter(is_last);
        now -= done
            .filter_map(|input| alive.remove(&input.node))
            .sum::<usize>();
    }
    Ok(greatest)
}

fn bytes(node: &TypedNode) -> Result<usize, AdjointError> {
    let mut sum = 0;
    // An operand that is packed while it is read is not a tensor of its own.
    for fact in node
        .outputs
        .iter()
        .map(|output| &output.fact)
        .filter(|fact| fact.is_plain())
    {
        let size = fact.mem_size().to_i64();
        let size = size.map_err(|error| AdjointError::Tract(error.to_string()))?;
        sum += usize::try_from(size).unwrap_or(0);
    }
    Ok(sum)
}

fn works_in_place(node: &TypedNode) -> bool {
    let name = node.op.name();
    let element_wise = node.op_is::<ElementWiseOp>() || name.ends_with("ByScalar");
    element_wise || node.op_is::<IntoShape>() || ["Gate", "Quotient", "Rectifier"].contains(&&*name)
}
