//! A serial port over USB as its descriptors say it, and what a request on the control
//! endpoint asks (USB 2.0, chapter 9; CDC 1.2 and PSTN 1.2 for the serial port).
//!
//! No hardware here, so that it is tested on the host.

/// Bytes of a packet, on every endpoint.
pub const PACKET_BYTES: usize = 64;
/// The endpoint that data goes through, in both directions.
pub const DATA_ENDPOINT: usize = 1;
/// The endpoint that a serial port must have to report its lines. Nothing is reported.
pub const NOTICE_ENDPOINT: usize = 2;

/// Objective Development's identity for serial ports that share it, told apart by their texts.
const VENDOR: u16 = 0x16C0;
const PRODUCT: u16 = 0x27DD;

const DEVICE: u8 = 1;
const CONFIGURATION: u8 = 2;
const STRING: u8 = 3;
const INTERFACE: u8 = 4;
const ENDPOINT: u8 = 5;
/// A descriptor of the class, for an interface.
const CLASS: u8 = 0x24;
/// The addresses of the endpoint that data comes and goes by.
const TO_BOARD: u8 = DATA_ENDPOINT as u8;
const FROM_BOARD: u8 = 0x80 | TO_BOARD;

/// 8.5.3 of the USB specification has the transfers that these begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These bytes, or as many of them as were asked for.
    Send(&'static [u8]),
    /// Nothing but that it is done.
    Done,
    /// Done, and then the device has this address.
    Address(u8),
    /// Done, and data flows from now on, or no longer.
    Configured(bool),
    /// Done, and a program has the port open, or no longer.
    Opened(bool),
    /// Done, and an endpoint begins again with an even packet.
    Restarted {
        /// Its number, with the highest bit set where it sends.
        endpoint: u8,
    },
    /// The host sends data, which does not matter; then it is done.
    Receive,
    /// The device does not know this request.
    Refuse,
}

/// The eight bytes that begin a control transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    kind: u8,
    request: u8,
    value: u16,
    index: u16,
    /// Bytes that the host takes or sends.
    pub length: u16,
}

/// A serial port: what it calls itself.
#[derive(Clone, Copy, Debug)]
pub struct SerialPort {
    /// The product's name, as [`text`] makes it.
    pub product: &'static [u8],
    /// Whether it has been configured, which the host may ask.
    pub is_configured: bool,
}

/// A string descriptor: `N` is two more than twice the number of ASCII characters.
///
/// # Panics
/// `N` is another number. Where the compiler evaluates it, the program is not built.
pub const fn text<const N: usize>(ascii: &str) -> [u8; N] {
    let ascii = ascii.as_bytes();
    assert!(N == 2 * ascii.len() + 2 && N < 256 && ascii.is_ascii());
    let mut descriptor = [0; N];
    descriptor[0] = N as u8;
    descriptor[1] = STRING;
    let mut at = 0;
    while at < ascii.len() {
        descriptor[2 + 2 * at] = ascii[at];
        at += 1;
    }
    descriptor
}

/// `parts` one after the other, which are `N` bytes.
const fn chained<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut chain = [0; N];
    let mut end = 0;
    let mut part = 0;
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            chain[end] = parts[part][at];
            end += 1;
            at += 1;
        }
        part += 1;
    }
    assert!(end == N);
    chain
}

static LANGUAGES: [u8; 4] = [4, STRING, 0x09, 0x04];
static MANUFACTURER: [u8; 24] = text("Cortexscope");

static DEVICE_DESCRIPTOR: [u8; 18] = chained(&[
    // USB 2.0.
    &[18, DEVICE, 0x00, 0x02],
    // A communication device, packets of the control endpoint.
    &[2, 0, 0, PACKET_BYTES as u8],
    &VENDOR.to_le_bytes(),
    &PRODUCT.to_le_bytes(),
    // Release 1.0.
    &[0x00, 0x01],
    // Texts: manufacturer, product, no serial number. One configuration.
    &[1, 2, 0, 1],
]);

