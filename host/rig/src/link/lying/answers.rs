//! What an honest board answers, with zeros for results and the lies that are no edits.

use super::{LyingBoard, emitted};
use cortexscope_wire::message::{
    BoardError, CameraIdentity, CounterKind, MemoryReport, ModelIdentity, PIXELS_MAX, Run,
    Sections, TAP_BYTES_MAX, TensorSet, WORDS_MAX,
};
use cortexscope_wire::{Event, Identity, Request};

impl LyingBoard {
    /// The messages that answer `request`.
    pub(super) fn answer(&self, request: &Request<'_>) -> Vec<Vec<u8>> {
        match request {
            Request::Identify => vec![emitted(&Event::Identity(self.identity()))],
            Request::Infer(ask) => self.inference(ask.taps, ask.paint),
            Request::Occlude(ask) => {
                let [height, width] = self.model.input_size;
                let along = |size: usize, window: u16, stride: u16| {
                    let room = size.saturating_sub(window.into());
                    room.checked_div(stride.into()).unwrap_or(0) + 1
                };
                let positions = along(height, ask.window_h, ask.stride_y)
                    * along(width, ask.window_w, ask.stride_x);
                self.map(positions, ask.class.unwrap_or(0), ask.paint)
            }
            Request::Memory => {
                let mut report = MemoryReport {
                    sections: Sections::default(),
                    model_region_bytes: 0,
                    image_bytes: self.model.identity.image_bytes,
                    arena_bytes: 0,
                    input_bytes: 0,
                    window_bytes: 0,
                    tapped_arena_bytes: None,
                    fused_arena_bytes: None,
                };
                if self.lie.huge_memory {
                    report.sections.text_bytes = u32::MAX;
                    report.sections.rodata_bytes = u32::MAX;
                    report.sections.data_bytes = u32::MAX;
                    report.sections.bss_bytes = u32::MAX;
                    report.sections.flash_bytes = 1;
                    report.sections.ram_bytes = 1;
                }
                vec![emitted(&Event::Memory(report))]
            }
            Request::Capture => self.picture(),
            Request::Form(_) => pixels(self.model.identity.input_bytes as usize),
            Request::Input { .. } | Request::Picture { .. } | Request::Semihost => Vec::new(),
        }
    }

    fn identity(&self) -> Identity<'_> {
        let lie = &self.lie;
        let honest = self.model.identity;
        let camera = lie
            .camera
            .map(|[height, width]| CameraIdentity { height, width });
        Identity {
            board: lie.name.as_deref().unwrap_or("honest"),
            engine: lie.engine.as_deref().unwrap_or("static 0"),
            elf_build_id: &[],
            counter: lie.counts.unwrap_or(CounterKind::None),
            arena_bytes: 0,
            model_region_bytes: 0,
            model: Ok(ModelIdentity {
                classes: lie.classes.unwrap_or(honest.classes),
                tensors: lie.tensors.unwrap_or(honest.tensors),
                input_bytes: lie.input_bytes.unwrap_or(honest.input_bytes),
                ..honest
            }),
            camera,
        }
    }

    fn count(&self) -> u64 {
        if self.lie.counts.is_some() {
            u64::MAX
        } else {
            0
        }
    }

    fn inference(&self, taps: TensorSet, paint: Option<u8>) -> Vec<Vec<u8>> {
        let mut events = Vec::new();
        let last = self.model.tensor_bytes.len().saturating_sub(1);
        for (tensor, &bytes) in self.model.tensor_bytes.iter().enumerate().take(last) {
            if taps.contains(tensor) {
                let values = vec![0; bytes];
                for (part, offset) in values
                    .chunks(TAP_BYTES_MAX)
                    .zip((0..).step_by(TAP_BYTES_MAX))
                {
                    events.push(emitted(&Event::Tap {
                        tensor: tensor as u8,
                        offset,
                        bytes: part,
                    }));
                }
            }
        }
        let zeros = vec![0; 4 * usize::from(self.model.identity.classes)];
        let parts = || zeros.chunks(4 * WORDS_MAX).zip((0..).step_by(WORDS_MAX));
        if taps.contains(last) {
            events.extend(
                parts().map(|(values, first)| emitted(&Event::Accumulators { first, values })),
            );
        }
        events.extend(parts().map(|(values, first)| emitted(&Event::Logits { first, values })));
        let painted = paint.map(|_| {
            if self.lie.counts.is_some() {
                u32::MAX
            } else {
                0
            }
        });
        events.extend((1..=last as u8).map(|tensor| {
            emitted(&Event::LayerDone {
                tensor,
                count: self.count(),
                arena_bytes: painted,
                stack_bytes: painted,
            })
        }));
        events.push(emitted(&Event::Done(Run {
            count: self.count(),
            arena_bytes: painted,
            stack_bytes: painted,
            heap_bytes: None,
        })));
        events
    }

    fn map(&self, positions: usize, class: u16, paint: Option<u8>) -> Vec<Vec<u8>> {
        let mut events = vec![emitted(&Event::OcclusionBase {
            class,
            probability: 0.1,
            positions: positions as u32,
        })];
        let probabilities = vec![0; 4 * positions];
        for (part, first) in probabilities
            .chunks(4 * WORDS_MAX)
            .zip((0..).step_by(WORDS_MAX))
        {
            events.push(emitted(&Event::Positions {
                first,
                probabilities: part,
            }));
        }
        events.push(emitted(&Event::OcclusionDone {
            macs_done: self.count(),
            macs_full: self.count(),
            count: self.count(),
            arena_bytes: paint.map(|_| 0),
            stack_bytes: None,
        }));
        events
    }

    fn picture(&self) -> Vec<Vec<u8>> {
        let Some([height, width]) = self.lie.camera else {
            return vec![emitted(&Event::Error(BoardError::NoCamera))];
        };
        // What a lie claims is not sent.
        pixels((usize::from(height) * usize::from(width)).min(1 << 16))
    }
}

/// A black picture of so many pixels.
fn pixels(count: usize) -> Vec<Vec<u8>> {
    let picture = vec![0; count];
    let parts = picture.chunks(PIXELS_MAX).zip((0..).step_by(PIXELS_MAX));
    let parts = parts.map(|(levels, first)| emitted(&Event::Pixels { first, levels }));
    parts.chain([emitted(&Event::CaptureDone)]).collect()
}
