//! From the engine's tap to the host, with the counter stopped meanwhile.

use crate::board::Board;
use crate::engine::MapSink;
use crate::port::{Port, Stop};
use core::num::NonZeroU32;
use core::ops::Range;
use cortexscope_core::Tap;
use cortexscope_wire::message::{TAP_BYTES_MAX, WORDS_MAX};
use cortexscope_wire::{Event, TensorSet};
use embedded_io::{Read, ReadReady, Write};

/// A counter that does not count while results are sent.
#[derive(Default)]
struct Watch {
    started: u64,
    /// Counted outside of the engine.
    outside: u64,
}

impl Watch {
    fn start<B: Board>(board: &mut B) -> Self {
        Self {
            started: board.counter(),
            outside: 0,
        }
    }

    /// Notes that since `left` something else ran. A counter never goes back.
    #[inline(never)]
    fn resume<B: Board>(&mut self, board: &mut B, left: u64) {
        let now = board.counter();
        self.outside = self.outside.wrapping_add(now.wrapping_sub(left));
    }

    fn count<B: Board>(&self, board: &mut B) -> u64 {
        let now = board.counter();
        now.wrapping_sub(self.started).wrapping_sub(self.outside)
    }
}

/// Sends the tensors that were asked for and measures every layer; or sends an occlusion
/// map, some positions at a time.
pub(crate) struct Stream<'s, 'p, B, L: Read + ReadReady + Write> {
    port: &'s mut Port<'p, L>,
    board: &'s mut B,
    taps: TensorSet,
    paint: Option<u8>,
    watch: Watch,
    begun: u64,
    /// One for each tensor; none where a map is made.
    layers: &'s mut [Layer],
    positions: Positions,
    arena_bytes: Option<u32>,
    stack_bytes: Option<NonZeroU32>,
    run: Run,
    /// What stopped the run where the tap has no way to say so.
    stopped: Option<Stop<L::Error>>,
}

/// What a layer took.
#[derive(Clone, Copy)]
pub(crate) struct Layer {
    /// Saturates; a part that counts as far as this needs minutes for a layer.
    count: u32,
    arena_bytes: Option<u32>,
    /// Never 0: who looks has a stack.
    stack_bytes: Option<NonZeroU32>,
}

impl Layer {
    /// Nothing yet.
    pub(crate) const NONE: Self = Self {
        count: 0,
        arena_bytes: None,
        stack_bytes: None,
    };
}

/// What a whole inference took.
pub(crate) struct Total {
    pub count: u64,
    pub arena_bytes: Option<u32>,
    pub stack_bytes: Option<u32>,
}

/// Consecutive bytes of one tensor that wait for a frame to be full.
struct Run {
    tensor: usize,
    offset: usize,
    length: usize,
    bytes: [u8; TAP_BYTES_MAX],
}

impl<'s, 'p, B: Board, L: Read + ReadReady + Write> Stream<'s, 'p, B, L> {
    /// One that has begun to count: what it took to get here is not the engine's.
    ///
    /// Without `layers`, inferences are made for a map: their logits are not sent.
    #[inline(never)]
    pub(crate) fn new(
        port: &'s mut Port<'p, L>,
        board: &'s mut B,
        taps: TensorSet,
        paint: Option<u8>,
        layers: &'s mut [Layer],
    ) -> Self {
        Self {
            port,
            watch: Watch::start(board),
            board,
            taps,
            paint,
            begun: 0,
            layers,
            positions: Positions::default(),
            arena_bytes: None,
            stack_bytes: None,
            run: Run {
                tensor: 0,
                offset: 0,
                length: 0,
                bytes: [0; TAP_BYTES_MAX],
            },
            stopped: None,
        }
    }

    /// Sends what is left and one event for each of the `tensors` but the input;
    /// gives what the whole took.
    pub(crate) fn finish(&mut self, tensors: usize) -> Result<Total, Stop<L::Error>> {
        let count = self.watch.count(self.board);
        self.look_at_stack();
        self.flush()?;
        for tensor in 1..tensors {
            let Some(layer) = self.layers.get(tensor) else {
                break;
            };
            self.port.send(&Event::LayerDone {
                tensor: tensor as u8,
                count: layer.count.into(),
                arena_bytes: layer.arena_bytes,
                stack_bytes: layer.stack_bytes.map(NonZeroU32::get),
            })?;
        }
        Ok(Total {
            count,
            arena_bytes: self.arena_bytes,
            stack_bytes: self.stack_bytes.map(NonZeroU32::get),
        })
    }

