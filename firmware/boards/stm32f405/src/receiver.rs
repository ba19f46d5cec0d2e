//! What has arrived and has not been asked for.

use core::cell::RefCell;

use critical_section::Mutex;
use embedded_hal_nb::nb;
use embedded_hal_nb::serial::Read;
use heapless::Deque;
use stm32f4::stm32f405::interrupt;

use crate::registers;

static RECEIVER: Mutex<RefCell<Receiver>> = Mutex::new(RefCell::new(Receiver {
    rx: None,
    bytes: Deque::new(),
}));

/// The hardware that receives, and the bytes that it gave.
pub struct Receiver {
    rx: Option<registers::Receiver>,
    bytes: Deque<u8, 256>,
}

impl Receiver {
    /// From now on bytes come from `rx`.
    pub fn listen(&mut self, rx: registers::Receiver) {
        self.rx = Some(rx);
    }

    /// Takes what the hardware holds. A byte that it lost, or that there is no
    /// room for, is for the protocol to repair.
    pub fn take(&mut self) {
        let Some(rx) = &mut self.rx else { return };
        loop {
            match rx.read() {
                Ok(byte) => {
                    let _ = self.bytes.push_back(byte);
                }
                // The flags are cleared by looking at them.
                Err(nb::Error::Other(_)) => {}
                Err(nb::Error::WouldBlock) => return,
            }
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Moves what waits into `to`, as far as there is room; gives how many bytes.
    pub fn drain(&mut self, to: &mut [u8]) -> usize {
        let mut count = 0;
        while let Some(slot) = to.get_mut(count) {
            let Some(byte) = self.bytes.pop_front() else {
                break;
            };
            *slot = byte;
            count += 1;
        }
        count
    }
}

#[interrupt]
fn USART1() {
    with(Receiver::take);
}

/// Lends the receiver with interrupts off; nothing where it is lent already, which
/// nobody does.
pub fn with<T: Default>(work: impl FnOnce(&mut Receiver) -> T) -> T {
    critical_section::with(|token| match RECEIVER.borrow(token).try_borrow_mut() {
        Ok(mut receiver) => work(&mut receiver),
        Err(_) => T::default(),
    })
}
