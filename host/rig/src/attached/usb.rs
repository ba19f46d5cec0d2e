//! USB devices by their identity.

use std::fs;
use std::path::Path;

use crate::board::{BOARDS, BoardKind};

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

/// Where Linux has a folder for each USB device.
const DEVICES: &str = "/sys/bus/usb/devices";

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

impl UsbIdentity {
    /// The board with Cortexscope's firmware that it is, if its name tells it.
    pub fn board(&self) -> Option<&'static BoardKind> {
        let name = self.name.as_deref()?.strip_prefix(OUR_PRODUCT)?;
        BOARDS.iter().find(|board| board.name == name)
    }

    /// What it is in words, as far as it is known.
    pub fn what(&self) -> String {
        if let Some(board) = self.board() {
            return format!("{} with Cortexscope's firmware", board.name);
        }
        let what = self.known().or(self.name.as_deref()).unwrap_or("not known");
        format!("{what} ({:04x}:{:04x})", self.vendor, self.product)
    }

    fn known(&self) -> Option<&'static str> {
        let identity = (self.vendor, self.product);
        let mut known = KNOWN.iter();
        let found = known.find(|&&(vendor, product, _)| (vendor, product) == identity);
        found.map(|&(_, _, what)| what)
    }
}

/// The boards and debug probes among the USB devices of this machine; none where the system has
/// no folders of them.
pub(super) fn devices() -> Vec<UsbIdentity> {
    below(Path::new(DEVICES))
}

fn below(folder: &Path) -> Vec<UsbIdentity> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let devices = paths.iter().filter_map(|path| identity(path));
    let is_ours = |device: &UsbIdentity| device.board().is_some() || device.known().is_some();
    devices.filter(is_ours).collect()
}

/// The identity of the device with the folder `path`; none of a hub's port or an interface.
fn identity(path: &Path) -> Option<UsbIdentity> {
    let text = |file: &str| fs::read_to_string(path.join(file)).ok();
    let number = |file: &str| u16::from_str_radix(text(file)?.trim(), 16).ok();
    Some(UsbIdentity {
        vendor: number("idVendor")?,
        product: number("idProduct")?,
        name: text("product").map(|name| name.trim().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::below;
    use std::fs;

    /// A boot loader has no serial port, and its drive need not be mounted.
    #[test]
    fn a_boot_loader_is_found_among_the_devices() {
        let folder = tempfile::tempdir().unwrap();
        let device = |name: &str, files: &[(&str, &str)]| {
            let device = folder.path().join(name);
            fs::create_dir(&device).unwrap();
            for (file, text) in files {
                fs::write(device.join(file), text).unwrap();
            }
        };
        device("1-1", &[("idVendor", "2e8a\n"), ("idProduct", "000f\n")]);
        let keyboard = [("idVendor", "046d\n"), ("idProduct", "c31c\n")];
        device("1-2", &keyboard);
        device("1-0:1.0", &[("bInterfaceClass", "09\n")]);
        let pico = [
            ("idVendor", "16c0\n"),
            ("idProduct", "27dd\n"),
            ("product", "Cortexscope pico\n"),
        ];
        device("1-3", &pico);
        let what: Vec<String> = below(folder.path()).iter().map(|one| one.what()).collect();
        assert_eq!(
            what,
            [
                "a Pico 2's boot loader (2e8a:000f)",
                "pico with Cortexscope's firmware"
            ]
        );
        assert!(below(&folder.path().join("none")).is_empty());
    }
}
