//! Opening a session, and opening it again after a reset.

use super::cancel::Cancel;
use super::connection::{Connection, Interruption};
use super::error::SessionError;
use super::identity::{BoardIdentity, hex};
use super::logs::Logs;
use super::memory::{HeapUse, Memory};
use super::statistics::Statistics;
use crate::link::Link;
use cortexscope_wire::message::{BoardError, INPUT_BYTES_MAX, ModelIdentity};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use cortexscope_wire::{Event, Request};
use std::time::Duration;

/// What must be at the other end. Nothing is checked that is not given.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// SHA-256 of the board image.
    pub model_hash: Option<[u8; 32]>,
    /// Bytes of each int8 tensor of the model, the input first. Results that are
    /// not as long are refused.
    pub tensor_bytes: Option<Vec<usize>>,
    /// GNU build id of the ELF file. A board without one passes.
    pub elf_build_id: Option<Vec<u8>>,
}

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
    pub(super) connection: Connection,
    pub(super) expect: Expectations,
    retries: u32,
    board: BoardIdentity,
    /// The input that the board holds, so that it is not sent twice.
    held_input: Option<Vec<i8>>,
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
        let mut connection = Connection::new(link, cancel, logs, patience);
        let mut attempts = 0;
        let board = loop {
            match greet(&mut connection, &expect) {
                Ok(board) => break board,
                Err(interruption) => {
                    attempts += 1;
                    connection.recover(interruption, attempts, retries)?;
                }
            }
        };
        Ok(Self {
            connection,
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
        self.connection.link.describe()
    }

    /// Frames that the board may send before this end looks.
    pub fn credits(&self) -> u16 {
        self.connection.credit()
    }

    /// What the link went through so far.
    pub fn statistics(&self) -> Statistics {
        self.connection.peer.statistics
    }

    /// The board's log so far.
    pub fn logs(&self) -> &Logs {
        &self.connection.peer.logs
    }

    /// What the board's flash and RAM are used for.
    ///
    /// # Errors
    /// Those of the link.
    pub fn memory(&mut self) -> Result<Memory, SessionError> {
        self.request(|session| {
            let mut report = None;
            let mut heap = Vec::new();
            session
                .connection
                .ask(&Request::Memory, &mut |event| match event {
                    Event::Memory(memory) => {
                        report = Some(*memory);
                        Ok(())
                    }
                    Event::Heap(phase) => {
                        heap.push(HeapUse {
                            phase: phase.name.to_owned(),
                            live_bytes: phase.live_bytes,
                            peak_bytes: phase.peak_bytes,
                            allocations: phase.allocations,
                        });
                        Ok(())
                    }
                    other => Err(unexpected(other)),
                })?;
            let report = report.ok_or(SessionError::Protocol("no memory report"))?;
            Ok(Memory { report, heap })
        })
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
            self.connection
                .recover(interruption, attempts, self.retries)?;
        }
    }

    fn reconnect(&mut self) -> Result<(), Interruption> {
        if self.connection.is_open() {
            return Ok(());
        }
        self.held_input = None;
        if greet(&mut self.connection, &self.expect)? == self.board {
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
            self.connection.tell(&Request::Input {
                offset,
                bytes: part,
            })?;
        }
        self.held_input = Some(input.to_vec());
        Ok(())
    }
}

/// Opens a session and finds out who is there.
fn greet(
    connection: &mut Connection,
    expect: &Expectations,
) -> Result<BoardIdentity, Interruption> {
    let reply = connection.greet()?;
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
    connection.ask(&Request::Identify, &mut |event| match event {
        Event::Identity(identity) => {
            board = Some(BoardIdentity::from(*identity));
            Ok(())
        }
        other => Err(unexpected(other)),
    })?;
    let board = board.ok_or(SessionError::Protocol("no identity"))?;
    check(&board, expect)?;
    if connection.link.has_semihosting() {
        connection.tell(&Request::Semihost)?;
    }
    Ok(board)
}

fn check(board: &BoardIdentity, expect: &Expectations) -> Result<(), SessionError> {
    if let (Some(found), Some(expected)) = (&board.elf_build_id, &expect.elf_build_id)
        && found != expected
    {
        return Err(SessionError::AnotherFirmware {
            board: hex(found),
            expected: hex(expected),
        });
    }
    if let Some(expected) = expect.model_hash {
        let model = board.model.map_err(SessionError::NoUsableModel)?;
        if model.hash != expected {
            return Err(SessionError::AnotherModel {
                board: hex(&model.hash),
                expected: hex(&expected),
            });
        }
    }
    Ok(())
}

/// The error of an event that does not answer the request.
pub(super) fn unexpected(event: &Event<'_>) -> SessionError {
    match *event {
        Event::Error(error @ (BoardError::NoModel | BoardError::BadModel(_))) => {
            SessionError::NoUsableModel(error)
        }
        Event::Error(error) => SessionError::Board(error),
        _ => SessionError::Protocol("an event that answers another request"),
    }
}
