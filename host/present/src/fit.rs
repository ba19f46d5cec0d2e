//! A network beside a part and the firmware that would run there.

use crate::verdict::verdict;
use cortexscope_budget::fit::{Firmware, Fit, Need};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_core::Model;
use cortexscope_net::RequestError;
use cortexscope_rig::board::{
    self, BoardKind, Engine, Part, firmware_elf, parts, small_firmware_elf,
};
use cortexscope_rig::elf::linked::linked;

/// A board that has no room for a model, in the words of `cortexscope budget --boards`.
#[derive(Debug, thiserror::Error)]
#[error("{model} on {board}: {verdict}")]
pub struct DoesNotFit {
    model: String,
    board: &'static str,
    verdict: String,
}

impl RequestError for DoesNotFit {
    fn is_request(&self) -> bool {
        true
    }
}

/// Refuses a model that `board` has no room for.
///
/// # Errors
/// [`DoesNotFit`].
pub fn check(model: &ModelFiles, board: &BoardKind) -> Result<(), DoesNotFit> {
    check_image(&model.name, &model.image.model(), board)
}

/// As [`check`], of a board image that is called `name`.
///
/// # Errors
/// [`DoesNotFit`].
pub fn check_image(name: &str, model: &Model<'_>, board: &BoardKind) -> Result<(), DoesNotFit> {
    let parts = parts();
    let Some(part) = parts.iter().find(|part| part.name == board.name) else {
        return Ok(());
    };
    let fit = fit(&Need::of_image(model), part);
    if fit.is_possible() {
        return Ok(());
    }
    Err(DoesNotFit {
        model: name.to_owned(),
        board: board.name,
        verdict: verdict(&fit),
    })
}

/// What `need` leaves of `part`.
pub fn fit(need: &Need, part: &Part) -> Fit {
    let has = part.flash_bytes.zip(part.ram_bytes);
    let has = has.map(|(flash, ram)| [flash.into(), ram.into()]);
    need.beside(has, firmware_of(part))
}

/// The same with the firmware that is built for few bytes of flash; `None` where there is
/// none here.
pub fn fit_small(need: &Need, part: &Part) -> Option<Fit> {
    let elf = std::fs::read(small_firmware_elf(board::find(part.name)?)?).ok()?;
    let linked = linked(&elf)?;
    let has = part.flash_bytes.zip(part.ram_bytes);
    let has = has.map(|(flash, ram)| [flash.into(), ram.into()]);
    let firmware = Firmware {
        flash_bytes: linked.flash_bytes,
        ram_bytes: linked.ram_bytes,
        arena_bytes: part.arena_bytes.map(u64::from),
        model_region_bytes: part.model_region_bytes.map(u64::from),
    };
    Some(need.beside(has, firmware))
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
        model_region_bytes: part.model_region_bytes.map(u64::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_rig::board::BOARDS;

    #[test]
    fn the_host_has_room_and_a_small_part_has_not() {
        let model = ModelFiles::open("lecture-lenet").unwrap();
        assert!(check(&model, board::find("native").unwrap()).is_ok());
        let need = Need::of_image(&model.image.model());
        let small = parts().into_iter().find(|part| part.name == "microbit");
        let part = Part {
            ram_bytes: Some(2048),
            ..small.unwrap()
        };
        assert!(!fit(&need, &part).is_possible());
    }

    /// One number for the firmware, the linked one: whole KiB of it stand in the board's facts,
    /// and a verdict takes no more than these.
    #[test]
    fn a_verdict_takes_the_firmware_as_it_was_linked() {
        let mut boards = 0;
        for part in parts() {
            let Some(stated) = part.firmware else {
                continue;
            };
            let taken = firmware_of(&part);
            assert!(taken.flash_bytes > 0, "{}", part.name);
            assert!(
                taken.flash_bytes <= stated.flash_bytes.into(),
                "{}",
                part.name
            );
            assert!(taken.ram_bytes <= stated.ram_bytes.into(), "{}", part.name);
            boards += 1;
        }
        assert!(boards > 5, "{boards}");
    }

    /// What a verdict promises, the board image's region must hold: `flash` and UF2 files
    /// write the image there.
    #[test]
    fn a_board_image_fits_exactly_where_its_region_holds_it() {
        let regions = BOARDS.iter().filter_map(|board| {
            let region = board.build?.regions.model;
            Some((board.name, u64::from(region.bytes)))
        });
        for (name, region_bytes) in regions {
            let part = parts().into_iter().find(|part| part.name == name).unwrap();
            let beside = |image_bytes| {
                let need = Need {
                    image_bytes,
                    tapped_bytes: 0,
                    fused_bytes: 0,
                    input_bytes: 0,
                };
                fit(&need, &part)
            };
            let full = beside(region_bytes);
            assert!(full.is_possible(), "{name}: {}", verdict(&full));
            assert_eq!(full.left().unwrap()[0], 0, "{name}");
            let over = beside(region_bytes + 1);
            assert!(!over.is_possible() && !over.is_possible_tapped(), "{name}");
            let words = verdict(&over);
            assert!(words.contains("short by 1 B"), "{name}: {words}");
        }
    }
}
