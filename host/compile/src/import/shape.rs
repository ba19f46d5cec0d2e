//! Operators that give values another shape, and Shape itself.

use std::sync::Arc;

use tract_onnx::pb::NodeProto;

use super::{Importer, Value, View};
use crate::error::Refusal;
use cortexscope_net::onnx::{Attributes, Constant, Values};

impl Importer<'_> {
    pub(super) fn reshaped(
        &mut self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<View, Refusal> {
        let view = self.activation(node, 0)?;
        let to = match node.op_type.as_str() {
            "Flatten" => flattened(&view, attributes.int("axis", 1)?),
            "Reshape" => {
                let shape = self
                    .constant(node, 1, "shape")?
                    .ok_or(Refusal::Missing("shape"))?;
                let wanted = shape.ints().unwrap_or_default();
                resolved(&view.dims, wanted, attributes.int("allowzero", 0)? != 0)
            }
            _ => {
                let operand = self.constant(node, 1, "axes")?;
                let axes = match &operand {
                    Some(axes) => axes.ints(),
                    None => attributes.ints("axes")?,
                };
                if node.op_type == "Squeeze" {
                    squeezed(&view.dims, axes)
                } else {
                    unsqueezed(&view.dims, axes.unwrap_or_default())
                }
            }
        };
        let refused = |to: Vec<i64>| Refusal::Reshape {
            from: view.dims.clone(),
            to,
        };
        let to = to.map_err(refused)?;
        let [channels, height, width] = self.shape(view.tensor);
        let flat = [1, channels * height * width];
        if to == flat || to == [1, channels, height, width] {
            return Ok(View {
                tensor: view.tensor,
                dims: to,
            });
        }
        Err(refused(to.iter().map(|&size| size as i64).collect()))
    }

    /// The sizes of an activation, which are known.
    pub(super) fn shape_of(
        &self,
        node: &NodeProto,
        attributes: Attributes<'_>,
    ) -> Result<Value, Refusal> {
        let dims = self.activation(node, 0)?.dims;
        let rank = dims.len() as i64;
        let position = |axis: i64| (if axis < 0 { axis + rank } else { axis }).clamp(0, rank);
        let start = position(attributes.int("start", 0)?) as usize;
        let end = position(attributes.int("end", rank)?) as usize;
        let sizes = dims.get(start..end).unwrap_or_default();
        let values: Vec<i64> = sizes.iter().map(|&size| size as i64).collect();
        Ok(Value::Constant(Arc::new(Constant {
            dims: vec![values.len()],
            values: Values::Int(values),
        })))
    }
}

/// Sizes after the operator, or what it asked for where that cannot be.
type Sizes = Result<Vec<usize>, Vec<i64>>;

/// Flatten with the batch in front.
fn flattened(view: &View, axis: i64) -> Sizes {
    let rank = view.dims.len() as i64;
    if axis == 1 || axis == 1 - rank {
        Ok(vec![1, view.dims.iter().product()])
    } else {
        Err(vec![axis])
    }
}

fn resolved(from: &[usize], wanted: &[i64], allow_zero: bool) -> Sizes {
    let refused = || wanted.to_vec();
    let mut to = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (axis, &size) in wanted.iter().enumerate() {
        to.push(match size {
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            0 if !allow_zero => from.get(axis).copied().ok_or_else(refused)?,
            size => usize::try_from(size).map_err(|_| refused())?,
        });
    }
    let elements: usize = from.iter().product();
    let known = cortexscope_net::onnx::constant::element_count(&to).filter(|&known| known > 0);
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

/// Without the named sizes of one; without all of them where none is named, but
/// never the batch.
fn squeezed(from: &[usize], axes: Option<&[i64]>) -> Sizes {
    let rank = from.len() as i64;
    let named: Option<Vec<i64>> = axes.map(|axes| {
        axes.iter()
            .map(|&a| if a < 0 { a + rank } else { a })
            .collect()
    });
    let Some(named) = named else {
        return Err(Vec::new());
    };
    let leaves = |axis: usize| named.contains(&(axis as i64));
    let only_ones = named.iter().all(|&axis| {
        let size = usize::try_from(axis).ok().and_then(|axis| from.get(axis));
        axis != 0 && size == Some(&1)
    });
    if !only_ones {
        return Err(named);
    }
    let kept = from.iter().enumerate().filter(|(axis, _)| !leaves(*axis));
    Ok(kept.map(|(_, &size)| size).collect())
}

/// With sizes of one at the named places.
fn unsqueezed(from: &[usize], axes: &[i64]) -> Sizes {
    let rank = (from.len() + axes.len()) as i64;
    let named: Vec<i64> = axes
        .iter()
        .map(|&a| if a < 0 { a + rank } else { a })
        .collect();
    let mut rest = from.iter().copied();
    let to: Option<Vec<usize>> = (0..rank.min(16))
        .map(|axis| {
            if named.contains(&axis) {
                Some(1)
            } else {
                rest.next()
            }
        })
        .collect();
    match to {
        Some(to) if rest.next().is_none() && named.iter().all(|&axis| axis > 0) => Ok(to),
        _ => Err(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reshape_follows_its_definition() {
        let from = [1, 4, 2, 3];
        assert_eq!(resolved(&from, &[0, -1], false), Ok(vec![1, 24]));
        assert_eq!(resolved(&from, &[1, 24], false), Ok(vec![1, 24]));
        assert_eq!(resolved(&from, &[-1, 24], false), Ok(vec![1, 24]));
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

    #[test]
    fn the_batch_stays_in_front() {
        assert_eq!(squeezed(&[1, 5, 1, 1], Some(&[-1, 2])), Ok(vec![1, 5]));
        assert_eq!(squeezed(&[1, 5, 1, 1], Some(&[0])), Err(vec![0]));
        assert_eq!(squeezed(&[1, 5, 2, 1], Some(&[2])), Err(vec![2]));
        assert_eq!(
            squeezed(&[1, 5, 2, 1], Some(&[i64::MIN])),
            Err(vec![i64::MIN + 4])
        );
        assert_eq!(unsqueezed(&[1, 5], &[2, 3]), Ok(vec![1, 5, 1, 1]));
        assert_eq!(unsqueezed(&[1, 5], &[0]), Err(vec![0]));
        assert_eq!(unsqueezed(&[1, 5], &[9]), Err(vec![9]));
    }
}
