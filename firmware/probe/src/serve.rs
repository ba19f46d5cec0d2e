//! The probe's loop: one request after the other, for ever.

use crate::board::Board;
use crate::capture::capture;
use crate::engine::{Engine, Refusal};
use crate::form::{form, keep_picture};
use crate::port::{Port, Stop};
use crate::stream::{Layer, Stream};
use cortexscope_core::MAX_TENSORS;
use cortexscope_wire::compact;
use cortexscope_wire::frame::PAYLOAD_BYTES_MAX;
use cortexscope_wire::message::{
    CameraIdentity, HeapPhase, Infer, MemoryReport, ModelIdentity, Occlude, Run, input_crc,
};
use cortexscope_wire::{BoardError, Event, Identity, Request, Slot, TensorSet};
use embedded_io::{Read, ReadReady, Write};

/// Why [`serve`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<E> {
    /// The link said that it is closed. A board's link never does.
    Closed,
    /// The link failed.
    Link(E),
}

/// Answers requests that come over `link`, for ever.
///
/// `send_slots` holds what the host has not acknowledged yet: two slots work, eight
/// keep a link busy while the host looks at what came.
pub fn serve<B, L, E>(
    board: &mut B,
    link: &mut L,
    engine: &mut E,
    send_slots: &mut [Slot],
) -> End<L::Error>
where
    B: Board,
    L: Read + ReadReady + Write,
    E: Engine,
{
    log_start(engine);
    let window_bytes = size_of_val(send_slots) as u32;
    let mut port = Port::new(link, send_slots);
    loop {
        match turn(board, &mut port, engine, window_bytes) {
            Ok(()) | Err(Stop::Abandoned) => {}
            Err(Stop::Closed) => return End::Closed,
            Err(Stop::Link(error)) => return End::Link(error),
        }
    }
}

/// Waits for bytes, and answers the request that they complete.
fn turn<B, L, E>(
    board: &mut B,
    port: &mut Port<'_, L>,
    engine: &mut E,
    window_bytes: u32,
) -> Result<(), Stop<L::Error>>
where
    B: Board,
    L: Read + ReadReady + Write,
    E: Engine,
{
    port.send_logs(|buffer| board.take_logs(buffer))?;
    let mut payload = [0; PAYLOAD_BYTES_MAX];
    let Some(payload) = port.receive(&mut payload)? else {
        return Ok(());
    };
    let answered = match compact::parse_request(payload) {
        Some(Request::Identify) => port
            .send(&Event::Identity(identity(board, engine)))
            .map_err(Refusal::Stopped),
        Some(Request::Input { offset, bytes }) => {
            keep_input(engine.input(), offset, bytes);
            Ok(())
        }
        Some(Request::Infer(ask)) => infer(board, port, engine, &ask),
        Some(Request::Occlude(ask)) => occlude(board, port, engine, &ask),
        Some(Request::Memory) => memory(board, port, engine, window_bytes),
        Some(Request::Semihost) => {
            board.semihost();
            Ok(())
        }
        Some(Request::Capture) => capture(board, port),
        Some(Request::Picture { offset, levels }) => {
            keep_picture(engine, offset, levels);
            Ok(())
        }
        Some(Request::Form(ask)) => form(board, port, engine, ask),
        None => Err(BoardError::UnknownRequest.into()),
    };
    match answered {
        Ok(()) => Ok(()),
        Err(Refusal::Stopped(stop)) => Err(stop),
        Err(Refusal::Board(error)) => {
            log_refusal();
            port.send(&Event::Error(error))
        }
    }
}

// These answers are never inlined: together they would make the loop's frame on
// the stack as large as the largest of them, and the engine's code many times over.

#[inline(never)]
fn identity<'a, B: Board, E: Engine>(board: &'a mut B, engine: &'a E) -> Identity<'a> {
    let camera = board.camera().map(|camera| {
        let [height, width] = camera.size();
        CameraIdentity { height, width }
    });
    Identity {
        board: head(board.name()),
        engine: head(engine.name()),
        elf_build_id: board
            .elf_build_id()
            .get(..32)
            .unwrap_or(board.elf_build_id()),
        counter: board.counter_kind(),
        arena_bytes: engine.arena_bytes(),
        model_region_bytes: engine.model_region_bytes(),
        model: engine.model(),
        camera,
    }
}

/// The first 32 bytes of a name; nothing of a longer one of which they cut a character.
fn head(name: &str) -> &str {
    name.get(..name.len().min(32)).unwrap_or_default()
}

