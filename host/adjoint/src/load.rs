//! ONNX files as typed graphs whose nodes keep their names.

use std::io::Read;
use std::path::Path;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TDim;

use crate::AdjointError;

/// The ONNX model in `file`, typed and decluttered, with `outputs` as outputs
/// (names of tensors in the file, any intermediate ones) or, without any, the
/// file's own. Sizes that the file leaves open, such as the batch, are 1.
///
/// # Errors
/// tract cannot read the file, or has no such tensor.
pub fn load_onnx(file: &Path, outputs: &[&str]) -> Result<TypedModel, AdjointError> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|mut opened| opened.read_to_end(&mut bytes))
        .map_err(|error| AdjointError::Tract(format!("{}: {error}", file.display())))?;
    load_onnx_bytes(&bytes, outputs)
}

/// As [`load_onnx`], from the bytes of a file.
///
/// # Errors
/// As [`load_onnx`].
pub fn load_onnx_bytes(bytes: &[u8], outputs: &[&str]) -> Result<TypedModel, AdjointError> {
    let mut model = tract_onnx::onnx().model_for_read(&mut &bytes[..])?;
    if !outputs.is_empty() {
        let outlets = outputs
            .iter()
            .map(|name| {
                let known = model.find_outlet_label(name);
                let by_node = || model.node_id_by_name(name).ok().map(OutletId::from);
                known
                    .or_else(by_node)
                    .ok_or_else(|| AdjointError::NoNode((*name).to_owned()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        model.select_output_outlets(&outlets)?;
    }
    let typed = model.into_typed()?;
    let mut open = std::collections::HashMap::new();
    for &input in typed.input_outlets()? {
        let symbols = typed.outlet_fact(input)?.shape.iter();
        open.extend(
            symbols
                .flat_map(TDim::symbols)
                .map(|symbol| (symbol, TDim::Val(1))),
        );
    }
    Ok(typed.set_symbols(&open)?.into_decluttered()?)
}

/// The first value that the node called `name` writes.
///
/// # Errors
/// There is no such node.
pub fn outlet(model: &TypedModel, name: &str) -> Result<OutletId, AdjointError> {
    let missing = || AdjointError::NoNode(name.to_owned());
    let node = model.node_id_by_name(name).map_err(|_| missing())?;
    Ok(OutletId::from(node))
}