static CONFIGURATION_DESCRIPTOR: [u8; 67] = chained(&[
    // 67 bytes, two interfaces, powered by the bus with at most 100 mA.
    &[9, CONFIGURATION, 67, 0, 2, 1, 0, 0x80, 50],
    // The port itself: communication, abstract control model.
    &[9, INTERFACE, 0, 0, 1, 2, 2, 0, 0],
    // CDC 1.20; nobody handles calls; lines and coding can be set; interfaces 0 and 1.
    &[5, CLASS, 0x00, 0x20, 0x01],
    &[5, CLASS, 0x01, 0, 1],
    &[4, CLASS, 0x02, 0x02],
    &[5, CLASS, 0x06, 0, 1],
    // Interrupt, 8 bytes, asked for every 255 ms.
    &[7, ENDPOINT, 0x80 | NOTICE_ENDPOINT as u8, 3, 8, 0, 255],
    // Its data: bulk, both ways.
    &[9, INTERFACE, 1, 0, 2, 10, 0, 0, 0],
    &[7, ENDPOINT, TO_BOARD, 2, PACKET_BYTES as u8, 0, 0],
    &[7, ENDPOINT, FROM_BOARD, 2, PACKET_BYTES as u8, 0, 0],
]);

/// 115,200 baud, one stop bit, no parity, eight bits: what a host reads back that asks.
/// What it sets changes nothing.
static LINE_CODING: [u8; 7] = [0x00, 0xC2, 0x01, 0x00, 0, 0, 8];

/// To the device, an interface or an endpoint, as the standard or the class has it.
const TO_DEVICE: u8 = 0x00;
const TO_INTERFACE: u8 = 0x01;
const TO_ENDPOINT: u8 = 0x02;
const CLASS_TO_INTERFACE: u8 = 0x21;
/// Set where the device sends.
const IN: u8 = 0x80;

impl Setup {
    /// Reads the eight bytes.
    pub fn parse(bytes: [u8; 8]) -> Self {
        let [kind, request, value @ .., _, _, _, _] = bytes;
        let [_, _, _, _, index @ .., _, _] = bytes;
        let [_, _, _, _, _, _, length @ ..] = bytes;
        Self {
            kind,
            request,
            value: u16::from_le_bytes(value),
            index: u16::from_le_bytes(index),
            length: u16::from_le_bytes(length),
        }
    }
}

impl SerialPort {
    /// What the port answers to `setup`.
    pub fn answer(&self, setup: Setup) -> Answer {
        const SET_ADDRESS: u8 = 5;
        const SET_CONFIGURATION: u8 = 9;
        const CLEAR_FEATURE: u8 = 1;
        const SET_INTERFACE: u8 = 11;
        const SET_LINE_CODING: u8 = 0x20;
        const SET_LINES: u8 = 0x22;
        const SEND_BREAK: u8 = 0x23;
        if setup.kind & IN != 0 {
            return self.sent(setup).map_or(Answer::Refuse, Answer::Send);
        }
        match (setup.kind, setup.request) {
            (TO_DEVICE, SET_ADDRESS) => Answer::Address(setup.value as u8 & 0x7F),
            (TO_DEVICE, SET_CONFIGURATION) if setup.value <= 1 => {
                Answer::Configured(setup.value == 1)
            }
            // Feature 0 of an endpoint is that it is halted.
            (TO_ENDPOINT, CLEAR_FEATURE) if setup.value == 0 => Answer::Restarted {
                endpoint: setup.index as u8,
            },
            (TO_INTERFACE, SET_INTERFACE) if setup.value == 0 => Answer::Done,
            (CLASS_TO_INTERFACE, SET_LINE_CODING) => Answer::Receive,
            // Its lowest bit is the line "data terminal ready".
            (CLASS_TO_INTERFACE, SET_LINES) => Answer::Opened(setup.value & 1 == 1),
            (CLASS_TO_INTERFACE, SEND_BREAK) => Answer::Done,
            _ => Answer::Refuse,
        }
    }

    /// What the port sends to `setup`, if it knows it.
    fn sent(&self, setup: Setup) -> Option<&'static [u8]> {
        const GET_STATUS: u8 = 0;
        const GET_DESCRIPTOR: u8 = 6;
        const GET_CONFIGURATION: u8 = 8;
        const GET_INTERFACE: u8 = 10;
        const GET_LINE_CODING: u8 = 0x21;
        let [number, kind] = setup.value.to_le_bytes();
        match (setup.kind & !IN, setup.request) {
            (TO_DEVICE, GET_DESCRIPTOR) => match (kind, number) {
                (DEVICE, 0) => Some(&DEVICE_DESCRIPTOR),
                (CONFIGURATION, 0) => Some(&CONFIGURATION_DESCRIPTOR),
                (STRING, 0) => Some(&LANGUAGES),
                (STRING, 1) => Some(&MANUFACTURER),
                (STRING, 2) => Some(self.product),
                _ => None,
            },
            (TO_DEVICE, GET_CONFIGURATION) => Some(if self.is_configured { &[1] } else { &[0] }),
            (TO_DEVICE | TO_INTERFACE | TO_ENDPOINT, GET_STATUS) => Some(&[0, 0]),
            (TO_INTERFACE, GET_INTERFACE) => Some(&[0]),
            (CLASS_TO_INTERFACE, GET_LINE_CODING) => Some(&LINE_CODING),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, SerialPort, Setup, text};

