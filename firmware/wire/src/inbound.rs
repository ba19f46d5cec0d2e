//! The host's place in the board's sequence of events and logs.

use crate::seq::{distance, is_after};

/// What to do with a numbered frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is the next one: use it.
    Deliver,
    /// It was used before: drop it.
    Duplicate,
    /// One before it is missing, for the first time in this round: drop it, and
    /// send an acknowledgement, whose round is now higher.
    AskAgain,
    /// One before it is missing and was asked for already: drop it.
    OutOfTurn,
}

/// What was received, what was acknowledged, and which round of resends it is.
#[derive(Clone, Debug)]
pub struct Inbound {
    next: u16,
    acknowledged: u16,
    credit: u16,
    ack_every: u16,
    round: u8,
}

impl Inbound {
    /// The beginning of a session whose board keeps `window` frames, with a host
    /// that can take `credit` frames before it looks.
    pub fn new(window: u16, credit: u16) -> Self {
        let credit = credit.clamp(1, 1 << 14);
        let ack_every = (window.min(credit) / 2).max(1);
        Self {
            next: 0,
            acknowledged: 0,
            credit,
            ack_every,
            round: 0,
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

    /// The credit to send: the first number that the board may not send yet.
    pub fn limit(&self) -> u16 {
        self.next.wrapping_add(self.credit)
    }

    /// What to do with the frame numbered `seq`, sent in `round`.
    pub fn accept(&mut self, seq: u16, round: u8) -> Verdict {
        if seq == self.next {
            self.next = self.next.wrapping_add(1);
            Verdict::Deliver
        } else if !is_after(seq, self.next) {
            Verdict::Duplicate
        } else if round == self.round {
            self.ask_again();
            Verdict::AskAgain
        } else {
            Verdict::OutOfTurn
        }
    }

    /// Begins a new round: what was expected did not come.
    pub fn ask_again(&mut self) {
        self.round = self.round.wrapping_add(1);
    }

    /// Whether the board should hear how far the host is: before its window or
    /// its credit is used up.
    pub fn ack_is_due(&self) -> bool {
        distance(self.acknowledged, self.next) >= self.ack_every
    }

    /// Notes that a header with [`Inbound::next`] in it was sent.
    pub fn acknowledged(&mut self) {
        self.acknowledged = self.next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_loss_is_asked_for_once_per_round() {
        let mut inbound = Inbound::new(8, 16);
        assert_eq!(inbound.accept(0, 0), Verdict::Deliver);
        assert_eq!(inbound.accept(2, 0), Verdict::AskAgain);
        assert_eq!(inbound.accept(3, 0), Verdict::OutOfTurn);
        assert_eq!(inbound.round(), 1);
        // The resend loses the same frame.
        assert_eq!(inbound.accept(2, 1), Verdict::AskAgain);
        assert_eq!(inbound.accept(1, 2), Verdict::Deliver);
        assert_eq!(inbound.accept(1, 2), Verdict::Duplicate);
        assert_eq!(inbound.accept(2, 2), Verdict::Deliver);
        assert_eq!(inbound.next(), 3);
    }

    #[test]
    fn half_a_window_is_acknowledged() {
        let mut inbound = Inbound::new(4, 16);
        inbound.accept(0, 0);
        assert!(!inbound.ack_is_due());
        inbound.accept(1, 0);
        assert!(inbound.ack_is_due());
        inbound.acknowledged();
        assert!(!inbound.ack_is_due());
        assert_eq!(inbound.limit(), 18);
    }
}
