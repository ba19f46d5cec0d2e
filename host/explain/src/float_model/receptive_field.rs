//! Which pixels of the input a unit of a layer sees: start, size and jump, through every
//! pad and stride.

use std::collections::HashMap;

use tract_onnx::pb::NodeProto;

use cortexscope_net::onnx::{Attributes, Constant};
use cortexscope_net::reader::Graph;
use cortexscope_net::reader::window::{Rounding, kernel, sliding};

/// The receptive field of a layer's units, `[rows, columns]`, in pixels of the input.
///
/// The unit at row `y` sees the rows `start + y · jump` to `start + y · jump + size − 1`.
/// Padding moves the start and leaves the size as it is, so that a field may reach beyond
/// the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceptiveField {
    /// First row and column that the unit at (0, 0) sees.
    pub start: [i64; 2],
    /// Rows and columns that a unit sees.
    pub size: [i64; 2],
    /// Rows and columns from one unit's field to the next.
    pub jump: [i64; 2],
}

impl ReceptiveField {
    /// A pixel of the input.
    const PIXEL: Self = Self {
        start: [0; 2],
        size: [1; 2],
        jump: [1; 2],
    };

    /// The field of the unit at `[y, x]`, `[y0, x0, y1, x1]`: the ends are the first row
    /// and column that it does not see.
    pub fn of_unit(&self, at: [usize; 2]) -> [i64; 4] {
        let ends = |axis: usize| {
            let at = i64::try_from(at[axis]).unwrap_or(i64::MAX);
            let from = self.start[axis].saturating_add(at.saturating_mul(self.jump[axis]));
            (from, from.saturating_add(self.size[axis]))
        };
        let ((y0, y1), (x0, x1)) = (ends(0), ends(1));
        [y0, x0, y1, x1]
    }

    /// The part of [`ReceptiveField::of_unit`] that lies in an input of `[rows, columns]`.
    pub fn within(&self, at: [usize; 2], [rows, columns]: [usize; 2]) -> [usize; 4] {
        let [y0, x0, y1, x1] = self.of_unit(at);
        let cut =
            |edge: i64, size: usize| usize::try_from(edge.max(0)).map_or(size, |e| e.min(size));
        [
            cut(y0, rows),
            cut(x0, columns),
            cut(y1, rows),
            cut(x1, columns),
        ]
    }

    /// What all units of a map of `[rows, columns]` see together.
    fn of_map(self, size: [usize; 2]) -> Self {
        let mut whole = self;
        for (axis, size) in size.into_iter().enumerate() {
            let last = i64::try_from(size).unwrap_or(i64::MAX).max(1) - 1;
            let reach = last.saturating_mul(self.jump[axis]);
            whole.size[axis] = self.size[axis].saturating_add(reach);
            whole.jump[axis] = 0;
        }
        whole
    }

    /// What a window of a kernel, a stride, a dilation and a padding before it sees.
    fn through(
        self,
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        pad: [i64; 2],
    ) -> Self {
        let mut seen = self;
        let number = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        for axis in 0..2 {
            let jump = self.jump[axis];
            let reach = number(kernel[axis].max(1) - 1).saturating_mul(number(dilation[axis]));
            seen.start[axis] = self.start[axis].saturating_sub(pad[axis].saturating_mul(jump));
            seen.size[axis] = self.size[axis].saturating_add(reach.saturating_mul(jump));
            seen.jump[axis] = jump.saturating_mul(number(stride[axis]));
        }
        seen
    }

    /// What two branches see that meet: the larger one, where it covers the smaller.
    fn with(self, other: Self) -> Self {
        let mut both = self;
        for axis in 0..2 {
            let start = self.start[axis].min(other.start[axis]);
            let end = |field: &Self| field.start[axis].saturating_add(field.size[axis]);
            both.start[axis] = start;
            both.size[axis] = end(&self).max(end(&other)).saturating_sub(start);
            both.jump[axis] = self.jump[axis].max(other.jump[axis]);
        }
        both
    }
}

/// The receptive field of every activation of `graph`, by its tensor. An operator that is
/// no window and moves values about (a transposition, an enlargement) counts as one that
/// sees the whole input.
pub fn receptive_fields(graph: &Graph) -> HashMap<String, ReceptiveField> {
    let [_, height, width] = graph.shape;
    let whole = ReceptiveField::PIXEL.of_map([height, width]);
    let mut fields = HashMap::from([(graph.input.clone(), ReceptiveField::PIXEL)]);
    for node in graph.nodes() {
        let field = field(graph, node, &fields).unwrap_or(whole);
        for output in &node.output {
            fields.insert(output.clone(), field);
        }
    }
    fields
}

