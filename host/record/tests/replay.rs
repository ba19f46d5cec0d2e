//! What was recorded comes back, whatever the link did and whatever the file has become.

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_record::{About, Ending, OpenError, Recorder, Replay, Tape, open};
use cortexscope_rig::Rig;
use cortexscope_rig::board::native::{DEFAULT_ARENA_BYTES, NativeBoard};
use cortexscope_rig::board::{Connection, Engine, FarEnd, find};
use cortexscope_rig::link::LinkError;
use cortexscope_rig::link::faulty::{Faults, FaultyLink};
use cortexscope_rig::session::logs::Logs;
use cortexscope_rig::session::{Cancel, Mode, OccludeRequest, Options, SessionError, TensorSet};
use image::GrayImage;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const WINDOW: OccludeRequest = OccludeRequest {
    window: [7, 7],
    stride: [7, 7],
    fill: 0,
    class: None,
};

fn model() -> ModelFiles {
    static MODEL: OnceLock<ModelFiles> = OnceLock::new();
    MODEL
        .get_or_init(|| ModelFiles::open("lecture-lenet").expect("it is shipped"))
        .clone()
}

fn rig(tape: &Tape) -> Result<Rig, OpenError> {
    let native = find("native").expect("it is always there");
    let picture = |level| GrayImage::from_pixel(28, 28, image::Luma([level]));
    let here = FarEnd::Here {
        sensor: vec![picture(10), picture(200)],
    };
    open(
        native,
        Engine::Static,
        model(),
        here,
        tape,
        Cancel::default(),
    )
}

fn input(seed: u8) -> Vec<i8> {
    let pixels = (0_u32..784).map(|at| ((at * u32::from(seed)) >> 3) as i8);
    pixels.collect()
}

/// Everything that can be asked, as text.
fn ask_everything(rig: &mut Rig) -> String {
    let mut said = format!("{:?}\n", rig.session.board());
    for seed in [1, 7, 1] {
        for mode in [Mode::Fused, Mode::Tapped] {
            let recording = rig.infer(&input(seed), mode, TensorSet::ALL, &mut |_| {});
            said += &format!("{:?}\n", recording.unwrap());
        }
        said += &format!(
            "{:?}\n",
            rig.occlude(&input(seed), &WINDOW, &mut |_| {}).unwrap()
        );
        said += &format!("{:?}\n", rig.session.capture().unwrap().as_raw());
    }
    said + &format!("{:?}", rig.memory().unwrap())
}

fn recorded(path: &Path) -> String {
    ask_everything(&mut rig(&Tape::Record(path.to_owned())).unwrap())
}

fn replay(path: &Path) -> Rig {
    rig(&Tape::Replay(path.to_owned())).unwrap()
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("session.ctxtape")
}

#[test]
fn the_same_requests_get_the_same_answers_without_a_board() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let before = recorded(&path);
    for _ in 0..2 {
        assert_eq!(ask_everything(&mut replay(&path)), before);
    }
    let replay = Replay::open(&path).unwrap();
    assert_eq!(replay.ending(), Ending::Whole);
    assert_eq!(replay.about().board, "native");
    assert_eq!(replay.about().model, "lecture-lenet");
    // Another order is answered too.
    let mut rig = rig(&Tape::Replay(path)).unwrap();
    let later = rig.infer(&input(7), Mode::Tapped, TensorSet::ALL, &mut |_| {});
    let earlier = rig.infer(&input(1), Mode::Fused, TensorSet::ALL, &mut |_| {});
    assert!(before.contains(&format!("{:?}", later.unwrap())));
    assert!(before.contains(&format!("{:?}", earlier.unwrap())));
}

#[test]
fn what_a_bad_cable_does_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let about = Replay::open(&{
        recorded(&path);
        path.clone()
    })
    .unwrap()
    .about()
    .clone();
    let model = model();
    let board = NativeBoard::start(model.image.bytes(), DEFAULT_ARENA_BYTES);
    let link = FaultyLink::new(board, Faults::all(0.05), 3);
    let link = Recorder::create(&path, link, &about).unwrap();
    let connection = Connection {
        link: Box::new(link),
        elf_build_id: None,
        logs: Logs::default(),
    };
    let mut rig = Rig::over(connection, Engine::Static, model, Cancel::default()).unwrap();
    let ask = |rig: &mut Rig| {
        let all = rig.infer(&input(5), Mode::Fused, TensorSet::ALL, &mut |_| {});
        format!("{:?}", all.unwrap())
    };
    let before = ask(&mut rig);
    assert!(
        rig.session.statistics().frames_damaged > 0,
        "the cable is bad"
    );
    drop(rig);
    assert_eq!(ask(&mut replay(&path)), before);
}

#[test]
fn what_was_not_recorded_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    recorded(&path);
    let mut rig = replay(&path);
    let error = rig
        .infer(&input(9), Mode::Fused, TensorSet::ALL, &mut |_| {})
        .unwrap_err();
    let SessionError::Link(LinkError::NotRecorded { .. }) = error else {
        panic!("{error:?}");
    };
    let text = error.to_string();
    for words in ["an inference (Fused mode", "recorded requests", "at byte "] {
        assert!(text.contains(words), "{text}");
    }
    let narrow = OccludeRequest {
        window: [3, 5],
        ..WINDOW
    };
    let error = rig.occlude(&input(1), &narrow, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("window 3×5"), "{error}");
    // What was recorded is answered still.
    rig.occlude(&input(1), &WINDOW, &mut |_| {}).unwrap();
}

