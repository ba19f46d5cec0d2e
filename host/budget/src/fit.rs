//! Whether a network fits a board, and what would make it fit.

use super::{Element, Ledger, Mode, Network, plan};

/// What a network needs of a board, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The board image.
    pub image_bytes: u64,
    /// The arena with every layer materialised.
    pub tapped_bytes: u64,
    /// The arena with convolutions and poolings fused.
    pub fused_bytes: u64,
    /// The input, which is kept beside the arena.
    pub input_bytes: u64,
}

/// What everything but the network takes, in bytes.
///
/// A caller has it from the ELF file where the firmware is built, and from the facts of
/// the board where it is not; on the host it is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Firmware {
    /// Code and constants.
    pub flash_bytes: u64,
    /// Variables, and the stack at its deepest.
    pub ram_bytes: u64,
    /// The arena that it was built with; none where it grows with the network.
    pub arena_bytes: Option<u64>,
    /// The region of flash that it was built to find the board image in; none where there
    /// is no such region.
    pub model_region_bytes: Option<u64>,
}

/// A network beside a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Flash needed: firmware and image.
    pub flash_bytes: u64,
    /// What of it the image needs, in a region of its own.
    pub image_bytes: u64,
    /// That region.
    pub model_region_bytes: Option<u64>,
    /// RAM needed in tapped mode.
    pub tapped_ram_bytes: u64,
    /// RAM needed in fused mode.
    pub fused_ram_bytes: u64,
    /// Flash and RAM that the part has; none where there is no limit.
    pub has: Option<[u64; 2]>,
    /// What a board counts against its arena in fused mode: activations and input.
    pub fused_arena_bytes: u64,
    /// The same in tapped mode.
    pub tapped_arena_bytes: u64,
    /// The arena that the firmware was built with.
    pub arena_bytes: Option<u64>,
}

impl Need {
    /// What `network` needs once it is compiled to int8: exact where it is known what is
    /// compiled of it, or else from its shapes.
    pub fn of(network: &Network) -> Self {
        let arena = |mode| plan(network, Element::Int8, mode).arena_bytes as u64;
        Self {
            image_bytes: match &network.on_board {
                Some(board) => board.image_bytes,
                None => image_bytes(network, &Ledger::new(network)),
            },
            tapped_bytes: arena(Mode::Tapped),
            fused_bytes: arena(Mode::Fused),
            input_bytes: network.values(0) as u64,
        }
    }

    /// What a compiled model needs, exactly.
    pub fn of_image(model: &cortexscope_core::Model<'_>) -> Self {
        let arena = |mode| model.plan(mode).map_or(0, |plan| plan.arena_bytes() as u64);
        Self {
            image_bytes: model.image_bytes() as u64,
            tapped_bytes: arena(cortexscope_core::Mode::Tapped),
            fused_bytes: arena(cortexscope_core::Mode::Fused),
            input_bytes: model.input().bytes() as u64,
        }
    }

    /// The network beside a part that `has` this flash and RAM in bytes, none where
    /// there is no limit, and runs `firmware`.
    pub fn beside(&self, has: Option<[u64; 2]>, firmware: Firmware) -> Fit {
        let ram = |arena| firmware.ram_bytes + self.input_bytes + arena;
        Fit {
            flash_bytes: firmware.flash_bytes + self.image_bytes,
            image_bytes: self.image_bytes,
            model_region_bytes: firmware.model_region_bytes,
            tapped_ram_bytes: ram(self.tapped_bytes),
            fused_ram_bytes: ram(self.fused_bytes),
            has,
            fused_arena_bytes: self.fused_bytes + self.input_bytes,
            tapped_arena_bytes: self.tapped_bytes + self.input_bytes,
            arena_bytes: firmware.arena_bytes,
        }
    }
}

/// Parameters, and the records of tensors, layers and plans around them.
fn image_bytes(network: &Network, ledger: &Ledger) -> u64 {
    const HEADER: u64 = 160;
    const PER_LAYER: u64 = 24 + 80 + 2 * (16 + 4) + 2;
    let names: u64 = ledger.rows.iter().map(|row| row.name.len() as u64).sum();
    HEADER + PER_LAYER * network.layers.len() as u64 + names + ledger.totals.flash_bytes
}

impl Fit {
    /// Whether it runs in fused mode, on the firmware as it is built.
    pub fn is_possible(&self) -> bool {
        self.fits_part(self.fused_ram_bytes) && self.fits_arena(self.fused_arena_bytes)
    }

    /// Whether it runs with every layer tapped as a whole, on the firmware as it is built.
    pub fn is_possible_tapped(&self) -> bool {
        self.fits_part(self.tapped_ram_bytes) && self.fits_arena(self.tapped_arena_bytes)
    }

    fn fits_part(&self, ram_bytes: u64) -> bool {
        self.flash_over_bytes() == 0 && self.has.is_none_or(|[_, ram]| ram_bytes <= ram)
    }

    /// By how much the image is too large: for its region, or for what the firmware leaves
    /// of the part's flash.
    pub fn flash_over_bytes(&self) -> u64 {
        let over = |need: u64, has: Option<u64>| has.map_or(0, |has| need.saturating_sub(has));
        let part = over(self.flash_bytes, self.has.map(|[flash, _]| flash));
        part.max(over(self.image_bytes, self.model_region_bytes))
    }

    fn fits_arena(&self, arena_bytes: u64) -> bool {
        self.arena_bytes.is_none_or(|has| arena_bytes <= has)
    }

    /// Flash and RAM that are left in fused mode; negative where they are missing. Of flash,
    /// that is what is left for a larger image.
    pub fn left(&self) -> Option<[i64; 2]> {
        let left = |has: u64, need: u64| has as i64 - need as i64;
        self.has.map(|[flash, ram]| {
            let region = self.model_region_bytes;
            let in_region = region.map(|region| left(region, self.image_bytes));
            let in_part = left(flash, self.flash_bytes);
            [
                in_region.map_or(in_part, |in_region| in_region.min(in_part)),
                left(ram, self.fused_ram_bytes),
            ]
        })
    }
}
