//! Where in the input a layer's cells look.

use cortexscope_explain::float_model::{FloatModel, LayerId};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::Pad;
use tract_onnx::tract_core::ops::cnn::{Conv, MaxPool, PoolSpec, SumPool};

use super::Pooling;

/// The receptive fields of a layer's cells, `[rows, columns]` in pixels of the input: cell m
/// reads the pixels from `start + m · stride`, `size` of them. A start may be negative,
/// where padding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// The first pixel of cell 0.
    pub start: [i64; 2],
    /// Pixels from one cell to the next.
    pub stride: [i64; 2],
    /// Pixels of a cell.
    pub size: [i64; 2],
}

impl Geometry {
    const PIXEL: Self = Self {
        start: [0; 2],
        stride: [1; 2],
        size: [1; 2],
    };

    /// The receptive fields of `layer`; `None` where a cell reads the whole input, or an
    /// operator moves positions in a way that is not followed.
    pub fn of(model: &FloatModel, layer: LayerId) -> Option<Self> {
        let typed = model.typed();
        let outlet = *typed.output_outlets().ok()?.get(layer.0)?;
        of_outlet(typed, outlet)?
    }

    /// The same after pooling.
    pub fn pooled(self, pooling: Pooling) -> Self {
        let window = [pooling.window as i64; 2];
        self.slid(window, [1; 2], window, [0; 2])
    }

    /// The pixel in the middle of cell `[row, column]`.
    pub fn centre(&self, cell: [usize; 2]) -> [f64; 2] {
        [0, 1].map(|axis| {
            let first = self.start[axis] + cell[axis] as i64 * self.stride[axis];
            first as f64 + (self.size[axis] - 1) as f64 / 2.0
        })
    }

    fn slid(self, kernel: [i64; 2], dilation: [i64; 2], stride: [i64; 2], pad: [i64; 2]) -> Self {
        let axis = |of: &dyn Fn(usize) -> i64| [of(0), of(1)];
        Self {
            start: axis(&|at| self.start[at] - pad[at] * self.stride[at]),
            stride: axis(&|at| self.stride[at] * stride[at]),
            size: axis(&|at| self.size[at] + (kernel[at] - 1) * dilation[at] * self.stride[at]),
        }
    }

    /// Fields that hold both, where they move alike.
    fn joined(self, other: Self) -> Option<Self> {
        if self.stride != other.stride {
            return None;
        }
        let start = [0, 1].map(|at| self.start[at].min(other.start[at]));
        let end =
            [0, 1].map(|at| (self.start[at] + self.size[at]).max(other.start[at] + other.size[at]));
        Some(Self {
            start,
            stride: self.stride,
            size: [0, 1].map(|at| end[at] - start[at]),
        })
    }
}

/// `Some(None)` for what does not depend on the input.
fn of_outlet(model: &TypedModel, outlet: OutletId) -> Option<Option<Geometry>> {
    let node = model.node(outlet.node);
    if model.input_outlets().ok()?.contains(&outlet) {
        return Some(Some(Geometry::PIXEL));
    }
    let mut field: Option<Geometry> = None;
    for &input in &node.inputs {
        if let Some(one) = of_outlet(model, input)? {
            field = Some(match field {
                Some(other) => other.joined(one)?,
                None => one,
            });
        }
    }
    let Some(field) = field else {
        return Some(None);
    };
    let op = &node.op;
    let spec = op.downcast_ref::<Conv>().map(|op| &op.pool_spec);
    let spec = spec.or_else(|| op.downcast_ref::<MaxPool>().map(|op| &op.pool_spec));
    let spec = spec.or_else(|| op.downcast_ref::<SumPool>().map(|op| &op.pool_spec));
    let before = size(model, *node.inputs.first()?)?;
    if let Some(spec) = spec {
        return Some(Some(windowed(field, spec, before)?));
    }
    if let Some(pad) = op.downcast_ref::<Pad>() {
        let pads = pad.pads.get(2..4)?;
        let pad = [pads[0].0 as i64, pads[1].0 as i64];
        return Some(Some(field.slid([1; 2], [1; 2], [1; 2], pad)));
    }
    // Everything else is followed only where it leaves the positions as they are.
    let after = size(model, outlet)?;
    let inputs = node.inputs.iter().filter_map(|&input| size(model, input));
    let keeps = inputs.into_iter().any(|before| before == after);
    let moves = op.name().contains("Resize") || op.name().contains("Slice");
    (keeps && !moves).then_some(Some(field))
}

/// Rows and columns of a tensor `[1, C, H, W]`.
fn size(model: &TypedModel, outlet: OutletId) -> Option<[usize; 2]> {
    let shape = model
        .outlet_fact(outlet)
        .ok()?
        .shape
        .as_concrete()?
        .to_vec();
    match *shape {
        [_, _, height, width] => Some([height, width]),
        _ => None,
    }
}

fn windowed(field: Geometry, spec: &PoolSpec, before: [usize; 2]) -> Option<Geometry> {
    let pads = spec.computed_padding(&before[..]);
    let pair = |of: &dyn Fn(usize) -> usize| [of(0) as i64, of(1) as i64];
    if spec.kernel_shape.len() != 2 || pads.len() != 2 {
        return None;
    }
    Some(field.slid(
        pair(&|at| spec.kernel_shape[at]),
        pair(&|at| spec.dilation(at)),
        pair(&|at| spec.stride(at)),
        pair(&|at| pads[at].pad_before),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    /// The lecture's LeNet: 5×5 windows and 2×2 poolings without padding.
    #[test]
    fn fields_grow_as_windows_follow_each_other() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        let of = |name: &str| Geometry::of(&model, model.find(name).unwrap());
        let conv1 = of("relu1").unwrap();
        assert_eq!(
            (conv1.start, conv1.stride, conv1.size),
            ([0; 2], [1; 2], [5; 2])
        );
        let pool1 = of("pool1").unwrap();
        assert_eq!((pool1.stride, pool1.size), ([2; 2], [6; 2]));
        assert_eq!(pool1.centre([1, 0]), [4.5, 2.5]);
        assert_eq!(of("fc"), None);
    }

    /// AlexNet's third layer by its windows alone: 99 pixels, and the centre of cell m at
    /// 15 + 16 m, as gradients show it.
    #[test]
    fn alexnets_third_layer_reads_99_pixels() {
        let conv3 = Geometry::PIXEL
            .slid([11; 2], [1; 2], [4; 2], [2; 2])
            .slid([3; 2], [1; 2], [2; 2], [0; 2])
            .slid([5; 2], [1; 2], [1; 2], [2; 2])
            .slid([3; 2], [1; 2], [2; 2], [0; 2])
            .slid([3; 2], [1; 2], [1; 2], [1; 2]);
        assert_eq!((conv3.size, conv3.stride), ([99; 2], [16; 2]));
        assert_eq!(conv3.centre([6, 0]), [111.0, 15.0]);
    }
}
