//! The sliding window of convolutions and poolings.

/// A sliding window, `[rows, columns]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the field's standard terms")]
pub struct Window {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub pad_before: [usize; 2],
    pub pad_after: [usize; 2],
}

impl Window {
    /// One element.
    pub const POINT: Self = Self::square(1, 1, 0);

    /// A square window without dilation.
    pub const fn square(kernel: usize, stride: usize, pad: usize) -> Self {
        Self {
            kernel: [kernel; 2],
            stride: [stride; 2],
            dilation: [1; 2],
            pad_before: [pad; 2],
            pad_after: [pad; 2],
        }
    }

    /// Windows that fit along each axis of an input of `size`, the last one cut
    /// short if `ceil`; `None` where not one fits.
    pub fn slide(&self, size: [usize; 2], ceil: bool) -> Option<[usize; 2]> {
        let axis = |axis: usize| {
            let extent = (self.kernel[axis].checked_sub(1)?).checked_mul(self.dilation[axis])? + 1;
            let padded = size[axis]
                .checked_add(self.pad_before[axis])?
                .checked_add(self.pad_after[axis])?;
            let room = padded.checked_sub(extent)?;
            let stride = self.stride[axis].max(1);
            Some(
                if ceil {
                    room.div_ceil(stride)
                } else {
                    room / stride
                } + 1,
            )
        };
        Some([axis(0)?, axis(1)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_fit_as_often_as_the_padding_allows() {
        let window = Window::square(3, 2, 0);
        assert_eq!(window.slide([7, 8], false), Some([3, 3]));
        assert_eq!(window.slide([7, 8], true), Some([3, 4]));
        assert_eq!(window.slide([2, 8], false), None);
        assert_eq!(Window::POINT.slide([5, 6], false), Some([5, 6]));
    }
}
