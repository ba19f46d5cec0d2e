//! What the host asks.

use super::TensorSet;
use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// What the host asks. One at a time; every one is answered by the events named
/// here, or by [`super::Event::Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub enum Request<'a> {
    /// Who is there: [`super::Event::Identity`].
    Identify,
    /// A part of the int8 input, `[H, W, C]`; acknowledged, not answered. Bytes
    /// outside of the input are dropped. The request that uses the input checks
    /// the CRC of the whole. It stays until it is overwritten.
    Input {
        /// Where in the input the bytes begin.
        offset: u32,
        /// The bytes.
        #[serde(borrow)]
        bytes: &'a [u8],
    },
    /// One inference: the taps asked for, the logits, [`super::Event::LayerDone`]
    /// for each layer, then [`super::Event::Done`].
    Infer(Infer),
    /// An occlusion map: [`super::Event::OcclusionBase`], positions, then
    /// [`super::Event::OcclusionDone`].
    Occlude(Occlude),
    /// What the memory is used for: [`super::Event::Heap`] for each phase of an
    /// engine with a heap, then [`super::Event::Memory`].
    Memory,
    /// The board is an emulated one with semihosting, and may write through it
    /// from now on; acknowledged, not answered. Never for a part, where it would
    /// be a fault.
    Semihost,
    /// A picture of the board's own camera: its pixels, then
    /// [`super::Event::CaptureDone`].
    Capture,
    /// A part of a picture, grey levels `[H, W]`, 0 black; acknowledged, not answered.
    /// It is kept where the engine works: the next inference overwrites it.
    Picture {
        /// Where in the picture the levels begin.
        offset: u32,
        /// One byte for each pixel.
        levels: &'a [u8],
    },
    /// Makes the input from a picture, in MNIST's form: the digit's pixels, then
    /// [`super::Event::CaptureDone`].
    Form(Form),
}

/// The picture that an input is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub enum Form {
    /// One that the board's own camera takes now.
    Camera,
    /// The one that was sent before.
    Sent {
        /// Its rows.
        height: u16,
        /// Its columns.
        width: u16,
        /// [`super::input_crc`] of its levels.
        crc: u32,
    },
}

/// How much of the network is materialised in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
pub enum Mode {
    /// Every layer's output lies in the arena as a whole.
    Tapped,
    /// A convolution before a max-pool, and every layer of a chain but the last, exists only as
    /// some rows at a time.
    Fused,
}

/// One inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Infer {
    /// The plan to run.
    pub mode: Mode,
    /// The tensors to send. The last one stands for its i32 accumulators; the
    /// logits themselves are sent in any case.
    pub taps: TensorSet,
    /// Fill what is free of arena and stack with this byte before each layer, and
    /// report how far it was written. A written byte may equal the paint, so the larger of two
    /// runs with different paints is exact.
    pub paint: Option<u8>,
    /// [`super::input_crc`] of the input that was sent before.
    pub input_crc: u32,
}

/// An occlusion map: the class probability with a patch of the input filled,
/// for every position of the patch, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Occlude {
    /// Height of the patch in pixels.
    pub window_h: u16,
    /// Width of the patch in pixels.
    pub window_w: u16,
    /// Rows between two positions.
    pub stride_y: u16,
    /// Columns between two positions.
    pub stride_x: u16,
    /// The int8 value that the patch is filled with.
    pub fill: i8,
    /// The class to watch; the winner of the clean input if none.
    pub class: Option<u16>,
    /// Fill arena and free stack with this byte first, as in [`Infer::paint`].
    pub paint: Option<u8>,
    /// [`super::input_crc`] of the input that was sent before.
    pub input_crc: u32,
}
