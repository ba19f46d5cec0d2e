//! A link that writes down what crosses another.

use crate::container::{About, ContainerError, Kind as EntryKind, Writer};
use cortexscope_rig::link::{Link, LinkError};
use cortexscope_wire::{Decoder, Event, Frame, Inbound, Kind, Verdict, message};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Any link, with its requests and answers written to a file.
///
/// It keeps no more than the frames that came before their turn, of which the protocol
/// allows 32.
pub struct Recorder<L> {
    link: L,
    path: PathBuf,
    writer: Writer<BufWriter<File>>,
    from_host: Decoder,
    from_board: Decoder,
    place: Place,
}

/// How far the session is, as its two ends know it.
struct Place {
    session: u16,
    is_greeted: bool,
    next_request: u16,
    inbound: Inbound,
    /// Frames that came before their turn.
    held: HashMap<u16, (Kind, Vec<u8>)>,
}

impl Place {
    fn new(session: u16) -> Self {
        Self {
            session,
            is_greeted: false,
            next_request: 0,
            inbound: Inbound::new(1, 1),
            held: HashMap::new(),
        }
    }
}

impl<L: Link> Recorder<L> {
    /// Records `link` into a new file at `path`.
    ///
    /// # Errors
    /// [`ContainerError::File`]: the file cannot be written.
    pub fn create(path: &Path, link: L, about: &About) -> Result<Self, ContainerError> {
        let failed = |source| ContainerError::File {
            path: path.to_owned(),
            source,
        };
        let file = File::create(path).map_err(failed)?;
        let writer = Writer::new(BufWriter::new(file), about).map_err(failed)?;
        Ok(Self {
            link,
            path: path.to_owned(),
            writer,
            from_host: Decoder::new(),
            from_board: Decoder::new(),
            place: Place::new(0),
        })
    }

    fn failed(&self, source: io::Error) -> LinkError {
        LinkError::RecordingUnwritten {
            path: self.path.clone(),
            source,
        }
    }

    /// Writes down the requests in `bytes`, which went to the board.
    fn note_sent(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let Self {
            from_host,
            writer,
            place,
            ..
        } = self;
        while let Some(frame) = from_host.next(&mut bytes) {
            let Ok(Frame { header, payload }) = frame else {
                continue;
            };
            match header.kind {
                Kind::Hello if header.session != place.session => {
                    *place = Place::new(header.session);
                    writer.entry(EntryKind::Session, &[])?;
                }
                // What is sent again was written down the first time.
                Kind::Request if header.seq == place.next_request => {
                    place.next_request = header.seq.wrapping_add(1);
                    writer.entry(EntryKind::Request, payload)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes down the events and logs in `bytes`, which came from the board, each in
    /// its turn.
    fn note_received(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let Self {
            from_board,
            writer,
            place,
            ..
        } = self;
        while let Some(frame) = from_board.next(&mut bytes) {
            let Ok(Frame { header, payload }) = frame else {
                continue;
            };
            if header.session != place.session {
                continue;
            }
            match header.kind {
                Kind::HelloReply => place.is_greeted = true,
                Kind::Event | Kind::Log if place.is_greeted => {
                    match place.inbound.accept(header.seq) {
                        Verdict::Deliver => {
                            note(writer, header.kind, payload)?;
                            while let Some(seq) = place.inbound.next_held() {
                                if let Some((kind, payload)) = place.held.remove(&seq) {
                                    note(writer, kind, &payload)?;
                                }
                            }
                        }
                        Verdict::Keep => {
                            let kept = (header.kind, payload.to_vec());
                            place.held.insert(header.seq, kept);
                        }
                        Verdict::Duplicate | Verdict::TooFar => {}
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Writes down one event or log. A whole answer is safe in the file.
fn note(writer: &mut Writer<BufWriter<File>>, kind: Kind, payload: &[u8]) -> io::Result<()> {
    if kind == Kind::Log {
        return writer.entry(EntryKind::Log, payload);
    }
    writer.entry(EntryKind::Event, payload)?;
    let is_last = message::parse::<Event<'_>>(payload).is_some_and(|event| event.is_last());
    if is_last { writer.flush() } else { Ok(()) }
}

impl<L: Link> Link for Recorder<L> {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        let count = self.link.read(buffer, timeout)?;
        let received = buffer.get(..count).unwrap_or_default();
        self.note_received(received)
            .map_err(|error| self.failed(error))?;
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.link.write(bytes)?;
        self.note_sent(bytes).map_err(|error| self.failed(error))
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        self.link.reopen()
    }

    fn describe(&self) -> String {
        self.link.describe()
    }

    fn buffer_bytes(&self) -> usize {
        self.link.buffer_bytes()
    }

    fn answer_time(&self) -> Duration {
        self.link.answer_time()
    }

    fn has_semihosting(&self) -> bool {
        self.link.has_semihosting()
    }
}

impl<L> Drop for Recorder<L> {
    fn drop(&mut self) {
        // Without its end the recording says that it was cut short, which is then true.
        let _ = self
            .writer
            .entry(EntryKind::End, &[])
            .and_then(|()| self.writer.flush());
    }
}
