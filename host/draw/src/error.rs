//! Why a picture cannot be drawn.

/// Why a picture cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The values do not fill the shape they are said to have.
    #[error("{what}: {need} values are needed for its shape, {have} were given")]
    ValueCount {
        /// The layer or map that was to be drawn.
        what: String,
        /// Values that the shape asks for.
        need: usize,
        /// Values that were given.
        have: usize,
    },
    /// Nothing to draw: a dimension is zero, or a list is empty.
    #[error("{what}: nothing to draw, its shape is {shape}")]
    Empty {
        /// The layer or map that was to be drawn.
        what: String,
        /// The shape that was given.
        shape: String,
    },
    /// A map reaches outside the image it explains.
    #[error(
        "{what}: {rows}×{columns} patches of {window_height}×{window_width} do not fit an input of {height}×{width}"
    )]
    OutsideImage {
        /// The map that was to be drawn.
        what: String,
        /// Patch positions from top to bottom.
        rows: usize,
        /// Patch positions from left to right.
        columns: usize,
        /// Height of the patch, in input pixels.
        window_height: usize,
        /// Width of the patch, in input pixels.
        window_width: usize,
        /// Height of the input, in pixels.
        height: usize,
        /// Width of the input, in pixels.
        width: usize,
    },
    /// A buffer ends before it begins, or lives past the last step.
    #[error("buffer {name}: steps {first_step} to {last_step} are not within {steps} steps")]
    Lifetime {
        /// The buffer.
        name: String,
        /// The step that writes it first.
        first_step: usize,
        /// The last step that needs it.
        last_step: usize,
        /// Steps there are.
        steps: usize,
    },
}
