//! A board program that speaks the protocol and lies, for tests.
//!
//! It answers every request for a model as an honest board does, with zeros for
//! results; then a [`Lie`] changes the answer. [`LyingBoard`] turns bytes into bytes, so
//! that it can sit behind a serial port too; [`LyingLink`] is a link with it at the
//! other end.
//!
//! ```
//! use cortexscope_rig::link::lying::{Lie, LyingLink, Model};
//! use cortexscope_rig::session::{Options, Session};
//!
//! let lie = Lie { classes: Some(5), ..Lie::default() };
//! let link = LyingLink::new(Model::EMPTY, lie);
//! let session = Session::open(Box::new(link), Options::default())?;
//! assert_eq!(session.model()?.classes, 5);
//! # Ok::<(), cortexscope_rig::session::SessionError>(())
//! ```

mod answers;

use super::{Link, LinkError};
use cortexscope_core::Model as ImageModel;
use cortexscope_wire::frame::{PAYLOAD_BYTES_MAX, WIRE_BYTES_MAX};
use cortexscope_wire::message::{self, CounterKind, HelloReply, ModelIdentity};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use cortexscope_wire::{Decoder, Frame, Header, Kind, Request};
use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

/// What the board is asked for; [`Lie::edit`] gets it beside the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Who is there.
    Identify,
    /// An inference.
    Infer,
    /// An occlusion map.
    Occlude,
    /// What the memory is used for.
    Memory,
    /// A picture.
    Capture,
    /// A digit made on the board.
    Form,
    /// Nothing that is answered.
    Other,
}

/// Frames that never end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endless {
    /// The same event, numbered on.
    Event(Vec<u8>),
    /// Bytes of the log, numbered on.
    Log(Vec<u8>),
    /// The first event of the answer again and again, with its number.
    Repeats,
    /// Frames of another session.
    OtherSession,
    /// "I know of no session".
    NoSession,
    /// Bytes that are no frames.
    Noise,
}

/// When an endless talk begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// As soon as there is power.
    Start,
    /// In place of the answer to this request, its first events made.
    Answer(Asked, usize),
}

/// Changes the messages of an answer.
pub type Edit = Box<dyn FnMut(Asked, &mut Vec<Vec<u8>>) + Send>;

/// What a board does that no honest one does. The default is honest.
#[derive(Default)]
pub struct Lie {
    /// Its name.
    pub name: Option<String>,
    /// Its engine's name.
    pub engine: Option<String>,
    /// Number of classes of the model.
    pub classes: Option<u16>,
    /// Number of tensors of the model.
    pub tensors: Option<u8>,
    /// Bytes of the model's input.
    pub input_bytes: Option<u32>,
    /// Rows and columns of a camera.
    pub camera: Option<[u16; 2]>,
    /// Frames of its window.
    pub window: Option<u16>,
    /// What it counts, and the greatest number for all that is counted.
    pub counts: Option<CounterKind>,
    /// A memory report of the greatest numbers.
    pub huge_memory: bool,
    /// Nothing is answered from this request on.
    pub silent_from: Option<Asked>,
    /// The answer is sent before the request that it belongs to.
    pub early: bool,
    /// Every frame is sent twice.
    pub twice: bool,
    /// Talk that never ends.
    pub endless: Option<(From, Endless)>,
    /// Changes the messages of an answer.
    pub edit: Option<Edit>,
}

/// The model that the board says it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    identity: ModelIdentity,
    tensor_bytes: Vec<usize>,
    input_size: [usize; 2],
}

impl Model {
    /// A model without layers.
    pub const EMPTY: Self = Self {
        identity: ModelIdentity {
            hash: [0; 32],
            tensors: 1,
            input_bytes: 0,
            classes: 0,
            image_bytes: 0,
            tapped_arena_bytes: None,
            fused_arena_bytes: None,
        },
        tensor_bytes: Vec::new(),
        input_size: [0; 2],
    };

    /// The model of a board image.
    pub fn of(model: &ImageModel<'_>) -> Self {
        let input = model.input();
        Self {
            identity: ModelIdentity {
                hash: *model.hash(),
                tensors: model.tensor_count() as u8,
                input_bytes: input.bytes() as u32,
                classes: model.logits().shape.elements() as u16,
                image_bytes: model.image_bytes() as u32,
                tapped_arena_bytes: None,
                fused_arena_bytes: None,
            },
            tensor_bytes: model.tensors().map(|tensor| tensor.bytes()).collect(),
            input_size: [input.shape.height, input.shape.width],
        }
    }
}

/// A board program that turns what the host sends into what the board sends.
pub struct LyingBoard {
    model: Model,
    lie: Lie,
    decoder: Decoder,
    session: u16,
    next_request: u16,
    next_event: u16,
    first_answer: Vec<u8>,
    /// The endless talk has begun.
    talks: bool,
    is_silent: bool,
}

impl LyingBoard {
    /// A board that says that it holds `model`, and lies.
    pub fn new(model: Model, lie: Lie) -> Self {
        let talks = matches!(lie.endless, Some((From::Start, _)));
        Self {
            model,
            lie,
            decoder: Decoder::new(),
            session: 0,
            next_request: 0,
            next_event: 0,
            first_answer: Vec::new(),
            talks,
            is_silent: false,
        }
    }

    /// Takes bytes of the host; gives what the board sends on them.
    pub fn take(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut decoder = std::mem::take(&mut self.decoder);
        while let Some(frame) = decoder.next(&mut bytes) {
            if let Ok(frame) = frame {
                self.take_frame(&frame, &mut out);
            }
        }
        self.decoder = decoder;
        out
    }

