//! Where each tensor lies in the arena, and in which steps the layers run.

use crate::image::format::{NOT_PLACED, PlanRecord, StepRecord, TensorRecord, step};
use crate::image::{Model, tensor_bytes};
use crate::rows::HAS_CHAINS;
use core::ops::Range;

/// How much of the network is materialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Mode {
    /// Every layer's output lies in the arena as a whole.
    Tapped = 0,
    /// What one layer alone reads exists only as rows where that needs less memory: a
    /// convolution before a max-pool, and chains of layers that slide windows or combine
    /// tensors.
    Fused = 1,
}

impl Mode {
    /// Both modes.
    pub const ALL: [Self; 2] = [Self::Tapped, Self::Fused];

    /// The mode that an image calls `number`.
    pub(crate) const fn of(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Tapped),
            1 => Some(Self::Fused),
            _ => None,
        }
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it runs: one layer, its whole output at once; or several, row by row.
    pub layers: Range<usize>,
    /// Whether several layers are run as a chain ([`crate::rows`]), and not as a
    /// convolution and the max-pool after it.
    pub is_chain: bool,
    /// Where its kernel's scratch lies in the arena; empty if it needs none.
    pub scratch: Range<usize>,
    /// Where rows of tensors that are fused away lie in the arena, right after the
    /// scratch; empty for one layer.
    pub row: Range<usize>,
}

impl Step {
    /// Whether some of its tensors exist as rows only.
    pub fn is_fused(&self) -> bool {
        self.layers.len() > 1
    }

    /// The tensor that it leaves.
    pub fn output(&self) -> usize {
        self.layers.end
    }

    /// What it needs beside its tensors.
    pub(crate) fn scratch_and_row(&self) -> Range<usize> {
        self.scratch.start..self.row.end
    }
}

impl From<&StepRecord> for Step {
    // Saturating: offsets are checked after this, not before.
    #[inline(never)]
    fn from(record: &StepRecord) -> Self {
        let first = usize::from(record.layer);
        let start = record.scratch_offset as usize;
        let row = start.saturating_add(record.scratch_bytes as usize);
        let row_end = row.saturating_add(record.row_bytes as usize);
        let layers = match record.kind {
            step::CONV_POOL => 2,
            step::ROWS => record.layers.into(),
            _ => 1,
        };
        let is_fused = layers > 1;
        Self {
            layers: first..first + layers,
            is_chain: record.kind == step::ROWS,
            scratch: start..row,
            row: row..if is_fused { row_end } else { row },
        }
    }
}

impl<'a> Model<'a> {
    /// The plan for `mode`, if the image has one that this build can run: the smallest code
    /// runs no chains.
    pub fn plan(&self, mode: Mode) -> Option<Plan<'a>> {
        let record = self
            .plans
            .iter()
            .find(|record| record.mode == mode as u32)?;
        Some(self.plan_of(mode, record)).filter(Plan::can_run)
    }

    /// The plan of a record.
    #[inline(never)]
    pub(crate) fn plan_of(&self, mode: Mode, record: &PlanRecord) -> Plan<'a> {
        Plan {
            mode,
            arena_bytes: record.arena_bytes as usize,
            steps: self.slice(&record.steps),
            placements: self.slice(&record.placements),
            tensors: self.tensors,
        }
    }
}

/// The plan of one mode, from a checked image.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    pub(crate) mode: Mode,
    pub(crate) arena_bytes: usize,
    pub(crate) steps: &'a [StepRecord],
    pub(crate) placements: &'a [u32],
    pub(crate) tensors: &'a [TensorRecord],
}

impl Plan<'_> {
    /// Whether this build can run it.
    pub(crate) fn can_run(&self) -> bool {
        HAS_CHAINS || self.steps.iter().all(|record| record.kind != step::ROWS)
    }

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
        self.steps.iter().map(Step::from)
    }

    /// Where `tensor` lies in the arena, unless it is fused away.
    #[inline(never)]
    pub fn place(&self, tensor: usize) -> Option<Range<usize>> {
        let offset = *self.placements.get(tensor)?;
        let bytes = tensor_bytes(self.tensors.get(tensor)?);
        let start = offset as usize;
        (offset != NOT_PLACED).then(|| start..start.saturating_add(bytes))
    }

    /// The logits that the last run left in `arena`.
    ///
    /// # Errors
    /// [`LogitsError`] if `arena` is not one that this plan ran in.
    pub fn logits<'m>(&self, arena: &'m [u8]) -> Result<&'m [f32], LogitsError> {
        let last = self.tensors.len().saturating_sub(1);
        let place = self.place(last).ok_or(LogitsError)?;
        let bytes = arena.get(place).ok_or(LogitsError)?;
        bytemuck::try_cast_slice(bytes).map_err(|_| LogitsError)
    }
}

/// The arena is too small or misaligned for the plan's logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogitsError;
