//! Disjoint parts of the arena, borrowed at once.

use crate::image::Model;
use core::ops::Range;

/// Bytes of the arena as int8.
pub(crate) fn int8(part: &mut [u8]) -> &mut [i8] {
    bytemuck::must_cast_slice_mut(part)
}

/// Bytes of the arena as accumulators; `None` where they are not aligned.
pub(crate) fn accumulators(part: &mut [u8]) -> Option<&mut [i32]> {
    bytemuck::try_cast_slice_mut(part).ok()
}

/// Bytes of the arena as a kernel's scratch; `None` where they are not aligned.
pub(crate) fn words(part: &mut [u8]) -> Option<&mut [u32]> {
    bytemuck::try_cast_slice_mut(part).ok()
}

/// Copies as many elements as both have: what they may be copied over is as long,
/// and so there is nothing to panic about.
#[inline(never)]
pub(crate) fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    let length = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..length), to.get_mut(..length)) {
        to.copy_from_slice(from);
    }
}

/// The parts at `ranges`; `None` if they overlap or leave the arena.
pub(crate) fn parts(arena: &mut [u8], ranges: [Range<usize>; 3]) -> Option<[&mut [u8]; 3]> {
    arena.get_disjoint_mut(ranges).ok()
}

/// The parts at two ranges.
pub(crate) fn two_parts(
    arena: &mut [u8],
    first: Range<usize>,
    second: Range<usize>,
) -> Option<[&mut [u8]; 2]> {
    let [first, second, _] = parts(arena, [first, second, 0..0])?;
    Some([first, second])
}

/// Why no work can begin in an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArenaError {
    /// It has fewer bytes than the work needs.
    TooSmall {
        /// What the work needs.
        need_bytes: usize,
        /// What was given.
        have_bytes: usize,
    },
    /// It does not begin on a 4-byte boundary.
    Misaligned,
    /// Another number of input bytes than the network reads.
    InputLength {
        /// What the network reads.
        need_bytes: usize,
        /// What was given.
        have_bytes: usize,
    },
}

/// Whether work that needs `need_bytes` can begin in `arena` with `input`.
#[inline(never)]
pub(crate) fn check(
    model: &Model<'_>,
    need_bytes: usize,
    arena: &[u8],
    input: &[i8],
) -> Result<(), ArenaError> {
    let have_bytes = arena.len();
    let input_bytes = model.input_shape().elements();
    if have_bytes < need_bytes {
        Err(ArenaError::TooSmall {
            need_bytes,
            have_bytes,
        })
    } else if !arena.as_ptr().addr().is_multiple_of(4) {
        Err(ArenaError::Misaligned)
    } else if input.len() != input_bytes {
        Err(ArenaError::InputLength {
            need_bytes: input_bytes,
            have_bytes: input.len(),
        })
    } else {
        Ok(())
    }
}
