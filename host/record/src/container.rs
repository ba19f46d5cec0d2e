//! The file: a head, then entries.
//!
//! ```text
//! head    8 bytes   "CORTXREC"
//!         2 bytes   version, 1
//!         2 bytes   length of what follows
//!         n bytes   JSON: the fields of About
//!         4 bytes   CRC-32 of everything before it
//! entry   1 byte    kind: 1 session, 2 request, 3 event, 4 log, 5 end
//!         2 bytes   length of the payload, at most 242
//!         n bytes   payload, as in a frame of the protocol
//!         4 bytes   CRC-32 of the CRC-32 before it and of this entry
//! ```
//!
//! Numbers are little-endian. The entry `end` has no payload; a file without it was cut
//! short.

use cortexscope_net::printable::printable;
use cortexscope_wire::frame::PAYLOAD_BYTES_MAX;
use crc::{CRC_32_ISO_HDLC, Crc};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// What every recording begins with.
const MAGIC: [u8; 8] = *b"CORTXREC";
/// The version that is written and read.
const VERSION: u16 = 1;
/// Bytes of the head's JSON.
const ABOUT_BYTES_MAX: usize = 4096;
/// Bytes of a file: more is refused, on writing and on reading.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The program that recorded, and its version.
    pub program: String,
    /// The kind of board, as on the command line.
    pub board: String,
    /// The engine that it was to have.
    pub engine: String,
    /// The model's name.
    pub model: String,
    /// SHA-256 of the board image from byte 48 on, in hexadecimal.
    pub model_sha256: String,
    /// The link in words.
    pub link: String,
    /// The protocol's version.
    pub protocol_version: u16,
    /// The hash of the protocol's messages, in hexadecimal.
    pub protocol_schema: String,
}

impl About {
    /// The same, safe to print.
    fn printable(self) -> Self {
        let safe = |text: String| printable(&text).into_owned();
        Self {
            program: safe(self.program),
            board: safe(self.board),
            engine: safe(self.engine),
            model: safe(self.model),
            model_sha256: safe(self.model_sha256),
            link: safe(self.link),
            protocol_version: self.protocol_version,
            protocol_schema: safe(self.protocol_schema),
        }
    }
}

/// Why a file is not a recording that can be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The file cannot be read or written.
    #[error("cannot open the recording {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It does not begin as a recording does.
    #[error(
        "{} is not a recording of a session: `--record` makes one; open a recording of the live \
         page there, under More",
        path.display()
    )]
    NotARecording {
        /// The file.
        path: PathBuf,
    },
    /// Another version wrote it.
    #[error(
        "{} is a recording of version {found}, this program reads version {VERSION}: record it \
         again",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u16,
    },
    /// The head is cut short or was changed.
    #[error("the head of the recording {} is damaged: record it again", path.display())]
    Head {
        /// The file.
        path: PathBuf,
    },
    /// Its messages are not those of this program.
    #[error(
        "the recording {} speaks protocol {found}, this program {expected}: record it again",
        path.display()
    )]
    Protocol {
        /// The file.
        path: PathBuf,
        /// Version and hash in the file.
        found: String,
        /// Version and hash of this program.
        expected: String,
    },
    /// It is larger than a recording may be.
    #[error(
        "the recording {} has {bytes} bytes; at most {FILE_BYTES_MAX} are read",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        bytes: u64,
    },
    /// It holds more requests than a replay keeps.
    #[error("the recording {} holds more than {most} requests", path.display())]
    TooManyRequests {
        /// The file.
        path: PathBuf,
        /// How many are read.
        most: usize,
    },
}

/// What the recording at `path` is of; the rest of the file is not looked at.
///
/// # Errors
/// [`ContainerError`].
pub fn about(path: &Path) -> Result<About, ContainerError> {
    let file = File::open(path).map_err(|source| ContainerError::File {
        path: path.to_owned(),
        source,
    })?;
    Reader::new(BufReader::new(file), path).map(|(_, about)| about)
}

/// How the good part of a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As it was written.
    Whole,
    /// The file was cut short: the good part has this many bytes.
    CutShort {
        /// Bytes of the good part.
        at_byte: u64,
    },
    /// What follows the good part was changed.
    Damaged {
        /// Bytes of the good part.
        at_byte: u64,
    },
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A session begins; what was asked before it and not answered is void.
    Session = 1,
    /// A request.
    Request = 2,
    /// An event that answers it.
    Event = 3,
    /// Bytes of the board's log.
    Log = 4,
    /// The recording ends here.
    End = 5,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        let kinds = [
            Self::Session,
            Self::Request,
            Self::Event,
            Self::Log,
            Self::End,
        ];
        kinds.into_iter().find(|&kind| kind as u8 == byte)
    }
}

/// Bytes of an entry beside its payload.
const FRAME_BYTES: u64 = 1 + 2 + 4;

/// Writes a recording.
pub(crate) struct Writer<W: Write> {
    out: W,
    crc: u32,
    bytes: u64,
}

impl<W: Write> Writer<W> {
    /// A recording with its head written.
    pub(crate) fn new(mut out: W, about: &About) -> io::Result<Self> {
        let json = serde_json::to_vec(about)?;
        if json.len() > ABOUT_BYTES_MAX {
            return Err(ErrorKind::InvalidInput.into());
        }
        let mut head = MAGIC.to_vec();
        head.extend(VERSION.to_le_bytes());
        head.extend((json.len() as u16).to_le_bytes());
        head.extend(json);
        let crc = CRC.checksum(&head);
        head.extend(crc.to_le_bytes());
        out.write_all(&head)?;
        out.flush()?;
        Ok(Self {
            out,
            crc,
            bytes: head.len() as u64,
        })
    }

