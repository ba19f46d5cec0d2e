//! What the board has sent and the host has not acknowledged.

use crate::frame::{Kind, PAYLOAD_BYTES_MAX};
use crate::message::Receipt;
use crate::seq::{distance, is_after, round_is_after};

/// One buffer of a [`SendWindow`].
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// None where there is nothing in it: an empty slot is all zeros.
    kind: Option<Kind>,
    length: u8,
    payload: [u8; PAYLOAD_BYTES_MAX],
}

impl Slot {
    /// A slot with nothing in it.
    pub const EMPTY: Self = Self {
        kind: None,
        length: 0,
        payload: [0; PAYLOAD_BYTES_MAX],
    };
}

/// The board's numbered frames, from the first unacknowledged one on. Its memory
/// is the caller's.
///
/// A frame may be added while there is a free slot and the host's credit lasts.
#[derive(Debug)]
pub struct SendWindow<'s> {
    slots: &'s mut [Slot],
    /// The slot of the frame numbered `base`.
    first: usize,
    /// The first unacknowledged number.
    base: u16,
    /// The number of the next new frame.
    next: u16,
    /// The first number that the host gave no credit for.
    limit: u16,
    /// The last round of resends that was asked for.
    round: u8,
}

impl<'s> SendWindow<'s> {
    /// An empty send window without credit. Of more than 2¹⁴ slots the rest is not used.
    pub fn new(slots: &'s mut [Slot]) -> Self {
        let used = slots.len().min(1 << 14);
        let slots = slots.get_mut(..used).unwrap_or_default();
        Self {
            slots,
            first: 0,
            base: 0,
            next: 0,
            limit: 0,
            round: 0,
        }
    }

    /// Forgets everything: a new session with this much credit.
    pub fn reset(&mut self, credit: u16) {
        self.first = 0;
        self.base = 0;
        self.next = 0;
        self.limit = credit.min(1 << 14);
        self.round = 0;
    }

    /// Number of slots.
    pub fn slot_count(&self) -> u16 {
        self.slots.len() as u16
    }

    /// The round of resends to put into headers.
    pub fn round(&self) -> u8 {
        self.round
    }

    /// Whether [`SendWindow::push`] has room and credit.
    #[inline(never)]
    pub fn has_room(&self) -> bool {
        distance(self.base, self.next) < self.slot_count() && is_after(self.limit, self.next)
    }

    /// Adds a frame whose payload `write` puts into the buffer, giving its length;
    /// gives its number. Nothing is added without room or if `write` gives nothing.
    pub fn push(
        &mut self,
        kind: Kind,
        write: impl FnOnce(&mut [u8; PAYLOAD_BYTES_MAX]) -> Option<usize>,
    ) -> Option<u16> {
        if !self.has_room() {
            return None;
        }
        let seq = self.next;
        let slot = self
            .index(seq)
            .and_then(|index| self.slots.get_mut(index))?;
        let length = write(&mut slot.payload)?;
        slot.kind = Some(kind);
        slot.length = u8::try_from(length)
            .ok()
            .filter(|&n| usize::from(n) <= PAYLOAD_BYTES_MAX)?;
        self.next = seq.wrapping_add(1);
        Some(seq)
    }

    /// Kind and payload of the unacknowledged frame numbered `seq`.
    pub fn get(&self, seq: u16) -> Option<(Kind, &[u8])> {
        if distance(self.base, seq) >= distance(self.base, self.next) {
            return None;
        }
        let slot = self.slots.get(self.index(seq)?)?;
        Some((slot.kind?, slot.payload.get(..usize::from(slot.length))?))
    }

    /// The numbers of all unacknowledged frames, oldest first.
    pub fn unacknowledged(&self) -> impl Iterator<Item = u16> + use<> {
        let base = self.base;
        (0..distance(base, self.next)).map(move |step| base.wrapping_add(step))
    }

    /// The receipt of a host that holds nothing of what it has not acknowledged.
    pub fn unreceived(&self) -> Receipt {
        Receipt {
            limit: self.limit,
            missing_before: self.next,
            held: 0,
        }
    }

    /// The numbers of the unacknowledged frames that the host misses, by the
    /// receipt that came with the acknowledgement of all before `ack`.
    pub fn missing(&self, ack: u16, receipt: Receipt) -> impl Iterator<Item = u16> + use<> {
        let Receipt {
            missing_before,
            held,
            ..
        } = receipt;
        self.unacknowledged().filter(move |&seq| {
            let is_held = held.checked_shr(distance(ack, seq).into()).unwrap_or(0) & 1 == 1;
            is_after(missing_before, seq) && !is_held
        })
    }

