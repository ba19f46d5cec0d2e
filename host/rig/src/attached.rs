//! What is attached to this machine: serial ports, drives of boot loaders, other USB devices
//! that are known, debug probes.

mod usb;

pub use usb::UsbIdentity;

use crate::board::BoardKind;
use crate::drive::{MountedDrive, drives, mounted};
use serialport::{SerialPortInfo, SerialPortType};
use std::process::{Command, Stdio};

/// What is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attached {
    /// Serial ports.
    pub ports: Vec<AttachedPort>,
    /// Drives that a copied UF2 file flashes.
    pub drives: Vec<MountedDrive>,
    /// Boards and debug probes by their USB identity that have no serial port, as a boot loader
    /// whose drive need not be mounted; on Linux alone.
    pub devices: Vec<UsbIdentity>,
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

impl Attached {
    /// Looks what is attached now. What cannot be listed is left out.
    pub fn look() -> Self {
        let ports = serialport::available_ports().unwrap_or_default();
        let mut ports: Vec<AttachedPort> = ports.into_iter().map(AttachedPort::of).collect();
        ports.sort_by(|one, other| one.path.cmp(&other.path));
        let mut devices = usb::devices();
        devices.retain(|device| !ports.iter().any(|port| port.is_of(device)));
        Self {
            ports,
            devices,
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

    /// Whether a device like `device` is there. A port's name may be another than the device's.
    fn is_of(&self, device: &UsbIdentity) -> bool {
        let numbers = |usb: &UsbIdentity| (usb.vendor, usb.product);
        self.usb.as_ref().map(numbers) == Some(numbers(device))
    }

    /// The board with Cortexscope's firmware that is there, if its name tells it.
    pub fn board(&self) -> Option<&'static BoardKind> {
        self.usb.as_ref()?.board()
    }

    /// What is there in words, as far as it is known.
    pub fn what(&self) -> String {
        let usb = self.usb.as_ref();
        usb.map_or_else(|| "not a USB device".to_owned(), UsbIdentity::what)
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
        assert!(other.is_of(&UsbIdentity {
            name: None,
            ..pico2.usb.unwrap()
        }));
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