    /// Adds an entry.
    pub(crate) fn entry(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        self.bytes += FRAME_BYTES + payload.len() as u64;
        if self.bytes > FILE_BYTES_MAX {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let length = (payload.len() as u16).to_le_bytes();
        self.crc = entry_crc(self.crc, kind as u8, length, payload);
        self.out.write_all(&[kind as u8])?;
        self.out.write_all(&length)?;
        self.out.write_all(payload)?;
        self.out.write_all(&self.crc.to_le_bytes())
    }

    /// Hands everything to the system.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn entry_crc(before: u32, kind: u8, length: [u8; 2], payload: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(&before.to_le_bytes());
    digest.update(&[kind]);
    digest.update(&length);
    digest.update(payload);
    digest.finalize()
}

/// One entry as it was read.
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) payload: Vec<u8>,
    /// Where it begins in the file.
    pub(crate) at: u64,
}

/// Reads a recording's entries and checks each.
pub(crate) struct Reader<R: Read> {
    input: R,
    crc: u32,
    at: u64,
}

/// Why there is no further entry.
pub(crate) enum Stop {
    Ending(Ending),
    Io(io::Error),
}

impl<R: Read> Reader<R> {
    /// The head of a recording, and its entries to come.
    pub(crate) fn new(mut input: R, path: &Path) -> Result<(Self, About), ContainerError> {
        let path = || path.to_owned();
        let mut head = [0; 12];
        let count = fill(&mut input, &mut head).map_err(|source| ContainerError::File {
            path: path(),
            source,
        })?;
        if count < MAGIC.len() || head[..8] != MAGIC {
            return Err(ContainerError::NotARecording { path: path() });
        }
        let damaged = || ContainerError::Head { path: path() };
        if count < head.len() {
            return Err(damaged());
        }
        let found = u16::from_le_bytes([head[8], head[9]]);
        if found != VERSION {
            return Err(ContainerError::Version {
                path: path(),
                found,
            });
        }
        let length = usize::from(u16::from_le_bytes([head[10], head[11]]));
        if length > ABOUT_BYTES_MAX {
            return Err(damaged());
        }
        let mut rest = vec![0; length + 4];
        let count = fill(&mut input, &mut rest).map_err(|source| ContainerError::File {
            path: path(),
            source,
        })?;
        let (json, checksum) = rest.split_at(length);
        let mut digest = CRC.digest();
        digest.update(&head);
        digest.update(json);
        let crc = digest.finalize();
        if count < length + 4 || checksum != crc.to_le_bytes() {
            return Err(damaged());
        }
        let about: About = serde_json::from_slice(json).map_err(|_| damaged())?;
        let at = (head.len() + rest.len()) as u64;
        Ok((Self { input, crc, at }, about.printable()))
    }

    /// The next entry.
    pub(crate) fn next(&mut self) -> Result<Entry, Stop> {
        let at = self.at;
        let cut = Stop::Ending(Ending::CutShort { at_byte: at });
        let damaged = Stop::Ending(Ending::Damaged { at_byte: at });
        let mut front = [0; 3];
        if fill(&mut self.input, &mut front).map_err(Stop::Io)? < front.len() {
            return Err(cut);
        }
        let [kind, length @ ..] = front;
        let bytes = usize::from(u16::from_le_bytes(length));
        let Some(kind) = Kind::from_byte(kind).filter(|_| bytes <= PAYLOAD_BYTES_MAX) else {
            return Err(damaged);
        };
        let mut payload = vec![0; bytes + 4];
        if fill(&mut self.input, &mut payload).map_err(Stop::Io)? < payload.len() {
            return Err(cut);
        }
        let checksum = payload.split_off(bytes);
        let crc = entry_crc(self.crc, kind as u8, length, &payload);
        if checksum != crc.to_le_bytes() {
            return Err(damaged);
        }
        if kind == Kind::End {
            return Err(Stop::Ending(Ending::Whole));
        }
        self.crc = crc;
        self.at += FRAME_BYTES + bytes as u64;
        Ok(Entry { kind, payload, at })
    }

    /// Where the next entry begins.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }
}

/// The kind and payload of an entry that was checked before; nothing where the file has
/// changed since.
pub(crate) fn read_again(input: &mut impl Read) -> io::Result<Option<(Kind, Vec<u8>)>> {
    let mut front = [0; 3];
    input.read_exact(&mut front)?;
    let [kind, length @ ..] = front;
    let bytes = usize::from(u16::from_le_bytes(length));
    let Some(kind) = Kind::from_byte(kind).filter(|_| bytes <= PAYLOAD_BYTES_MAX) else {
        return Ok(None);
    };
    let mut payload = vec![0; bytes + 4];
    input.read_exact(&mut payload)?;
    payload.truncate(bytes);
    Ok(Some((kind, payload)))
}

/// Bytes of an entry with a payload of this many.
pub(crate) fn entry_bytes(payload: usize) -> u64 {
    FRAME_BYTES + payload as u64
}

/// Reads until `buffer` is full or the input ends; gives how many bytes came.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match input.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(bytes) => count += bytes,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}