    /// What the board sends without being asked; nothing unless it talks for ever.
    pub fn talk(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let Some((_, endless)) = self.lie.endless.clone().filter(|_| self.talks) else {
            return out;
        };
        match endless {
            Endless::Event(payload) => self.numbered(Kind::Event, &payload, &mut out),
            Endless::Log(payload) => self.numbered(Kind::Log, &payload, &mut out),
            Endless::Repeats => {
                let payload = self.first_answer.clone();
                let seq = self.next_event.wrapping_sub(1);
                self.frame(Kind::Event, self.session, seq, &payload, &mut out);
            }
            Endless::OtherSession => {
                self.frame(Kind::Event, self.session.wrapping_add(1), 0, &[0], &mut out);
            }
            Endless::NoSession => self.frame(Kind::NoSession, self.session, 0, &[], &mut out),
            Endless::Noise => out.extend([0xEE; 300]),
        }
        out
    }

    fn take_frame(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) {
        let header = frame.header;
        match header.kind {
            Kind::Hello => {
                if self.lie.silent_from == Some(Asked::Other) {
                    return;
                }
                if header.session != self.session {
                    self.session = header.session;
                    self.next_request = 0;
                    self.next_event = 0;
                    self.talks &= matches!(self.lie.endless, Some((From::Start, _)));
                }
                let reply = HelloReply {
                    version: PROTOCOL_VERSION,
                    schema: SCHEMA_HASH,
                    window: self.lie.window.unwrap_or(8),
                };
                let reply = emitted(&reply);
                self.frame(Kind::HelloReply, self.session, 0, &reply, out);
            }
            Kind::Request if header.seq == self.next_request && !self.is_silent => {
                let Some(request) = message::parse::<Request<'_>>(frame.payload) else {
                    return;
                };
                let asked = asked(&request);
                if asked != Asked::Other && self.lie.silent_from == Some(asked) {
                    self.is_silent = true;
                    return;
                }
                let mut answer = self.answer(&request);
                if let Some(edit) = &mut self.lie.edit {
                    edit(asked, &mut answer);
                }
                let endless = self.lie.endless.as_ref();
                if let Some((From::Answer(from, events), _)) = endless
                    && *from == asked
                {
                    answer.truncate(*events);
                    self.talks = true;
                }
                if self.lie.early {
                    self.send(&answer, out);
                    self.next_request = self.next_request.wrapping_add(1);
                    self.frame(Kind::Ack, self.session, 0, &[], out);
                } else {
                    self.next_request = self.next_request.wrapping_add(1);
                    self.frame(Kind::Ack, self.session, 0, &[], out);
                    self.send(&answer, out);
                }
            }
            Kind::Request | Kind::Ack if !self.is_silent => {
                self.frame(Kind::Ack, self.session, 0, &[], out);
            }
            _ => {}
        }
    }

    fn send(&mut self, answer: &[Vec<u8>], out: &mut Vec<u8>) {
        if let Some(first) = answer.first() {
            self.first_answer.clone_from(first);
        }
        for payload in answer {
            self.numbered(Kind::Event, payload, out);
        }
    }

    fn numbered(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        let seq = self.next_event;
        self.next_event = seq.wrapping_add(1);
        self.frame(kind, self.session, seq, payload, out);
    }

    fn frame(&self, kind: Kind, session: u16, seq: u16, payload: &[u8], out: &mut Vec<u8>) {
        let header = Header {
            kind,
            session,
            seq,
            ack: self.next_request,
            round: 0,
        };
        let mut buffer = [0; WIRE_BYTES_MAX];
        let frame = Frame { header, payload }.emit(&mut buffer);
        let frame = frame.unwrap_or_default();
        out.extend_from_slice(frame);
        if self.lie.twice {
            out.extend_from_slice(frame);
        }
    }
}

/// The bytes of a message, for [`Lie::edit`] and [`Endless`]; none if it is longer than
/// a frame.
pub fn emitted(message: &impl serde::Serialize) -> Vec<u8> {
    let mut payload = [0; PAYLOAD_BYTES_MAX];
    message::emit(message, &mut payload)
        .unwrap_or_default()
        .to_vec()
}

fn asked(request: &Request<'_>) -> Asked {
    match request {
        Request::Identify => Asked::Identify,
        Request::Infer(_) => Asked::Infer,
        Request::Occlude(_) => Asked::Occlude,
        Request::Memory => Asked::Memory,
        Request::Capture => Asked::Capture,
        Request::Form(_) => Asked::Form,
        Request::Input { .. } | Request::Picture { .. } | Request::Semihost => Asked::Other,
    }
}

/// A link with a [`LyingBoard`] at its other end.
pub struct LyingLink {
    board: LyingBoard,
    arrived: VecDeque<u8>,
}

impl LyingLink {
    /// A link to a board that says that it holds `model`, and lies.
    pub fn new(model: Model, lie: Lie) -> Self {
        Self {
            board: LyingBoard::new(model, lie),
            arrived: VecDeque::new(),
        }
    }
}

impl Link for LyingLink {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        while self.arrived.len() < buffer.len() {
            let talk = self.board.talk();
            if talk.is_empty() {
                break;
            }
            self.arrived.extend(talk);
        }
        if self.arrived.is_empty() {
            thread::sleep(timeout.min(Duration::from_millis(5)));
            return Ok(0);
        }
        let count = buffer.len().min(self.arrived.len());
        for (to, from) in buffer.iter_mut().zip(self.arrived.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let answer = self.board.take(bytes);
        self.arrived.extend(answer);
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        Ok(())
    }

    fn describe(&self) -> String {
        "a board that lies".to_owned()
    }

    fn buffer_bytes(&self) -> usize {
        64 * 1024
    }

    fn answer_time(&self) -> Duration {
        Duration::from_millis(20)
    }
}
