//! What is attached to this machine: serial ports, drives of boot loaders, debug probes.

use crate::board::{BOARDS, BoardKind};
use crate::drive::{MountedDrive, drives, mounted};
use serialport::{SerialPortInfo, SerialPortType};
use std::process::{Command, Stdio};

/// What a board with Cortexscope's firmware calls itself over USB, before its name.
const OUR_PRODUCT: &str = "Cortexscope ";

/// Devices that are known by their USB identity: vendor, product, and what they are.
const KNOWN: [(u16, u16, &str); 5] = [
    (0x2E8A, 0x0003, "a Pico's boot loader"),
    (0x2E8A, 0x000F, "a Pico 2's boot loader"),
    (0x2E8A, 0x000C, "a Raspberry Pi Debug Probe"),
    (0x0D28, 0x0204, "a micro:bit, or another board with DAPLink"),
    (0x0483, 0x374B, "a board with an ST-Link"),
];

/// What is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attached {
    /// Serial ports.
    pub ports: Vec<AttachedPort>,
    /// Drives that a copied UF2 file flashes.
    pub drives: Vec<MountedDrive>,
    /// Debug probes, as `probe-rs list` names them; none if it is not installed.
    pub probes: Vec<String>,
}

/// A serial port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedPort {
    /// Its path: `/dev/ttyACM0`.
    pub path: String,
    /// The USB identity of what is there; none if it is no USB device.
    pub usb: Option<UsbIdentity>,
}

/// Who a USB device says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsbIdentity {
    /// The vendor's number.
    pub vendor: u16,
    /// The product's number.
    pub product: u16,
    /// The product's name, where the system tells it.
    pub name: Option<String>,
}

impl Attached {
    /// Looks what is attached now. What cannot be listed is left out.
    pub fn look() -> Self {
        let ports = serialport::available_ports().unwrap_or_default();
        let mut ports: Vec<AttachedPort> = ports.into_iter().map(AttachedPort::of).collect();
        ports.sort_by(|one, other| one.path.cmp(&other.path));
        Self {
            ports,
            drives: drives(mounted()),
            probes: probes(),
        }
    }
}

impl AttachedPort {
    fn of(port: SerialPortInfo) -> Self {
        let usb = match port.port_type {
            SerialPortType::UsbPort(usb) => Some(UsbIdentity {
                vendor: usb.vid,
                product: usb.pid,
                name: usb.product,
            }),
            _ => None,
        };
        Self {
            path: port.port_name,
            usb,
        }
    }

    /// The board with Cortexscope's firmware that is there, if its name tells it.
    pub fn board(&self) -> Option<&'static BoardKind> {
        let product = self.usb.as_ref()?.name.as_deref()?;
        let name = product.strip_prefix(OUR_PRODUCT)?;
        BOARDS.iter().find(|board| board.name == name)
    }

    /// What is there in words, as far as it is known.
    pub fn what(&self) -> String {
        let Some(usb) = &self.usb else {
            return "not a USB device".to_owned();
        };
        if let Some(board) = self.board() {
            return format!("{} with Cortexscope's firmware", board.name);
        }
        let known = |(vendor, product, _): &&(u16, u16, &str)| {
            (*vendor, *product) == (usb.vendor, usb.product)
        };
        let what = KNOWN.iter().find(known).map(|&(_, _, what)| what);
        let what = what.or(usb.name.as_deref()).unwrap_or("not known");
        format!("{what} ({:04x}:{:04x})", usb.vendor, usb.product)
    }
}

/// What `probe-rs list` prints of each probe.
fn probes() -> Vec<String> {
    let list = Command::new("probe-rs")
        .arg("list")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    list.map(|list| in_list(&String::from_utf8_lossy(&list.stdout)))
        .unwrap_or_default()
}

/// The probes of a list: lines that begin with their number, `[0]: `.
fn in_list(list: &str) -> Vec<String> {
    let probe = |line: &str| {
        let (number, probe) = line.strip_prefix('[')?.split_once("]: ")?;
        number.parse::<usize>().ok()?;
        Some(probe.trim().to_owned())
    };
    list.lines().filter_map(probe).collect()
}

#[cfg(test)]
mod tests {
    use super::{AttachedPort, UsbIdentity, in_list};

    fn port(vendor: u16, product: u16, name: Option<&str>) -> AttachedPort {
        AttachedPort {
            path: "/dev/ttyACM0".to_owned(),
            usb: Some(UsbIdentity {
                vendor,
                product,
                name: name.map(str::to_owned),
            }),
        }
    }

    #[test]
    fn a_board_with_our_firmware_is_known_by_its_name() {
        let pico2 = port(0x16C0, 0x27DD, Some("Cortexscope pico2"));
        assert_eq!(pico2.board().map(|board| board.name), Some("pico2"));
        assert_eq!(pico2.what(), "pico2 with Cortexscope's firmware");
        // Others share these numbers.
        let other = port(0x16C0, 0x27DD, Some("Somebody's thermometer"));
        assert_eq!(other.board(), None);
        assert_eq!(other.what(), "Somebody's thermometer (16c0:27dd)");
        assert_eq!(port(0x1234, 0xAB, None).what(), "not known (1234:00ab)");
        let microbit = port(0x0D28, 0x0204, Some("DAPLink"));
        assert!(microbit.what().starts_with("a micro:bit"));
    }

    #[test]
    fn probes_are_read_from_the_list() {
        let list = "The following debug probes were found:\n\
                    [0]: STLink V3 -- 0483:374e:0030 (ST-LINK)\n\
                    [1]: CMSIS-DAP -- 2e8a:000c:E661 (CMSIS-DAP)\n";
        let probes = in_list(list);
        assert_eq!(probes.len(), 2);
        assert!(probes[1].starts_with("CMSIS-DAP -- 2e8a:000c"));
        assert!(in_list("No debug probes were found.\n").is_empty());
    }
}
