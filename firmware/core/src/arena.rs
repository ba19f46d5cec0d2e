//! Disjoint parts of the arena, borrowed at once.

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
pub(crate) fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    let length = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..length), to.get_mut(..length)) {
        to.copy_from_slice(from);
    }
}

/// The parts at `ranges`; `None` if they overlap or leave the arena.
pub(crate) fn parts<const N: usize>(
    arena: &mut [u8],
    ranges: [Range<usize>; N],
) -> Option<[&mut [u8]; N]> {
    arena.get_disjoint_mut(ranges).ok()
}
