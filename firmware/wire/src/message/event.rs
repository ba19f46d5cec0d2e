//! What the board answers.

use super::{BoardError, HeapPhase, Identity, MemoryReport, fields};
use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// What the board answers, in the order in which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub enum Event<'a> {
    /// Who is there. Ends [`super::Request::Identify`].
    Identity(#[serde(borrow)] Identity<'a>),
    /// Bytes of an int8 tensor, `[H, W, C]`.
    Tap {
        /// Which tensor.
        tensor: u8,
        /// Where in the tensor the bytes begin.
        offset: u32,
        /// The bytes.
        #[serde(borrow)]
        #[serde(serialize_with = "fields::bytes")]
        bytes: &'a [u8],
    },
    /// The last layer's i32 accumulators, bias included.
    Accumulators {
        /// Index of the first.
        first: u32,
        /// Little-endian i32.
        #[serde(serialize_with = "fields::bytes")]
        values: &'a [u8],
    },
    /// The logits.
    Logits {
        /// Index of the first.
        first: u32,
        /// Little-endian f32.
        #[serde(serialize_with = "fields::bytes")]
        values: &'a [u8],
    },
    /// What a layer took; one for each, after the run.
    LayerDone {
        /// The tensor that it wrote.
        tensor: u8,
        /// What the board's counter counted, without the time spent in taps.
        count: u64,
        /// Bytes of arena, from its beginning to the last one in use while the
        /// layer's step ran, where the run was painted: what is still needed of
        /// earlier layers counts.
        #[serde(serialize_with = "fields::optional")]
        arena_bytes: Option<u32>,
        /// Bytes of stack in use at the layer's deepest, likewise.
        #[serde(serialize_with = "fields::optional")]
        stack_bytes: Option<u32>,
    },
    /// Ends [`super::Request::Infer`].
    Done(Run),
    /// The clean input's answer, at the beginning of an occlusion map.
    OcclusionBase {
        /// The class that is watched.
        class: u16,
        /// Its probability.
        probability: f32,
        /// Positions that will follow.
        positions: u32,
    },
    /// The watched class's probabilities, position by position.
    Positions {
        /// Index of the first.
        first: u32,
        /// Little-endian f32.
        #[serde(serialize_with = "fields::bytes")]
        probabilities: &'a [u8],
    },
    /// Ends [`super::Request::Occlude`].
    OcclusionDone {
        /// Multiplications done.
        macs_done: u64,
        /// Multiplications that full inferences would have taken.
        macs_full: u64,
        /// What the board's counter counted, without the time spent sending.
        count: u64,
        /// Bytes of arena from its beginning to the last one written, where it
        /// was painted.
        #[serde(serialize_with = "fields::optional")]
        arena_bytes: Option<u32>,
        /// Bytes of stack in use at the deepest, sending included, likewise.
        #[serde(serialize_with = "fields::optional")]
        stack_bytes: Option<u32>,
    },
    /// What a phase of the engine's life took of the heap; before
    /// [`Event::Memory`], one for each phase, none without a heap.
    Heap(#[serde(borrow)] HeapPhase<'a>),
    /// Ends [`super::Request::Memory`].
    Memory(MemoryReport),
    /// Grey levels of a picture of the board's camera, or of a digit made from one, 0 black,
    /// `[H, W]`.
    Pixels {
        /// Index of the first.
        first: u32,
        /// One byte for each pixel.
        #[serde(serialize_with = "fields::bytes")]
        levels: &'a [u8],
    },
    /// Ends [`super::Request::Capture`] and [`super::Request::Form`].
    CaptureDone,
    /// The request cannot be done. Ends it.
    Error(BoardError),
}

impl Event<'_> {
    /// Whether nothing follows that answers the same request.
    pub fn is_last(&self) -> bool {
        matches!(
            self,
            Self::Identity(_)
                | Self::Done(_)
                | Self::OcclusionDone { .. }
                | Self::Memory(_)
                | Self::CaptureDone
                | Self::Error(_)
        )
    }
}

/// What one inference took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Run {
    /// What the board's counter counted from begin to end, without the time
    /// spent in taps. 0 where there is no counter.
    pub count: u64,
    /// Bytes of arena from its beginning to the last one in use at any time, where
    /// the run was painted.
    #[serde(serialize_with = "fields::optional")]
    pub arena_bytes: Option<u32>,
    /// Bytes of stack in use at the deepest, sending included, likewise.
    #[serde(serialize_with = "fields::optional")]
    pub stack_bytes: Option<u32>,
    /// Bytes of heap in use at the fullest; none without a heap.
    #[serde(serialize_with = "fields::optional")]
    pub heap_bytes: Option<u32>,
}
