//! A board that lies, against everything that the rig asks of a board: an error or a
//! right answer, in bounded time and memory, and never a panic.

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_rig::Rig;
use cortexscope_rig::bench::bench;
use cortexscope_rig::board::Connection;
use cortexscope_rig::link::lying::{Asked, Endless, From, Lie, LyingLink, Model, emitted};
use cortexscope_rig::measure::{measure, measure_engine, measure_occlusion};
use cortexscope_rig::session::logs::Logs;
use cortexscope_rig::session::{
    Cancel, CounterKind, MapProgress, Mode, OccludeRequest, SessionError, TensorSet,
};
use cortexscope_rig::verify::{VerifyError, verify};
use cortexscope_wire::Event;
use cortexscope_wire::message::{self, HeapPhase};
use image::GrayImage;
use proptest::prelude::*;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long the board may say nothing that belongs to a request.
const PATIENCE: Duration = Duration::from_millis(300);
/// What everything that is asked of one board may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

const WINDOW: OccludeRequest = OccludeRequest {
    window: [7, 7],
    stride: [7, 7],
    fill: 0,
    class: Some(3),
};

fn model() -> ModelFiles {
    static MODEL: OnceLock<ModelFiles> = OnceLock::new();
    MODEL
        .get_or_init(|| ModelFiles::open("lecture-lenet").expect("it is shipped"))
        .clone()
}

fn open(lie: Lie) -> Result<Rig, SessionError> {
    let model = model();
    let link = LyingLink::new(Model::of(&model.image.model()), lie);
    let connection = Connection {
        link: Box::new(link),
        elf_build_id: None,
        logs: Logs::default(),
    };
    Rig::patient(connection, PATIENCE, model, Cancel::default())
}

fn input(rig: &Rig) -> Vec<i8> {
    vec![0; rig.model.image.model().input().bytes()]
}

/// Asks everything; gives the first error of each request.
fn ask_everything(rig: &mut Rig) -> Vec<(Asked, Result<(), SessionError>)> {
    let input = input(rig);
    let mode = Mode::Fused;
    let infer = rig
        .infer(&input, mode, TensorSet::ALL, &mut |_| {})
        .map(|recording| assert!(recording.predicted() < 10));
    let occlude = rig
        .occlude(&input, &WINDOW, &mut |progress| {
            if let MapProgress::Begun { positions, .. } = progress {
                assert_eq!(positions, 16);
            }
        })
        .map(drop);
    // A board may report any size of itself: nothing on the host can contradict it.
    let memory = rig.memory().map(|memory| {
        memory.firmware_flash_bytes();
    });
    let capture = rig.session.capture().map(drop);
    let picture = GrayImage::new(30, 40);
    let form = rig
        .form(Some(&picture))
        .map(|digit| assert_eq!(digit.dimensions(), (28, 28)));
    vec![
        (Asked::Infer, infer),
        (Asked::Occlude, occlude),
        (Asked::Memory, memory),
        (Asked::Capture, capture),
        (Asked::Form, form),
        (Asked::Infer, bench(rig, &input, mode, true).map(drop)),
        (Asked::Infer, measure(rig, &input).map(drop)),
        (Asked::Occlude, measure_occlusion(rig, &input, 7).map(drop)),
        (Asked::Infer, measure_engine(rig, &input).map(drop)),
        (Asked::Infer, compare(rig)),
    ]
}

