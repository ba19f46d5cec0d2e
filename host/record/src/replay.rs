//! A link that answers from a recording.

use crate::container::{
    About, ContainerError, Ending, FILE_BYTES_MAX, Kind as EntryKind, Reader, Stop, entry_bytes,
    read_again,
};
use cortexscope_net::hex;
use cortexscope_rig::link::{Link, LinkError};
use cortexscope_wire::frame::{PAYLOAD_BYTES_MAX, WIRE_BYTES_MAX};
use cortexscope_wire::message::{self, Form, HelloReply};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use cortexscope_wire::{Decoder, Event, Frame, Header, Kind, Request};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Requests that are kept of a recording.
const REQUESTS_MAX: usize = 1 << 20;
/// Frames that the replay says it keeps for the host; it keeps none, but is never lost.
const WINDOW: u16 = 64;

/// A link whose other end is a recording.
pub struct Replay {
    path: PathBuf,
    file: BufReader<File>,
    about: About,
    ending: Ending,
    requests: Vec<Recorded>,
    /// The request that is looked at first.
    place: usize,
    decoder: Decoder,
    session: u16,
    next_request: u16,
    next_event: u16,
    /// What is left of the answer: the place in the file, and where it ends.
    answer: Option<[u64; 2]>,
    arrived: VecDeque<u8>,
}

/// A request for something, and where its answer lies.
struct Recorded {
    payload: Box<[u8]>,
    /// Where the request lies.
    at: u64,
    /// Where its answer begins and ends.
    answer: [u64; 2],
    /// The answer's last event is there.
    is_complete: bool,
}

impl Replay {
    /// Opens a recording and checks all of it.
    ///
    /// # Errors
    /// [`ContainerError`]: it cannot be read, or is no recording of this program's
    /// protocol. A file that was cut short or damaged is none: see [`Replay::ending`].
    pub fn open(path: &Path) -> Result<Self, ContainerError> {
        let failed = |source| ContainerError::File {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        if bytes > FILE_BYTES_MAX {
            return Err(ContainerError::TooLarge {
                path: path.to_owned(),
                bytes,
            });
        }
        let mut file = BufReader::new(file);
        let (mut reader, about) = Reader::new(&mut file, path)?;
        let protocol = |version: u16, schema: &str| format!("{version} ({schema})");
        let found = protocol(about.protocol_version, &about.protocol_schema);
        let expected = protocol(PROTOCOL_VERSION, &hex(&SCHEMA_HASH));
        if found != expected {
            return Err(ContainerError::Protocol {
                path: path.to_owned(),
                found,
                expected,
            });
        }
        let mut requests: Vec<Recorded> = Vec::new();
        let mut is_open = false;
        let ending = loop {
            let entry = match reader.next() {
                Ok(entry) => entry,
                Err(Stop::Ending(ending)) => break ending,
                Err(Stop::Io(error)) => return Err(failed(error)),
            };
            let after = reader.at();
            match entry.kind {
                EntryKind::Session | EntryKind::End => is_open = false,
                EntryKind::Request => {
                    is_open = needs_answer(&entry.payload);
                    if !is_open {
                        continue;
                    }
                    if requests.len() == REQUESTS_MAX {
                        return Err(ContainerError::TooManyRequests {
                            path: path.to_owned(),
                            most: REQUESTS_MAX,
                        });
                    }
                    requests.push(Recorded {
                        payload: entry.payload.into_boxed_slice(),
                        at: entry.at,
                        answer: [after, after],
                        is_complete: false,
                    });
                }
                EntryKind::Event | EntryKind::Log => {
                    if let Some(request) = requests.last_mut().filter(|_| is_open) {
                        request.answer[1] = after;
                        let event = message::parse::<Event<'_>>(&entry.payload);
                        if entry.kind == EntryKind::Event
                            && event.is_some_and(|event| event.is_last())
                        {
                            request.is_complete = true;
                            is_open = false;
                        }
                    }
                }
            }
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            about,
            ending,
            requests,
            place: 0,
            decoder: Decoder::new(),
            session: 0,
            next_request: 0,
            next_event: 0,
            answer: None,
            arrived: VecDeque::new(),
        })
    }

