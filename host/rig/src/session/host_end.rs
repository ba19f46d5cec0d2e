//! Frames, time-outs, repeats: one request at a time over a link that may lose,
//! change, repeat and reorder bytes.

use super::board_state::{BoardState, Exchange, Goal, Interruption, OnEvent};

use super::cancel::Cancel;
use super::error::{SessionError, unexpected};
use super::logs::Logs;
use crate::link::{Link, LinkError};
use cortexscope_wire::frame::{PAYLOAD_BYTES_MAX, WIRE_BYTES_MAX};
use cortexscope_wire::message::{self, Hello, HelloReply};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use cortexscope_wire::{Decoder, Frame, Header, Inbound, Kind, Request};
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

/// The host's end of a session: the link, and what is known of the board behind it.
pub(super) struct HostEnd {
    pub(super) link: Box<dyn Link>,
    pub(super) cancel: Cancel,
    pub(super) patience: Duration,
    pub(super) board_state: BoardState,
    decoder: Decoder,
    received: Vec<u8>,
}

impl HostEnd {
    pub(super) fn new(link: Box<dyn Link>, cancel: Cancel, logs: Logs, patience: Duration) -> Self {
        let board_state = BoardState::new(logs);
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
        self.board_state.is_open()
    }

    /// Forgets the session; the board is not told.
    pub(super) fn forget(&mut self) {
        self.board_state.forget();
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
        let mut exchange = Exchange::begin(goal);
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
        self.send(Kind::Ack, 0, payload.unwrap_or_default())?;
        self.board_state.inbound.granted();
        Ok(())
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
