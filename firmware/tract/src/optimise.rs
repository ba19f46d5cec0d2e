//! tract's own optimiser, one patch at a time.
//!
//! tract lets the nodes that its patches replace lie in the graph until a pass ends,
//! which is most of what a chip's heap would have to hold. Here they are swept out
//! after every patch. The passes, their order and their result are tract's.

use std::collections::HashSet;

use tract_core::internal::*;
use tract_core::optim::{Optimizer, OptimizerSession, TypedPass};

/// The graph as `into_optimized` gives it.
///
/// # Errors
/// What tract refuses.
pub(crate) fn optimise(mut model: TypedModel) -> TractResult<TypedModel> {
    for optimizer in [Optimizer::declutter(), Optimizer::codegen()] {
        let mut session = optimizer.session();
        let mut seen = HashSet::new();
        let mut is_changed = true;
        while is_changed {
            is_changed = false;
            for pass in &optimizer.passes {
                let mut pass = pass.clone();
                while exhaust(pass.as_mut(), &mut session, &mut seen, &mut model)? {
                    is_changed = true;
                }
            }
        }
    }
    Ok(model)
}

/// Applies every patch of a pass; whether there was one.
fn exhaust(
    pass: &mut dyn TypedPass,
    session: &mut OptimizerSession<'_>,
    seen: &mut HashSet<String>,
    model: &mut TypedModel,
) -> TractResult<bool> {
    let mut is_changed = false;
    pass.reset()?;
    while let Some(mut patch) = pass.next(session, model)? {
        if let Some(name) = patch.dont_apply_twice.take()
            && !seen.insert(name)
        {
            continue;
        }
        // A list of nodes doubles its room when it is full, and a node is large:
        // each is cut to what it holds before the next one grows.
        patch.model.nodes.shrink_to_fit();
        model.nodes.reserve_exact(patch.model.nodes.len());
        patch.apply(model)?;
        model.compact()?;
        model.nodes.shrink_to_fit();
        pass.reset()?;
        is_changed = true;
    }
    pass.run_direct(model)?;
    Ok(is_changed)
}
