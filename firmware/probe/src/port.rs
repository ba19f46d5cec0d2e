//! The board's end of a session: frames in and out, and what is resent.

use cortexscope_wire::compact;
use cortexscope_wire::frame::{PAYLOAD_BYTES_MAX, WIRE_BYTES_MAX};
use cortexscope_wire::message::{HelloReply, Receipt};
use cortexscope_wire::schema::{PROTOCOL_VERSION, SCHEMA_HASH};
use cortexscope_wire::{Decoder, Event, Frame, Header, Kind, SendWindow, Slot};
use embedded_io::{Read, ReadReady, Write};

/// Bytes taken from the link at once.
const CHUNK_BYTES: usize = 64;

/// Why the probe stops what it does.
#[derive(Debug)]
pub(crate) enum Stop<E> {
    /// The host began a new session.
    Abandoned,
    /// The link is closed.
    Closed,
    /// The link failed.
    Link(E),
}

/// The link, what was sent over it, and what came in.
pub(crate) struct Port<'a, L> {
    link: &'a mut L,
    reader: Reader,
    peer: Peer<'a>,
}

/// Bytes that came in.
struct Reader {
    decoder: Decoder,
    chunk: [u8; CHUNK_BYTES],
    /// The part of the chunk that is not decoded yet.
    start: usize,
    end: usize,
}

/// What the board knows of the host.
struct Peer<'a> {
    /// 0 where there is no session.
    session: u16,
    next_request: u16,
    send_window: SendWindow<'a>,
    /// Requests are left unacknowledged while another one is worked on.
    is_busy: bool,
    request: [u8; PAYLOAD_BYTES_MAX],
    request_bytes: usize,
    wire: [u8; WIRE_BYTES_MAX],
}

/// What a frame led to.
enum Outcome {
    Nothing,
    NewSession,
    NewRequest,
}

impl<'a, L: Read + ReadReady + Write> Port<'a, L> {
    pub(crate) fn new(link: &'a mut L, slots: &'a mut [Slot]) -> Self {
        let reader = Reader {
            decoder: Decoder::new(),
            chunk: [0; CHUNK_BYTES],
            start: 0,
            end: 0,
        };
        let peer = Peer {
            session: 0,
            next_request: 0,
            send_window: SendWindow::new(slots),
            is_busy: false,
            request: [0; PAYLOAD_BYTES_MAX],
            request_bytes: 0,
            wire: [0; WIRE_BYTES_MAX],
        };
        Self { link, reader, peer }
    }

    /// Waits for bytes, and gives the payload of a request if they completed one.
    pub(crate) fn receive<'b>(
        &mut self,
        payload: &'b mut [u8; PAYLOAD_BYTES_MAX],
    ) -> Result<Option<&'b [u8]>, Stop<L::Error>> {
        self.peer.is_busy = false;
        match self.take_frame(true)? {
            Some(Outcome::NewRequest) => {
                self.peer.is_busy = true;
                *payload = self.peer.request;
                Ok(payload.get(..self.peer.request_bytes))
            }
            _ => Ok(None),
        }
    }

    /// Takes what has arrived, without waiting.
    #[inline(never)]
    pub(crate) fn poll(&mut self) -> Result<(), Stop<L::Error>> {
        while let Some(outcome) = self.take_frame(false)? {
            abandon_on(outcome)?;
        }
        Ok(())
    }

    /// Sends `event`, once the send window has room for it.
    pub(crate) fn send(&mut self, event: &Event<'_>) -> Result<(), Stop<L::Error>> {
        self.poll()?;
        while !self.peer.send_window.has_room() {
            if let Some(outcome) = self.take_frame(true)? {
                abandon_on(outcome)?;
            }
        }
        let pushed = self.peer.send_window.push(Kind::Event, |payload| {
            compact::emit_event(event, payload).map(<[u8]>::len)
        });
        debug_assert!(pushed.is_some(), "an event is longer than a payload");
        self.peer.transmit(self.link, pushed).map_err(Stop::Link)
    }

    /// Sends as many log bytes as there is room for, without waiting.
    #[inline(never)]
    pub(crate) fn send_logs(
        &mut self,
        mut take: impl FnMut(&mut [u8]) -> usize,
    ) -> Result<(), Stop<L::Error>> {
        loop {
            let pushed = self.peer.send_window.push(Kind::Log, |payload| {
                Some(take(payload)).filter(|&bytes| bytes > 0)
            });
            if pushed.is_none() {
                return Ok(());
            }
            self.peer.transmit(self.link, pushed).map_err(Stop::Link)?;
        }
    }

    /// The outcome of the next frame; nothing if none is complete, for which it
    /// waits at most once.
    fn take_frame(&mut self, wait: bool) -> Result<Option<Outcome>, Stop<L::Error>> {
        let Self { link, reader, peer } = self;
        if reader.start == reader.end {
            if !wait && !link.read_ready().map_err(Stop::Link)? {
                return Ok(None);
            }
            let count = link.read(&mut reader.chunk).map_err(Stop::Link)?;
            if count == 0 {
                return Err(Stop::Closed);
            }
            reader.start = 0;
            reader.end = count.min(CHUNK_BYTES);
        }
        let chunk = reader
            .chunk
            .get(reader.start..reader.end)
            .unwrap_or_default();
        let mut rest = chunk;
        let decoded = reader.decoder.next(&mut rest);
        reader.start = reader.end - rest.len();
        match decoded {
            Some(Ok(frame)) => peer.handle(*link, &frame).map(Some).map_err(Stop::Link),
            _ => Ok(Some(Outcome::Nothing)),
        }
    }
}

