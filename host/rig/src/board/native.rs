//! The board that is this process: the probe in a thread of its own, with the kernels of
//! this processor.

mod sensor;

use crate::link::memory::{BoardEnd, MemoryLink, Socket, pair};
use crate::link::{Link, LinkError};
use cortexscope_probe::{Board, Camera, StaticEngine, serve};
use cortexscope_simd::SimdKernels;
use cortexscope_wire::Slot;
use cortexscope_wire::message::{CounterKind, Sections};
use image::GrayImage;
use sensor::Sensor;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Frames that the native board keeps unacknowledged: 16 KB.
const SEND_WINDOW_SLOTS: usize = 64;

/// Bytes of arena that let every shipped network run in every mode.
pub const DEFAULT_ARENA_BYTES: usize = 4 << 20;

/// A running native board, used as the link to it.
///
/// It has no instruction counter, no ELF file of its own and no linker map.
pub struct NativeBoard {
    link: MemoryLink,
    button: ResetButton,
}

/// Resets a [`NativeBoard`], as the button on a real board does: whoever uses
/// its link is not told.
#[derive(Clone)]
pub struct ResetButton {
    running: Arc<Mutex<Running>>,
}

struct Running {
    memory: Memory,
    socket: Socket,
    thread: Option<JoinHandle<()>>,
}

/// What survives a reset, and how much RAM there is.
#[derive(Clone)]
struct Memory {
    sensor: Arc<[GrayImage]>,
    /// The model region, in words because the engine wants it aligned.
    flash: Arc<[u32]>,
    arena_bytes: usize,
}

impl NativeBoard {
    /// A board with `image` in its model region, which may be empty, and
    /// `arena_bytes` of arena, rounded up to words.
    pub fn start(image: &[u8], arena_bytes: usize) -> Self {
        Self::with_camera(image, arena_bytes, Vec::new())
    }

    /// The same with a camera that takes these pictures, one after the other, and
    /// begins again; without any there is no camera. The others are brought to the
    /// size of the first.
    pub fn with_camera(image: &[u8], arena_bytes: usize, pictures: Vec<GrayImage>) -> Self {
        let memory = Memory {
            sensor: sensor::same_size(pictures).into(),
            flash: words(image),
            arena_bytes,
        };
        let (link, board_end) = pair();
        let socket = board_end.socket();
        let thread = Some(memory.clone().boot(board_end));
        let running = Arc::new(Mutex::new(Running {
            memory,
            socket,
            thread,
        }));
        Self {
            link,
            button: ResetButton { running },
        }
    }

    /// The board's reset button.
    pub fn reset_button(&self) -> ResetButton {
        self.button.clone()
    }
}

impl ResetButton {
    /// Resets the board, whatever it does: its RAM is lost, and what was on its
    /// way to it.
    pub fn press(&self) {
        self.with_another_model(None);
    }

    /// Puts another image into the model region, and resets the board.
    pub fn flash(&self, image: &[u8]) {
        self.with_another_model(Some(words(image)));
    }

    fn with_another_model(&self, flash: Option<Arc<[u32]>>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.stop();
        if let Some(flash) = flash {
            running.memory.flash = flash;
        }
        let board_end = running.socket.replace();
        running.thread = Some(running.memory.clone().boot(board_end));
    }
}

impl Drop for NativeBoard {
    fn drop(&mut self) {
        let mut running = self
            .button
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        running.stop();
    }
}

impl Running {
    fn stop(&mut self) {
        self.socket.unplug();
        if let Some(thread) = self.thread.take() {
            // A panic of the board's thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Memory {
    fn boot(self, mut board_end: BoardEnd) -> JoinHandle<()> {
        thread::spawn(move || {
            let mut arena = vec![0_u32; self.arena_bytes.div_ceil(4)];
            let region = bytemuck::cast_slice(&self.flash);
            let engine = StaticEngine::new(region, bytemuck::cast_slice_mut(&mut arena));
            let mut engine = engine.accelerated(SimdKernels::new);
            let mut send_slots = vec![Slot::EMPTY; SEND_WINDOW_SLOTS];
            let mut board = Native {
                sensor: Sensor::new(self.sensor),
            };
            serve(&mut board, &mut board_end, &mut engine, &mut send_slots);
        })
    }
}

/// `bytes` in words, the last one filled with what erased flash holds.
fn words(bytes: &[u8]) -> Arc<[u32]> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0xFF);
    padded
        .chunks_exact(4)
        .map(bytemuck::pod_read_unaligned)
        .collect()
}

struct Native {
    sensor: Option<Sensor>,
}

impl Board for Native {
    fn name(&self) -> &str {
        "native"
    }

    fn elf_build_id(&self) -> &[u8] {
        &[]
    }

    fn counter_kind(&self) -> CounterKind {
        CounterKind::None
    }

    fn counter(&mut self) -> u64 {
        0
    }

    fn sections(&self) -> Sections {
        Sections::default()
    }

    fn take_logs(&mut self, _buffer: &mut [u8]) -> usize {
        0
    }

    fn camera(&mut self) -> Option<&mut dyn Camera> {
        self.sensor.as_mut().map(|sensor| sensor as &mut dyn Camera)
    }
}

impl Link for NativeBoard {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        self.link.read(buffer, timeout)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.link.write(bytes)
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        self.button.press();
        Ok(())
    }

    fn describe(&self) -> String {
        "the native board".to_owned()
    }

    fn buffer_bytes(&self) -> usize {
        self.link.buffer_bytes()
    }

    fn answer_time(&self) -> Duration {
        self.link.answer_time()
    }
}