#[test]
fn another_model_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    recorded(&path);
    let other = ModelFiles::open("lenet5").unwrap();
    let native = find("native").unwrap();
    let here = FarEnd::Here { sensor: Vec::new() };
    let tape = Tape::Replay(path);
    let error = open(
        native,
        Engine::Static,
        other,
        here,
        &tape,
        Cancel::default(),
    );
    let text = error.err().unwrap().to_string();
    assert!(text.contains("lecture-lenet, not of lenet5"), "{text}");
}

#[test]
fn a_file_cut_short_replays_up_to_there_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    recorded(&path);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let replay = Replay::open(&path).unwrap();
    let Ending::CutShort { at_byte } = replay.ending() else {
        panic!("{:?}", replay.ending());
    };
    assert!(at_byte <= whole.len() as u64 / 2);
    let warning = replay.warning().unwrap();
    assert!(warning.contains("cut short") && warning.contains(&at_byte.to_string()));
    let mut rig = rig(&Tape::Replay(path)).unwrap();
    rig.infer(&input(1), Mode::Fused, TensorSet::ALL, &mut |_| {})
        .unwrap();
    let error = rig.memory().unwrap_err();
    assert!(error.to_string().contains("the memory report"), "{error}");
}

#[test]
fn a_folder_or_another_file_is_refused_before_a_board_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let tape = Tape::Record(folder.path().to_owned());
    let text = rig(&tape).err().unwrap().to_string();
    assert!(text.contains("cannot open the recording"), "{text}");
    let path = file(&folder);
    std::fs::write(&path, b"\x89PNG\r\n").unwrap();
    let text = rig(&Tape::Replay(path)).err().unwrap().to_string();
    assert!(text.contains("is not a recording"), "{text}");
}

fn short_recording() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder);
        let mut rig = rig(&Tape::Record(path.clone())).unwrap();
        rig.infer(&input(1), Mode::Fused, TensorSet::ALL, &mut |_| {})
            .unwrap();
        rig.memory().unwrap();
        drop(rig);
        std::fs::read(path).unwrap()
    })
}

/// Replays a file: a right answer or an error, soon.
fn survives(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    std::fs::write(&path, bytes).unwrap();
    let begun = Instant::now();
    if let Ok(replay) = Replay::open(&path) {
        let connection = Connection {
            link: Box::new(replay),
            elf_build_id: None,
            logs: Logs::default(),
        };
        let patience = Options::default().patience.min(Duration::from_millis(200));
        let rig = Rig::patient(connection, patience, model(), Cancel::default());
        if let Ok(mut rig) = rig {
            // Errors are as good as answers here.
            let _ = rig.infer(&input(1), Mode::Fused, TensorSet::ALL, &mut |_| {});
            let _ = rig.memory();
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_no_recording(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }

    #[test]
    fn a_changed_recording_is_noticed(
        at in any::<prop::sample::Index>(),
        bits in 1..=255_u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = short_recording().to_vec();
        let place = at.index(bytes.len());
        bytes[place] ^= bits;
        survives(&bytes);
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder);
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(replay) = Replay::open(&path) {
            prop_assert_ne!(replay.ending(), Ending::Whole);
        }
        let mut bytes = short_recording().to_vec();
        bytes.truncate(cut.index(bytes.len()));
        survives(&bytes);
    }

    /// Right checksums around wrong contents: the file is a hostile board.
    #[test]
    fn a_forged_recording_is_a_board_that_lies(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        removed in prop::option::of(any::<prop::sample::Index>()),
    ) {
        survives(&forged(short_recording(), &edits, removed));
    }
}

/// The recording with bytes of its entries changed, and its checksums made right.
fn forged(
    bytes: &[u8],
    edits: &[(prop::sample::Index, u8)],
    removed: Option<prop::sample::Index>,
) -> Vec<u8> {
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
    let head = 12 + usize::from(u16::from_le_bytes([bytes[10], bytes[11]])) + 4;
    let mut entries = Vec::new();
    let mut rest = &bytes[head..];
    while let [kind, low, high, after @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        entries.push((*kind, after[..length].to_vec()));
        rest = &after[length + 4..];
    }
    for (at, value) in edits {
        let place = at.index(entries.len());
        let payload = &mut entries[place].1;
        if !payload.is_empty() {
            let byte = at.index(payload.len());
            payload[byte] = *value;
        }
    }
    if let Some(at) = removed {
        entries.remove(at.index(entries.len()));
    }
    let mut out = bytes[..head].to_vec();
    let mut before = u32::from_le_bytes([
        bytes[head - 4],
        bytes[head - 3],
        bytes[head - 2],
        bytes[head - 1],
    ]);
    for (kind, payload) in entries {
        let mut digest = crc.digest();
        digest.update(&before.to_le_bytes());
        let mut entry = vec![kind];
        entry.extend((payload.len() as u16).to_le_bytes());
        entry.extend(payload);
        digest.update(&entry);
        before = digest.finalize();
        out.extend(entry);
        out.extend(before.to_le_bytes());
    }
    out
}

#[test]
fn the_head_tells_what_was_recorded_to_whoever_looks() {
    let text = String::from_utf8_lossy(short_recording()).into_owned();
    assert!(text.starts_with("CORTXREC"));
    assert!(text.contains("\"model\":\"lecture-lenet\""));
    let about = About {
        program: String::new(),
        board: "x".repeat(5000),
        engine: String::new(),
        model: String::new(),
        model_sha256: String::new(),
        link: String::new(),
        protocol_version: 1,
        protocol_schema: String::new(),
    };
    let folder = tempfile::tempdir().unwrap();
    let board = NativeBoard::start(&[], 1024);
    assert!(Recorder::create(&file(&folder), board, &about).is_err());
}
