//! The USB controller of RP2040 and RP2350 as a serial port (RP2040 datasheet, section 4.1;
//! RP2350 datasheet, section 12.7).
//!
//! `UsbBus::new` of the parts' HALs makes the controller a device. What follows is done by
//! its registers: the rest of the HALs' `UsbBus` can panic, and so can the crates that stand
//! on it. Both parts have the controller at the same addresses.
//!
//! An interrupt answers requests and takes what arrives. What is sent is handed over by the
//! program. A full buffer is not given back to the controller, and so the host waits: no
//! byte is lost.

use core::cell::RefCell;
use core::ptr;

use critical_section::Mutex;
use heapless::Deque;

use super::cdc::{Answer, DATA_ENDPOINT, NOTICE_ENDPOINT, PACKET_BYTES, SerialPort, Setup};

/// The controller's memory: eight bytes of a request, what endpoints are, the state of
/// their buffers, and the buffers.
const MEMORY: usize = 0x5010_0000;
const ENDPOINT_CONTROL: usize = 0x08;
const BUFFER_CONTROL: usize = 0x80;
const CONTROL_BUFFER: usize = 0x100;
const OUT_BUFFER: usize = 0x180;
const IN_BUFFER: usize = 0x1C0;
const NOTICE_BUFFER: usize = 0x200;

const REGISTERS: usize = 0x5011_0000;
const ADDRESS: usize = 0x00;
const SIE_CONTROL: usize = 0x4C;
const SIE_STATUS: usize = 0x50;
const BUFFER_STATUS: usize = 0x58;
const STALL_ARM: usize = 0x68;
const INTERRUPTS_ON: usize = 0x90;
const INTERRUPTS: usize = 0x98;

const PULL_UP: u32 = 1 << 16;
const INTERRUPT_PER_CONTROL_BUFFER: u32 = 1 << 29;

const BUFFER_DONE: u32 = 1 << 4;
const BUS_RESET: u32 = 1 << 12;
const REQUEST: u32 = 1 << 16;
/// The last two as the status has them.
const STATUS_BUS_RESET: u32 = 1 << 19;
const STATUS_REQUEST: u32 = 1 << 17;

const ENDPOINT_ON: u32 = 1 << 31;
/// Without it, an endpoint interrupts nobody.
const INTERRUPT_PER_BUFFER: u32 = 1 << 29;
const BULK: u32 = 2 << 26;
const INTERRUPT: u32 = 3 << 26;

const FULL: u32 = 1 << 15;
const ODD: u32 = 1 << 13;
const STALL: u32 = 1 << 11;
const AVAILABLE: u32 = 1 << 10;
const LENGTH: u32 = 0x3FF;

/// From the host to the board, and back: which of an endpoint's two.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToBoard,
    ToHost,
}

/// The state of the port.
pub struct Usb {
    port: SerialPort,
    is_open: bool,
    /// What is left to send of an answer; what of it was sent fills whole packets, and the
    /// host may want a last, empty one.
    rest: Option<&'static [u8]>,
    needs_end: bool,
    /// The address to take once the host knows that it was heard.
    new_address: Option<u8>,
    /// The next control packet is an odd one.
    control_is_odd: bool,
    receives_odd: bool,
    sends_odd: bool,
    /// A packet waits in the controller for room.
    is_held: bool,
    received: Deque<u8, { 8 * PACKET_BYTES }>,
}

static USB: Mutex<RefCell<Option<Usb>>> = Mutex::new(RefCell::new(None));

/// Lends the port with interrupts off; nothing before it was started.
pub fn with<T: Default>(work: impl FnOnce(&mut Usb) -> T) -> T {
    critical_section::with(|token| match USB.borrow(token).try_borrow_mut() {
        Ok(mut usb) => usb.as_mut().map(work).unwrap_or_default(),
        Err(_) => T::default(),
    })
}

/// Shows the host that a board called `product` is there. The controller is a device already,
/// and its memory is empty. Interrupts go to [`Usb::on_interrupt`].
pub fn start(product: &'static [u8]) {
    write(REGISTERS + SIE_CONTROL, INTERRUPT_PER_CONTROL_BUFFER);
    write(REGISTERS + INTERRUPTS_ON, BUFFER_DONE | BUS_RESET | REQUEST);
    critical_section::with(|token| {
        if let Ok(mut usb) = USB.borrow(token).try_borrow_mut() {
            *usb = Some(Usb::new(product));
        }
    });
    write(
        REGISTERS + SIE_CONTROL,
        INTERRUPT_PER_CONTROL_BUFFER | PULL_UP,
    );
}

impl Usb {
    fn new(product: &'static [u8]) -> Self {
        Self {
            port: SerialPort {
                product,
                is_configured: false,
            },
            is_open: false,
            rest: None,
            needs_end: false,
            new_address: None,
            control_is_odd: false,
            receives_odd: false,
            sends_odd: false,
            is_held: false,
            received: Deque::new(),
        }
    }