fn compare(rig: &mut Rig) -> Result<(), SessionError> {
    let pixels = vec![0.0; rig.model.image.model().input().bytes()];
    let inputs = [(pixels.clone(), Some(3)), (pixels, None)];
    match verify(rig, Mode::Tapped, inputs, &mut |_| {}) {
        Ok(tally) => {
            assert_eq!(tally.images, 2);
            Ok(())
        }
        Err(VerifyError::Session(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

/// Opens a board with this lie and asks everything: the error of the request that it
/// lies about, in bounded time.
fn caught(lie: Lie, about: Asked) -> SessionError {
    let begun = Instant::now();
    let error = match open(lie) {
        Err(error) => error,
        Ok(mut rig) => {
            let answers = ask_everything(&mut rig);
            let mut about = answers
                .into_iter()
                .filter(|(asked, _)| *asked == about)
                .map(|(_, answer)| answer.expect_err("the lie is noticed"));
            about.next().expect("it was asked")
        }
    };
    assert!(begun.elapsed() < LIMIT, "{error}");
    let text = error.to_string();
    assert!(!text.contains(char::is_control), "{text:?}");
    error
}

fn edited(edit: impl FnMut(Asked, &mut Vec<Vec<u8>>) + Send + 'static) -> Lie {
    Lie {
        edit: Some(Box::new(edit)),
        ..Lie::default()
    }
}

fn is_false_model(error: &SessionError, what: &str) -> bool {
    matches!(error, SessionError::FalseModel { what: found, .. } if *found == what)
}

fn is_broken(error: &SessionError) -> bool {
    matches!(
        error,
        SessionError::Protocol(_) | SessionError::TooMuch { .. }
    )
}

#[test]
fn an_honest_board_passes() {
    let lie = Lie {
        camera: Some([4, 6]),
        ..Lie::default()
    };
    let mut rig = open(lie).unwrap();
    for (asked, answer) in ask_everything(&mut rig) {
        answer.unwrap_or_else(|error| panic!("{asked:?}: {error}"));
    }
}

#[test]
fn a_board_that_resends_everything_is_right_all_the_same() {
    let lie = Lie {
        twice: true,
        ..Lie::default()
    };
    let mut rig = open(lie).unwrap();
    let input = input(&rig);
    let recording = rig.infer(&input, Mode::Fused, TensorSet::ALL, &mut |_| {});
    assert_eq!(recording.unwrap().logits, [0.0; 10]);
    assert!(rig.session.statistics().frames_repeated > 0);
}

#[test]
fn shapes_that_are_not_the_models_are_refused() {
    for classes in [0, 5, 11, u16::MAX] {
        let lie = Lie {
            classes: Some(classes),
            ..Lie::default()
        };
        let error = caught(lie, Asked::Identify);
        assert!(is_false_model(&error, "classes"), "{error}");
        assert!(error.to_string().contains(&classes.to_string()), "{error}");
    }
    for tensors in [0, 1, 5, 255] {
        let lie = Lie {
            tensors: Some(tensors),
            ..Lie::default()
        };
        assert!(is_false_model(&caught(lie, Asked::Identify), "tensors"));
    }
    for input_bytes in [0, 783, u32::MAX] {
        let lie = Lie {
            input_bytes: Some(input_bytes),
            ..Lie::default()
        };
        assert!(is_false_model(&caught(lie, Asked::Identify), "input bytes"));
    }
    for camera in [[0, 0], [0, 5], [u16::MAX, u16::MAX]] {
        let lie = Lie {
            camera: Some(camera),
            ..Lie::default()
        };
        assert!(is_broken(&caught(lie, Asked::Identify)));
    }
}

#[test]
fn names_reach_nobody_with_control_characters() {
    let lie = Lie {
        name: Some("\x1b]0;owned\x07\u{202e}".to_owned()),
        engine: Some("\x1b[2J\r\n".to_owned()),
        ..edited(|asked, answer| {
            if asked == Asked::Memory {
                let phase = HeapPhase {
                    name: "\x1b[2J",
                    live_bytes: 1,
                    peak_bytes: 1,
                    allocations: 1,
                };
                answer.insert(0, emitted(&Event::Heap(phase)));
            }
        })
    };
    let mut rig = open(lie).unwrap();
    let memory = rig.memory().unwrap();
    let board = rig.session.board();
    for text in [&board.name, &board.engine, &memory.heap[0].phase] {
        assert!(text.starts_with("\\u{1b}"), "{text:?}");
        assert!(!text.contains(|sign: char| sign.is_control() || sign == '\u{202e}'));
    }
}

#[test]
fn silence_ends_after_the_patience() {
    for from in [
        Asked::Other,
        Asked::Identify,
        Asked::Infer,
        Asked::Occlude,
        Asked::Memory,
    ] {
        let lie = Lie {
            silent_from: Some(from),
            ..Lie::default()
        };
        let error = caught(lie, from);
        assert!(
            matches!(
                error,
                SessionError::Silent { .. } | SessionError::Stuck { .. }
            ),
            "{from:?}: {error:?}"
        );
    }
}

#[test]
fn talk_before_any_session_is_no_answer() {
    for endless in [
        Endless::Noise,
        Endless::OtherSession,
        Endless::NoSession,
        Endless::Log(vec![7; 200]),
        Endless::Event(emitted(&Event::CaptureDone)),
    ] {
        let lie = Lie {
            silent_from: Some(Asked::Other),
            endless: Some((From::Start, endless)),
            ..Lie::default()
        };
        let error = caught(lie, Asked::Identify);
        assert!(matches!(error, SessionError::Silent { .. }), "{error:?}");
    }
}

#[test]
fn an_answer_that_never_ends_is_cut_off() {
    let tap = |bytes: &[u8]| {
        emitted(&Event::Tap {
            tensor: 1,
            offset: 0,
            bytes,
        })
    };
    let heap = HeapPhase {
        name: "again",
        live_bytes: 0,
        peak_bytes: 0,
        allocations: 0,
    };
    let layer = Event::LayerDone {
        tensor: 1,
        count: 0,
        arena_bytes: None,
        stack_bytes: None,
    };
    let empty = &[][..];
    let talks = [
        (Asked::Infer, 0, Endless::Event(tap(&[]))),
        (Asked::Infer, 0, Endless::Event(tap(&[1; 200]))),
        (Asked::Infer, 0, Endless::Event(emitted(&layer))),
        (
            Asked::Infer,
            0,
            Endless::Event(emitted(&Event::Logits {
                first: 0,
                values: empty,
            })),
        ),
        (
            Asked::Infer,
            0,
            Endless::Event(emitted(&Event::Accumulators {
                first: 0,
                values: empty,
            })),
        ),
        (
            Asked::Occlude,
            1,
            Endless::Event(emitted(&Event::Positions {
                first: 0,
                probabilities: empty,
            })),
        ),
        (
            Asked::Occlude,
            0,
            Endless::Event(emitted(&Event::OcclusionBase {
                class: 3,
                probability: 0.5,
                positions: 16,
            })),
        ),
        (
            Asked::Memory,
            0,
            Endless::Event(emitted(&Event::Heap(heap))),
        ),
        (Asked::Infer, 0, Endless::Log(vec![7; 200])),
        (Asked::Infer, 0, Endless::Log(vec![7, 0])),
        (Asked::Infer, 2, Endless::Repeats),
        (Asked::Infer, 0, Endless::NoSession),
        (Asked::Infer, 0, Endless::OtherSession),
        (Asked::Infer, 0, Endless::Noise),
    ];
    for (about, events, endless) in talks {
        let what = format!("{endless:?}");
        let lie = Lie {
            endless: Some((From::Answer(about, events), endless)),
            ..Lie::default()
        };
        let error = caught(lie, about);
        assert!(
            is_broken(&error)
                || matches!(
                    error,
                    SessionError::Stuck { .. } | SessionError::TooManyResets { .. }
                ),
            "{what}: {error:?}"
        );
    }
}

#[test]
fn a_picture_that_never_ends_is_cut_off() {
    let pixels = Event::Pixels {
        first: 0,
        levels: &[],
    };
    let lie = Lie {
        camera: Some([4, 4]),
        endless: Some((
            From::Answer(Asked::Capture, 0),
            Endless::Event(emitted(&pixels)),
        )),
        ..Lie::default()
    };
    assert!(is_broken(&caught(lie, Asked::Capture)));
}

#[test]
fn a_digit_that_never_ends_is_cut_off() {
    let pixels = Event::Pixels {
        first: 0,
        levels: &[7; 200],
    };
    let lie = Lie {
        endless: Some((
            From::Answer(Asked::Form, 0),
            Endless::Event(emitted(&pixels)),
        )),
        ..Lie::default()
    };
    assert!(is_broken(&caught(lie, Asked::Form)));
}

#[test]
fn an_answer_before_its_request_is_refused() {
    let lie = Lie {
        early: true,
        ..Lie::default()
    };
    assert!(is_broken(&caught(lie, Asked::Identify)));
}

#[test]
fn answers_in_another_order_or_with_a_part_left_out_are_refused() {
    for at in [0, 1, 20, 100] {
        let swapped = edited(move |asked, answer| {
            if asked == Asked::Infer && at + 1 < answer.len() {
                answer.swap(at, at + 1);
            }
        });
        let left_out = edited(move |asked, answer| {
            if asked == Asked::Infer && at < answer.len() {
                answer.remove(at);
            }
        });
        let repeated = edited(move |asked, answer| {
            if asked == Asked::Infer && at < answer.len() {
                answer.insert(at, answer[at].clone());
            }
        });
        for lie in [swapped, left_out, repeated] {
            let error = caught(lie, Asked::Infer);
            assert!(is_broken(&error), "{at}: {error:?}");
        }
    }
}

#[test]
fn a_shorter_or_longer_map_is_refused() {
    for positions in [0, 15, 17, u32::MAX] {
        let lie = edited(move |asked, answer| {
            if asked == Asked::Occlude {
                answer[0] = emitted(&Event::OcclusionBase {
                    class: 3,
                    probability: 0.5,
                    positions,
                });
            }
        });
        assert!(is_broken(&caught(lie, Asked::Occlude)), "{positions}");
    }
    for (class, probability) in [(4, 0.5), (3, 1.5), (3, f32::NAN), (u16::MAX, 0.5)] {
        let lie = edited(move |asked, answer| {
            if asked == Asked::Occlude {
                answer[0] = emitted(&Event::OcclusionBase {
                    class,
                    probability,
                    positions: 16,
                });
            }
        });
        assert!(is_broken(&caught(lie, Asked::Occlude)), "{probability}");
    }
}

#[test]
fn the_greatest_numbers_overflow_nothing() {
    let lie = Lie {
        counts: Some(CounterKind::Cycles),
        camera: Some([2, 2]),
        ..Lie::default()
    };
    let mut rig = open(lie).unwrap();
    for (asked, answer) in ask_everything(&mut rig) {
        answer.unwrap_or_else(|error| panic!("{asked:?}: {error}"));
    }
    let lie = Lie {
        huge_memory: true,
        ..Lie::default()
    };
    assert!(is_broken(&caught(lie, Asked::Memory)));
}

/// What is done to one message of an answer.
#[derive(Clone, Debug)]
enum Tampering {
    Remove,
    Repeat,
    Swap,
    Byte(usize, u8),
    Cut(usize),
    Replace(Vec<u8>),
}

fn tamperings() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        Just(Tampering::Remove),
        Just(Tampering::Repeat),
        Just(Tampering::Swap),
        (0..242_usize, any::<u8>()).prop_map(|(at, byte)| Tampering::Byte(at, byte)),
        (0..242_usize).prop_map(Tampering::Cut),
        prop::collection::vec(any::<u8>(), 0..64).prop_map(Tampering::Replace),
    ]
}

fn tamper(answer: &mut Vec<Vec<u8>>, place: usize, tampering: Tampering) {
    if answer.is_empty() {
        return;
    }
    let at = place % answer.len();
    match tampering {
        Tampering::Remove => drop(answer.remove(at)),
        Tampering::Repeat => answer.insert(at, answer[at].clone()),
        Tampering::Swap => {
            let other = (at + 1) % answer.len();
            answer.swap(at, other);
        }
        Tampering::Byte(byte, value) => {
            let length = answer[at].len().max(1);
            if let Some(old) = answer[at].get_mut(byte % length) {
                *old = value;
            }
        }
        Tampering::Cut(length) => answer[at].truncate(length),
        Tampering::Replace(payload) => answer[at] = payload,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_lie_is_answered_by_a_panic(
        lies in prop::collection::vec((0..200_usize, tamperings()), 1..5),
        in_identity in any::<bool>(),
    ) {
        let begun = Instant::now();
        let lie = edited(move |asked, answer| {
            if in_identity || asked != Asked::Identify {
                for (place, tampering) in lies.clone() {
                    tamper(answer, place, tampering);
                }
            }
        });
        if let Ok(mut rig) = open(lie) {
            for (_, answer) in ask_everything(&mut rig) {
                if let Err(error) = answer {
                    prop_assert!(!error.to_string().contains(char::is_control));
                }
            }
        }
        prop_assert!(begun.elapsed() < LIMIT);
    }

    #[test]
    fn the_boards_messages_are_those_of_the_protocol(byte in any::<u8>()) {
        // A test board that sends nothing readable would prove nothing.
        let tap = emitted(&Event::Tap { tensor: byte, offset: 0, bytes: &[byte] });
        prop_assert!(message::parse::<Event<'_>>(&tap).is_some());
    }
}