    /// Takes the host's acknowledgement of all before `ack`. One that is old, or
    /// of what was never sent, is ignored.
    #[inline(never)]
    pub fn acknowledge(&mut self, ack: u16) {
        let count = distance(self.base, ack);
        if count <= distance(self.base, self.next) && !self.slots.is_empty() {
            self.first = (self.first + usize::from(count)) % self.slots.len();
            self.base = ack;
        }
    }

    /// Takes the host's credit: frames before `limit` may be sent. An old one is
    /// ignored.
    pub fn grant(&mut self, limit: u16) {
        if is_after(limit, self.limit) {
            self.limit = limit;
        }
    }

    /// Whether `round` asks for a resend that was not made yet. Asked once, the
    /// answer for the same round is no from then on.
    pub fn enter_round(&mut self, round: u8) -> bool {
        let is_new = round_is_after(round, self.round);
        if is_new {
            self.round = round;
        }
        is_new
    }

    #[inline(never)]
    fn index(&self, seq: u16) -> Option<usize> {
        let step = usize::from(distance(self.base, seq));
        (self.first + step).checked_rem(self.slots.len())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    fn push(window: &mut SendWindow<'_>, byte: u8) -> Option<u16> {
        window.push(Kind::Event, |payload| {
            payload[0] = byte;
            Some(1)
        })
    }

    #[test]
    fn a_full_send_window_waits_for_an_acknowledgement() {
        let mut slots = [Slot::EMPTY; 3];
        let mut window = SendWindow::new(&mut slots);
        window.reset(100);
        assert_eq!(
            [1, 2, 3, 4].map(|b| push(&mut window, b)),
            [Some(0), Some(1), Some(2), None]
        );
        window.acknowledge(2);
        assert_eq!(window.get(1), None);
        assert_eq!(push(&mut window, 4), Some(3));
        assert_eq!(window.get(2), Some((Kind::Event, &[3][..])));
        assert_eq!(window.get(3), Some((Kind::Event, &[4][..])));
        assert_eq!(window.unacknowledged().collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn credit_limits_and_never_goes_back() {
        let mut slots = [Slot::EMPTY; 8];
        let mut window = SendWindow::new(&mut slots);
        assert!(!window.has_room());
        window.reset(1);
        assert_eq!(
            [push(&mut window, 1), push(&mut window, 2)],
            [Some(0), None]
        );
        window.grant(3);
        window.grant(2);
        assert_eq!(
            [
                push(&mut window, 2),
                push(&mut window, 3),
                push(&mut window, 4)
            ],
            [Some(1), Some(2), None]
        );
    }

    #[test]
    fn acknowledgements_out_of_range_are_ignored() {
        let mut slots = [Slot::EMPTY; 4];
        let mut window = SendWindow::new(&mut slots);
        window.reset(100);
        push(&mut window, 1);
        push(&mut window, 2);
        window.acknowledge(1);
        window.acknowledge(0);
        window.acknowledge(5);
        assert_eq!(window.unacknowledged().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn only_what_is_missing_is_sent_again() {
        let mut slots = [Slot::EMPTY; 8];
        let mut window = SendWindow::new(&mut slots);
        window.reset(100);
        for byte in 0..6 {
            push(&mut window, byte);
        }
        window.acknowledge(1);
        let missing = |missing_before, held| {
            let receipt = Receipt {
                limit: 100,
                missing_before,
                held,
            };
            window.missing(1, receipt).collect::<Vec<_>>()
        };
        assert_eq!(missing(4, 0b100), [1, 2]);
        assert_eq!(missing(100, 0b0110), [1, 4, 5]);
        assert_eq!(missing(1, 0), []);
        let all = window.missing(1, window.unreceived());
        assert!(all.eq(window.unacknowledged()));
    }

    #[test]
    fn a_round_is_entered_once() {
        let mut window = SendWindow::new(&mut []);
        assert!(window.enter_round(1));
        assert!(!window.enter_round(1));
        assert!(window.enter_round(2));
        assert!(!window.enter_round(1));
    }

    #[test]
    fn numbers_wrap_without_a_seam() {
        let mut slots = [Slot::EMPTY; 5];
        let mut window = SendWindow::new(&mut slots);
        window.reset(10);
        for step in 0..70_000_u32 {
            let seq = push(&mut window, step as u8).unwrap();
            assert_eq!(seq, step as u16);
            assert_eq!(window.get(seq), Some((Kind::Event, &[step as u8][..])));
            if step >= 3 {
                window.acknowledge(seq.wrapping_sub(2));
            }
            window.grant(seq.wrapping_add(10));
        }
    }

    #[test]
    fn a_send_window_without_slots_never_has_room() {
        let mut window = SendWindow::new(&mut []);
        window.reset(100);
        assert_eq!(push(&mut window, 1), None);
        window.acknowledge(0);
    }
}
