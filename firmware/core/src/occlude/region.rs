//! Rectangles of pixels, and what a window makes of them.

use crate::image::{Shape, Window};

/// A rectangle of pixels, all channels; empty if it has no rows or columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Region {
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
}

/// A region as it is kept for each tensor: the sizes in an image have 16 bits, and
/// these lie on the stack.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeptRegion {
    top: u16,
    left: u16,
    height: u16,
    width: u16,
}

impl From<Region> for KeptRegion {
    fn from(region: Region) -> Self {
        Self {
            top: region.top as u16,
            left: region.left as u16,
            height: region.height as u16,
            width: region.width as u16,
        }
    }
}

impl From<KeptRegion> for Region {
    fn from(kept: KeptRegion) -> Self {
        Self {
            top: kept.top.into(),
            left: kept.left.into(),
            height: kept.height.into(),
            width: kept.width.into(),
        }
    }
}

impl Region {
    /// All pixels of a tensor.
    pub fn whole(shape: Shape) -> Self {
        Self {
            top: 0,
            left: 0,
            height: shape.height,
            width: shape.width,
        }
    }

    pub fn is_empty(self) -> bool {
        self.height == 0 || self.width == 0
    }

    pub fn pixels(self) -> usize {
        self.height * self.width
    }

    /// The smallest rectangle that holds both.
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let (top, left) = (self.top.min(other.top), self.left.min(other.left));
        let bottom = (self.top + self.height).max(other.top + other.height);
        let right = (self.left + self.width).max(other.left + other.width);
        Self {
            top,
            left,
            height: bottom - top,
            width: right - left,
        }
    }

    /// The outputs whose windows may read a pixel of this region.
    pub fn reached_by(self, window: &Window, output: Shape) -> Self {
        let (top, height) = reached(
            (self.top, self.height),
            (
                window.kernel_h,
                window.stride_h,
                window.dilation_h,
                window.pad_top,
            ),
            output.height,
        );
        let (left, width) = reached(
            (self.left, self.width),
            (
                window.kernel_w,
                window.stride_w,
                window.dilation_w,
                window.pad_left,
            ),
            output.width,
        );
        Self {
            top,
            left,
            height,
            width,
        }
    }

    /// Where row `row` of the region begins and ends in a tensor, in elements.
    #[inline(never)]
    pub fn row(self, row: usize, shape: Shape) -> core::ops::Range<usize> {
        let start = (self.top + row) * shape.row_elements() + self.left * shape.channels;
        start..start + self.width * shape.channels
    }

    /// Where row `row` begins and ends where only the region is kept.
    pub fn kept_row(self, row: usize, shape: Shape) -> core::ops::Range<usize> {
        let elements = self.width * shape.channels;
        row * elements..(row + 1) * elements
    }
}

/// One axis: outputs `o` with `o·stride − pad ≤ last` and
/// `o·stride − pad + (kernel − 1)·dilation ≥ first`.
fn reached(
    (first, length): (usize, usize),
    (kernel, stride, dilation, pad): (usize, usize, usize, usize),
    outputs: usize,
) -> (usize, usize) {
    let stride = stride.max(1);
    let Some(last) = (first + length).checked_sub(1).filter(|_| length > 0) else {
        return (0, 0);
    };
    let low = (first + pad)
        .saturating_sub((kernel - 1) * dilation)
        .div_ceil(stride);
    let end = ((last + pad) / stride + 1).min(outputs);
    (low.min(end), end.saturating_sub(low))
}

/// The most outputs along one axis that `length` neighbouring pixels can reach.
#[inline(never)]
pub(super) fn most_reached(
    length: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    outputs: usize,
) -> usize {
    let span = (kernel - 1) * dilation + length;
    if length == 0 {
        0
    } else {
        ((span - 1) / stride.max(1) + 1).min(outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reached_is_what_the_windows_say(
            first in 0usize..20, length in 1usize..8, kernel in 1usize..6,
            stride in 1usize..4, dilation in 1usize..4, pad in 0usize..4, outputs in 1usize..20,
        ) {
            let (low, count) = reached((first, length), (kernel, stride, dilation, pad), outputs);
            let meets = |o: usize| {
                let start = (o * stride) as isize - pad as isize;
                let end = start + ((kernel - 1) * dilation) as isize;
                start < (first + length) as isize && end >= first as isize
            };
            for o in 0..outputs {
                prop_assert_eq!((low..low + count).contains(&o), meets(o));
            }
            prop_assert!(count <= most_reached(length, kernel, stride, dilation, outputs));
        }
    }
}
