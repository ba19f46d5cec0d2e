//! The checked image and its typed accessors.

use super::format::{Header, LayerRecord, PlanRecord, Span, TensorRecord, kind, op};
use super::layer::{
    Add, Conv2d, Dense, DepthToSpace, Layer, MaxPool, Mul, Op, Quantiser, Shape, Tensor,
    WEIGHT_PADDING, Window,
};
use bytemuck::Pod;

/// A network in a checked image. Nothing about its shapes can fail any more.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) header: &'a Header,
    pub(crate) tensors: &'a [TensorRecord],
    pub(crate) layers: &'a [LayerRecord],
    pub(crate) plans: &'a [PlanRecord],
}

/// Bytes of a tensor where it is materialised.
pub(crate) fn tensor_bytes(record: &TensorRecord) -> usize {
    shape(record).elements() * if record.kind == kind::LOGITS { 4 } else { 1 }
}

impl<'a> Model<'a> {
    /// The network behind `header`, whose spans lie in `bytes`.
    pub(crate) fn of(bytes: &'a [u8], header: &'a Header) -> Self {
        Self {
            bytes,
            header,
            tensors: slice(bytes, &header.tensors),
            layers: slice(bytes, &header.layers),
            plans: slice(bytes, &header.plans),
        }
    }

    /// The network's name.
    pub fn name(&self) -> &'a str {
        self.text(&self.header.name)
    }

    /// SHA-256 of the image: the identity of the model.
    pub fn hash(&self) -> &'a [u8; 32] {
        &self.header.hash
    }

    /// SHA-256 of the int8 ONNX file that the image was made from.
    pub fn onnx_hash(&self) -> &'a [u8; 32] {
        &self.header.onnx_hash
    }

    /// Length of the image in bytes.
    pub fn image_bytes(&self) -> usize {
        self.header.image_bytes as usize
    }

    /// The name of class `index`, if the image names its classes.
    pub fn label(&self, index: usize) -> Option<&'a str> {
        let bytes: &[u8] = self.slice(&self.header.labels);
        let label = bytes.split(|&byte| byte == b'\n').nth(index)?;
        core::str::from_utf8(label)
            .ok()
            .filter(|label| !label.is_empty())
    }

    /// Number of tensors: one more than layers.
    pub fn tensor_count(&self) -> usize {
        self.tensors.len()
    }

    /// Number of layers.
    pub fn layer_count(&self) -> usize {
        self.layers.len()
    }

    /// The input's shape; it has as many bytes as elements.
    #[inline(never)]
    pub fn input_shape(&self) -> Shape {
        self.tensors.first().map_or(Shape::EMPTY, shape)
    }

    /// Number of logits.
    pub fn classes(&self) -> usize {
        self.tensors.last().map_or(0, |last| shape(last).elements())
    }

    /// Tensor `index`; the input is 0.
    pub fn tensor(&self, index: usize) -> Option<Tensor<'a>> {
        self.tensors.get(index).map(|record| self.view(record))
    }

    /// The shape of tensor `index`.
    #[inline(never)]
    pub(crate) fn shape(&self, index: usize) -> Option<Shape> {
        Some(shape(self.tensors.get(index)?))
    }

    /// Whether `tensor` is the last, the logits.
    pub(crate) fn is_last(&self, tensor: usize) -> bool {
        tensor == self.layers.len()
    }

    /// All tensors in topological order.
    pub fn tensors(&self) -> impl ExactSizeIterator<Item = Tensor<'a>> + use<'a> {
        let model = *self;
        self.tensors.iter().map(move |record| model.view(record))
    }

    /// The network's input.
    pub fn input(&self) -> Tensor<'a> {
        self.at(0)
    }

    /// The network's last tensor.
    pub fn logits(&self) -> Tensor<'a> {
        self.at(self.tensors.len().saturating_sub(1))
    }

    /// Tensors that layer `index` reads; none where there is no such layer.
    pub(crate) fn inputs(&self, index: usize) -> &'a [u16] {
        let record = self.layers.get(index);
        record.map_or(&[], |record| self.slice(&record.inputs))
    }

    /// Whether layer `index` reads `tensor`.
    #[inline(never)]
    pub(crate) fn reads(&self, index: usize, tensor: usize) -> bool {
        for &input in self.inputs(index) {
            if usize::from(input) == tensor {
                return true;
            }
        }
        false
    }

    /// Layer `index`, which writes tensor `index + 1`.
    pub fn layer(&self, index: usize) -> Option<Layer<'a>> {
        let record = self.layers.get(index)?;
        let inputs: &[u16] = self.slice(&record.inputs);
        let input = inputs.first().copied().map_or(0, usize::from);
        let output = self.tensors.get(index + 1)?;
        let op = self.op(record, self.tensors.get(input)?, output)?;
        Some(Layer {
            inputs,
            output: index + 1,
            shape: shape(output),
            op,
        })
    }

    /// All layers in order of execution.
    pub fn layers(&self) -> impl Iterator<Item = Layer<'a>> + use<'a> {
        let model = *self;
        (0..self.layers.len()).filter_map(move |index| model.layer(index))
    }

    /// Multiplications of one inference.
    pub fn macs(&self) -> u64 {
        self.layers().map(|layer| layer.op.macs()).sum()
    }

    /// Elements at `span`; empty where the span is not in the image, which
    /// [`Model::check`] excludes.
    pub(crate) fn slice<T: Pod>(&self, span: &Span) -> &'a [T] {
        slice(self.bytes, span)
    }

    fn text(&self, span: &Span) -> &'a str {
        core::str::from_utf8(self.slice(span)).unwrap_or_default()
    }

    fn at(&self, index: usize) -> Tensor<'a> {
        match self.tensors.get(index) {
            Some(record) => self.view(record),
            None => self.view(&TensorRecord::default()),
        }
    }

    fn view(&self, record: &TensorRecord) -> Tensor<'a> {
        Tensor {
            name: self.text(&record.name),
            shape: shape(record),
            scale: record.scale,
            zero: record.zero,
            is_logits: record.kind == kind::LOGITS,
        }
    }

    /// The int8 that stand for zero in the first two tensors that a layer reads.
    #[inline(never)]
    fn two_zeros(&self, record: &LayerRecord) -> [i8; 2] {
        let inputs: &[u16] = self.slice(&record.inputs);
        let mut zeros = [0; 2];
        for (zero, &input) in zeros.iter_mut().zip(inputs) {
            let tensor = self.tensors.get(usize::from(input));
            *zero = tensor.map_or(0, |tensor| tensor.zero);
        }
        zeros
    }

    #[inline(never)]
    fn op(
        &self,
        record: &LayerRecord,
        input: &TensorRecord,
        output: &TensorRecord,
    ) -> Option<Op<'a>> {
        let quantiser = Quantiser {
            multipliers: self.slice(&record.multipliers),
            zero: output.zero,
            min: record.clamp_min,
            max: record.clamp_max,
        };
        let padded_weights = self.slice(&padded(record.weights));
        match record.op {
            op::CONV => Some(Op::Conv2d(Conv2d {
                input: shape(input),
                output: shape(output),
                input_zero: input.zero,
                window: window(record),
                groups: record.groups.max(1).into(),
                padded_weights,
                bias: self.slice(&record.bias),
                quantiser,
                kernel: record.kernel,
                packed: self.slice(&record.packed),
            })),
            op::DENSE => Some(Op::Dense(Dense {
                input_zero: input.zero,
                padded_weights,
                bias: self.slice(&record.bias),
                quantiser,
            })),
            op::MAX_POOL => Some(Op::MaxPool(MaxPool {
                input: shape(input),
                output: shape(output),
                window: window(record),
            })),
            op::LOOKUP => Some(Op::Lookup(self.slice(&record.table))),
            op::CONCAT => Some(Op::Concat),
            op::ADD => Some(Op::Add(Add {
                zeros: self.two_zeros(record),
                factors: record.factors,
                quantiser,
            })),
            op::MUL => Some(Op::Mul(Mul {
                zeros: self.two_zeros(record),
                quantiser,
            })),
            op::DEPTH_TO_SPACE => Some(Op::DepthToSpace(DepthToSpace {
                input: shape(input),
                output: shape(output),
            })),
            _ => None,
        }
    }
}