/// The field after `node`; `None` where nothing is known of it.
fn field(
    graph: &Graph,
    node: &NodeProto,
    fields: &HashMap<String, ReceptiveField>,
) -> Option<ReceptiveField> {
    let first = node
        .input
        .iter()
        .find(|input| fields.contains_key(*input))?;
    let before = node
        .input
        .iter()
        .filter_map(|input| fields.get(input))
        .copied();
    let seen = before.reduce(ReceptiveField::with)?;
    let size = sides(graph, first)?;
    let attributes = Attributes(node);
    match node.op_type.as_str() {
        "Conv" => {
            let weights = &graph.constant(node.input.get(1)?)?.dims;
            let &[_, _, rows, columns] = weights.as_slice() else {
                return None;
            };
            let kernel = [usize::try_from(rows).ok()?, usize::try_from(columns).ok()?];
            let window = sliding(attributes, kernel, size, Rounding::Floor)
                .ok()?
                .window;
            let pad = window.pad_before.map(|pad| pad as i64);
            Some(seen.through(window.kernel, window.stride, window.dilation, pad))
        }
        "MaxPool" | "AveragePool" => {
            // Rounding up pads behind the input and moves no start.
            let window = sliding(attributes, kernel(attributes).ok()?, size, Rounding::Floor);
            let window = window.ok()?.window;
            let pad = window.pad_before.map(|pad| pad as i64);
            Some(seen.through(window.kernel, window.stride, window.dilation, pad))
        }
        "Pad" => {
            let pads = match attributes.ints("pads").ok()? {
                Some(pads) => pads.to_vec(),
                None => integers(graph, node.input.get(1)?)?,
            };
            let &[_, _, top, left, ..] = pads.as_slice() else {
                return None;
            };
            Some(seen.through([1; 2], [1; 2], [1; 2], [top, left]))
        }
        "Transpose" | "ConvTranspose" | "Resize" | "Upsample" | "DepthToSpace" | "SpaceToDepth"
        | "Slice" | "Gather" => None,
        // One value after the other, or one place with others of its channels.
        "InstanceNormalization" | "LayerNormalization" => Some(seen.of_map(size)),
        _ if node.output.first().and_then(|output| sides(graph, output)) == Some(size)
            && !matches!(node.op_type.as_str(), "Gemm" | "MatMul") =>
        {
            Some(seen)
        }
        // What leaves no map has seen all of it.
        _ => Some(seen.of_map(size)),
    }
}

/// Rows and columns of an activation; a vector has one of each.
fn sides(graph: &Graph, tensor: &str) -> Option<[usize; 2]> {
    if tensor == graph.input {
        let [_, height, width] = graph.shape;
        return Some([height, width]);
    }
    match *graph.sizes.get(tensor)?.as_slice() {
        [_, _, height, width] => Some([height, width]),
        [_, _, length] => Some([1, length]),
        [_, _] | [_] => Some([1, 1]),
        _ => None,
    }
}

