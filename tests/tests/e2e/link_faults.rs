//! Results through a bad cable and across resets equal those of a clean session.

use crate::lecture_shape::{TENSOR_BYTES, board_image, input};
use cortexscope_rig::board::native::{DEFAULT_ARENA_BYTES, NativeBoard};
use cortexscope_rig::link::faulty::{Faults, FaultyLink};
use cortexscope_rig::session::{
    InferRequest, Inference, MapProgress, Mode, OccludeRequest, OcclusionMap, Options, Progress,
    Session, Statistics, TensorSet,
};

const SEED: u64 = 20_251_123;

/// All that a session is asked for.
#[derive(Debug, PartialEq)]
struct Results {
    tapped: Inference,
    fused: Inference,
    map: OcclusionMap,
}

const OCCLUDE: OccludeRequest = OccludeRequest {
    window: [7, 7],
    stride: [2, 2],
    fill: 0,
    class: None,
};

/// Runs everything, calling `on_event` at each part that arrives.
fn drive(session: &mut Session, mut on_event: impl FnMut()) -> Results {
    let digit = input(3);
    let mut infer = |mode| {
        let ask = InferRequest {
            mode,
            taps: TensorSet::ALL,
            paint: None,
        };
        session.infer(&digit, &ask, &mut |progress| {
            if matches!(progress, Progress::Activation { .. }) {
                on_event();
            }
        })
    };
    let tapped = infer(Mode::Tapped).unwrap();
    let fused = infer(Mode::Fused).unwrap();
    let map = session.occlude(&digit, &OCCLUDE, &mut |progress| {
        if matches!(progress, MapProgress::Positions { .. }) {
            on_event();
        }
    });
    Results {
        tapped,
        fused,
        map: map.unwrap(),
    }
}

fn native() -> NativeBoard {
    NativeBoard::start(board_image(SEED).bytes(), DEFAULT_ARENA_BYTES)
}

fn clean() -> Results {
    let mut session = Session::open(Box::new(native()), Options::default()).unwrap();
    drive(&mut session, || {})
}

/// The same through a link with these faults, with the board reset when the
/// numbered parts have arrived.
fn through(faults: Faults, seed: u64, reset_at: &[usize]) -> (Results, Statistics) {
    let board = native();
    let button = board.reset_button();
    let link = FaultyLink::new(board, faults, seed);
    let options = Options {
        retries: 20,
        ..Options::default()
    };
    let mut session = Session::open(Box::new(link), options).unwrap();
    let mut parts = 0;
    let results = drive(&mut session, || {
        parts += 1;
        if reset_at.contains(&parts) {
            button.press();
        }
    });
    (results, session.statistics())
}

#[test]
fn a_clean_session_is_whole() {
    let Results { tapped, fused, map } = clean();
    for inference in [&tapped, &fused] {
        let bytes: Vec<_> = inference
            .activations
            .iter()
            .flatten()
            .map(Vec::len)
            .collect();
        assert_eq!(bytes, TENSOR_BYTES);
        assert_eq!(inference.accumulators.as_ref().map(Vec::len), Some(10));
        assert_eq!(inference.logits.len(), 10);
        assert_eq!(inference.layers.len(), 5);
        assert_eq!(inference.count, None, "the native board has no counter");
    }
    assert_eq!(tapped, fused);
    assert_eq!(map.probabilities.len(), 11 * 11);
    assert!(map.probabilities.iter().any(|&p| p != map.base_probability));
}

#[test]
fn one_percent_of_every_fault_and_two_resets_change_nothing() {
    let clean = clean();
    for seed in 0..8 {
        let (results, statistics) = through(Faults::all(0.01), seed, &[40, 120]);
        assert_eq!(results, clean, "seed {seed}: {statistics}");
        assert!(statistics.resets >= 2, "seed {seed}: {statistics}");
        assert!(statistics.resends_asked > 0, "seed {seed}: {statistics}");
    }
}

#[test]
fn ten_percent_of_every_fault_and_two_resets_change_nothing() {
    let clean = clean();
    for seed in 0..8 {
        let (results, statistics) = through(Faults::all(0.10), seed, &[40, 130]);
        assert_eq!(results, clean, "seed {seed}: {statistics}");
        assert!(statistics.resets >= 2, "seed {seed}: {statistics}");
        assert!(statistics.frames_damaged > 10, "seed {seed}: {statistics}");
        assert!(statistics.frames_repeated > 10, "seed {seed}: {statistics}");
    }
}

#[test]
fn each_fault_alone_changes_nothing() {
    let clean = clean();
    let often = 0.25;
    for faults in [
        Faults {
            corrupt: often,
            ..Faults::NONE
        },
        Faults {
            drop: often,
            ..Faults::NONE
        },
        Faults {
            duplicate: often,
            ..Faults::NONE
        },
        Faults {
            delay: often,
            ..Faults::NONE
        },
    ] {
        let (results, statistics) = through(faults, 1, &[]);
        assert_eq!(results, clean, "{faults:?}: {statistics}");
        assert_eq!(statistics.resets, 0, "{faults:?}: {statistics}");
    }
}