/// The span of weights and what is after them.
pub(crate) fn padded(Span { offset, count }: Span) -> Span {
    let count = count.saturating_add(WEIGHT_PADDING as u32);
    Span { offset, count }
}

/// The elements at `span`, or nothing if they do not lie in `bytes`, aligned.
#[inline(never)]
fn slice<'a, T: Pod>(bytes: &'a [u8], span: &Span) -> &'a [T] {
    let part = slice_bytes(bytes, span, size_of::<T>());
    let elements = part.and_then(|part| bytemuck::try_cast_slice(part).ok());
    elements.unwrap_or_default()
}

/// The bytes of a span whose elements have `size` bytes each.
pub(crate) fn slice_bytes<'a>(bytes: &'a [u8], span: &Span, size: usize) -> Option<&'a [u8]> {
    let start = span.offset as usize;
    let length = (span.count as usize).checked_mul(size)?;
    bytes.get(start..start.checked_add(length)?)
}

#[inline(never)]
fn shape(record: &TensorRecord) -> Shape {
    Shape {
        height: record.height.into(),
        width: record.width.into(),
        channels: record.channels.into(),
    }
}

#[inline(never)]
fn window(record: &LayerRecord) -> Window {
    Window {
        kernel_h: record.kernel_h.into(),
        kernel_w: record.kernel_w.into(),
        stride_h: record.stride_h.max(1).into(),
        stride_w: record.stride_w.max(1).into(),
        dilation_h: record.dilation_h.max(1).into(),
        dilation_w: record.dilation_w.max(1).into(),
        pad_top: record.pad_top.into(),
        pad_left: record.pad_left.into(),
    }
}
