//! Operators that compute nothing: they show the same values under other sizes.

use tract_onnx::pb::{NodeProto, TensorProto, tensor_proto::DataType};

use crate::onnx::Attributes;
use crate::reader::fold::{ints, sliced};
use crate::reader::layout::{Axis, View};
use crate::reader::{Reader, Refusal, Value};

/// Reads an operator that gives its input on.
pub fn read_same<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    if let Some(mask) = reader.is_used(node, 1) {
        return Err(Refusal::ExtraOutput(mask));
    }
    let view = reader.activation(node, 0)?;
    reader.set_view(node, view.tensor, view.dims);
    Ok(())
}

/// Reads a Cast: from float32 to float32 it is nothing, from a truth value it is 0 or 1.
pub fn read_cast<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let to = Attributes(node).int("to", 0)?;
    if to == DataType::Bool as i64 {
        let view = reader.activation(node, 0)?;
        return if reader.tensors[view.tensor].is_truth {
            read_same(reader, node)
        } else {
            reader.pass_on(node)
        };
    }
    if to == DataType::Float as i64 {
        let view = reader.activation(node, 0)?;
        return if reader.tensors[view.tensor].is_truth {
            super::choice::read(reader, node)
        } else {
            read_same(reader, node)
        };
    }
    reader.pass_on(node)
}

/// Reads a Shape of an activation, whose sizes are known.
pub fn read_shape<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let sizes = reader.sizes(&view);
    let sizes: Vec<i64> = sizes.iter().map(|&size| size as i64).collect();
    let constant = ints(&sliced(&sizes, Attributes(node))?);
    let named = TensorProto {
        name: node.output.first().cloned().unwrap_or_default(),
        ..std::sync::Arc::unwrap_or_clone(constant)
    };
    reader.set(node, 0, Value::Constant(named.into()));
    Ok(())
}

/// Reads a Flatten.
pub fn read_flatten<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let sizes = reader.sizes(&view);
    let axis = Attributes(node).int("axis", 1)?;
    let axis = if axis == sizes.len() as i64 {
        sizes.len()
    } else {
        Reader::axis(axis, sizes.len())?
    };
    let product = |part: &[usize]| part.iter().product::<usize>();
    resized(
        reader,
        node,
        view,
        &[product(&sizes[..axis]), product(&sizes[axis..])],
    )
}

/// Reads a Reshape.
pub fn read_reshape<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let from = reader.sizes(&view);
    let wanted = reader.integers(node, 1, "shape")?;
    let wanted = wanted.ok_or(Refusal::Missing("shape"))?;
    let allows_zero = Attributes(node).int("allowzero", 0)? != 0;
    let to = resolved(&from, &wanted, allows_zero).map_err(|to| Refusal::Reshape { from, to })?;
    resized(reader, node, view, &to)
}

/// Reads an Expand: to the sizes that are there it is nothing.
pub fn read_expand<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let from = reader.sizes(&view);
    let wanted = reader.integers(node, 1, "shape")?.unwrap_or_default();
    let is_same = wanted.len() <= from.len()
        && wanted
            .iter()
            .rev()
            .zip(from.iter().rev())
            .all(|(&to, &from)| to == 1 || to == from as i64);
    if is_same {
        reader.set_view(node, view.tensor, view.dims);
        return Ok(());
    }
    reader.pass_on(node)
}

/// Reads a Squeeze.
pub fn read_squeeze<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let sizes = reader.sizes(&view);
    let places: Vec<usize> = match reader.integers(node, 1, "axes")? {
        Some(axes) => {
            let places = axes.iter().map(|&axis| Reader::axis(axis, sizes.len()));
            places.collect::<Result<_, _>>()?
        }
        // Without axes all sizes of one go.
        None => (0..sizes.len()).filter(|&at| sizes[at] == 1).collect(),
    };
    if places.iter().any(|&at| sizes[at] != 1) {
        return Err(Refusal::Reshape {
            from: sizes,
            to: places.iter().map(|&at| at as i64).collect(),
        });
    }
    let kept = view.dims.iter().enumerate();
    let kept = kept.filter(|(at, _)| !places.contains(at));
    let dims = kept.map(|(_, along)| along.clone()).collect();
    reader.set_view(node, view.tensor, dims);
    Ok(())
}