/// Every phase of the heap, then the report.
#[inline(never)]
fn memory<B, L, E>(
    board: &B,
    port: &mut Port<'_, L>,
    engine: &mut E,
    window_bytes: u32,
) -> Result<(), Refusal<Stop<L::Error>>>
where
    B: Board,
    L: Read + ReadReady + Write,
    E: Engine,
{
    for phase in (0..).map_while(|index| engine.heap_phase(index)) {
        let name = head(phase.name);
        port.send(&Event::Heap(HeapPhase { name, ..phase }))
            .map_err(Refusal::Stopped)?;
    }
    let model = engine.model().ok();
    let report = MemoryReport {
        sections: board.sections(),
        model_region_bytes: engine.model_region_bytes(),
        image_bytes: model.map_or(0, |model| model.image_bytes),
        arena_bytes: engine.arena_bytes(),
        input_bytes: engine.input().len() as u32,
        window_bytes,
        tapped_arena_bytes: model.and_then(|model| model.tapped_arena_bytes),
        fused_arena_bytes: model.and_then(|model| model.fused_arena_bytes),
    };
    port.send(&Event::Memory(report)).map_err(Refusal::Stopped)
}

/// Copies a part of the input to its place; what lies outside is dropped.
fn keep_input(input: &mut [u8], offset: u32, bytes: &[u8]) {
    let place = input.get_mut(offset as usize..).unwrap_or_default();
    for (to, &from) in place.iter_mut().zip(bytes) {
        *to = from;
    }
}

/// How many tensors and classes the model has, once it and the input are what the
/// request means.
fn ready<E: Engine>(engine: &mut E, expected: u32) -> Result<(u8, u16), BoardError> {
    let ModelIdentity {
        tensors, classes, ..
    } = engine.model()?;
    let found = input_crc(engine.input());
    if found == expected {
        Ok((tensors, classes))
    } else {
        Err(BoardError::InputCrc { found, expected })
    }
}

#[inline(never)]
fn infer<B, L, E>(
    board: &mut B,
    port: &mut Port<'_, L>,
    engine: &mut E,
    ask: &Infer,
) -> Result<(), Refusal<Stop<L::Error>>>
where
    B: Board,
    L: Read + ReadReady + Write,
    E: Engine,
{
    let (tensors, _) = ready(engine, ask.input_crc)?;
    check_taps(ask.taps, tensors)?;
    if let Some(paint) = ask.paint {
        board.paint_stack(paint);
    }
    let mut layers = [Layer::NONE; MAX_TENSORS];
    let mut stream = Stream::new(port, board, ask.taps, ask.paint, &mut layers);
    engine.infer(ask.mode, &mut stream)?;
    let total = stream
        .finish(usize::from(tensors))
        .map_err(Refusal::Stopped)?;
    port.send(&Event::Done(Run {
        count: total.count,
        arena_bytes: total.arena_bytes,
        stack_bytes: total.stack_bytes,
        heap_bytes: engine.heap_high_water_bytes(),
    }))
    .map_err(Refusal::Stopped)
}

fn check_taps(taps: TensorSet, tensors: u8) -> Result<(), BoardError> {
    match taps.iter().last() {
        Some(highest) if highest >= usize::from(tensors) => Err(BoardError::UnknownTensor {
            tensor: highest as u8,
            tensors,
        }),
        _ => Ok(()),
    }
}

#[inline(never)]
fn occlude<B, L, E>(
    board: &mut B,
    port: &mut Port<'_, L>,
    engine: &mut E,
    ask: &Occlude,
) -> Result<(), Refusal<Stop<L::Error>>>
where
    B: Board,
    L: Read + ReadReady + Write,
    E: Engine,
{
    let (_, classes) = ready(engine, ask.input_crc)?;
    if let Some(class) = ask.class.filter(|&class| class >= classes) {
        return Err(BoardError::ClassOutOfRange { class, classes }.into());
    }
    if let Some(paint) = ask.paint {
        engine.paint_arena(paint);
        board.paint_stack(paint);
    }
    let mut stream = Stream::new(port, board, TensorSet::default(), None, &mut []);
    let macs = engine.occlude(ask, &mut stream)?;
    let count = stream.finish_map().map_err(Refusal::Stopped)?;
    port.send(&Event::OcclusionDone {
        macs_done: macs.done,
        macs_full: macs.full,
        count,
        arena_bytes: ask.paint.map(|paint| engine.arena_high_water_bytes(paint)),
        stack_bytes: ask
            .paint
            .and_then(|paint| board.stack_high_water_bytes(paint)),
    })
    .map_err(Refusal::Stopped)
}

#[cfg(feature = "defmt")]
fn log_start<E: Engine>(engine: &E) {
    // Why a model is refused goes to the host with the identity; putting it in
    // words here would take the formatter's flash.
    match engine.model() {
        Ok(model) => defmt::info!(
            "a model of {=u32} bytes passed its checks",
            model.image_bytes
        ),
        Err(_) => defmt::warn!("no usable model"),
    }
}

#[cfg(not(feature = "defmt"))]
fn log_start<E: Engine>(_engine: &E) {}

#[cfg(feature = "defmt")]
fn log_refusal() {
    defmt::warn!("a request was refused; the host is told why");
}

#[cfg(not(feature = "defmt"))]
fn log_refusal() {}