    /// What was recorded.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How the good part of the file ends. A replay answers from that part alone.
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// A sentence about a file that was cut short or damaged.
    pub fn warning(&self) -> Option<String> {
        let path = self.path.display();
        match self.ending {
            Ending::Whole => None,
            Ending::CutShort { at_byte } => Some(format!(
                "the recording {path} was cut short: it is replayed up to byte {at_byte}"
            )),
            Ending::Damaged { at_byte } => Some(format!(
                "the recording {path} is damaged: it is replayed up to byte {at_byte}"
            )),
        }
    }

    fn take_frame(&mut self, frame: &Frame<'_>) -> Result<(), LinkError> {
        let header = frame.header;
        match header.kind {
            Kind::Hello => {
                if header.session != self.session {
                    self.session = header.session;
                    self.next_request = 0;
                    self.next_event = 0;
                    self.answer = None;
                    self.arrived.clear();
                }
                let reply = HelloReply {
                    version: PROTOCOL_VERSION,
                    schema: SCHEMA_HASH,
                    window: WINDOW,
                };
                let mut payload = [0; PAYLOAD_BYTES_MAX];
                let payload = message::emit(&reply, &mut payload).unwrap_or_default();
                self.send(Kind::HelloReply, 0, payload);
                Ok(())
            }
            Kind::Request | Kind::Ack if header.session != self.session => Ok(()),
            Kind::Request if header.seq == self.next_request => {
                self.next_request = header.seq.wrapping_add(1);
                self.send(Kind::Ack, 0, &[]);
                if needs_answer(frame.payload) {
                    self.answer = Some(self.find(frame.payload)?);
                }
                Ok(())
            }
            Kind::Request | Kind::Ack => {
                self.send(Kind::Ack, 0, &[]);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Where the answer to `request` lies: the next one, or the first.
    fn find(&mut self, request: &[u8]) -> Result<[u64; 2], LinkError> {
        let count = self.requests.len();
        let mut order = (self.place..count).chain(0..self.place);
        let same = |&at: &usize| *self.requests[at].payload == *request;
        let is_complete = |&at: &usize| self.requests[at].is_complete;
        if let Some(at) = order.clone().filter(same).find(is_complete) {
            self.place = at + 1;
            return Ok(self.requests[at].answer);
        }
        let cut = order.find(same).map(|at| &self.requests[at]);
        let place = match (cut, self.requests.get(self.place)) {
            (Some(cut), _) => format!(
                "the same request is recorded at byte {}, but its answer ends unfinished at byte {}",
                cut.at, cut.answer[1]
            ),
            (None, _) if count == 0 => "no request is recorded".to_owned(),
            (None, Some(next)) => format!(
                "none of the {count} recorded requests is the same; the next one in turn is {}, at \
                 byte {}",
                describe(&next.payload),
                next.at
            ),
            (None, None) => format!(
                "none of the {count} recorded requests is the same; the last one ends at byte {}",
                self.requests[count - 1].answer[1]
            ),
        };
        Err(LinkError::NotRecorded {
            path: self.path.clone(),
            request: describe(request),
            place,
        })
    }

    fn send(&mut self, kind: Kind, seq: u16, payload: &[u8]) {
        let header = Header {
            kind,
            session: self.session,
            seq,
            ack: self.next_request,
            round: 0,
        };
        let mut buffer = [0; WIRE_BYTES_MAX];
        let bytes = Frame { header, payload }.emit(&mut buffer);
        self.arrived.extend(bytes.unwrap_or_default());
    }

    /// Takes the next frame of the answer from the file.
    fn advance(&mut self, [at, end]: [u64; 2]) -> io::Result<()> {
        if at >= end {
            self.answer = None;
            return Ok(());
        }
        let here = self.file.stream_position()?;
        self.file.seek_relative(at as i64 - here as i64)?;
        let Some((kind, payload)) = read_again(&mut self.file)? else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        self.answer = Some([at + entry_bytes(payload.len()), end]);
        let kind = match kind {
            EntryKind::Event => Kind::Event,
            EntryKind::Log => Kind::Log,
            EntryKind::Session | EntryKind::Request | EntryKind::End => return Ok(()),
        };
        let seq = self.next_event;
        self.next_event = seq.wrapping_add(1);
        self.send(kind, seq, &payload);
        Ok(())
    }
}

/// Whether events answer a request with this payload.
fn needs_answer(payload: &[u8]) -> bool {
    !matches!(
        message::parse(payload),
        Some(Request::Input { .. } | Request::Picture { .. } | Request::Semihost)
    )
}

/// A request in words.
fn describe(payload: &[u8]) -> String {
    match message::parse::<Request<'_>>(payload) {
        Some(Request::Identify) => "who the board is".to_owned(),
        Some(Request::Input { .. }) => "a part of an input".to_owned(),
        Some(Request::Infer(ask)) => format!(
            "an inference ({:?} mode, {} tensors, {}input CRC {:08x})",
            ask.mode,
            ask.taps.iter().count(),
            if ask.paint.is_some() { "painted, " } else { "" },
            ask.input_crc
        ),
        Some(Request::Occlude(ask)) => format!(
            "an occlusion map (window {}×{}, stride {}×{}, fill {}, {}, input CRC {:08x})",
            ask.window_h,
            ask.window_w,
            ask.stride_y,
            ask.stride_x,
            ask.fill,
            ask.class.map_or_else(
                || "predicted class".to_owned(),
                |class| format!("class {class}")
            ),
            ask.input_crc
        ),
        Some(Request::Memory) => "the memory report".to_owned(),
        Some(Request::Semihost) => "semihosting".to_owned(),
        Some(Request::Capture) => "a picture of the board's camera".to_owned(),
        Some(Request::Picture { .. }) => "a part of a picture".to_owned(),
        Some(Request::Form(Form::Camera)) => "a digit of its camera's picture".to_owned(),
        Some(Request::Form(Form::Sent { height, width, crc })) => {
            format!("a digit of the picture that was sent ({height}×{width}, CRC {crc:08x})")
        }
        None => "a request that this program does not know".to_owned(),
    }
}

impl Link for Replay {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        while self.arrived.len() < buffer.len()
            && let Some(rest) = self.answer
        {
            self.advance(rest)
                .map_err(|source| LinkError::RecordingUnread {
                    path: self.path.clone(),
                    source,
                })?;
        }
        if self.arrived.is_empty() {
            thread::sleep(timeout);
            return Ok(0);
        }
        let count = buffer.len().min(self.arrived.len());
        for (to, from) in buffer.iter_mut().zip(self.arrived.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), LinkError> {
        let mut decoder = std::mem::take(&mut self.decoder);
        let mut result = Ok(());
        while let Some(frame) = decoder.next(&mut bytes) {
            if let Ok(frame) = frame {
                result = result.and_then(|()| self.take_frame(&frame));
            }
        }
        self.decoder = decoder;
        result
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        self.file
            .seek(SeekFrom::Start(0))
            .map(drop)
            .map_err(|source| LinkError::RecordingUnread {
                path: self.path.clone(),
                source,
            })
    }

    fn describe(&self) -> String {
        format!(
            "the recording {} of {}",
            self.path.display(),
            self.about.link
        )
    }

    fn buffer_bytes(&self) -> usize {
        64 * 1024
    }

    fn answer_time(&self) -> Duration {
        Duration::from_secs(1)
    }
}
