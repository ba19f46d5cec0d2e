//! Graphs for the way forward, with operators of our own in the place of tract's.

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cnn::{Conv, MaxPool};
use tract_onnx::tract_core::ops::einsum::EinSum;

use crate::AdjointError;
use crate::derivative::is_plain;
use crate::operators::{ConvForward, ConvGeometry, Pointwise, Scratch, SwitchMaxPool, Winograd};
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

/// Replaces the convolutions of `forward`, whose nodes are those of `model`: by transforms where
/// that is less work, else by what `direct` gives for their sizes. Those with kernels of one tap,
/// which are products over axes, run on several threads.
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
        let Some((geometry, kernel)) = own_geometry(model, id)? else {
            continue;
        };
        let kernel = model.outlet_fact(kernel)?.konst.clone();
        let winograd = Winograd::if_worth(geometry, scratch).filter(|_| !is_exact);
        if let Some((own, kernel)) = winograd.zip(kernel) {
            let name = format!("{}.transformed", model.node(id).name);
            let kernel = forward.add_const(name, own.transformed(&kernel)?)?;
            forward.add_edge(kernel, InletId::new(id, 1))?;
            forward.node_mut(id).op = Box::new(own);
        } else if let Some(own) = direct(geometry) {
            forward.node_mut(id).op = Box::new(own);
        }
    }
    Ok(())
}
