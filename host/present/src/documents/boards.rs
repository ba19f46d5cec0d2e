//! The document of `cortexscope boards`.

use super::Document;
use crate::fit;
use cortexscope_budget::fit::Need;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::described;
use cortexscope_net::resources::shipped;
use cortexscope_rig::attached::Attached;
use cortexscope_rig::board::{BOARDS, BoardKind, Part, Presence, Transport, parts};

described! {
    /// The boards that Cortexscope knows, and what is attached to this machine.
    pub struct Boards {
        /// One entry for each board.
        pub boards: Vec<Board>,
        /// The serial ports of this machine.
        pub ports: Vec<Port>,
        /// The mounted drives of boot loaders that take UF2 files.
        pub drives: Vec<Drive>,
        /// The debug probes, as `probe-rs list` names them; empty if it is not installed.
        pub probes: Vec<String>,
    }

    /// One board.
    pub struct Board {
        /// The board's name on the command line.
        pub name: String,
        /// Its processor.
        pub core: String,
        /// Bytes of flash; `null` for the host.
        pub flash_bytes: Option<u32>,
        /// Bytes of RAM; `null` for the host.
        pub ram_bytes: Option<u32>,
        /// How the host reaches it.
        pub reached: String,
        /// Whether it can be used now.
        pub is_there: bool,
        /// `there`, or what is missing and how to get it.
        pub state: String,
        /// Which shipped models it can hold.
        pub holds: Vec<Holds>,
    }

    /// Whether a board can hold a model.
    pub struct Holds {
        /// The model's name.
        pub model: String,
        /// Whether it runs with the fused plan.
        pub fits_fused: bool,
        /// Whether it runs with the tapped plan.
        pub fits_tapped: bool,
    }

    /// A serial port.
    pub struct Port {
        /// Its path, as `--port` takes it.
        pub path: String,
        /// The USB vendor's number; `null` if it is not a USB device.
        pub usb_vendor: Option<u16>,
        /// The USB product's number; `null` if it is not a USB device.
        pub usb_product: Option<u16>,
        /// The board with Cortexscope's firmware that is there; `null` if it is not known.
        pub board: Option<String>,
        /// What is there, in words.
        pub what: String,
    }

    /// A drive of a boot loader.
    pub struct Drive {
        /// The folder at which it is mounted.
        pub path: String,
        /// What it says that its board is.
        pub board_id: String,
        /// The board that `cortexscope flash` takes for it; `null` if there is no firmware
        /// for it.
        pub board: Option<String>,
    }
}

impl Boards {
    /// Every board, and what is attached.
    pub fn of(attached: &Attached) -> Self {
        let needs: Vec<(String, Need)> = shipped()
            .into_iter()
            .filter_map(|name| {
                let model = ModelFiles::open(&name).ok()?;
                Some((name, Need::of_image(&model.image.model())))
            })
            .collect();
        let name = |board: &BoardKind| board.name.to_owned();
        let ports = attached.ports.iter().map(|port| Port {
            path: port.path.clone(),
            usb_vendor: port.usb.as_ref().map(|usb| usb.vendor),
            usb_product: port.usb.as_ref().map(|usb| usb.product),
            board: port.board().map(name),
            what: port.what(),
        });
        let drives = attached.drives.iter().map(|drive| Drive {
            path: drive.path.display().to_string(),
            board_id: drive.board_id.clone(),
            board: drive.board().map(name),
        });
        let parts = parts();
        let boards = BOARDS.iter().zip(&parts);
        Self {
            boards: boards
                .map(|(board, part)| Board::of(board, part, &needs))
                .collect(),
            ports: ports.collect(),
            drives: drives.collect(),
            probes: attached.probes.clone(),
        }
    }
}

impl Board {
    /// What `board` is, whether it can be used now, and what of `needs` it can hold.
    fn of(board: &BoardKind, part: &Part, needs: &[(String, Need)]) -> Self {
        let presence = Presence::of(board);
        let holds = needs.iter().map(|(model, need)| {
            let fit = fit::fit(need, part);
            Holds {
                model: model.clone(),
                fits_fused: fit.is_possible(),
                fits_tapped: fit.is_possible_tapped(),
            }
        });
        Self {
            name: board.name.to_owned(),
            core: board.core.to_owned(),
            flash_bytes: board.flash_bytes,
            ram_bytes: board.ram_bytes,
            reached: reached(board),
            is_there: presence.is_there(),
            state: presence.to_string(),
            holds: holds.collect(),
        }
    }
}

fn reached(board: &BoardKind) -> String {
    match board.transport {
        Transport::InProcess => "in this process".to_owned(),
        Transport::Qemu { machine, .. } => format!("QEMU {machine}, or a serial port"),
        Transport::Serial if board.drive.is_some() => {
            "a serial port; flashed by its drive".to_owned()
        }
        Transport::Serial => "a serial port".to_owned(),
    }
}

impl Document for Boards {
    const NAME: &'static str = "boards";
}
