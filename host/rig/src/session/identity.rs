//! Who is at the other end, in owned form.

use cortexscope_wire::Identity;
use cortexscope_wire::message::{BoardError, CameraIdentity, CounterKind, ModelIdentity};
use std::fmt::Write;

/// Which board runs which build, engine and model.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardIdentity {
    /// The board's name.
    pub name: String,
    /// The engine's name and version.
    pub engine: String,
    /// The GNU build id of the ELF file that runs, if it has one.
    pub elf_build_id: Option<Vec<u8>>,
    /// What the board's counts mean.
    pub counter: CounterKind,
    /// Bytes of arena.
    pub arena_bytes: u32,
    /// Bytes that a board image may take.
    pub model_region_bytes: u32,
    /// The model that it holds, or why none.
    pub model: Result<ModelIdentity, BoardError>,
    /// Its own camera, if it has one.
    pub camera: Option<CameraIdentity>,
}

impl BoardIdentity {
    /// The build id in hexadecimal, as `readelf -n` prints it.
    pub fn elf_build_id_hex(&self) -> Option<String> {
        self.elf_build_id.as_deref().map(hex)
    }
}

impl From<Identity<'_>> for BoardIdentity {
    fn from(identity: Identity<'_>) -> Self {
        let build_id = identity.elf_build_id;
        Self {
            name: identity.board.to_owned(),
            engine: identity.engine.to_owned(),
            elf_build_id: (!build_id.is_empty()).then(|| build_id.to_vec()),
            counter: identity.counter,
            arena_bytes: identity.arena_bytes,
            model_region_bytes: identity.model_region_bytes,
            model: identity.model,
            camera: identity.camera,
        }
    }
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
