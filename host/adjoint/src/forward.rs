//! Graphs for the way forward, with operators of our own in the place of tract's.

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::{Conv, MaxPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::math;

use crate::AdjointError;
use crate::derivative::{bound, is_plain};
use crate::operators::{
    ConvForward, ConvGeometry, Pointwise, Rectifier, Scratch, SwitchMaxPool, Winograd,
    phased_kernel,
};
use crate::straight_through::Rescale;
use crate::tape::shape_in;
use crate::window::Window;

/// `model` (typed and decluttered, not optimised) as a graph that gives `outputs`, with large
/// convolutions and max-pools of this crate, on one thread: for whoever runs several inputs side
/// by side. Convolutions by transforms round otherwise than tract's; a graph of int8 arithmetic
/// keeps those that are exact.
///
/// # Errors
/// A shape is open.
pub fn with_own_operators(
    model: &TypedModel,
    outputs: &[OutletId],
) -> Result<TypedModel, AdjointError> {
    let scratch = Scratch::new(1);
    let mut forward = model.clone();
    forward.select_output_outlets(outputs)?;
    for id in forward.eval_order()? {
        let node = forward.node_mut(id);
        if let Some(pool) = node.op_as::<MaxPool>().map(|op| op.pool_spec.clone())
            && node.outputs.len() == 1
            && node.outputs[0].fact.datum_type == f32::datum_type()
        {
            let switches = i32::fact(node.outputs[0].fact.shape.clone());
            node.op = Box::new(SwitchMaxPool::new(pool, scratch.clone()));
            node.outputs.push(Outlet {
                fact: switches,
                successors: tvec!(),
            });
        }
    }
    own_convolutions(model, &mut forward, &scratch, |geometry| {
        ConvForward::on_one_thread(geometry, &scratch)
    })?;
    Ok(forward)
}

/// The same for one input at a time, with large convolutions shared by `threads` threads. None is
/// computed by transforms: what is zero stays zero, for whoever counts zeros.
///
/// # Errors
/// A shape is open.
pub fn with_threads(
    model: &TypedModel,
    outputs: &[OutletId],
    threads: usize,
) -> Result<TypedModel, AdjointError> {
    let scratch = Scratch::new(threads);
    let mut forward = model.clone();
    forward.select_output_outlets(outputs)?;
    for id in forward.eval_order()? {
        if let Some((geometry, _)) = own_geometry(model, id)?
            && let Some(own) = ConvForward::if_worth(geometry, &scratch)
        {
            forward.node_mut(id).op = Box::new(own);
        }
    }
    Ok(forward)
}

/// The sizes of the convolution at `id` of `model`, and where its kernel comes from, if it is one
/// that the operators of this crate compute.
fn own_geometry(
    model: &TypedModel,
    id: usize,
) -> Result<Option<(ConvGeometry, OutletId)>, AdjointError> {
    let node = model.node(id);
    let Some(op) = node.op_as::<Conv>().filter(|op| is_plain(op)) else {
        return Ok(None);
    };
    let shape = shape_in(model, node.inputs[0])?;
    let window = Window::of(node, &op.pool_spec, &shape).ok();
    let geometry = window.and_then(|window| ConvGeometry::of(&window, op));
    Ok(geometry.map(|geometry| (geometry, node.inputs[1])))
}

/// Replaces the convolutions of `forward`, and large rectifiers behind them, whose nodes are those
/// of `model`: by transforms where that is less work, else by what `direct` gives for their sizes.
/// Those with kernels of one tap, which are products over axes, run on several threads.
pub fn own_convolutions(
    model: &TypedModel,
    forward: &mut TypedModel,
    scratch: &Scratch,
    direct: impl Fn(ConvGeometry) -> Option<ConvForward>,
) -> Result<(), AdjointError> {
    // Sums of whole numbers are exact, but not by transforms.
    let is_exact = model.nodes().iter().any(|node| node.op_is::<Rescale>());
    for id in forward.eval_order()? {
        let node = model.node(id);
        if let (Some(op), &[a, b]) = (node.op_as::<EinSum>(), &*node.inputs) {
            let shapes = [shape_in(model, a)?, shape_in(model, b)?];
            if let Some(own) = Pointwise::if_worth(op, [&shapes[0], &shapes[1]], scratch) {
                forward.node_mut(id).op = Box::new(own);
            }
            continue;
        }
        if let Some((values, own)) = own_rectifier(model, id, scratch)? {
            replace(forward, id, values, own)?;
            continue;
        }
        let Some((geometry, kernel)) = own_geometry(model, id)? else {
            continue;
        };
        let kernel = model.outlet_fact(kernel)?.konst.clone();
        let kernel = kernel.filter(|_| !is_exact);
        if let Some(kernel) = kernel
            && by_transforms(model, forward, id, (geometry, &kernel), scratch)?
        {
            continue;
        }
        if let Some(own) = direct(geometry) {
            forward.node_mut(id).op = Box::new(own);
        }
    }
    Ok(())
}

/// Replaces the convolution at `id` of `forward` by one by transforms, of its phases where it has
/// steps, if that is less work.
fn by_transforms(
    model: &TypedModel,
    forward: &mut TypedModel,
    id: usize,
    (geometry, kernel): (ConvGeometry, &Tensor),
    scratch: &Scratch,
) -> Result<bool, AdjointError> {
    let name = &model.node(id).name;
    let (own, kernel) = if let Some(own) = Winograd::if_worth(geometry, scratch) {
        let kernel = own.transformed(kernel)?;
        (own, kernel)
    } else if let Some((phases, own)) = Winograd::phased_if_worth(geometry, scratch) {
        let input = model.node(id).inputs[0];
        let phases = forward.wire_node(format!("{name}.phases"), phases, &[input])?[0];
        forward.add_edge(phases, InletId::new(id, 0))?;
        let kernel = own.transformed(&phased_kernel(&geometry, kernel)?)?;
        (own, kernel)
    } else {
        return Ok(false);
    };
    let kernel = forward.add_const(format!("{name}.transformed"), kernel)?;
    forward.add_edge(kernel, InletId::new(id, 1))?;
    forward.node_mut(id).op = Box::new(own);
    Ok(true)
}

/// The rectifier at `id` of `model` if it reads a convolution and is large, and what it reads.
fn own_rectifier(
    model: &TypedModel,
    id: usize,
    scratch: &Scratch,
) -> Result<Option<(OutletId, Rectifier)>, AdjointError> {
    let node = model.node(id);
    let is_max = |op: &TypedBinOp| op.0.is::<math::Max>();
    let (true, &[a, b]) = (
        node.op_as::<TypedBinOp>().is_some_and(is_max),
        &*node.inputs,
    ) else {
        return Ok(None);
    };
    for (values, other) in [(a, b), (b, a)] {
        let reads = model.node(values.node);
        let has_shape = *shape_in(model, values)? == *shape_in(model, OutletId::new(id, 0))?;
        if has_shape
            && (reads.op_is::<Conv>() || reads.op_is::<EinSum>())
            && model.outlet_fact(values)?.datum_type == f32::datum_type()
            && bound(model, other) == Some(0.0)
        {
            let count = shape_in(model, values)?.iter().product();
            return Ok(Rectifier::if_worth(count, scratch).map(|own| (values, own)));
        }
    }
    Ok(None)
}

/// Puts `op`, which reads one value, in the place of the node at `id`.
fn replace(
    model: &mut TypedModel,
    id: usize,
    values: OutletId,
    op: impl Into<Box<dyn TypedOp>>,
) -> Result<(), AdjointError> {
    let inputs = std::mem::take(&mut model.node_mut(id).inputs);
    for input in inputs {
        let outlet = &mut model.node_mut(input.node).outputs[input.slot];
        outlet.successors.retain(|reader| reader.node != id);
    }
    model.add_edge(values, InletId::new(id, 0))?;
    model.node_mut(id).op = op.into();
    Ok(())
}
