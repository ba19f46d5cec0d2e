//! A network beside a part and the firmware that would run there.

use cortexscope_budget::fit::{Firmware, Fit, Need};
use cortexscope_rig::board::{self, Engine, Part, firmware_elf};
use cortexscope_rig::elf::linked::linked;

/// What `need` leaves of `part`.
pub(super) fn fit(need: &Need, part: &Part) -> Fit {
    let has = part.flash_bytes.zip(part.ram_bytes);
    let has = has.map(|(flash, ram)| [flash.into(), ram.into()]);
    need.beside(has, firmware_of(part))
}

/// What the firmware of `part` takes: as it was linked, if it is built here, or else as
/// the part's facts say. The host has none.
fn firmware_of(part: &Part) -> Firmware {
    let built = board::find(part.name)
        .map(|board| firmware_elf(board, Engine::Static))
        .and_then(|path| std::fs::read(path).ok())
        .and_then(|elf| linked(&elf));
    let [flash_bytes, ram_bytes] = match (built, part.firmware) {
        (Some(linked), _) => [linked.flash_bytes, linked.ram_bytes],
        (None, Some(stated)) => [stated.flash_bytes, stated.ram_bytes].map(u64::from),
        (None, None) => [0; 2],
    };
    Firmware {
        flash_bytes,
        ram_bytes,
        arena_bytes: part.arena_bytes.map(u64::from),
    }
}