fn integers(graph: &Graph, name: &str) -> Option<Vec<i64>> {
    let constant = Constant::parse(graph.constant(name)?).ok()?;
    constant.ints().map(<[i64]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::super::{FloatModel, Overrides};
    use super::*;
    use cortexscope_net::onnx::builder::{GraphBuilder, Size, ints};
    use tract_onnx::pb::tensor_proto::DataType;

    fn shipped(name: &str) -> FloatModel {
        FloatModel::open(name, &Overrides::default()).expect("it is shipped")
    }

    fn field(model: &FloatModel, layer: &str) -> ReceptiveField {
        model.receptive_field(model.find(layer).expect("a layer"))
    }

    /// Worked by hand: the lecture's LeNet has 5×5 and 3×3 filters without padding, each
    /// with a pool of 2: 5 + 1, then 6 + 2·2 + 2 = 12 every 4 pixels.
    #[test]
    fn fields_of_the_lectures_network() {
        let model = shipped("lecture-lenet");
        let pool = field(&model, "pool2");
        assert_eq!(
            (pool.start, pool.size, pool.jump),
            ([0; 2], [12; 2], [4; 2])
        );
        assert_eq!(pool.of_unit([4, 3]), [16, 12, 28, 24]);
        let class = field(&model, "fc");
        assert_eq!(class.of_unit([0, 0]), [0, 0, 28, 28]);
    }

    /// LeNet-5's first convolution pads by 2, which moves the field and not its size.
    #[test]
    fn padding_moves_the_start_and_is_clipped() {
        let model = shipped("lenet5");
        let conv = field(&model, "conv1");
        assert_eq!(
            (conv.start, conv.size, conv.jump),
            ([-2; 2], [5; 2], [1; 2])
        );
        assert_eq!(conv.of_unit([0, 27]), [-2, 25, 3, 30]);
        assert_eq!(conv.within([0, 27], [28, 28]), [0, 25, 3, 28]);
        let pool = field(&model, "pool2");
        assert_eq!(
            (pool.start, pool.size, pool.jump),
            ([-2; 2], [16; 2], [4; 2])
        );
    }

    fn small(build: impl FnOnce(&mut GraphBuilder)) -> FloatModel {
        let mut graph = GraphBuilder::new("small");
        graph.input("x", DataType::Float, &[1, 1, 12, 12].map(Size::Fixed));
        build(&mut graph);
        graph.output("y", DataType::Float, &[]);
        let path = std::path::PathBuf::from("small.onnx").into();
        FloatModel::from_bytes(&graph.emit(13), path, &Overrides::default()).expect("a network")
    }

    /// A 1×1 beside a 3×3 with a dilation of 2: the larger branch counts. Then a stride of
    /// 3 with one row of padding above.
    #[test]
    fn a_concat_takes_its_largest_branch() {
        let model = small(|graph| {
            graph.f32s("w1", &[1, 1, 1, 1], &[1.0]);
            graph.f32s("w3", &[1, 1, 3, 3], &[1.0; 9]);
            graph.f32s("w2", &[1, 2, 2, 3], &[1.0; 12]);
            let wide = vec![ints("pads", &[2, 2, 2, 2]), ints("dilations", &[2, 2])];
            graph.node("Conv", &["x", "w1"], "a", Vec::new());
            graph.node("Conv", &["x", "w3"], "b", wide);
            let axis = cortexscope_net::onnx::builder::int("axis", 1);
            graph.node("Concat", &["a", "b"], "c", vec![axis]);
            let strided = vec![ints("pads", &[1, 0, 0, 0]), ints("strides", &[3, 3])];
            graph.node("Conv", &["c", "w2"], "y", strided);
        });
        let concat = field(&model, "c");
        assert_eq!(
            (concat.start, concat.size, concat.jump),
            ([-2; 2], [5; 2], [1; 2])
        );
        let last = field(&model, "y");
        assert_eq!(
            (last.start, last.size, last.jump),
            ([-3, -2], [6, 7], [3; 2])
        );
    }

    /// A row of windows on one channel, `[kernel, stride, padding]`; a kernel below 0 is a
    /// pool's.
    fn chain(side: usize, windows: &[[i64; 3]]) -> ReceptiveField {
        let mut graph = GraphBuilder::new("chain");
        graph.input("x", DataType::Float, &[1, 1, side, side].map(Size::Fixed));
        let mut last = "x".to_owned();
        for (at, window) in windows.iter().enumerate() {
            let [kernel, stride, pad] = window.map(|size| size.unsigned_abs() as usize);
            let next = format!("t{at}");
            let mut attributes = vec![ints("strides", &[stride; 2]), ints("pads", &[pad; 4])];
            if window[0] < 0 {
                attributes.push(ints("kernel_shape", &[kernel; 2]));
                graph.node("MaxPool", &[&last], &next, attributes);
            } else {
                let weights = format!("w{at}");
                graph.f32s(
                    &weights,
                    &[1, 1, kernel, kernel],
                    &vec![1.0; kernel * kernel],
                );
                graph.node("Conv", &[&last, &weights], &next, attributes);
            }
            last = next;
        }
        graph.output(&last, DataType::Float, &[]);
        let path = std::path::PathBuf::from("chain.onnx").into();
        let model = FloatModel::from_bytes(&graph.emit(13), path, &Overrides::default());
        field(&model.expect("a network"), &last)
    }

    /// The lecture's numbers: AlexNet's pool5 sees 195 pixels every 32, VGG-16's 212 every
    /// 32. Their starts are the paddings times the jumps before them.
    #[test]
    fn fields_of_alexnet_and_vgg() {
        let alexnet = chain(
            227,
            &[
                [11, 4, 0],
                [-3, 2, 0],
                [5, 1, 2],
                [-3, 2, 0],
                [3, 1, 1],
                [3, 1, 1],
                [3, 1, 1],
                [-3, 2, 0],
            ],
        );
        assert_eq!(
            (alexnet.start, alexnet.size, alexnet.jump),
            ([-64; 2], [195; 2], [32; 2])
        );
        let block = |convolutions: usize| {
            let mut block = vec![[3, 1, 1]; convolutions];
            block.push([-2, 2, 0]);
            block
        };
        let vgg = chain(224, &[2, 2, 3, 3, 3].map(block).concat());
        assert_eq!(
            (vgg.start, vgg.size, vgg.jump),
            ([-90; 2], [212; 2], [32; 2])
        );
    }
}
