//! Both halves against postcard.

extern crate std;

use super::{emit, parse};
use crate::frame::PAYLOAD_BYTES_MAX;
use crate::message::{
    self, BoardError, CameraIdentity, CounterKind, EnginePhase, Form, HeapPhase, HelloReply,
    Identity, ImageFault, ImagePart, Infer, LayerCheck, MemoryReport, Mode, ModelIdentity, Occlude,
    PlanCheck, Receipt, Run, Sections,
};
use crate::{Event, Request, TensorSet};
use proptest::prelude::*;
use serde::Serialize;

fn same_bytes(message: &impl Serialize) {
    let (mut ours, mut theirs) = ([0; PAYLOAD_BYTES_MAX], [0; PAYLOAD_BYTES_MAX]);
    let theirs = message::emit(message, &mut theirs);
    assert!(theirs.is_some());
    assert_eq!(emit(message, &mut ours), theirs);
}

/// Numbers of every length that a varint has.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(value, shift)| value >> shift)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn events_are_emitted_as_postcard_does(
        [a, b, c, d] in [number(), number(), number(), number()],
        bytes in prop::collection::vec(any::<u8>(), 0..=200),
        text in "[a-zé]{0,16}",
        probability in any::<f32>(),
    ) {
        let some = |value: u64| (value & 1 == 1).then_some(value as u32);
        let event = Event::LayerDone {
            tensor: a as u8, count: b, arena_bytes: some(c), stack_bytes: some(d),
        };
        same_bytes(&event);
        same_bytes(&Event::Tap { tensor: a as u8, offset: b as u32, bytes: &bytes });
        same_bytes(&Event::Accumulators { first: a as u32, values: &bytes });
        same_bytes(&Event::Logits { first: a as u32, values: &bytes });
        same_bytes(&Event::Positions { first: a as u32, probabilities: &bytes });
        same_bytes(&Event::Pixels { first: a as u32, levels: &bytes });
        same_bytes(&Event::CaptureDone);
        same_bytes(&Event::OcclusionBase { class: a as u16, probability, positions: b as u32 });
        same_bytes(&Event::OcclusionDone {
            macs_done: a, macs_full: b, count: c, arena_bytes: some(d), stack_bytes: some(a),
        });
        same_bytes(&Event::Done(Run {
            count: a, arena_bytes: some(b), stack_bytes: some(c), heap_bytes: some(d),
        }));
        same_bytes(&Event::Heap(HeapPhase {
            name: &text, live_bytes: a as u32, peak_bytes: b as u32, allocations: c as u32,
        }));
        same_bytes(&Event::Memory(MemoryReport {
            sections: Sections {
                flash_bytes: a as u32, ram_bytes: b as u32, text_bytes: c as u32,
                rodata_bytes: d as u32, data_bytes: a as u32, bss_bytes: b as u32,
                stack_bytes: c as u32, heap_bytes: d as u32,
            },
            model_region_bytes: a as u32, image_bytes: b as u32, arena_bytes: c as u32,
            input_bytes: d as u32, window_bytes: a as u32,
            tapped_arena_bytes: some(b), fused_arena_bytes: some(c),
        }));
        same_bytes(&Event::Identity(Identity {
            board: &text, engine: "static", elf_build_id: bytes.get(..20).unwrap_or_default(),
            counter: CounterKind::Cycles, arena_bytes: a as u32, model_region_bytes: b as u32,
            model: Ok(ModelIdentity {
                hash: [a as u8; 32], tensors: b as u8, input_bytes: c as u32, classes: d as u16,
                image_bytes: a as u32, tapped_arena_bytes: some(b), fused_arena_bytes: some(c),
            }),
            camera: some(d).map(|size| CameraIdentity { height: size as u16, width: a as u16 }),
        }));
        same_bytes(&HelloReply { version: a as u16, schema: b.to_le_bytes(), window: c as u16 });
    }

    #[test]
    fn errors_are_emitted_as_postcard_does(
        [a, b, c] in [number(), number(), number()].prop_map(|all| all.map(|value| value as u32)),
    ) {
        let window = [a as u16, b as u16];
        let errors = [
            BoardError::NoModel,
            BoardError::ArenaTooSmall { need_bytes: a, have_bytes: b },
            BoardError::ArenaMisaligned { need_bytes: a },
            BoardError::InputCrc { found: a, expected: b },
            BoardError::ModeNotInImage(Mode::Fused),
            BoardError::UnknownTensor { tensor: a as u8, tensors: b as u8 },
            BoardError::ClassOutOfRange { class: a as u16, classes: b as u16 },
            BoardError::WindowTooLarge { window, input: [b as u16, c as u16] },
            BoardError::WindowEmpty,
            BoardError::UnknownRequest,
            BoardError::HeapExhausted {
                phase: EnginePhase::Optimise, need_bytes: a, have_bytes: b,
            },
            BoardError::EngineStopped { phase: EnginePhase::Run },
            BoardError::NoCamera,
        ];
        for error in errors {
            same_bytes(&Event::Error(error));
        }
        let faults = [
            ImageFault::TooShort { need_bytes: a, have_bytes: b },
            ImageFault::Hash,
            ImageFault::Version { found: a, supported: b },
            ImageFault::Span { part: ImagePart::Packed, offset: a, count: b },
            ImageFault::Counts { tensors: a, layers: b },
            ImageFault::Tensor { tensor: a },
            ImageFault::Layer { layer: a, check: LayerCheck::UnknownOperator(b as u8) },
            ImageFault::Layer { layer: a, check: LayerCheck::Kernel },
            ImageFault::Plan { mode: a, check: PlanCheck::Mode },
            ImageFault::Plan { mode: a, check: PlanCheck::Overlap { step: b, tensor: c } },
        ];
        for fault in faults {
            same_bytes(&Event::Error(BoardError::BadModel(fault)));
        }
    }

    #[test]
    fn requests_are_read_as_postcard_does(
        [a, b, c] in [number(), number(), number()],
        taps in any::<[u32; 4]>(),
        bytes in prop::collection::vec(any::<u8>(), 0..=200),
        fill in any::<i8>(),
    ) {
        let paint = (a & 1 == 1).then_some(b as u8);
        let requests = [
            Request::Identify,
            Request::Input { offset: a as u32, bytes: &bytes },
            Request::Infer(Infer {
                mode: Mode::Fused, taps: TensorSet(taps), paint, input_crc: c as u32,
            }),
            Request::Occlude(Occlude {
                window_h: a as u16, window_w: b as u16, stride_y: c as u16, stride_x: a as u16,
                fill, class: paint.map(u16::from), paint, input_crc: c as u32,
            }),
            Request::Memory,
            Request::Semihost,
            Request::Capture,
            Request::Picture { offset: a as u32, levels: &bytes },
            Request::Form(Form::Camera),
            Request::Form(Form::Sent { height: a as u16, width: b as u16, crc: c as u32 }),
        ];
        for request in requests {
            let mut payload = [0; PAYLOAD_BYTES_MAX];
            let payload = message::emit(&request, &mut payload).unwrap();
            prop_assert_eq!(parse(payload), Some(request));
        }
        let receipt = Receipt { limit: a as u16, missing_before: b as u16, held: c as u32 };
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        prop_assert_eq!(parse(message::emit(&receipt, &mut payload).unwrap()), Some(receipt));
    }

    /// Whatever the bytes: what one refuses the other refuses, and what they read
    /// is the same.
    #[test]
    fn any_bytes_are_read_as_postcard_does(
        variant in 0..10_u8,
        rest in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(0x80), any::<u8>()], 0..40),
    ) {
        let bytes: std::vec::Vec<u8> = [variant].into_iter().chain(rest).collect();
        prop_assert_eq!(parse::<Request<'_>>(&bytes), message::parse::<Request<'_>>(&bytes));
        prop_assert_eq!(parse::<Receipt>(&bytes), message::parse::<Receipt>(&bytes));
        prop_assert_eq!(
            parse::<message::Hello>(&bytes), message::parse::<message::Hello>(&bytes)
        );
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let bytes = [0; PAYLOAD_BYTES_MAX];
    let event = Event::Tap {
        tensor: 1,
        offset: 0,
        bytes: &bytes,
    };
    assert_eq!(emit(&event, &mut [0; PAYLOAD_BYTES_MAX]), None);
}
