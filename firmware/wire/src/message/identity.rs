//! Who is at the other end.

use super::{BoardError, fields};
use postcard_schema::Schema;
use serde::{Deserialize, Serialize};

/// Which board runs which build, engine and model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub struct Identity<'a> {
    /// The board's name, at most 32 bytes.
    pub board: &'a str,
    /// The engine's name and version, at most 32 bytes.
    pub engine: &'a str,
    /// The GNU build id of the ELF file that runs, at most 32 bytes; empty if
    /// it has none.
    #[serde(serialize_with = "fields::bytes")]
    pub elf_build_id: &'a [u8],
    /// What the board's counter counts.
    pub counter: CounterKind,
    /// Bytes of arena, the part that holds the input included.
    pub arena_bytes: u32,
    /// Bytes of the region that a board image may take.
    pub model_region_bytes: u32,
    /// The model in its region, or why there is none.
    pub model: Result<ModelIdentity, BoardError>,
    /// Its own camera, if it has one.
    pub camera: Option<CameraIdentity>,
}

/// A board's own camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct CameraIdentity {
    /// Rows of its pictures.
    pub height: u16,
    /// Columns.
    pub width: u16,
}

/// What a board's counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
pub enum CounterKind {
    /// There is none; counts are 0 and mean nothing.
    None,
    /// Instructions, as an emulator counts them. Never print time from it.
    Instructions,
    /// Clock cycles of real hardware.
    Cycles,
}

/// The model that a board holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct ModelIdentity {
    /// SHA-256 of the board image.
    pub hash: [u8; 32],
    /// Tensors, input and logits included.
    pub tensors: u8,
    /// Bytes of the int8 input.
    pub input_bytes: u32,
    /// Number of logits.
    pub classes: u16,
    /// Length of the board image.
    pub image_bytes: u32,
    /// Bytes of arena that the tapped plan takes, if the image has one.
    #[serde(serialize_with = "fields::optional")]
    pub tapped_arena_bytes: Option<u32>,
    /// Bytes of arena that the fused plan takes, if the image has one.
    #[serde(serialize_with = "fields::optional")]
    pub fused_arena_bytes: Option<u32>,
}
