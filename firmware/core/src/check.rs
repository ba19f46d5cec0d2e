//! The one check of an image: everything that the engine later relies on.

mod layer;
mod plan;

use crate::MAX_TENSORS;
use crate::image::format::{
    HASHED_FROM, Header, LayerRecord, MAGIC, PlanRecord, Span, TensorRecord, VERSION, kind,
};
use crate::image::{ImageError, Model, Part, padded, slice_bytes};
use bytemuck::Pod;
use core::mem::offset_of;
use sha2::{Digest, Sha256};

/// Elements that a tensor may have: their bytes stay far below 32 bits.
const MAX_ELEMENTS: u64 = 1 << 26;

impl<'a> Model<'a> {
    /// The network in `bytes`, which may go on after the image's end.
    ///
    /// # Errors
    /// The first thing that is wrong; see [`ImageError`].
    pub fn check(bytes: &'a [u8]) -> Result<Self, ImageError> {
        check(bytes)
    }
}

fn check(bytes: &[u8]) -> Result<Model<'_>, ImageError> {
    let need_bytes = size_of::<Header>();
    let start = bytes.get(..need_bytes).ok_or(ImageError::TooShort {
        need_bytes,
        have_bytes: bytes.len(),
    })?;
    if start.get(..MAGIC.len()) != Some(&MAGIC) {
        return Err(ImageError::Magic);
    }
    let header: &Header = bytemuck::try_from_bytes(start).map_err(|_| ImageError::Misaligned)?;
    if header.version != VERSION {
        return Err(ImageError::Version {
            found: header.version,
            supported: VERSION,
        });
    }
    let bytes = bytes
        .get(..header.image_bytes as usize)
        .filter(|image| image.len() >= need_bytes)
        .ok_or(ImageError::Length {
            header_bytes: header.image_bytes,
            have_bytes: bytes.len(),
        })?;
    let hashed = bytes.get(HASHED_FROM..).unwrap_or_default();
    if Sha256::digest(hashed).as_slice() != header.hash.as_slice() {
        return Err(ImageError::Hash);
    }

    check_spans(bytes, header, &HEADER_SPANS)?;
    let model = Model::of(bytes, header);
    let (tensors, layers) = (model.tensors.len(), model.layers.len());
    if layers == 0 || tensors != layers + 1 || tensors > MAX_TENSORS {
        return Err(ImageError::Counts { tensors, layers });
    }
    for (index, tensor) in model.tensors.iter().enumerate() {
        check_tensor(bytes, index, tensor, index == layers)?;
    }
    for (index, record) in model.layers.iter().enumerate() {
        layer::check(&model, index, record)?;
    }
    for (index, record) in model.plans.iter().enumerate() {
        plan::check(&model, index, record)?;
    }
    Ok(model)
}

/// A span of a record: where it is, in words, and the bytes of an element that it counts.
struct SpanField {
    part: Part,
    word: u8,
    size: u8,
}

impl SpanField {
    const fn new(part: Part, offset: usize, size: usize) -> Self {
        Self {
            part,
            word: (offset / size_of::<u32>()) as u8,
            size: size as u8,
        }
    }
}

const HEADER_SPANS: [SpanField; 6] = [
    SpanField::new(Part::Name, offset_of!(Header, name), 1),
    SpanField::new(Part::Labels, offset_of!(Header, labels), 1),
    SpanField::new(Part::Operands, offset_of!(Header, operands), 2),
    SpanField::new(
        Part::Tensors,
        offset_of!(Header, tensors),
        size_of::<TensorRecord>(),
    ),
    SpanField::new(
        Part::Layers,
        offset_of!(Header, layers),
        size_of::<LayerRecord>(),
    ),
    SpanField::new(
        Part::Plans,
        offset_of!(Header, plans),
        size_of::<PlanRecord>(),
    ),
];

const TENSOR_SPANS: [SpanField; 1] = [SpanField::new(
    Part::Name,
    offset_of!(TensorRecord, name),
    1,
)];

/// Whether the elements of these spans of a record lie in the image, aligned.
fn check_spans<T: Pod>(bytes: &[u8], record: &T, fields: &[SpanField]) -> Result<(), ImageError> {
    check_words(
        bytes,
        bytemuck::must_cast_slice(core::slice::from_ref(record)),
        fields,
    )
}

/// The same, of the words of a record.
#[inline(never)]
fn check_words(bytes: &[u8], words: &[u32], fields: &[SpanField]) -> Result<(), ImageError> {
    for &SpanField { part, word, size } in fields {
        let words = words.get(usize::from(word)..).unwrap_or_default();
        let Some(&[offset, count]) = words.first_chunk() else {
            continue;
        };
        let mut span = Span { offset, count };
        if part == Part::Weights {
            span = padded(span);
        }
        let size = usize::from(size);
        let is_aligned = (offset as usize).is_multiple_of(size.min(4));
        if !is_aligned || slice_bytes(bytes, &span, size).is_none() {
            return Err(ImageError::Span {
                part,
                offset,
                count: span.count,
            });
        }
    }
    Ok(())
}

/// Whether a factor is finite and greater than zero: positive floats lie in the order of their
/// bits.
#[inline(never)]
fn is_positive(factor: f32) -> bool {
    (1..f32::INFINITY.to_bits()).contains(&factor.to_bits())
}

fn check_tensor(
    bytes: &[u8],
    index: usize,
    tensor: &TensorRecord,
    last: bool,
) -> Result<(), ImageError> {
    check_spans(bytes, tensor, &TENSOR_SPANS)?;
    let elements = u64::from(tensor.height) * u64::from(tensor.width) * u64::from(tensor.channels);
    let is_logits = tensor.kind == kind::LOGITS;
    let usable = (1..=MAX_ELEMENTS).contains(&elements)
        && (is_logits || tensor.kind == kind::INT8)
        && is_logits == last
        && is_positive(tensor.scale);
    if usable {
        Ok(())
    } else {
        Err(ImageError::Tensor { tensor: index })
    }
}