    /// Whether a computer has recognised the board.
    pub fn is_configured(&self) -> bool {
        self.port.is_configured
    }

    /// Whether a program on the computer has the port open.
    pub fn is_open(&self) -> bool {
        self.port.is_configured && self.is_open
    }

    /// Whether bytes wait to be read.
    pub fn has_received(&self) -> bool {
        !self.received.is_empty()
    }

    /// Moves what waits into `to`, as far as there is room; gives how many bytes.
    pub fn drain(&mut self, to: &mut [u8]) -> usize {
        let mut count = 0;
        for slot in to {
            let Some(byte) = self.received.pop_front() else {
                break;
            };
            *slot = byte;
            count += 1;
        }
        if self.is_held && self.has_room() {
            self.is_held = false;
            self.take_packet();
        }
        count
    }

    /// Whether the packet before has been sent.
    pub fn can_send(&self) -> bool {
        let state = read(buffer_control(DATA_ENDPOINT, Way::ToHost));
        state & AVAILABLE == 0
    }

    /// Sends the first bytes of `bytes` as one packet; gives how many. To be called if
    /// [`Usb::can_send`]. An empty packet ends what filled whole packets.
    pub fn send_packet(&mut self, bytes: &[u8]) -> usize {
        let count = copy_to(IN_BUFFER, bytes);
        give(
            buffer_control(DATA_ENDPOINT, Way::ToHost),
            FULL | odd(self.sends_odd) | count as u32,
        );
        self.sends_odd = !self.sends_odd;
        count
    }

    /// Does what the controller asks for. To be called by the interrupt.
    pub fn on_interrupt(&mut self) {
        let pending = read(REGISTERS + INTERRUPTS);
        if pending & BUS_RESET != 0 {
            write(REGISTERS + SIE_STATUS, STATUS_BUS_RESET);
            write(REGISTERS + BUFFER_STATUS, u32::MAX);
            write(REGISTERS + ADDRESS, 0);
            *self = Self::new(self.port.product);
        }
        if pending & BUFFER_DONE != 0 {
            let done = read(REGISTERS + BUFFER_STATUS);
            write(REGISTERS + BUFFER_STATUS, done);
            if done & done_bit(0, Way::ToHost) != 0 {
                self.control_was_sent();
            }
            if done & done_bit(0, Way::ToBoard) != 0 {
                self.control_was_received();
            }
            if done & done_bit(DATA_ENDPOINT, Way::ToBoard) != 0 {
                if self.has_room() {
                    self.take_packet();
                } else {
                    self.is_held = true;
                }
            }
        }
        // Last, because a request ends whatever the control endpoint did before.
        if pending & REQUEST != 0 {
            write(REGISTERS + SIE_STATUS, STATUS_REQUEST);
            let words = [read(MEMORY), read(MEMORY + 4)].map(u32::to_le_bytes);
            let [[a, b, c, d], [e, f, g, h]] = words;
            self.request(Setup::parse([a, b, c, d, e, f, g, h]));
        }
    }

    fn request(&mut self, setup: Setup) {
        self.rest = None;
        self.needs_end = false;
        self.new_address = None;
        // What follows a request begins with an odd packet.
        self.control_is_odd = true;
        match self.port.answer(setup) {
            Answer::Send(bytes) => {
                let (now, _) = bytes
                    .split_at_checked(setup.length.into())
                    .unwrap_or((bytes, &[]));
                // Shorter than asked for, in whole packets: the host cannot know that it ended.
                self.needs_end =
                    now.len() < setup.length.into() && now.len() & (PACKET_BYTES - 1) == 0;
                self.send_control(now);
            }
            Answer::Receive => self.receive_control(),
            Answer::Refuse => {
                write(REGISTERS + STALL_ARM, 0b11);
                write(buffer_control(0, Way::ToHost), STALL);
                write(buffer_control(0, Way::ToBoard), STALL);
            }
            done => {
                self.carry_out(done);
                self.send_control(&[]);
            }
        }
    }

    fn carry_out(&mut self, answer: Answer) {
        match answer {
            Answer::Address(address) => self.new_address = Some(address),
            Answer::Configured(is_configured) => self.configure(is_configured),
            Answer::Opened(is_open) => self.is_open = is_open,
            Answer::Restarted { endpoint: 0x81 } => self.sends_odd = false,
            Answer::Restarted { endpoint: 0x01 } => {
                self.receives_odd = false;
                if !self.is_held {
                    self.receive_packet();
                }
            }
            _ => {}
        }
    }

