//! Sums of products over named axes: matrix products and all their relatives.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::einsum::EinSum;

use super::Step;
use crate::AdjointError;
use crate::error::unsupported;
use crate::operators::Pointwise;
use crate::tape::{Shape, Tape};

/// A product with the letters of its axes.
pub struct Product {
    op: EinSum,
    operands: TVec<String>,
    output: String,
}

impl Product {
    /// The letters of `op`, the operator of `node`.
    ///
    /// # Errors
    /// It is quantised, or an operand has an axis twice (a diagonal).
    pub fn of(node: &TypedNode, op: &EinSum) -> Result<Self, AdjointError> {
        if op.q_params.is_some() || op.operating_dt != f32::datum_type() {
            return Err(unsupported(node, "only products of f32 are supported"));
        }
        let (operands, outputs) = op.axes.to_strs();
        let repeats = |letters: &String| {
            let mut seen = std::collections::HashSet::new();
            !letters.chars().all(|letter| seen.insert(letter))
        };
        if operands.iter().chain(&outputs).any(repeats) {
            return Err(unsupported(node, "a diagonal has no derivative here"));
        }
        let output = outputs[0].clone();
        Ok(Self {
            op: op.clone(),
            operands,
            output,
        })
    }

    /// The product itself, of values of the backward graph.
    pub fn wire(
        &self,
        tape: &mut Tape<'_>,
        operands: &[OutletId],
    ) -> Result<OutletId, AdjointError> {
        tape.wire(self.op.clone(), operands)
    }
}

/// Sends `step.arrived` to every operand.
pub fn differentiate(
    tape: &mut Tape<'_>,
    step: &Step<'_>,
    op: &EinSum,
) -> Result<(), AdjointError> {
    let product = Product::of(step.node, op)?;
    for (slot, &operand) in step.node.inputs.iter().enumerate() {
        if !tape.is_active(operand) {
            continue;
        }
        let mut others = tvec!();
        for (_, &other) in step
            .node
            .inputs
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != slot)
        {
            others.push(tape.saved(other)?);
        }
        let shape = tape.shape(operand)?;
        let back = operand_gradient(tape, &product, slot, &shape, &others, step.arrived)?;
        tape.give(operand, back)?;
    }
    Ok(())
}

/// The derivative with respect to an operand whose only other is one number: what
/// arrived, scaled. (tract simplifies the sum of products to that number alone.)
fn scaled(
    tape: &mut Tape<'_>,
    product: &Product,
    slot: usize,
    shape: &[usize],
    others: &[OutletId],
    arrived: OutletId,
) -> Result<Option<OutletId>, AdjointError> {
    let &[other] = others else {
        return Ok(None);
    };
    let arrived_shape = tape.shape_here(arrived)?;
    let wide = |letters: &str, shape: &[usize]| -> String {
        let sized = letters.chars().zip(shape).filter(|(_, size)| **size > 1);
        sized.map(|(letter, _)| letter).collect()
    };
    let is_number = tape.shape_here(other)?.iter().all(|&size| size == 1);
    let from = wide(&product.output, &arrived_shape);
    if !is_number || from != wide(&product.operands[slot], shape) {
        return Ok(None);
    }
    let dims = |sizes: &[usize]| sizes.iter().map(ToDim::to_dim).collect::<TVec<TDim>>();
    let other_shape = tape.shape_here(other)?;
    let ones = dims(&vec![1; shape.len()]);
    let number = tape.wire(AxisOp::Reshape(0, dims(&other_shape), ones), &[other])?;
    let reshape = AxisOp::Reshape(0, dims(&arrived_shape), dims(shape));
    let arrived = tape.wire(reshape, &[arrived])?;
    tape.mul(arrived, number).map(Some)
}

/// The derivative with respect to operand `slot`, of `shape`: the product of the
/// other operands with `arrived`, over the axes that the operand has not. An axis
/// that it alone has is a repetition; one that it has with size 1 is summed.
pub fn operand_gradient(
    tape: &mut Tape<'_>,
    product: &Product,
    slot: usize,
    shape: &[usize],
    others: &[OutletId],
    arrived: OutletId,
) -> Result<OutletId, AdjointError> {
    if let Some(back) = scaled(tape, product, slot, shape, others, arrived)? {
        return Ok(back);
    }
    let letters: Vec<char> = product.operands[slot].chars().collect();
    let mut inputs: Vec<String> = Vec::new();
    let mut shapes: Vec<Shape> = Vec::new();
    let other_letters = product.operands.iter().enumerate();
    let other_letters = other_letters.filter(|(i, _)| *i != slot);
    for ((_, letters), &wire) in other_letters.zip(others) {
        inputs.push(letters.clone());
        shapes.push(tape.shape_here(wire)?);
    }
    inputs.push(product.output.clone());
    shapes.push(tape.shape_here(arrived)?);
    let size = |letter: char| {
        let sizes = inputs.iter().zip(&shapes).filter_map(|(letters, shape)| {
            let axis = letters.chars().position(|other| other == letter)?;
            Some(shape[axis])
        });
        sizes.max()
    };
    let is_kept = |(axis, letter): (usize, char)| match size(letter) {
        Some(size) => size == shape[axis] || size == 1,
        None => false,
    };
    let kept: String = letters
        .iter()
        .copied()
        .enumerate()
        .filter(|&pair| is_kept(pair))
        .map(|(_, letter)| letter)
        .collect();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let axes = AxesMapping::from_strs(&inputs, &[kept.as_str()])?;
    let op = EinSum::new(axes, f32::datum_type());
    let wires: TVec<OutletId> = others.iter().copied().chain([arrived]).collect();
    let own = match &*shapes {
        [a, b] => Pointwise::if_worth(&op, [a, b], &tape.scratch),
        _ => None,
    };
    let mut back = match own {
        Some(own) => tape.wire(own, &wires)?,
        None => tape.wire(op, &wires)?,
    };
    for (axis, letter) in letters.iter().enumerate() {
        if !kept.contains(*letter) {
            back = tape.wire(AxisOp::Add(axis), &[back])?;
        }
    }
    tape.broadcast(back, shape)
}
