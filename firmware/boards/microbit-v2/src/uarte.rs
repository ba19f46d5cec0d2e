//! The UART with direct memory access (nRF52833 Product Specification 1.6, section 6.34), at
//! 115,200 baud on the pins that lead to the interface chip: P0.06 sends, P1.08 receives.
//!
//! The hardware writes what arrives into a ring of two halves, one after the other; an
//! interrupt at the beginning of each half says where the next one is. A timer counts the
//! bytes: nothing else says how many of a half have arrived.

use core::ptr::{addr_of, addr_of_mut};
use core::sync::atomic::{Ordering, compiler_fence};

use cortex_m::peripheral::NVIC;
use nrf52833_pac::{Interrupt, Peripherals, TIMER1, UARTE0, interrupt};

const HALF_BYTES: usize = 128;
const RING_BYTES: usize = 2 * HALF_BYTES;
const SEND_BYTES: usize = 64;

static mut RING: [u8; RING_BYTES] = [0; RING_BYTES];
static mut SENT: [u8; SEND_BYTES] = [0; SEND_BYTES];

/// The half that receives.
pub struct Receiver {
    /// Bytes that were ever taken out of the ring, modulo 2^32.
    taken: u32,
}

/// The half that sends.
pub struct Sender {
    is_sending: bool,
}

/// The registers, of which each half uses its own.
fn uarte() -> &'static nrf52833_pac::uarte0::RegisterBlock {
    // SAFETY: `start` gave out one of each half, and the interrupt uses what only it writes.
    unsafe { &*UARTE0::ptr() }
}

#[interrupt]
fn UARTE0_UART0() {
    let uarte = uarte();
    uarte.events_rxstarted.reset();
    // The half that is being written has been noted by the hardware; this is the next.
    let start = addr_of!(RING) as u32;
    let next = if uarte.rxd.ptr.read().bits() == start {
        start + HALF_BYTES as u32
    } else {
        start
    };
    // SAFETY: either half is that long.
    uarte.rxd.ptr.write(|w| unsafe { w.bits(next) });
}

/// Sets the UART up with eight bits, no parity and one stop bit.
pub fn start(part: &Peripherals) -> (Receiver, Sender) {
    const SENDS: u32 = 1 << 6;
    // High while nothing is sent.
    // SAFETY: every bit is a pin's.
    part.P0.outset.write(|w| unsafe { w.bits(SENDS) });
    // SAFETY: as above.
    part.P0.dirset.write(|w| unsafe { w.bits(SENDS) });
    let uarte = &part.UARTE0;
    uarte.psel.txd.write(|w| {
        // SAFETY: pins that the part has.
        unsafe { w.pin().bits(6) };
        w.port().clear_bit().connect().connected()
    });
    uarte.psel.rxd.write(|w| {
        // SAFETY: as above.
        unsafe { w.pin().bits(8) };
        w.port().set_bit().connect().connected()
    });
    uarte.baudrate.write(|w| w.baudrate().baud115200());
    uarte.enable.write(|w| w.enable().enabled());
    count_bytes(part);

    // SAFETY: the ring lives for ever, and half of it is that long.
    uarte
        .rxd
        .ptr
        .write(|w| unsafe { w.bits(addr_of!(RING) as u32) });
    // SAFETY: as above.
    uarte
        .rxd
        .maxcnt
        .write(|w| unsafe { w.bits(HALF_BYTES as u32) });
    uarte.shorts.write(|w| w.endrx_startrx().enabled());
    uarte.intenset.write(|w| w.rxstarted().set());
    // SAFETY: the handler shares nothing but registers that it alone writes.
    unsafe { NVIC::unmask(Interrupt::UARTE0_UART0) };
    // SAFETY: any value but 0 starts the task.
    uarte.tasks_startrx.write(|w| unsafe { w.bits(1) });
    (Receiver { taken: 0 }, Sender { is_sending: false })
}

/// Has a timer count the bytes that arrive, without the core.
fn count_bytes(part: &Peripherals) {
    let timer = &part.TIMER1;
    timer.mode.write(|w| w.mode().low_power_counter());
    timer.bitmode.write(|w| w.bitmode()._32bit());
    // SAFETY: any value but 0 starts a task.
    timer.tasks_clear.write(|w| unsafe { w.bits(1) });
    // SAFETY: as above.
    timer.tasks_start.write(|w| unsafe { w.bits(1) });
    let channel = &part.PPI.ch[0];
    let event = addr_of!(part.UARTE0.events_rxdrdy) as u32;
    let task = addr_of!(timer.tasks_count) as u32;
    // SAFETY: an event's address, and a task's.
    channel.eep.write(|w| unsafe { w.bits(event) });
    // SAFETY: as above.
    channel.tep.write(|w| unsafe { w.bits(task) });
    part.PPI.chenset.write(|w| w.ch0().set());
}

impl Receiver {
    /// Bytes that have arrived and were not taken.
    pub fn waiting(&self) -> usize {
        // SAFETY: nobody else uses this timer.
        let timer = unsafe { &*TIMER1::ptr() };
        // SAFETY: any value but 0 starts the task.
        timer.tasks_capture[0].write(|w| unsafe { w.bits(1) });
        let arrived = timer.cc[0].read().bits();
        arrived.wrapping_sub(self.taken) as usize
    }

    /// Moves what has arrived into `to`, as far as there is room; gives how many bytes.
    /// What was overwritten before is for the protocol to repair.
    pub fn drain(&mut self, to: &mut [u8]) -> usize {
        let waiting = self.waiting();
        let lost = waiting.saturating_sub(RING_BYTES);
        self.taken = self.taken.wrapping_add(lost as u32);
        // A byte is counted a moment before it is in memory.
        cortex_m::asm::delay(64);
        compiler_fence(Ordering::Acquire);
        let mut count = 0;
        for slot in to.iter_mut().take(waiting - lost) {
            let offset = self.taken as usize % RING_BYTES;
            // SAFETY: inside the ring, which the hardware writes.
            *slot = unsafe { addr_of!(RING).cast::<u8>().add(offset).read_volatile() };
            self.taken = self.taken.wrapping_add(1);
            count += 1;
        }
        count
    }
}

impl Sender {
    /// Sends the first bytes of `bytes`; gives how many.
    pub fn send(&mut self, bytes: &[u8]) -> usize {
        self.wait();
        let mut count = 0;
        for &byte in bytes.iter().take(SEND_BYTES) {
            // SAFETY: inside the buffer, which the hardware does not read now.
            unsafe {
                addr_of_mut!(SENT)
                    .cast::<u8>()
                    .add(count)
                    .write_volatile(byte);
            }
            count += 1;
        }
        if count == 0 {
            return 0;
        }
        compiler_fence(Ordering::Release);
        let uarte = uarte();
        uarte.events_endtx.reset();
        // SAFETY: the buffer lives for ever, and `count` bytes of it are filled.
        uarte
            .txd
            .ptr
            .write(|w| unsafe { w.bits(addr_of!(SENT) as u32) });
        // SAFETY: as above.
        uarte.txd.maxcnt.write(|w| unsafe { w.bits(count as u32) });
        // SAFETY: any value but 0 starts the task.
        uarte.tasks_starttx.write(|w| unsafe { w.bits(1) });
        self.is_sending = true;
        count
    }

    /// Waits until the last bytes were sent.
    pub fn wait(&mut self) {
        if self.is_sending {
            while uarte().events_endtx.read().bits() == 0 {}
            self.is_sending = false;
        }
    }
}
