//! What the host knows of the board, and what every frame from it means for the request
//! that is under way.

use super::error::SessionError;
use super::logs::Logs;
use super::statistics::Statistics;
use crate::link::LinkError;
use cortexscope_wire::message::{self, HelloReply};
use cortexscope_wire::{Event, Frame, Header, Inbound, Kind, Verdict};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Receives a request's events.
pub(super) type OnEvent<'a> = &'a mut dyn FnMut(&Event<'_>) -> Result<(), SessionError>;

/// Why a request did not end.
pub(super) enum Interruption {
    /// The board knows nothing of the session.
    Reset,
    /// The link is lost.
    Lost(LinkError),
    /// Trying again would not help.
    Fatal(SessionError),
}

impl From<LinkError> for Interruption {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Lost { .. } => Self::Lost(error),
            _ => Self::Fatal(error.into()),
        }
    }
}

impl From<SessionError> for Interruption {
    fn from(error: SessionError) -> Self {
        Self::Fatal(error)
    }
}

/// What the host knows of the board.
pub(super) struct BoardState {
    pub(super) statistics: Statistics,
    pub(super) logs: Logs,
    /// 0 where there is no session.
    pub(super) session: u16,
    /// The session before, so that the next one is another.
    last_session: u16,
    pub(super) next_request: u16,
    pub(super) inbound: Inbound,
    /// Frames that came before their turn; no more than `Inbound` keeps.
    held: HashMap<u16, HeldFrame>,
}

/// A frame that waits for those before it.
struct HeldFrame {
    kind: Kind,
    ack: u16,
    payload: Vec<u8>,
}

/// What ends an exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Greeted,
    Acknowledged,
    Answered,
}

/// What came of an exchange so far.
pub(super) struct Exchange {
    pub(super) goal: Goal,
    pub(super) is_acknowledged: bool,
    pub(super) greeting: Option<HelloReply>,
    pub(super) is_done: bool,
    /// Something new came: there is no need to ask again yet.
    pub(super) has_traffic: bool,
    /// What came is what the exchange waits for. A log is not: a board could log for
    /// ever.
    pub(super) has_progress: bool,
    /// The board should hear of this end's place in the sequence.
    pub(super) owes_ack: bool,
}

impl Exchange {
    pub(super) fn begin(goal: Goal) -> Self {
        Self {
            goal,
            is_acknowledged: false,
            greeting: None,
            is_done: false,
            has_traffic: false,
            has_progress: false,
            owes_ack: false,
        }
    }
}

impl BoardState {
    pub(super) fn new(logs: Logs) -> Self {
        Self {
            statistics: Statistics::default(),
            logs,
            session: 0,
            // Nothing but the operating system's randomness is needed of it.
            last_session: RandomState::new().hash_one(0) as u16,
            next_request: 0,
            inbound: Inbound::new(1, 1),
            held: HashMap::new(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.session != 0
    }

    /// Ends the session on this side.
    pub(super) fn forget(&mut self) {
        self.session = 0;
        self.logs.cut();
    }

    /// Begins another session than the last one.
    pub(super) fn next_session(&mut self) {
        self.last_session = self.last_session.wrapping_add(1).max(1);
        self.session = self.last_session;
        self.next_request = 0;
        self.inbound = Inbound::new(1, 1);
        self.held.clear();
    }

    /// Takes a frame that came whole.
    pub(super) fn take(
        &mut self,
        frame: &Frame<'_>,
        exchange: &mut Exchange,
        on_event: OnEvent<'_>,
    ) -> Result<(), Interruption> {
        let header = frame.header;
        if header.session != self.session {
            self.statistics.frames_stale += 1;
            return Ok(());
        }
        if exchange.goal == Goal::Greeted {
            if header.kind == Kind::HelloReply {
                let reply = message::parse(frame.payload).ok_or(SessionError::Protocol(
                    "its greeting is not a message of this protocol",
                ))?;
                exchange.greeting = Some(reply);
                exchange.is_done = true;
            }
            return Ok(());
        }
        match header.kind {
            Kind::NoSession => return Err(Interruption::Reset),
            Kind::Event | Kind::Log => self.take_numbered(frame, exchange, on_event)?,
            Kind::HelloReply | Kind::Ack | Kind::Hello | Kind::Request => {}
        }
        if header.ack == self.next_request.wrapping_add(1) && !exchange.is_acknowledged {
            exchange.is_acknowledged = true;
            exchange.has_traffic = true;
            exchange.has_progress = true;
            exchange.is_done |= exchange.goal == Goal::Acknowledged;
        }
        Ok(())
    }

    fn take_numbered(
        &mut self,
        frame: &Frame<'_>,
        exchange: &mut Exchange,
        on_event: OnEvent<'_>,
    ) -> Result<(), Interruption> {
        let header = frame.header;
        match self.inbound.accept(header.seq) {
            Verdict::Deliver => {
                let Header { kind, ack, .. } = header;
                self.deliver(kind, ack, frame.payload, exchange, on_event)?;
                while let Some(seq) = self.inbound.next_held() {
                    let held = self.held.remove(&seq);
                    let HeldFrame { kind, ack, payload } =
                        held.ok_or(SessionError::Protocol("a frame that was kept is gone"))?;
                    self.deliver(kind, ack, &payload, exchange, on_event)?;
                }
            }
            Verdict::Keep => {
                self.statistics.frames_out_of_turn += 1;
                let Header { kind, ack, seq, .. } = header;
                let payload = frame.payload.to_vec();
                self.held.insert(seq, HeldFrame { kind, ack, payload });
            }
            Verdict::TooFar => self.statistics.frames_out_of_turn += 1,
            Verdict::Duplicate => {
                self.statistics.frames_repeated += 1;
                exchange.owes_ack = true;
            }
        }
        if self.inbound.must_ask(header.round) {
            self.statistics.resends_asked += 1;
            exchange.owes_ack = true;
        }
        Ok(())
    }

    /// Takes a numbered frame whose turn it is. `ack` says how many requests its
    /// sender had received by then.
    fn deliver(
        &mut self,
        kind: Kind,
        ack: u16,
        payload: &[u8],
        exchange: &mut Exchange,
        on_event: OnEvent<'_>,
    ) -> Result<(), Interruption> {
        exchange.has_traffic = true;
        if kind == Kind::Log {
            self.statistics.log_bytes += payload.len() as u64;
            self.logs.take(payload);
            return Ok(());
        }
        if ack != self.next_request.wrapping_add(1) {
            return Err(SessionError::Protocol("it answers before it was asked").into());
        }
        if exchange.is_done {
            return Err(SessionError::Protocol("it goes on after its last answer").into());
        }
        exchange.has_progress = true;
        let event = message::parse(payload).ok_or(SessionError::Protocol(
            "one of its answers is not a message of this protocol",
        ))?;
        on_event(&event)?;
        exchange.is_done |= exchange.goal == Goal::Answered && event.is_last();
        Ok(())
    }
}
