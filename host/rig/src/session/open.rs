//! Opening a session, and opening it again after a reset.

use super::board_state::Interruption;
use super::cancel::Cancel;
use super::error::{SessionError, unexpected};
use super::expect::{Expectations, Limits};
use super::host_end::HostEnd;
use super::identity::BoardIdentity;
use super::logs::Logs;
use super::statistics::Statistics;
use crate::link::Link;
use cortexscope_net::hex;
use cortexscope_wire::message::{INPUT_BYTES_MAX, ModelIdentity};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use cortexscope_wire::{Event, Request};
use std::time::Duration;

/// How to hold a session.
#[derive(Debug)]
pub struct Options {
    /// What must be at the other end.
    pub expect: Expectations,
    /// Where the board's log goes.
    pub logs: Logs,
    /// Stops the session's work from outside.
    pub cancel: Cancel,
    /// How long a request may be without progress: longer than the slowest layer.
    pub patience: Duration,
    /// How often a request is begun again after a reset or a lost link.
    pub retries: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            expect: Expectations::default(),
            logs: Logs::default(),
            cancel: Cancel::default(),
            patience: Duration::from_secs(10),
            retries: 5,
        }
    }
}

/// A session with a board.
pub struct Session {
    pub(super) host_end: HostEnd,
    pub(super) expect: Expectations,
    retries: u32,
    board: BoardIdentity,
    /// The input that the board holds, so that it is not sent twice.
    pub(super) held_input: Option<Vec<i8>>,
}

impl Session {
    /// A session over `link`, once the board is who it should be.
    ///
    /// # Errors
    /// [`SessionError::Silent`] if nothing answers, [`SessionError::Version`],
    /// [`SessionError::AnotherFirmware`], [`SessionError::AnotherModel`] or
    /// [`SessionError::NoUsableModel`] if it is someone else.
    pub fn open(link: Box<dyn Link>, options: Options) -> Result<Self, SessionError> {
        let Options {
            expect,
            logs,
            cancel,
            patience,
            retries,
        } = options;
        let mut host_end = HostEnd::new(link, cancel, logs, patience);
        let mut attempts = 0;
        let board = loop {
            match greet(&mut host_end, &expect) {
                Ok(board) => break board,
                Err(interruption) => {
                    attempts += 1;
                    host_end.recover(interruption, attempts, retries)?;
                }
            }
        };
        Ok(Self {
            host_end,
            expect,
            retries,
            board,
            held_input: None,
        })
    }

    /// The board at the other end.
    pub fn board(&self) -> &BoardIdentity {
        &self.board
    }

    /// The model on the board.
    ///
    /// # Errors
    /// [`SessionError::NoUsableModel`] if there is none.
    pub fn model(&self) -> Result<&ModelIdentity, SessionError> {
        self.board
            .model
            .as_ref()
            .map_err(|&error| SessionError::NoUsableModel(error))
    }

    /// The link in words.
    pub fn link(&self) -> String {
        self.host_end.link.describe()
    }

    /// Frames that the board may send before this end looks.
    pub fn credits(&self) -> u16 {
        self.host_end.credit()
    }

    /// What the link went through so far.
    pub fn statistics(&self) -> Statistics {
        self.host_end.board_state.statistics
    }

    /// The board's log so far.
    pub fn logs(&self) -> &Logs {
        &self.host_end.board_state.logs
    }

    /// The most that an honest board sends of its model.
    pub(super) fn limits(&self) -> Result<Limits, SessionError> {
        Ok(self.expect.limits(self.model()?))
    }

    /// Runs `attempt` in an open session, again where a reset or a lost link
    /// ends it: the same request gives the same bytes.
    pub(super) fn request<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Self) -> Result<T, Interruption>,
    ) -> Result<T, SessionError> {
        let mut attempts = 0;
        loop {
            let result = self.reconnect().and_then(|()| attempt(self));
            let interruption = match result {
                Ok(value) => return Ok(value),
                Err(interruption) => interruption,
            };
            attempts += 1;
            self.host_end
                .recover(interruption, attempts, self.retries)?;
        }
    }

    fn reconnect(&mut self) -> Result<(), Interruption> {
        if self.host_end.is_open() {
            return Ok(());
        }
        self.held_input = None;
        if greet(&mut self.host_end, &self.expect)? == self.board {
            Ok(())
        } else {
            Err(SessionError::BoardChanged.into())
        }
    }

    /// Sends `input`, unless the board holds it already.
    pub(super) fn send_input(&mut self, input: &[i8]) -> Result<(), Interruption> {
        let need_bytes = self.model()?.input_bytes as usize;
        let have_bytes = input.len();
        if need_bytes != have_bytes {
            return Err(SessionError::InputLength {
                need_bytes,
                have_bytes,
            }
            .into());
        }
        if self.held_input.as_deref() == Some(input) {
            return Ok(());
        }
        self.held_input = None;
        let bytes = bytemuck::cast_slice(input);
        for (part, offset) in bytes
            .chunks(INPUT_BYTES_MAX)
            .zip((0..).step_by(INPUT_BYTES_MAX))
        {
            self.host_end.tell(&Request::Input {
                offset,
                bytes: part,
            })?;
        }
        self.held_input = Some(input.to_vec());
        Ok(())
    }
}

/// Opens a session and finds out who is there.
fn greet(host_end: &mut HostEnd, expect: &Expectations) -> Result<BoardIdentity, Interruption> {
    let reply = host_end.greet()?;
    if (reply.version, reply.schema) != (PROTOCOL_VERSION, SCHEMA_HASH) {
        return Err(SessionError::Version {
            board_version: reply.version,
            board_schema: hex(&reply.schema),
            host_version: PROTOCOL_VERSION,
            host_schema: hex(&SCHEMA_HASH),
        }
        .into());
    }
    let mut board = None;
    host_end.ask(&Request::Identify, &mut |event| match event {
        Event::Identity(identity) => {
            board = Some(BoardIdentity::from(*identity));
            Ok(())
        }
        other => Err(unexpected(other)),
    })?;
    let board = board.ok_or(SessionError::Protocol("it does not say who it is"))?;
    expect.check(&board)?;
    if host_end.link.has_semihosting() {
        host_end.tell(&Request::Semihost)?;
    }
    Ok(board)
}
