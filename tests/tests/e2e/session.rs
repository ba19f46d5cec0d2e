//! What a session does about the wrong board, the wrong model and no board.

use crate::lecture_shape::{board_image, input};
use cortexscope_rig::board::native::{DEFAULT_ARENA_BYTES, NativeBoard};
use cortexscope_rig::link::{Link, LinkError, memory};
use cortexscope_rig::session::{
    BoardError, Cancel, Expectations, ExpectedModel, InferRequest, Mode, OccludeRequest, Options,
    Progress, Session, SessionError, TensorSet,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const ALL_TAPPED: InferRequest = InferRequest {
    mode: Mode::Tapped,
    taps: TensorSet::ALL,
    paint: None,
};

fn native(seed: u64) -> NativeBoard {
    NativeBoard::start(board_image(seed).bytes(), DEFAULT_ARENA_BYTES)
}

fn open(board: NativeBoard) -> Session {
    Session::open(Box::new(board), Options::default()).unwrap()
}

fn error_of<T>(result: Result<T, SessionError>) -> SessionError {
    result.err().expect("this must be refused")
}

#[test]
fn the_identity_is_that_of_board_and_model() {
    let image = board_image(1);
    let session = open(native(1));
    assert_eq!(session.board().name, "native");
    assert!(session.board().engine.starts_with("static "));
    assert_eq!(session.board().elf_build_id, None);
    let model = session.model().unwrap();
    assert_eq!(&model.hash, image.model().hash());
    assert_eq!(model.image_bytes as usize, image.bytes().len());
    assert_eq!(
        (model.tensors, model.input_bytes, model.classes),
        (6, 784, 10)
    );
}

#[test]
fn another_model_is_refused_with_both_names() {
    let expect = Expectations {
        model: Some(ExpectedModel::of(&board_image(2).model())),
        ..Expectations::default()
    };
    let options = Options {
        expect,
        ..Options::default()
    };
    let error = error_of(Session::open(Box::new(native(1)), options));
    assert!(
        matches!(error, SessionError::AnotherModel { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("cortexscope flash --model"));
}

#[test]
fn a_board_without_a_model_still_answers() {
    let mut session = open(NativeBoard::start(&[], 1024));
    let report = session.memory().unwrap().report;
    assert_eq!(
        (report.arena_bytes, report.image_bytes, report.input_bytes),
        (1024, 0, 0)
    );
    let error = error_of(session.infer(&input(1), &ALL_TAPPED, &mut |_| {}));
    assert!(
        matches!(error, SessionError::NoUsableModel(BoardError::NoModel)),
        "{error:?}"
    );
}

#[test]
fn a_damaged_model_is_refused_with_the_check_that_failed() {
    let mut bytes = board_image(1).bytes().to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let session = open(NativeBoard::start(&bytes, DEFAULT_ARENA_BYTES));
    let error = error_of(session.model());
    assert!(
        error.to_string().contains("do not match their hash"),
        "{error}"
    );
}

#[test]
fn an_arena_that_is_too_small_says_by_how_much() {
    let image = board_image(1);
    let plan = image.model().plan(cortexscope_core::Mode::Tapped).unwrap();
    let need = plan.arena_bytes() + 784;
    let mut session = open(NativeBoard::start(image.bytes(), need - 4));
    let error = error_of(session.infer(&input(1), &ALL_TAPPED, &mut |_| {}));
    let SessionError::Board(BoardError::ArenaTooSmall {
        need_bytes,
        have_bytes,
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((need_bytes as usize, have_bytes as usize), (need, need - 4));

    let mut session = open(NativeBoard::start(image.bytes(), need));
    session.infer(&input(1), &ALL_TAPPED, &mut |_| {}).unwrap();
}

#[test]
fn painted_runs_measure_what_the_plan_says() {
    let image = board_image(1);
    let mut session = open(native(1));
    for (mode, core_mode) in [
        (Mode::Tapped, cortexscope_core::Mode::Tapped),
        (Mode::Fused, cortexscope_core::Mode::Fused),
    ] {
        let [a, b] = [0x55, 0xAA].map(|paint| {
            let ask = InferRequest {
                mode,
                taps: TensorSet::NONE,
                paint: Some(paint),
            };
            session
                .infer(&input(1), &ask, &mut |_| {})
                .unwrap()
                .arena_bytes
        });
        let planned = image.model().plan(core_mode).unwrap().arena_bytes();
        assert_eq!(a.max(b), Some(planned as u32), "{mode:?}");
    }
}

#[test]
fn requests_that_cannot_be_are_refused_and_the_session_goes_on() {
    let mut session = open(native(1));
    let digit = input(1);
    let error = error_of(session.infer(&digit[1..], &ALL_TAPPED, &mut |_| {}));
    assert!(matches!(
        error,
        SessionError::InputLength {
            need_bytes: 784,
            have_bytes: 783
        }
    ));

    let ask = InferRequest {
        taps: TensorSet::NONE.with(6),
        ..ALL_TAPPED
    };
    let error = error_of(session.infer(&digit, &ask, &mut |_| {}));
    assert!(matches!(
        error,
        SessionError::UnknownTensor {
            tensor: 6,
            tensors: 6
        }
    ));

    let good = OccludeRequest {
        window: [7, 7],
        stride: [7, 7],
        fill: 0,
        class: None,
    };
    for (ask, expected) in [
        (
            OccludeRequest {
                class: Some(10),
                ..good
            },
            BoardError::ClassOutOfRange {
                class: 10,
                classes: 10,
            },
        ),
        (
            OccludeRequest {
                window: [29, 1],
                ..good
            },
            BoardError::WindowTooLarge {
                window: [29, 1],
                input: [28, 28],
            },
        ),
        (
            OccludeRequest {
                window: [0, 1],
                ..good
            },
            BoardError::WindowEmpty,
        ),
        (
            OccludeRequest {
                stride: [1, 0],
                ..good
            },
            BoardError::StrideZero,
        ),
    ] {
        match error_of(session.occlude(&digit, &ask, &mut |_| {})) {
            SessionError::Board(error) => assert_eq!(error, expected),
            error => panic!("{error:?}"),
        }
    }
    assert_eq!(
        session
            .occlude(&digit, &good, &mut |_| {})
            .unwrap()
            .probabilities
            .len(),
        16
    );
}

#[test]
fn a_board_that_comes_back_with_another_model_is_noticed() {
    let board = native(1);
    let button = board.reset_button();
    let mut session = open(board);
    session.infer(&input(1), &ALL_TAPPED, &mut |_| {}).unwrap();
    button.flash(board_image(2).bytes());
    let error = error_of(session.infer(&input(2), &ALL_TAPPED, &mut |_| {}));
    assert!(matches!(error, SessionError::BoardChanged), "{error:?}");
}

#[test]
fn a_reset_between_requests_costs_one_more_attempt() {
    let board = native(1);
    let button = board.reset_button();
    let mut session = open(board);
    let before = session.infer(&input(1), &ALL_TAPPED, &mut |_| {}).unwrap();
    button.press();
    let after = session.infer(&input(1), &ALL_TAPPED, &mut |_| {}).unwrap();
    assert_eq!(before, after);
    assert_eq!(session.statistics().resets, 1);
}

#[test]
fn a_board_that_is_reset_in_every_attempt_is_given_up() {
    let board = native(1);
    let button = board.reset_button();
    let options = Options {
        retries: 2,
        ..Options::default()
    };
    let mut session = Session::open(Box::new(board), options).unwrap();
    let result = session.infer(&input(1), &ALL_TAPPED, &mut |progress| {
        if progress == Progress::Begun {
            button.press();
        }
    });
    assert!(matches!(
        error_of(result),
        SessionError::TooManyResets { attempts: 3 }
    ));
}

#[test]
fn silence_ends_in_an_error_that_says_what_to_check() {
    let (link, _board_end) = memory::pair();
    let options = Options {
        patience: Duration::from_millis(200),
        ..Options::default()
    };
    let started = Instant::now();
    let error = error_of(Session::open(Box::new(link), options));
    assert!(matches!(error, SessionError::Silent { .. }), "{error:?}");
    assert!(error.to_string().contains("baud rate"));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_cancelled_run_stops_and_the_next_one_is_right() {
    let cancel = Cancel::default();
    let options = Options {
        cancel: cancel.clone(),
        ..Options::default()
    };
    let mut session = Session::open(Box::new(native(1)), options).unwrap();
    let whole = session.infer(&input(1), &ALL_TAPPED, &mut |_| {}).unwrap();
    let result = session.infer(&input(2), &ALL_TAPPED, &mut |progress| {
        if matches!(progress, Progress::Activation { .. }) {
            cancel.cancel();
        }
    });
    assert!(matches!(error_of(result), SessionError::Cancelled));
    cancel.clear();
    assert_eq!(
        session.infer(&input(1), &ALL_TAPPED, &mut |_| {}).unwrap(),
        whole
    );
}

/// Fewer reads than an inference takes: its input alone takes as many.
const READS_BEFORE_THE_PULL: u32 = 4;

/// A cable that is pulled after some reads and can be plugged in again.
struct Pulled {
    link: NativeBoard,
    reads_left: Arc<AtomicU32>,
    can_return: bool,
}

impl Link for Pulled {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        let left = self.reads_left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(LinkError::Lost {
                link: self.describe(),
                reason: "pulled".to_owned(),
            });
        }
        self.reads_left.store(left - 1, Ordering::Relaxed);
        self.link.read(buffer, timeout)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.link.write(bytes)
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        if self.can_return {
            self.reads_left.store(u32::MAX, Ordering::Relaxed);
            return Ok(());
        }
        Err(LinkError::NotFound {
            port: self.describe(),
            available: Vec::new(),
        })
    }

    fn describe(&self) -> String {
        "a cable".to_owned()
    }

    fn buffer_bytes(&self) -> usize {
        self.link.buffer_bytes()
    }

    fn answer_time(&self) -> Duration {
        self.link.answer_time()
    }
}

#[test]
fn a_pulled_cable_is_waited_for() {
    let whole = open(native(1))
        .infer(&input(1), &ALL_TAPPED, &mut |_| {})
        .unwrap();
    let reads_left = Arc::new(AtomicU32::new(u32::MAX));
    let link = Pulled {
        link: native(1),
        reads_left: Arc::clone(&reads_left),
        can_return: true,
    };
    let mut session = Session::open(Box::new(link), Options::default()).unwrap();
    reads_left.store(READS_BEFORE_THE_PULL, Ordering::Relaxed);
    assert_eq!(
        session.infer(&input(1), &ALL_TAPPED, &mut |_| {}).unwrap(),
        whole
    );
    assert_eq!(session.statistics().links_reopened, 1);
}

#[test]
fn a_cable_that_stays_away_is_an_error() {
    let reads_left = Arc::new(AtomicU32::new(u32::MAX));
    let link = Pulled {
        link: native(1),
        reads_left: Arc::clone(&reads_left),
        can_return: false,
    };
    let options = Options {
        patience: Duration::from_millis(300),
        ..Options::default()
    };
    let mut session = Session::open(Box::new(link), options).unwrap();
    reads_left.store(READS_BEFORE_THE_PULL, Ordering::Relaxed);
    let error = error_of(session.infer(&input(1), &ALL_TAPPED, &mut |_| {}));
    assert!(
        matches!(error, SessionError::Link(LinkError::NotFound { .. })),
        "{error:?}"
    );
}