/// Reads an Unsqueeze.
pub fn read_unsqueeze<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let axes = reader.integers(node, 1, "axes")?.unwrap_or_default();
    let rank = view.dims.len() + axes.len();
    let places = axes.iter().map(|&axis| Reader::axis(axis, rank));
    let mut places = places.collect::<Result<Vec<_>, _>>()?;
    places.sort_unstable();
    places.dedup();
    let mut dims = view.dims;
    for at in places {
        dims.insert(at.min(dims.len()), Vec::new());
    }
    reader.set_view(node, view.tensor, dims);
    Ok(())
}

/// Reads a Transpose.
pub fn read_transpose<'a>(reader: &mut Reader<'a>, node: &'a NodeProto) -> Result<(), Refusal> {
    let view = reader.activation(node, 0)?;
    let rank = view.dims.len();
    let places: Vec<usize> = match Attributes(node).ints("perm")? {
        Some(places) => {
            let places = places.iter().map(|&axis| Reader::axis(axis, rank));
            places.collect::<Result<_, _>>()?
        }
        None => (0..rank).rev().collect(),
    };
    if places.len() != rank {
        return reader.pass_on(node);
    }
    let dims = places.iter().map(|&at| view.dims[at].clone()).collect();
    reader.set_view(node, view.tensor, dims);
    Ok(())
}

/// `view` under the sizes `to`.
fn resized<'a>(
    reader: &mut Reader<'a>,
    node: &'a NodeProto,
    view: View,
    to: &[usize],
) -> Result<(), Refusal> {
    let axes = reader.axes(view.tensor);
    if let Some(dims) = axes.regroup(&view.dims, to) {
        let mixes = dims
            .iter()
            .any(|along| along.len() > 1 && along.contains(&Axis::Batch));
        if !mixes {
            reader.set_view(node, view.tensor, dims);
            return Ok(());
        }
    }
    let name = node.output.first().cloned().unwrap_or_default();
    let cut = reader.cut(&View { name, ..view }, to)?;
    reader.set(node, 0, Value::Activation(cut));
    Ok(())
}

/// Sizes after a Reshape, or what it asked for where that cannot be.
fn resolved(from: &[usize], wanted: &[i64], allows_zero: bool) -> Result<Vec<usize>, Vec<i64>> {
    let refused = || wanted.to_vec();
    let mut to = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (axis, &size) in wanted.iter().enumerate() {
        to.push(match size {
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            0 if !allows_zero => from.get(axis).copied().ok_or_else(refused)?,
            size => usize::try_from(size).map_err(|_| refused())?,
        });
    }
    let elements: usize = from.iter().product();
    let known = crate::onnx::constant::element_count(&to).filter(|&known| known > 0);
    let known = known.ok_or_else(refused)?;
    if let Some(axis) = open {
        to[axis] = elements / known;
    }
    if to.iter().product::<usize>() == elements {
        Ok(to)
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reshape_follows_its_definition() {
        let from = [1, 4, 2, 3];
        for wanted in [&[0, -1][..], &[1, 24], &[-1, 24]] {
            assert_eq!(resolved(&from, wanted, false), Ok(vec![1, 24]));
        }
        for wanted in [
            &[-1, -1][..],
            &[0, -1, 0, 0, 0],
            &[5, -1],
            &[i64::MAX, i64::MAX],
            &[-2],
        ] {
            assert_eq!(resolved(&from, wanted, false), Err(wanted.to_vec()));
        }
        assert_eq!(resolved(&from, &[0, -1], true), Err(vec![0, -1]));
    }
}