    fn configure(&mut self, is_configured: bool) {
        self.port.is_configured = is_configured;
        self.is_open = false;
        self.is_held = false;
        self.received.clear();
        (self.receives_odd, self.sends_odd) = (false, false);
        write(buffer_control(DATA_ENDPOINT, Way::ToHost), 0);
        write(buffer_control(DATA_ENDPOINT, Way::ToBoard), 0);
        let on = if is_configured { ENDPOINT_ON } else { 0 };
        let set = |number, way, kind: u32, buffer| {
            write(endpoint_control(number, way), on | kind | buffer as u32);
        };
        set(
            DATA_ENDPOINT,
            Way::ToBoard,
            BULK | INTERRUPT_PER_BUFFER,
            OUT_BUFFER,
        );
        set(DATA_ENDPOINT, Way::ToHost, BULK, IN_BUFFER);
        set(NOTICE_ENDPOINT, Way::ToHost, INTERRUPT, NOTICE_BUFFER);
        if is_configured {
            self.receive_packet();
        }
    }

    /// Sends the first packet of `bytes` over the control endpoint, and keeps the rest.
    fn send_control(&mut self, bytes: &'static [u8]) {
        let count = copy_to(CONTROL_BUFFER, bytes);
        self.rest = bytes.get(count..).filter(|rest| !rest.is_empty());
        let state = FULL | odd(self.control_is_odd) | count as u32;
        self.control_is_odd = !self.control_is_odd;
        give(buffer_control(0, Way::ToHost), state);
    }

    /// Takes one packet over the control endpoint: data, or that what was sent is there.
    fn receive_control(&mut self) {
        give(buffer_control(0, Way::ToBoard), ODD | PACKET_BYTES as u32);
    }

    fn control_was_sent(&mut self) {
        if let Some(address) = self.new_address.take() {
            write(REGISTERS + ADDRESS, address.into());
        } else if let Some(rest) = self.rest.take() {
            self.send_control(rest);
        } else if core::mem::take(&mut self.needs_end) {
            self.send_control(&[]);
        } else {
            self.receive_control();
        }
    }

    fn control_was_received(&mut self) {
        let state = read(buffer_control(0, Way::ToBoard));
        // Data has been sent to the board: say that it is there. An empty packet says so
        // of what the board sent.
        if state & LENGTH != 0 {
            self.control_is_odd = true;
            self.send_control(&[]);
        }
    }

    fn has_room(&self) -> bool {
        self.received.capacity() - self.received.len() >= PACKET_BYTES
    }

    /// Takes the bytes of the packet that arrived, and asks for another.
    fn take_packet(&mut self) {
        let state = read(buffer_control(DATA_ENDPOINT, Way::ToBoard));
        let count = (state & LENGTH) as usize;
        for offset in 0..count.min(PACKET_BYTES) {
            // There is room for a packet.
            let _ = self
                .received
                .push_back(read_byte(MEMORY + OUT_BUFFER + offset));
        }
        self.receive_packet();
    }

    fn receive_packet(&mut self) {
        give(
            buffer_control(DATA_ENDPOINT, Way::ToBoard),
            odd(self.receives_odd) | PACKET_BYTES as u32,
        );
        self.receives_odd = !self.receives_odd;
    }
}

fn odd(is_odd: bool) -> u32 {
    if is_odd { ODD } else { 0 }
}

fn buffer_control(endpoint: usize, way: Way) -> usize {
    MEMORY + BUFFER_CONTROL + 8 * endpoint + offset_of(way)
}

/// The control endpoint has none.
fn endpoint_control(endpoint: usize, way: Way) -> usize {
    MEMORY + ENDPOINT_CONTROL + 8 * (endpoint - 1) + offset_of(way)
}

fn offset_of(way: Way) -> usize {
    if way == Way::ToBoard { 4 } else { 0 }
}

fn done_bit(endpoint: usize, way: Way) -> u32 {
    let bit = 1 << (2 * endpoint);
    if way == Way::ToBoard { bit << 1 } else { bit }
}

/// Gives a buffer to the controller: all that it is, and a little later, because the
/// controller's clock is slower, that it may be used.
fn give(control: usize, state: u32) {
    write(control, state);
    cortex_m::asm::delay(12);
    write(control, state | AVAILABLE);
}

/// Copies at most a packet byte by byte: this memory takes no words at odd addresses.
fn copy_to(buffer: usize, bytes: &[u8]) -> usize {
    let mut count = 0;
    for &byte in bytes.iter().take(PACKET_BYTES) {
        write_byte(MEMORY + buffer + count, byte);
        count += 1;
    }
    count
}

fn read(address: usize) -> u32 {
    // SAFETY: a register of the controller, or a word of its memory, which are ours alone.
    unsafe { ptr::read_volatile(address as *const u32) }
}

fn write(address: usize, value: u32) {
    // SAFETY: as above.
    unsafe { ptr::write_volatile(address as *mut u32, value) };
}

fn read_byte(address: usize) -> u8 {
    // SAFETY: as above.
    unsafe { ptr::read_volatile(address as *const u8) }
}

fn write_byte(address: usize, value: u8) {
    // SAFETY: as above.
    unsafe { ptr::write_volatile(address as *mut u8, value) };
}
