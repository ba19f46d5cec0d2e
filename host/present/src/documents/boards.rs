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
        /// Boards and debug probes by their USB identity that have no serial port, as a boot
        /// loader whose drive need not be mounted; on Linux alone.
        pub devices: Vec<Device>,
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
        /// Whether it can be used now: a part alone, without an emulator, only where a port or
        /// a drive names it.
        pub is_there: bool,
        /// `there`, or where the part is, or what is missing and how to get it.
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

    /// A USB device that is known.
    pub struct Device {
        /// The USB vendor's number.
        pub usb_vendor: u16,
        /// The USB product's number.
        pub usb_product: u16,
        /// What it is, in words.
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
        let devices = attached.devices.iter().map(|device| Device {
            usb_vendor: device.vendor,
            usb_product: device.product,
            what: device.what(),
        });
        let parts = parts();
        let boards = BOARDS.iter().zip(&parts);
        Self {
            boards: boards
                .map(|(board, part)| Board::of(board, part, &needs, attached))
                .collect(),
            ports: ports.collect(),
            drives: drives.collect(),
            devices: devices.collect(),
            probes: attached.probes.clone(),
        }
    }
}

impl Board {
    /// What `board` is, whether it can be used now, and what of `needs` it can hold.
    fn of(board: &BoardKind, part: &Part, needs: &[(String, Need)], attached: &Attached) -> Self {
        let presence = Presence::of(board);
        let (is_there, state) = if board.transport == Transport::Serial && presence.is_there() {
            part_state(board, attached)
        } else {
            (presence.is_there(), presence.to_string())
        };
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
            is_there,
            state,
            holds: holds.collect(),
        }
    }
}

/// Whether a part that no emulator stands for is attached, and where.
fn part_state(board: &BoardKind, attached: &Attached) -> (bool, String) {
    let is_of = |of: Option<&BoardKind>| of.is_some_and(|of| of.name == board.name);
    let mut ports = attached.ports.iter();
    if let Some(port) = ports.find(|port| is_of(port.board())) {
        return (true, format!("at {}", port.path));
    }
    let mut drives = attached.drives.iter();
    if let Some(drive) = drives.find(|drive| is_of(drive.board())) {
        return (
            true,
            format!("waits for a file at {}", drive.path.display()),
        );
    }
    (false, "no port or drive names it".to_owned())
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

#[cfg(test)]
mod tests {
    use super::{Attached, Boards, part_state};
    use cortexscope_rig::attached::{AttachedPort, UsbIdentity};
    use cortexscope_rig::board::find;
    use cortexscope_rig::drive::MountedDrive;

    /// With nothing attached, no part is said to be there.
    #[test]
    fn a_part_is_there_where_a_port_or_a_drive_names_it() {
        let pico2 = find("pico2").unwrap();
        let mut attached = Attached::default();
        let (is_there, state) = part_state(pico2, &attached);
        assert!(!is_there, "{state}");
        attached.drives.push(MountedDrive {
            path: "/media/RP2350".into(),
            board_id: "RP2350".to_owned(),
        });
        let at_drive = (true, "waits for a file at /media/RP2350".to_owned());
        assert_eq!(part_state(pico2, &attached), at_drive);
        assert!(!part_state(find("pico").unwrap(), &attached).0);
        attached.ports.push(AttachedPort {
            path: "/dev/ttyACM0".to_owned(),
            usb: Some(UsbIdentity {
                vendor: 0x16C0,
                product: 0x27DD,
                name: Some("Cortexscope pico2".to_owned()),
            }),
        });
        let at_port = (true, "at /dev/ttyACM0".to_owned());
        assert_eq!(part_state(pico2, &attached), at_port);
    }

    /// What a table for people takes from it.
    #[test]
    fn every_board_says_what_it_holds_of_every_shipped_model() {
        let document = Boards::of(&Attached::default());
        let models = |at: usize| document.boards[at].holds.len();
        assert!((0..document.boards.len()).all(|at| models(at) == models(0) && models(at) > 0));
        let part = |name: &str| document.boards.iter().find(|board| board.name == name);
        assert!(!part("microbit-v2").unwrap().is_there);
    }
}