fn abandon_on<E>(outcome: Outcome) -> Result<(), Stop<E>> {
    match outcome {
        Outcome::NewSession => Err(Stop::Abandoned),
        Outcome::Nothing | Outcome::NewRequest => Ok(()),
    }
}

impl Peer<'_> {
    fn handle<L: Write>(&mut self, link: &mut L, frame: &Frame<'_>) -> Result<Outcome, L::Error> {
        let header = frame.header;
        match header.kind {
            Kind::Hello => self.open(link, frame),
            Kind::Request | Kind::Ack if self.session == 0 || header.session != self.session => {
                self.emit(link, Kind::NoSession, header.session, 0, &[])?;
                Ok(Outcome::Nothing)
            }
            Kind::Request => {
                self.send_window.acknowledge(header.ack);
                if self.send_window.enter_round(header.round) {
                    self.resend(link, header.ack, self.send_window.unreceived())?;
                }
                self.accept(link, frame)
            }
            Kind::Ack => {
                self.catch_up(link, frame)?;
                Ok(Outcome::Nothing)
            }
            Kind::HelloReply | Kind::Event | Kind::Log | Kind::NoSession => Ok(Outcome::Nothing),
        }
    }

    /// Begins the session that a Hello names, unless it has begun already.
    fn open<L: Write>(&mut self, link: &mut L, frame: &Frame<'_>) -> Result<Outcome, L::Error> {
        let session = frame.header.session;
        let Some(hello) = compact::parse_hello(frame.payload) else {
            return Ok(Outcome::Nothing);
        };
        if session == 0 {
            return Ok(Outcome::Nothing);
        }
        let is_new = session != self.session;
        if is_new {
            self.session = session;
            self.next_request = 0;
            self.send_window.reset(hello.credit);
        }
        let reply = HelloReply {
            version: PROTOCOL_VERSION,
            schema: SCHEMA_HASH,
            window: self.send_window.slot_count(),
        };
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        if let Some(payload) = compact::emit_hello_reply(&reply, &mut payload) {
            self.emit(link, Kind::HelloReply, session, 0, payload)?;
        }
        Ok(if is_new {
            Outcome::NewSession
        } else {
            Outcome::Nothing
        })
    }

    /// Takes an acknowledgement, and resends what its round asks for. If that is
    /// nothing, the host hears at least that the board is there.
    fn catch_up<L: Write>(&mut self, link: &mut L, frame: &Frame<'_>) -> Result<(), L::Error> {
        let Header { ack, round, .. } = frame.header;
        let Some(receipt) = compact::parse_receipt(frame.payload) else {
            return Ok(());
        };
        self.send_window.acknowledge(ack);
        self.send_window.grant(receipt.limit);
        if self.send_window.enter_round(round) && !self.resend(link, ack, receipt)? {
            self.emit(link, Kind::Ack, self.session, 0, &[])?;
        }
        Ok(())
    }

    /// Sends the frames again that the host misses; gives whether there were any.
    #[inline(never)]
    fn resend<L: Write>(
        &mut self,
        link: &mut L,
        ack: u16,
        receipt: Receipt,
    ) -> Result<bool, L::Error> {
        let mut is_any = false;
        for seq in self.send_window.missing(ack, receipt) {
            self.transmit(link, Some(seq))?;
            is_any = true;
        }
        Ok(is_any)
    }

    /// Acknowledges a request, and keeps it if it is the next one.
    fn accept<L: Write>(&mut self, link: &mut L, frame: &Frame<'_>) -> Result<Outcome, L::Error> {
        let seq = frame.header.seq;
        let is_next = seq == self.next_request;
        if is_next && !self.is_busy {
            let bytes = frame.payload.len();
            if let Some(request) = self.request.get_mut(..bytes) {
                for (to, &from) in request.iter_mut().zip(frame.payload) {
                    *to = from;
                }
                self.request_bytes = bytes;
                self.next_request = seq.wrapping_add(1);
                self.emit(link, Kind::Ack, self.session, 0, &[])?;
                return Ok(Outcome::NewRequest);
            }
        } else if !is_next {
            self.emit(link, Kind::Ack, self.session, 0, &[])?;
        }
        Ok(Outcome::Nothing)
    }

    /// Sends the frame numbered `seq` from the send window, for the first time or again.
    fn transmit<L: Write>(&mut self, link: &mut L, seq: Option<u16>) -> Result<(), L::Error> {
        let Some((seq, (kind, payload))) =
            seq.and_then(|seq| Some((seq, self.send_window.get(seq)?)))
        else {
            return Ok(());
        };
        let header = Header {
            kind,
            session: self.session,
            seq,
            ack: self.next_request,
            round: self.send_window.round(),
        };
        write_frame(link, &Frame { header, payload }, &mut self.wire)
    }

    #[inline(never)]
    fn emit<L: Write>(
        &mut self,
        link: &mut L,
        kind: Kind,
        session: u16,
        seq: u16,
        payload: &[u8],
    ) -> Result<(), L::Error> {
        let (ack, round) = (self.next_request, self.send_window.round());
        let header = Header {
            kind,
            session,
            seq,
            ack,
            round,
        };
        write_frame(link, &Frame { header, payload }, &mut self.wire)
    }
}

/// Writes all of a frame. A link that takes nothing loses the rest of it.
fn write_frame<L: Write>(
    link: &mut L,
    frame: &Frame<'_>,
    buffer: &mut [u8; WIRE_BYTES_MAX],
) -> Result<(), L::Error> {
    let mut rest = frame.emit(buffer).unwrap_or_default();
    while !rest.is_empty() {
        match link.write(rest)? {
            0 => break,
            count => rest = rest.get(count..).unwrap_or_default(),
        }
    }
    link.flush()
}
