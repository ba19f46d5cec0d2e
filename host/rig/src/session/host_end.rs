//! Frames, time-outs, repeats: one request at a time over a link that may lose,
//! change, repeat and reorder bytes.

use super::cancel::Cancel;
use super::error::{SessionError, unexpected};
use super::logs::Logs;
use super::statistics::Statistics;
use crate::link::{Link, LinkError};
use cortexscope_wire::frame::{PAYLOAD_BYTES_MAX, WIRE_BYTES_MAX};
use cortexscope_wire::message::{self, Hello, HelloReply};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use cortexscope_wire::{Decoder, Event, Frame, Header, Inbound, Kind, Request, Verdict};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes taken from the link at once.
const READ_BYTES: usize = 16 * 1024;
/// The longest wait between two looks at [`Cancel`].
const SLICE: Duration = Duration::from_millis(100);
/// The longest time between two attempts to be answered.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(1);
/// The time between two attempts to open a lost link.
const REOPEN_PAUSE: Duration = Duration::from_millis(250);

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

/// The host's end of a session: the link, and what is known of the board behind it.
pub(super) struct HostEnd {
    pub(super) link: Box<dyn Link>,
    pub(super) cancel: Cancel,
    pub(super) patience: Duration,
    pub(super) board_state: BoardState,
    decoder: Decoder,
    received: Vec<u8>,
}

