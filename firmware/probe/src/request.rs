//! What every engine makes of the model region and of requests.

use crate::image_fault::image_fault;
use cortexscope_core::image::Shape;
use cortexscope_core::{ImageError, Mode, Model, Occluder};
use cortexscope_wire::message::{BoardError, ModelIdentity, Occlude};

/// The model that lies at the beginning of `region`.
///
/// # Errors
/// The region is erased, or what lies there does not pass its checks.
pub fn checked_model(region: &[u8]) -> Result<Model<'_>, BoardError> {
    Model::check(region).map_err(|error| image_refusal(&error, region))
}

/// What the host is told where what lies in `region` was refused with `error`.
#[inline(never)]
pub(crate) fn image_refusal(error: &ImageError, region: &[u8]) -> BoardError {
    let head = region.get(..8).unwrap_or(region);
    let is_erased = head.iter().all(|&byte| byte == 0xFF || byte == 0);
    match error {
        ImageError::TooShort { .. } | ImageError::Magic if is_erased => BoardError::NoModel,
        error => BoardError::BadModel(image_fault(error)),
    }
}

/// What the host is told of `model`.
pub fn model_identity(model: &Model<'_>) -> ModelIdentity {
    let arena_bytes = |mode| model.plan(mode).map(|plan| plan.arena_bytes() as u32);
    ModelIdentity {
        hash: *model.hash(),
        tensors: model.tensor_count() as u8,
        input_bytes: model.input_shape().elements() as u32,
        classes: model.classes() as u16,
        image_bytes: model.image_bytes() as u32,
        tapped_arena_bytes: arena_bytes(Mode::Tapped),
        fused_arena_bytes: arena_bytes(Mode::Fused),
    }
}

/// The patch that `ask` slides over an input of `shape`, and how many rows and
/// columns of positions it has.
///
/// # Errors
/// It has none.
pub fn occluder(ask: &Occlude, shape: Shape) -> Result<(Occluder, [usize; 2]), BoardError> {
    let occluder = Occluder {
        window_h: ask.window_h.into(),
        window_w: ask.window_w.into(),
        stride_h: ask.stride_y.into(),
        stride_w: ask.stride_x.into(),
        fill: ask.fill,
        class: ask.class.map(usize::from),
    };
    match occluder.positions(shape) {
        Some((rows, columns)) => Ok((occluder, [rows, columns])),
        None => Err(window_error(ask, [shape.height as u16, shape.width as u16])),
    }
}

/// Why the patch of `ask` has no position on an `input` of this height and width.
fn window_error(ask: &Occlude, input: [u16; 2]) -> BoardError {
    let window = [ask.window_h, ask.window_w];
    if window.contains(&0) {
        BoardError::WindowEmpty
    } else if ask.stride_y == 0 || ask.stride_x == 0 {
        BoardError::StrideZero
    } else {
        BoardError::WindowTooLarge { window, input }
    }
}

/// The same bytes, as the engine reads them.
pub fn signed(bytes: &[u8]) -> &[i8] {
    bytemuck::must_cast_slice(bytes)
}
