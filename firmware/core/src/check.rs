//! The one check of an image: everything that the engine later relies on.

mod layer;
mod plan;

use crate::MAX_TENSORS;
use crate::image::format::{
    HASHED_FROM, Header, LayerRecord, MAGIC, PlanRecord, Span, TensorRecord, VERSION, kind,
};
use crate::image::{ImageError, Model, Part, slice_bytes};
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

    check_spans(
        bytes,
        &[
            (Part::Name, header.name, 1),
            (Part::Labels, header.labels, 1),
            (Part::Operands, header.operands, size_of::<u16>()),
            (Part::Tensors, header.tensors, size_of::<TensorRecord>()),
            (Part::Layers, header.layers, size_of::<LayerRecord>()),
            (Part::Plans, header.plans, size_of::<PlanRecord>()),
        ],
    )?;
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

/// Whether elements of the given sizes lie at these spans, aligned.
#[inline(never)]
fn check_spans(bytes: &[u8], spans: &[(Part, Span, usize)]) -> Result<(), ImageError> {
    for &(part, Span { offset, count }, size) in spans {
        let is_aligned = (offset as usize).is_multiple_of(size.min(4));
        if !is_aligned || slice_bytes(bytes, Span { offset, count }, size).is_none() {
            return Err(ImageError::Span {
                part,
                offset,
                count,
            });
        }
    }
    Ok(())
}

#[inline(never)]
fn check_tensor(
    bytes: &[u8],
    index: usize,
    tensor: &TensorRecord,
    last: bool,
) -> Result<(), ImageError> {
    check_spans(bytes, &[(Part::Name, tensor.name, 1)])?;
    let elements = u64::from(tensor.height) * u64::from(tensor.width) * u64::from(tensor.channels);
    let is_logits = tensor.kind == kind::LOGITS;
    let usable = (1..=MAX_ELEMENTS).contains(&elements)
        && (is_logits || tensor.kind == kind::INT8)
        && is_logits == last
        && tensor.scale.is_finite()
        && tensor.scale > 0.0;
    if usable {
        Ok(())
    } else {
        Err(ImageError::Tensor { tensor: index })
    }
}