    static NAME: [u8; 12] = text("pico2");
    const PORT: SerialPort = SerialPort {
        product: &NAME,
        is_configured: false,
    };

    fn answer(bytes: [u8; 8]) -> Answer {
        PORT.answer(Setup::parse(bytes))
    }

    fn sent(bytes: [u8; 8]) -> &'static [u8] {
        match answer(bytes) {
            Answer::Send(sent) => sent,
            other => panic!("{bytes:?}: {other:?}"),
        }
    }

    #[test]
    fn the_configuration_is_a_chain_of_descriptors_with_the_endpoints_of_a_serial_port() {
        let all = sent([0x80, 6, 0, 2, 0, 0, 0xFF, 0]);
        assert_eq!(usize::from(all[2]), all.len());
        let mut rest = all;
        let mut endpoints = Vec::new();
        let mut interfaces = Vec::new();
        while let [length, kind, ..] = *rest {
            let (one, next) = rest.split_at(length.into());
            match kind {
                4 => interfaces.push((one[2], one[4], one[5])),
                5 => endpoints.push((one[2], one[3], one[4])),
                _ => {}
            }
            rest = next;
        }
        assert!(rest.is_empty());
        // Number, endpoints, class: communication and data.
        assert_eq!(interfaces, [(0, 1, 2), (1, 2, 10)]);
        assert_eq!(endpoints, [(0x82, 3, 8), (0x01, 2, 64), (0x81, 2, 64)]);
    }

    #[test]
    fn names_are_utf_16() {
        let product = sent([0x80, 6, 2, 3, 9, 4, 0xFF, 0]);
        assert_eq!(product, b"\x0c\x03p\0i\0c\0o\x002\0");
        assert_eq!(sent([0x80, 6, 0, 3, 0, 0, 0xFF, 0]), [4, 3, 9, 4]);
        assert_eq!(sent([0x80, 6, 0, 1, 0, 0, 18, 0]).len(), 18);
    }

    #[test]
    fn requests_are_told_apart() {
        assert_eq!(answer([0, 5, 17, 0, 0, 0, 0, 0]), Answer::Address(17));
        assert_eq!(answer([0, 9, 1, 0, 0, 0, 0, 0]), Answer::Configured(true));
        assert_eq!(answer([0, 9, 0, 0, 0, 0, 0, 0]), Answer::Configured(false));
        assert_eq!(answer([0, 9, 2, 0, 0, 0, 0, 0]), Answer::Refuse);
        assert_eq!(answer([0x21, 0x22, 3, 0, 0, 0, 0, 0]), Answer::Opened(true));
        assert_eq!(
            answer([0x21, 0x22, 2, 0, 0, 0, 0, 0]),
            Answer::Opened(false)
        );
        assert_eq!(answer([0x21, 0x20, 0, 0, 0, 0, 7, 0]), Answer::Receive);
        let restarted = Answer::Restarted { endpoint: 0x81 };
        assert_eq!(answer([2, 1, 0, 0, 0x81, 0, 0, 0]), restarted);
        // No device qualifier: it has no other speed.
        assert_eq!(answer([0x80, 6, 0, 6, 0, 0, 10, 0]), Answer::Refuse);
        assert_eq!(answer([0x40, 1, 0, 0, 0, 0, 0, 0]), Answer::Refuse);
    }

    /// Whatever a host sends, there is an answer.
    #[test]
    fn no_request_panics() {
        for kind in 0..=255 {
            for request in 0..=255 {
                for value in [0, 1, 2, 3, 0xFF] {
                    answer([kind, request, value, value, value, value, 0xFF, 0xFF]);
                }
            }
        }
    }
}