/// What the host knows of the board.
pub(super) struct BoardState {
    pub(super) statistics: Statistics,
    pub(super) logs: Logs,
    /// 0 where there is no session.
    session: u16,
    /// The session before, so that the next one is another.
    last_session: u16,
    next_request: u16,
    inbound: Inbound,
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
enum Goal {
    Greeted,
    Acknowledged,
    Answered,
}

/// What came of an exchange so far.
struct Exchange {
    goal: Goal,
    is_acknowledged: bool,
    greeting: Option<HelloReply>,
    is_done: bool,
    /// Something new came: there is no need to ask again yet.
    has_traffic: bool,
    /// What came is what the exchange waits for. A log is not: a board could log for
    /// ever.
    has_progress: bool,
    /// The board should hear of this end's place in the sequence.
    owes_ack: bool,
}

impl HostEnd {
    pub(super) fn new(link: Box<dyn Link>, cancel: Cancel, logs: Logs, patience: Duration) -> Self {
        let board_state = BoardState {
            statistics: Statistics::default(),
            logs,
            session: 0,
            // Nothing but the operating system's randomness is needed of it.
            last_session: RandomState::new().hash_one(0) as u16,
            next_request: 0,
            inbound: Inbound::new(1, 1),
            held: HashMap::new(),
        };
        let received = vec![0; READ_BYTES];
        Self {
            link,
            cancel,
            patience,
            board_state,
            decoder: Decoder::new(),
            received,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.board_state.session != 0
    }

    /// Forgets the session; the board is not told.
    pub(super) fn forget(&mut self) {
        self.board_state.session = 0;
        self.board_state.logs.cut();
    }

    /// Ends the session and whatever the board is doing for it.
    pub(super) fn abandon(&mut self) {
        if self.is_open() {
            self.board_state.next_session();
            // If it is lost, the next session's Hello does the same.
            let _ = self.send_hello();
        }
        self.forget();
    }

    /// Makes another attempt possible after `attempts` that were interrupted.
    ///
    /// # Errors
    /// Where there is no point in one more.
    pub(super) fn recover(
        &mut self,
        interruption: Interruption,
        attempts: u32,
        retries: u32,
    ) -> Result<(), SessionError> {
        match interruption {
            Interruption::Fatal(error) => {
                self.abandon();
                Err(error)
            }
            Interruption::Lost(error) => {
                self.forget();
                if attempts > retries {
                    Err(error.into())
                } else {
                    self.reopen(error)
                }
            }
            Interruption::Reset => {
                self.forget();
                self.board_state.statistics.resets += 1;
                if attempts > retries {
                    return Err(SessionError::TooManyResets { attempts });
                }
                tracing::info!("the board was reset; asking again");
                Ok(())
            }
        }
    }

    /// Opens the lost link again, as soon as it can be.
    fn reopen(&mut self, lost: LinkError) -> Result<(), SessionError> {
        tracing::warn!("{lost}; waiting for it to come back");
        let deadline = Instant::now() + self.patience;
        loop {
            if self.cancel.is_cancelled() {
                return Err(SessionError::Cancelled);
            }
            match self.link.reopen() {
                Ok(()) => {
                    self.board_state.statistics.links_reopened += 1;
                    return Ok(());
                }
                Err(error) if Instant::now() >= deadline => return Err(error.into()),
                Err(_) => thread::sleep(REOPEN_PAUSE),
            }
        }
    }

    /// Opens a session; gives what the board speaks.
    pub(super) fn greet(&mut self) -> Result<HelloReply, Interruption> {
        self.board_state.next_session();
        let exchange = self.exchange(Goal::Greeted, &[], &mut |_| Ok(()))?;
        let reply = exchange
            .greeting
            .ok_or(SessionError::Protocol("its greeting is missing"))?;
        self.board_state.inbound = Inbound::new(reply.window, self.credit());
        Ok(reply)
    }

    /// Sends a request that is only acknowledged.
    pub(super) fn tell(&mut self, request: &Request<'_>) -> Result<(), Interruption> {
        self.request(Goal::Acknowledged, request, &mut |event| {
            Err(unexpected(event))
        })
    }

    /// Sends a request and hands its events over, the last one included.
    pub(super) fn ask(
        &mut self,
        request: &Request<'_>,
        on_event: OnEvent<'_>,
    ) -> Result<(), Interruption> {
        self.request(Goal::Answered, request, on_event)
    }

    fn request(
        &mut self,
        goal: Goal,
        request: &Request<'_>,
        on_event: OnEvent<'_>,
    ) -> Result<(), Interruption> {
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        let payload = message::emit(request, &mut payload)
            .ok_or(SessionError::Protocol("a request is longer than a frame"))?;
        self.exchange(goal, payload, on_event)?;
        self.board_state.next_request = self.board_state.next_request.wrapping_add(1);
        Ok(())
    }

    /// Sends what `goal` needs until it is reached. Everything that has to do
    /// with time is here.
    fn exchange(
        &mut self,
        goal: Goal,
        payload: &[u8],
        on_event: OnEvent<'_>,
    ) -> Result<Exchange, Interruption> {
        let mut exchange = Exchange {
            goal,
            is_acknowledged: false,
            greeting: None,
            is_done: false,
            has_traffic: false,
            has_progress: false,
            owes_ack: false,
        };
        let mut answer_time = self.link.answer_time();
        // A slow link needs its time, whatever the caller's patience is.
        let patience = self.patience.max(answer_time);
        self.send_for(&exchange, payload)?;
        let mut last_progress = Instant::now();
        let mut deadline = last_progress + answer_time;
        while !exchange.is_done {
            if self.cancel.is_cancelled() {
                return Err(SessionError::Cancelled.into());
            }
            let now = Instant::now();
            if now.duration_since(last_progress) > patience {
                return Err(self.silent(goal).into());
            }
            if now >= deadline {
                self.board_state.statistics.timeouts += 1;
                self.board_state.inbound.time_out();
                if exchange.goal != Goal::Greeted && !exchange.is_acknowledged {
                    self.board_state.statistics.requests_repeated += 1;
                }
                self.send_for(&exchange, payload)?;
                answer_time = (answer_time * 2).min(ANSWER_TIME_MAX);
                deadline = now + answer_time;
            }
            let wait = deadline.saturating_duration_since(now).min(SLICE);
            let count = self.link.read(&mut self.received, wait)?;
            self.take(count, &mut exchange, on_event)?;
            if std::mem::take(&mut exchange.has_traffic) {
                answer_time = self.link.answer_time();
                deadline = Instant::now() + answer_time;
            }
            if std::mem::take(&mut exchange.has_progress) {
                last_progress = Instant::now();
            }
            let owes_ack = std::mem::take(&mut exchange.owes_ack);
            if !exchange.is_done && (owes_ack || self.board_state.inbound.ack_is_due()) {
                self.send_ack()?;
            }
        }
        Ok(exchange)
    }

    /// Decodes what was received and takes every frame of it.
    fn take(
        &mut self,
        count: usize,
        exchange: &mut Exchange,
        on_event: OnEvent<'_>,
    ) -> Result<(), Interruption> {
        let Self {
            decoder,
            received,
            board_state,
            ..
        } = self;
        let mut rest = received.get(..count).unwrap_or_default();
        board_state.statistics.bytes_received += rest.len() as u64;
        while let Some(frame) = decoder.next(&mut rest) {
            match frame {
                Ok(frame) => {
                    board_state.statistics.frames_received += 1;
                    board_state.take(&frame, exchange, on_event)?;
                }
                Err(_) => board_state.statistics.frames_damaged += 1,
            }
        }
        Ok(())
    }

    /// Sends what brings `exchange` further: the request until it is
    /// acknowledged, then this end's place in the sequence.
    fn send_for(&mut self, exchange: &Exchange, payload: &[u8]) -> Result<(), LinkError> {
        if exchange.goal == Goal::Greeted {
            self.send_hello()
        } else if exchange.is_acknowledged {
            self.send_ack()
        } else {
            let (kind, seq) = (Kind::Request, self.board_state.next_request);
            self.send(kind, seq, payload)
        }
    }

    fn send_hello(&mut self) -> Result<(), LinkError> {
        let hello = Hello {
            version: PROTOCOL_VERSION,
            schema: SCHEMA_HASH,
            credit: self.credit(),
        };
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        let payload = message::emit(&hello, &mut payload);
        // A delimiter first ends whatever the board holds of an earlier frame.
        self.link.write(&[0])?;
        self.send(Kind::Hello, 0, payload.unwrap_or_default())
    }

    fn send_ack(&mut self) -> Result<(), LinkError> {
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        let payload = message::emit(&self.board_state.inbound.receipt(), &mut payload);
        self.send(Kind::Ack, 0, payload.unwrap_or_default())
    }

    fn send(&mut self, kind: Kind, seq: u16, payload: &[u8]) -> Result<(), LinkError> {
        let header = Header {
            kind,
            session: self.board_state.session,
            seq,
            ack: self.board_state.inbound.next(),
            round: self.board_state.inbound.round(),
        };
        let mut buffer = [0; WIRE_BYTES_MAX];
        let bytes = Frame { header, payload }
            .emit(&mut buffer)
            .unwrap_or_default();
        self.link.write(bytes)?;
        self.board_state.inbound.acknowledged();
        self.board_state.statistics.frames_sent += 1;
        self.board_state.statistics.bytes_sent += bytes.len() as u64;
        Ok(())
    }

    /// Frames that may come before this end looks.
    pub(super) fn credit(&self) -> u16 {
        u16::try_from(self.link.buffer_bytes() / WIRE_BYTES_MAX).unwrap_or(u16::MAX)
    }

    /// The error where nothing that `goal` needs came in time.
    fn silent(&self, goal: Goal) -> SessionError {
        let link = self.link.describe();
        let patience = self.patience;
        let damaged = self.board_state.statistics.frames_damaged;
        match goal {
            Goal::Greeted => SessionError::Silent {
                link,
                patience,
                damaged,
            },
            Goal::Acknowledged | Goal::Answered => SessionError::Stuck {
                link,
                patience,
                damaged,
            },
        }
    }
}

impl BoardState {
    fn next_session(&mut self) {
        self.last_session = self.last_session.wrapping_add(1).max(1);
        self.session = self.last_session;
        self.next_request = 0;
        self.inbound = Inbound::new(1, 1);
        self.held.clear();
    }

    fn take(
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
