//! The host's place in the board's sequence of events and logs.

use crate::message::Receipt;
use crate::seq::{distance, is_after};

/// How far ahead of the next frame others are kept.
pub const HELD_MAX: u16 = u32::BITS as u16;

/// What to do with a numbered frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is the next one: use it, then those that [`Inbound::next_held`] names.
    Deliver,
    /// One before it is missing: keep it until it is named.
    Keep,
    /// It was used, or is kept, already: drop it.
    Duplicate,
    /// One before it is missing, and it is too far ahead to be kept: drop it.
    TooFar,
}

/// What was received, what was acknowledged, and which round of resends it is.
#[derive(Clone, Debug)]
pub struct Inbound {
    next: u16,
    /// Bit `i`: frame `next + i` is kept. Bit 0 is set only between a delivery
    /// and [`Inbound::next_held`].
    held: u32,
    /// After the highest number received.
    end: u16,
    acknowledged: u16,
    /// The frame from which on the board has the whole credit: the next one when it heard a receipt last.
    granted: u16,
    credit: u16,
    ack_every: u16,
    round: u8,
    /// Everything may be missing, not only what lies before a frame received.
    is_overdue: bool,
}

impl Inbound {
    /// The beginning of a session whose board keeps `window` frames, with a host
    /// that can take `credit` frames before it looks.
    pub fn new(window: u16, credit: u16) -> Self {
        let credit = credit.clamp(1, 1 << 14);
        let ack_every = (window.min(credit) / 2).max(1);
        Self {
            next: 0,
            held: 0,
            end: 0,
            acknowledged: 0,
            granted: 0,
            credit,
            ack_every,
            round: 0,
            is_overdue: false,
        }
    }

    /// The next number expected.
    pub fn next(&self) -> u16 {
        self.next
    }

    /// The round of resends to put into headers.
    pub fn round(&self) -> u8 {
        self.round
    }

    /// What to send with an acknowledgement.
    pub fn receipt(&self) -> Receipt {
        let limit = self.next.wrapping_add(self.credit);
        let missing_before = if self.is_overdue { limit } else { self.end };
        Receipt {
            limit,
            missing_before,
            held: self.held,
        }
    }

    /// What to do with the frame numbered `seq`; see [`Inbound::must_ask`] too.
    pub fn accept(&mut self, seq: u16) -> Verdict {
        let ahead = distance(self.next, seq);
        if ahead >= 1 << 15 {
            return Verdict::Duplicate;
        }
        let end = seq.wrapping_add(1);
        if is_after(end, self.end) {
            self.end = end;
        }
        if ahead == 0 {
            self.advance();
            Verdict::Deliver
        } else if ahead >= HELD_MAX {
            Verdict::TooFar
        } else if self.held >> ahead & 1 == 1 {
            Verdict::Duplicate
        } else {
            self.held |= 1 << ahead;
            Verdict::Keep
        }
    }

    /// The number of a kept frame whose turn it is now.
    pub fn next_held(&mut self) -> Option<u16> {
        let seq = self.next;
        (self.held & 1 == 1).then(|| {
            self.advance();
            seq
        })
    }

    fn advance(&mut self) {
        self.held >>= 1;
        self.next = self.next.wrapping_add(1);
    }

    /// Whether a frame that came in `round` shows that one before it was lost in
    /// that round. A new round has begun then, and the board must hear of it.
    pub fn must_ask(&mut self, round: u8) -> bool {
        let has_gap = is_after(self.end, self.next);
        let must_ask = has_gap && round == self.round;
        if must_ask {
            self.round = self.round.wrapping_add(1);
            self.is_overdue = false;
        }
        must_ask
    }

    /// Begins a new round because nothing came for too long.
    pub fn time_out(&mut self) {
        self.round = self.round.wrapping_add(1);
        self.is_overdue = true;
    }

    /// Whether the board should hear how far the host is: before its send window or
    /// its credit is used up.
    pub fn ack_is_due(&self) -> bool {
        distance(self.acknowledged, self.next) >= self.ack_every
            || distance(self.granted, self.next) > self.credit / 2
    }

    /// Notes that a header with [`Inbound::next`] in it was sent. Without a receipt it frees the board's send window
    /// and gives no credit.
    pub fn acknowledged(&mut self) {
        self.acknowledged = self.next;
    }

    /// Notes that [`Inbound::receipt`] was sent.
    pub fn granted(&mut self) {
        self.acknowledged();
        self.granted = self.next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_loss_is_asked_for_once_per_round() {
        let mut inbound = Inbound::new(8, 16);
        assert_eq!(inbound.accept(0), Verdict::Deliver);
        assert!(!inbound.must_ask(0));
        assert_eq!(inbound.accept(2), Verdict::Keep);
        assert!(inbound.must_ask(0));
        assert_eq!(
            inbound.receipt(),
            Receipt {
                limit: 17,
                missing_before: 3,
                held: 0b10
            }
        );
        // Was on its way when the board was asked.
        assert_eq!(inbound.accept(4), Verdict::Keep);
        assert!(!inbound.must_ask(0));
        // The resend lost 1 again.
        assert_eq!(inbound.accept(3), Verdict::Keep);
        assert!(inbound.must_ask(1));
        assert_eq!(inbound.accept(1), Verdict::Deliver);
        for seq in 2..=4 {
            assert_eq!(inbound.next_held(), Some(seq));
        }
        assert_eq!(inbound.next_held(), None);
        assert_eq!(inbound.accept(1), Verdict::Duplicate);
        assert!(!inbound.must_ask(2));
        assert_eq!(inbound.next(), 5);
    }

    #[test]
    fn a_time_out_asks_for_everything_that_is_not_held() {
        let mut inbound = Inbound::new(8, 16);
        inbound.accept(2);
        inbound.time_out();
        assert_eq!(
            inbound.receipt(),
            Receipt {
                limit: 16,
                missing_before: 16,
                held: 0b100
            }
        );
    }

    #[test]
    fn frames_too_far_ahead_are_not_kept() {
        let mut inbound = Inbound::new(100, 200);
        assert_eq!(inbound.accept(HELD_MAX), Verdict::TooFar);
        assert_eq!(inbound.accept(HELD_MAX - 1), Verdict::Keep);
        assert_eq!(inbound.accept(HELD_MAX - 1), Verdict::Duplicate);
        assert_eq!(inbound.accept(0), Verdict::Deliver);
        assert_eq!(inbound.accept(HELD_MAX), Verdict::Keep);
    }

    #[test]
    fn half_a_send_window_is_acknowledged() {
        let mut inbound = Inbound::new(4, 16);
        inbound.accept(0);
        assert!(!inbound.ack_is_due());
        inbound.accept(1);
        assert!(inbound.ack_is_due());
        inbound.acknowledged();
        assert!(!inbound.ack_is_due());
        assert_eq!(inbound.receipt().limit, 18);
    }

    /// A request's header acknowledges, so that the send window never fills; the credit would run out all the same.
    #[test]
    fn a_receipt_is_due_before_the_credit_is_used_up() {
        let mut inbound = Inbound::new(32, 8);
        for seq in 0..5 {
            assert!(!inbound.ack_is_due(), "before {seq}");
            inbound.accept(seq);
            inbound.acknowledged();
        }
        assert!(inbound.ack_is_due());
        inbound.granted();
        assert!(!inbound.ack_is_due());
    }
}
