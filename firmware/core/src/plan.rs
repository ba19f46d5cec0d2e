//! Where each tensor lies in the arena, and in which steps the layers run.

use crate::image::Model;
use crate::image::format::{NOT_PLACED, StepRecord, step};
use core::ops::Range;

/// How much of the network is materialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Mode {
    /// Every layer's output lies in the arena as a whole.
    Tapped = 0,
    /// A convolution before a max-pool exists only as one row at a time.
    Fused = 1,
}

impl Mode {
    /// Both modes.
    pub const ALL: [Self; 2] = [Self::Tapped, Self::Fused];
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// One layer, its whole output at once.
    Layer {
        /// The layer.
        layer: usize,
        /// Where its kernel's scratch lies in the arena; empty if it needs none.
        scratch: Range<usize>,
    },
    /// Convolution `conv` and the max-pool after it, row by row.
    ConvPool {
        /// The convolution; the pool is the next layer.
        conv: usize,
        /// Where the convolution's scratch lies in the arena; empty if it needs none.
        scratch: Range<usize>,
        /// Where one row of the convolution lies in the arena.
        row: Range<usize>,
    },
}

/// The plan of one mode, from a checked image.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    pub(crate) mode: Mode,
    pub(crate) arena_bytes: usize,
    pub(crate) steps: &'a [StepRecord],
    pub(crate) placements: &'a [u32],
}

impl Plan<'_> {
    /// The mode that this is the plan of.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Bytes of arena that the plan needs.
    pub fn arena_bytes(&self) -> usize {
        self.arena_bytes
    }

    /// The steps in order of execution.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = Step> + '_ {
        self.steps.iter().map(|record| {
            let layer = usize::from(record.layer);
            let start = record.scratch_offset as usize;
            // Saturating: offsets are checked after this, not before.
            let row = start.saturating_add(record.scratch_bytes as usize);
            let scratch = start..row;
            if record.kind == step::CONV_POOL {
                Step::ConvPool {
                    conv: layer,
                    scratch,
                    row: row..row.saturating_add(record.row_bytes as usize),
                }
            } else {
                Step::Layer { layer, scratch }
            }
        })
    }

    /// Where `tensor` lies in the arena, unless it is fused away.
    #[inline(never)]
    pub fn place(&self, model: &Model<'_>, tensor: usize) -> Option<Range<usize>> {
        let offset = *self.placements.get(tensor)?;
        let bytes = model.form(tensor)?.bytes();
        let start = offset as usize;
        (offset != NOT_PLACED).then(|| start..start.saturating_add(bytes))
    }

    /// The logits that the last run left in `arena`.
    ///
    /// # Errors
    /// [`LogitsError`] if `arena` is not one that this plan ran in.
    pub fn logits<'m>(&self, model: &Model<'_>, arena: &'m [u8]) -> Result<&'m [f32], LogitsError> {
        let last = model.tensor_count().saturating_sub(1);
        let place = self.place(model, last).ok_or(LogitsError)?;
        let bytes = arena.get(place).ok_or(LogitsError)?;
        bytemuck::try_cast_slice(bytes).map_err(|_| LogitsError)
    }
}

/// The arena is too small or misaligned for the plan's logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogitsError;
