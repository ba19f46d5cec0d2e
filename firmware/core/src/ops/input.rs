//! What a kernel that slides a window reads.

use crate::image::Shape;

/// The rows of an input, `[H, W, C]`, from one on. What lies before it, an output over
/// the same memory may have taken.
#[derive(Clone, Copy, Debug)]
pub struct InputRows<'a> {
    first: usize,
    values: &'a [i8],
}

impl<'a> InputRows<'a> {
    /// The whole input.
    pub fn all(values: &'a [i8]) -> Self {
        Self::from(0, values)
    }

    /// The rows from `first` on, whose values are these.
    pub fn from(first: usize, values: &'a [i8]) -> Self {
        Self { first, values }
    }

    /// Row `at` of an input of this shape; `None` where that is padding.
    #[cfg_attr(dsp, inline(never))]
    pub(super) fn row(self, shape: Shape, at: usize) -> Option<&'a [i8]> {
        if at >= shape.height {
            return None;
        }
        let elements = shape.row_elements();
        let start = at.wrapping_sub(self.first) * elements;
        self.values.get(start..start + elements)
    }

    /// The values from row `at` of an input of this shape on; `None` where that is padding.
    pub(super) fn rows_from(self, shape: Shape, at: usize) -> Option<&'a [i8]> {
        if at >= shape.height {
            return None;
        }
        let start = at.wrapping_sub(self.first) * shape.row_elements();
        self.values.get(start..)
    }
}
