//! Steps that can be left out, and who looks on.

/// The steps that can be left out, so that one sees what each is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// What differs from the ground around it, in light and in shade, is ink; ground and
    /// ink become the ends of the scale.
    pub contrast: bool,
    /// What is not the digit is left away.
    pub crop: bool,
    /// The longer side of the ink becomes 20 of 28 pixels; without it, 28.
    pub fit: bool,
    /// The centre of mass goes to the middle; without it, the middle of the ink.
    pub centre: bool,
}

impl Steps {
    /// Every step: for cameras and photographs.
    pub const ALL: Self = Self {
        contrast: true,
        crop: true,
        fit: true,
        centre: true,
    };
}

/// What is left when a step was made or left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Light ink; the ground is even, if that step was made.
    Contrast,
    /// The part of the picture that holds the ink.
    Crop,
    /// The ink in its box.
    Fit,
    /// The digit.
    Centre,
}

/// What was found on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The picture has MNIST's form already: only its polarity may change.
    InForm,
    /// The ink was dark.
    Dark,
    /// The digit was cut out.
    Cut {
        /// Rows above it.
        top: usize,
        /// Columns to the left of it.
        left: usize,
        /// Rows of it.
        height: usize,
        /// Columns of it.
        width: usize,
    },
    /// Strokes were thinner than MNIST's and are not any more.
    Thickened,
}

/// Who looks on while a digit is made. `()` does not, leaves nothing out, and costs nothing.
pub trait Observer {
    /// The steps to make.
    #[inline]
    fn steps(&self) -> Steps {
        Steps::ALL
    }

    /// Takes the levels `[H, W]`, of `size`, that a stage leaves, row by row.
    fn stage(&mut self, _stage: Stage, _size: [usize; 2], _levels: &mut dyn Iterator<Item = u8>) {}

    /// Takes what was found.
    #[inline]
    fn fact(&mut self, _fact: Fact) {}
}

impl Observer for () {}
