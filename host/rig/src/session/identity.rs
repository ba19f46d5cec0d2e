//! Who is at the other end, in owned form.

use cortexscope_net::hex;
use cortexscope_net::printable::printable;
use cortexscope_wire::Identity;
use cortexscope_wire::message::{BoardError, CameraIdentity, CounterKind, ModelIdentity};

/// Which board runs which build, engine and model.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardIdentity {
    /// The board's name, safe to print.
    pub name: String,
    /// The engine's name and version, safe to print.
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

    /// What the board counts, in the plural; none if it cannot count.
    pub fn count_unit(&self) -> Option<&'static str> {
        match self.counter {
            CounterKind::None => None,
            CounterKind::Instructions => Some("instructions"),
            CounterKind::Cycles => Some("cycles"),
        }
    }
}

impl From<Identity<'_>> for BoardIdentity {
    fn from(identity: Identity<'_>) -> Self {
        let build_id = identity.elf_build_id;
        Self {
            name: printable(identity.board).into_owned(),
            engine: printable(identity.engine).into_owned(),
            elf_build_id: (!build_id.is_empty()).then(|| build_id.to_vec()),
            counter: identity.counter,
            arena_bytes: identity.arena_bytes,
            model_region_bytes: identity.model_region_bytes,
            model: identity.model,
            camera: identity.camera,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_command_the_terminal() {
        let identity = BoardIdentity::from(Identity {
            board: "\x1b]0;owned\x07",
            engine: "static\r\n",
            elf_build_id: &[],
            counter: CounterKind::Cycles,
            arena_bytes: 0,
            model_region_bytes: 0,
            model: Err(BoardError::NoModel),
            camera: None,
        });
        assert_eq!(identity.name, "\\u{1b}]0;owned\\u{7}");
        assert_eq!(identity.engine, "static\\r\\n");
        assert_eq!(identity.count_unit(), Some("cycles"));
    }
}