    /// Keeps the first thing that stops the run until the tap can say so.
    fn note(&mut self, polled: Result<(), Stop<L::Error>>) {
        if let Err(stop) = polled {
            self.stopped.get_or_insert(stop);
        }
    }

    fn flush(&mut self) -> Result<(), Stop<L::Error>> {
        if let Some(stop) = self.stopped.take() {
            return Err(stop);
        }
        let Run {
            tensor,
            offset,
            length,
            bytes,
        } = &mut self.run;
        if *length == 0 {
            return Ok(());
        }
        let bytes = bytes.get(..*length).unwrap_or_default();
        let event = Event::Tap {
            tensor: *tensor as u8,
            offset: *offset as u32,
            bytes,
        };
        *offset += *length;
        *length = 0;
        self.port.send(&event)
    }

    fn append(
        &mut self,
        tensor: usize,
        offset: usize,
        mut bytes: &[i8],
    ) -> Result<(), Stop<L::Error>> {
        if tensor != self.run.tensor || offset != self.run.offset + self.run.length {
            self.flush()?;
            self.run.tensor = tensor;
            self.run.offset = offset;
        }
        while !bytes.is_empty() {
            let room = self
                .run
                .bytes
                .get_mut(self.run.length..)
                .unwrap_or_default();
            let (now, later) = bytes
                .split_at_checked(room.len())
                .unwrap_or((bytes, Default::default()));
            for (to, &from) in room.iter_mut().zip(now) {
                *to = from as u8;
            }
            self.run.length += now.len();
            bytes = later;
            if self.run.length == TAP_BYTES_MAX {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Sends the words of accumulators or of logits as little-endian bytes, as many in
    /// a frame as fit.
    fn send_words(&mut self, words: &[u32], are_logits: bool) -> Result<(), Stop<L::Error>> {
        self.flush()?;
        let mut first = 0;
        for chunk in words.chunks(WORDS_MAX) {
            let mut bytes = [[0; 4]; WORDS_MAX];
            for (bytes, &word) in bytes.iter_mut().zip(chunk) {
                *bytes = word.to_le_bytes();
            }
            let values = bytes.as_flattened().get(..4 * chunk.len());
            let values = values.unwrap_or_default();
            self.port.send(&if are_logits {
                Event::Logits { first, values }
            } else {
                Event::Accumulators { first, values }
            })?;
            first += WORDS_MAX as u32;
        }
        Ok(())
    }

    /// The same with the counter stopped.
    #[inline(never)]
    fn send_words_apart(&mut self, words: &[u32], are_logits: bool) -> Result<(), Stop<L::Error>> {
        self.apart(|stream| stream.send_words(words, are_logits))
    }

    fn look_at_stack(&mut self) -> Option<NonZeroU32> {
        let bytes = self.board.stack_high_water_bytes(self.paint?);
        let bytes = bytes.and_then(NonZeroU32::new);
        self.stack_bytes = self.stack_bytes.max(bytes);
        bytes
    }

    /// Runs `work` with the counter stopped.
    fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let left = self.board.counter();
        let result = work(self);
        self.watch.resume(self.board, left);
        result
    }
}

impl<B: Board, L: Read + ReadReady + Write> Tap for Stream<'_, '_, B, L> {
    type Error = Stop<L::Error>;

    fn begin(&mut self, _tensor: usize) {
        if let Some(paint) = self.paint {
            self.apart(|stream| {
                stream.look_at_stack();
                stream.board.paint_stack(paint);
            });
        }
        self.begun = self.board.counter();
    }

    fn end(&mut self, tensor: usize) {
        // One reading ends the layer and stops the counter: a fused layer ends at
        // every row, and a reading costs tens of instructions.
        let ended = self.board.counter();
        let stack_bytes = self.look_at_stack();
        if let Some(layer) = self.layers.get_mut(tensor) {
            let count = ended.wrapping_sub(self.begun);
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            layer.count = layer.count.saturating_add(count);
            layer.stack_bytes = layer.stack_bytes.max(stack_bytes);
        }
        let polled = self
            .port
            .poll()
            .and_then(|()| self.port.send_logs(|buffer| self.board.take_logs(buffer)));
        self.note(polled);
        self.watch.resume(self.board, ended);
    }

    /// It counts for the layer: to stop the counter costs more.
    fn between_rows(&mut self) {
        let polled = self.port.poll();
        self.note(polled);
    }

    fn watches_arena(&self) -> bool {
        self.paint.is_some()
    }

    fn free(&mut self, part: &mut [u8]) {
        self.apart(|stream| part.fill(stream.paint.unwrap_or_default()));
    }

    fn stepped(&mut self, tensors: Range<usize>, arena: &[u8]) {
        self.apart(|stream| {
            let bytes = stream.paint.map(|paint| painted_over(arena, paint));
            stream.arena_bytes = stream.arena_bytes.max(bytes);
            for layer in stream.layers.get_mut(tensors).unwrap_or_default() {
                layer.arena_bytes = bytes;
            }
        });
    }

    #[inline(never)]
    fn wants(&self, tensor: usize) -> bool {
        self.taps.contains(tensor) || self.stopped.is_some()
    }

    fn activation(
        &mut self,
        tensor: usize,
        offset: usize,
        bytes: &[i8],
    ) -> Result<(), Self::Error> {
        self.apart(|stream| match stream.stopped.take() {
            Some(stop) => Err(stop),
            None => stream.append(tensor, offset, bytes),
        })
    }

    fn accumulators(&mut self, values: &[i32]) -> Result<(), Self::Error> {
        self.send_words_apart(bytemuck::must_cast_slice(values), false)
    }

    fn logits(&mut self, values: &[f32]) -> Result<(), Self::Error> {
        if self.layers.is_empty() {
            return Ok(());
        }
        self.send_words_apart(bytemuck::must_cast_slice(values), true)
    }
}

/// Bytes from the arena's beginning to the last one that is not `paint`.
pub(crate) fn painted_over(arena: &[u8], paint: u8) -> u32 {
    let last = arena.iter().rposition(|&byte| byte != paint);
    last.map_or(0, |last| last as u32 + 1)
}

/// Few enough for a map to be watched while it grows, many enough for a slow link.
const POSITIONS_PER_FRAME: usize = 16;
const _: () = assert!(POSITIONS_PER_FRAME <= WORDS_MAX);

/// Probabilities of an occlusion map that wait for a frame to be full.
#[derive(Default)]
struct Positions {
    first: u32,
    waiting: usize,
    probabilities: [[u8; 4]; POSITIONS_PER_FRAME],
}

impl<B: Board, L: Read + ReadReady + Write> Stream<'_, '_, B, L> {
    /// Sends what is left of a map; gives the count of the whole.
    pub(crate) fn finish_map(&mut self) -> Result<u64, Stop<L::Error>> {
        let count = self.watch.count(self.board);
        self.flush_map()?;
        Ok(count)
    }

    #[inline(never)]
    fn flush_map(&mut self) -> Result<(), Stop<L::Error>> {
        let Positions {
            first,
            waiting,
            probabilities,
        } = &mut self.positions;
        let probabilities = probabilities.as_flattened().get(..4 * *waiting);
        let event = Event::Positions {
            first: *first,
            probabilities: probabilities.unwrap_or_default(),
        };
        if *waiting == 0 {
            return Ok(());
        }
        *first += *waiting as u32;
        *waiting = 0;
        self.port.send(&event)
    }
}

impl<B: Board, L: Read + ReadReady + Write> MapSink for Stream<'_, '_, B, L> {
    fn base(&mut self, class: u16, probability: f32, positions: u32) -> Result<(), Self::Error> {
        self.apart(|stream| {
            stream.port.send(&Event::OcclusionBase {
                class,
                probability,
                positions,
            })
        })
    }

    fn position(&mut self, _index: u32, probability: f32) -> Result<(), Self::Error> {
        self.apart(|stream| {
            if let Some(stop) = stream.stopped.take() {
                return Err(stop);
            }
            let Positions {
                waiting,
                probabilities,
                ..
            } = &mut stream.positions;
            if let Some(word) = probabilities.get_mut(*waiting) {
                *word = probability.to_le_bytes();
                *waiting += 1;
            }
            if *waiting == POSITIONS_PER_FRAME {
                stream.flush_map()
            } else {
                stream.port.poll()
            }
        })
    }
}
