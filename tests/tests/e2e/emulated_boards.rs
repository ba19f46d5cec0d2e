//! Every emulated board with every engine that it has: the same bytes as tract on
//! the host, and an engine that dies says so and works again.

use crate::command_line::{cortexscope, json};
use crate::lecture_shape::{board_image, input, wide_image};
use cortexscope_compile::board_image::BoardImage;
use cortexscope_rig::board::native::NativeBoard;
use cortexscope_rig::board::{
    BOARDS, BoardKind, Engine, Footprint, Transport, find, firmware_elf, small_firmware_elf,
};
use cortexscope_rig::elf::linked::{LinkedFirmware, linked};
use cortexscope_rig::elf::stack::stack_bound;
use cortexscope_rig::flash::Region;
use cortexscope_rig::link::qemu::{QemuConfig, QemuLink, QemuReset};
use cortexscope_rig::session::{
    BoardError, InferRequest, Inference, Mode, OccludeRequest, Options, Session, SessionError,
    TensorSet,
};
use cortexscope_wire::message::EnginePhase;
use object::{Object, ObjectSection, ObjectSymbol};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const IMAGES: &str = "200";

/// Arena that an occlusion map of the lecture's network takes with a 7×7 patch, its
/// input included.
const OCCLUSION_ARENA_BYTES: u32 = 9_764;

fn engine_flag(engine: Engine) -> [&'static str; 2] {
    ["--engine", engine.name()]
}

/// Those that need no part and no other emulator.
fn emulated_by_qemu() -> impl Iterator<Item = &'static BoardKind> {
    let is_emulated = |board: &&BoardKind| matches!(board.transport, Transport::Qemu { .. });
    BOARDS.iter().filter(is_emulated)
}

#[test]
fn every_engine_of_every_board_gives_the_bytes_of_tract() {
    for board in emulated_by_qemu() {
        for &engine in board.engines {
            let [_, name] = engine_flag(engine);
            let args = [
                "verify", "--images", IMAGES, "--json", "--board", board.name,
            ];
            let document = json(&[&args[..], &engine_flag(engine)].concat());
            let context = format!("{} {name}: {document}", board.name);
            assert_eq!(document["mismatches"], 0, "{context}");
            assert_eq!(document["images"], 200, "{context}");
            let said = document["engine"].as_str().expect("the engine's name");
            assert!(said.starts_with(name), "{context}");
            assert!(
                document["instructions"].as_u64() > Some(1_000_000),
                "{context}"
            );

            let elf = fs::read(firmware_elf(board, engine)).expect("the firmware was built");
            let elf = object::File::parse(&*elf).expect("an ELF file");
            let build_id = elf.build_id().expect("readable notes").expect("a build id");
            let build_id: String = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(document["elf_build_id"], build_id.as_str(), "{context}");
            let of_tract = elf
                .symbols()
                .filter(|symbol| symbol.name().is_ok_and(|name| name.contains("tract_core")))
                .count();
            assert_eq!(of_tract > 100, engine == Engine::Tract, "{context}");
        }
    }
}

/// A board whose arena is too small for the map says how many bytes are missing.
#[test]
fn every_engine_of_every_board_makes_the_same_occlusion_map() {
    let args = |board: &'static str, engine: Engine| {
        let args = ["occlude", "mnist:4", "--stride", "7", "--json", "--board"];
        [&args[..], &[board], &engine_flag(engine)[..]].concat()
    };
    let map = |board: &'static str, engine: Engine| json(&args(board, engine));
    let native = map("native", Engine::Static)["probabilities"].clone();
    assert_eq!(native.as_array().map(Vec::len), Some(16));
    for board in emulated_by_qemu() {
        for &engine in board.engines {
            if board
                .build
                .is_some_and(|build| build.arena_bytes < OCCLUSION_ARENA_BYTES)
            {
                let need = format!("this needs {OCCLUSION_ARENA_BYTES} bytes of arena");
                let output = cortexscope(&args(board.name, engine));
                assert_eq!(output.status.code(), Some(1), "{}", board.name);
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(said.contains(&need), "{}: {said}", board.name);
                continue;
            }
            let probabilities = &map(board.name, engine)["probabilities"];
            assert_eq!(probabilities, &native, "{} {engine:?}", board.name);
        }
    }
}

/// The ELF files of the static engine for `board`, for speed and for size.
fn builds(board: &BoardKind) -> Vec<PathBuf> {
    let fast = firmware_elf(board, Engine::Static);
    [Some(fast), small_firmware_elf(board)]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn the_firmware_cannot_panic_and_carries_no_text_for_it() {
    for board in BOARDS.iter() {
        if board.transport == Transport::InProcess {
            continue;
        }
        for path in builds(board) {
            cannot_panic(&path);
        }
    }
}

fn cannot_panic(path: &Path) {
    let name = path.display();
    let elf = fs::read(path).expect("the firmware was built");
    let elf = object::File::parse(&*elf).expect("an ELF file");
    let names: Vec<&str> = elf
        .symbols()
        .filter_map(|symbol| symbol.name().ok())
        .collect();
    let of_engine = names.iter().any(|name| name.contains("cortexscope_core"));
    assert!(of_engine, "{name} has no names");
    let of_panics = |name: &&&str| name.contains("9panicking");
    assert_eq!(names.iter().find(of_panics), None, "{name}");

    // Whatever a panic says, it says in which file. Some constants lie beside the function that
    // reads them; among instructions, a few bytes are letters by chance.
    let mut texts = Vec::new();
    for (section, fewest) in [(".rodata", 3), (".text", 6)] {
        let section = elf.section_by_name(section).expect("it is linked");
        let bytes = section.data().expect("their bytes");
        let found = bytes
            .split(|byte| !(b' '..=b'~').contains(byte))
            .filter(|text| text.len() >= fewest)
            .map(|text| String::from_utf8_lossy(text).into_owned());
        texts.extend(found);
    }
    let engine = texts.iter().any(|text| text.contains("static "));
    assert!(engine, "{name}: not even the engine's name in {texts:?}");
    let of_panics = |text: &&String| text.contains(".rs") || text.contains("panic");
    assert_eq!(texts.iter().find(of_panics), None, "{name}");
}

/// Everything that is flashed but the model: engine, probe, protocol, log, runtime.
#[test]
fn the_firmware_without_a_model_takes_40_kib_at_most_and_28_where_it_is_small() {
    let board = find("mps2-an386").expect("the board is known");
    let small = small_firmware_elf(board).expect("the small firmware was built");
    for (path, most_bytes) in [
        (firmware_elf(board, Engine::Static), 40 * 1024),
        (small, 28 * 1024),
    ] {
        let elf = fs::read(&path).expect("the firmware was built");
        let firmware = linked(&elf).expect("an ELF file");
        let flash_bytes = firmware.flash_bytes;
        assert!(flash_bytes > 16 * 1024, "{flash_bytes} bytes");
        assert!(
            flash_bytes <= most_bytes,
            "{}: {flash_bytes} bytes",
            path.display()
        );
        let bound = stack_bound(&elf).expect("a bound");
        let room_bytes = board.build.expect("firmware").regions.stack.bytes;
        assert!(bound.bytes <= room_bytes, "{bound:?}");
    }
}

/// The small firmware computes in other ways, and the same.
#[test]
fn the_small_firmware_gives_the_bytes_of_the_native_board() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let image = board_image(1);
    let board = find("mps2-an386").expect("the board is known");
    let small = small_firmware_elf(board).expect("the small firmware was built");
    let (mut small, _reset) = emulated(board, small, &image, &folder);
    let native = NativeBoard::start(image.bytes(), 64 * 1024);
    let mut native = Session::open(Box::new(native), Options::default()).expect("it answers");
    for mode in [Mode::Tapped, Mode::Fused] {
        for index in 0..4 {
            let ask = InferRequest {
                mode,
                taps: TensorSet::ALL,
                paint: None,
            };
            let answers = [&mut small, &mut native].map(|session| {
                let answer = session.infer(&input(index), &ask, &mut |_| {});
                let answer = answer.expect("an answer");
                (answer.activations, answer.logits)
            });
            assert_eq!(answers[0], answers[1], "{mode:?}");
        }
    }
    let ask = OccludeRequest {
        window: [7, 7],
        stride: [7, 7],
        fill: -128,
        class: None,
    };
    let maps = [&mut small, &mut native].map(|session| {
        let map = session.occlude(&input(0), &ask, &mut |_| {});
        map.expect("a map")
    });
    assert_eq!(maps[0].probabilities, maps[1].probabilities);
    assert!(maps[0].macs_done > maps[1].macs_done, "by whole inferences");
}

/// As a user runs it.
#[test]
fn the_program_runs_the_small_firmware() {
    let args = ["--board", "mps2-an386", "--engine", "small", "--json"];
    let verified = json(&[&["verify", "--images", "20"][..], &args].concat());
    assert_eq!(verified["mismatches"], 0, "{verified}");
    assert_eq!(verified["images"], 20, "{verified}");

    let small = small_firmware_elf(find("mps2-an386").expect("the board is known"));
    let elf = fs::read(small.expect("the small firmware was built")).expect("a file");
    let flash_bytes = linked(&elf).expect("an ELF file").flash_bytes;
    let memory = json(&[&["memory"][..], &args].concat());
    let builds = memory["builds"].as_array().expect("builds");
    let build = builds.iter().find(|build| build["size"] == "small");
    assert_eq!(build.expect("the small one")["flash_bytes"], flash_bytes);
}

/// What a budget counts where the firmware is not built, in whole KiB.
fn whole_kib(firmware: LinkedFirmware) -> Footprint {
    let whole = |bytes: u64| u32::try_from(bytes.next_multiple_of(1024)).expect("some KiB");
    Footprint {
        flash_bytes: whole(firmware.flash_bytes),
        ram_bytes: whole(firmware.ram_bytes),
    }
}

#[test]
fn the_facts_of_a_board_are_those_of_its_firmware() {
    let mut stated = Vec::new();
    let mut found = Vec::new();
    for board in BOARDS.iter() {
        let Some(build) = board.build else { continue };
        let path = firmware_elf(board, Engine::Static);
        let elf = fs::read(&path).expect("the firmware was built");
        let firmware = linked(&elf).expect("an ELF file");
        stated.push((board.name, board.firmware));
        found.push((board.name, Some(whole_kib(firmware))));
        let region = Region::of(&path, board).expect("a memory map");
        let model = build.regions.model;
        assert_eq!(region.address, model.address, "{}", board.name);
        assert_eq!(region.flash_bytes, model.bytes as usize, "{}", board.name);
        assert_eq!(region.arena_bytes, build.arena_bytes as usize);
    }
    assert_eq!(stated, found);
}

/// tract on its board, with `image` in the model region.
fn tract(image: &BoardImage, folder: &tempfile::TempDir) -> (Session, QemuReset) {
    let board = find("mps2-an500").expect("the board is known");
    emulated(board, firmware_elf(board, Engine::Tract), image, folder)
}

/// The board with the firmware `elf`, and with `image` in the model region.
fn emulated(
    board: &BoardKind,
    elf: PathBuf,
    image: &BoardImage,
    folder: &tempfile::TempDir,
) -> (Session, QemuReset) {
    let file = folder.path().join("model.ctx");
    fs::write(&file, image.bytes()).expect("a file in the temporary folder");
    let Transport::Qemu {
        machine,
        model_address,
        ..
    } = board.transport
    else {
        panic!("{board:?} is not emulated");
    };
    let config = QemuConfig::new(machine, elf).load(file, model_address);
    let link = QemuLink::start(config).expect("the emulator starts");
    let reset = link.reset_button();
    let options = Options {
        patience: Duration::from_secs(120),
        ..Options::default()
    };
    let session = Session::open(Box::new(link), options).expect("the board answers");
    (session, reset)
}

fn infer(session: &mut Session) -> Result<Inference, SessionError> {
    let ask = InferRequest {
        mode: Mode::Tapped,
        taps: TensorSet::ALL,
        paint: None,
    };
    session.infer(&input(3), &ask, &mut |_| {})
}

#[test]
fn a_heap_that_runs_out_is_told_in_bytes_and_the_board_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut session, _reset) = tract(&wide_image(), &folder);
    for _ in 0..2 {
        let Err(SessionError::Board(BoardError::HeapExhausted {
            phase,
            need_bytes,
            have_bytes,
        })) = infer(&mut session)
        else {
            panic!("this network does not fit the heap");
        };
        assert_eq!(phase, EnginePhase::Optimise);
        assert!(need_bytes > have_bytes / 2, "{need_bytes} of {have_bytes}");
        assert!(session.memory().is_ok());
    }
}

#[test]
fn a_board_that_stops_while_it_optimises_says_so_and_works_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let image = board_image(1);
    // How fast the emulator is depends on the machine, so the moment is searched for.
    for wait_ms in (1..60).map(|step| 10 * step) {
        let (mut session, reset) = tract(&image, &folder);
        let press = thread::spawn(move || {
            thread::sleep(Duration::from_millis(wait_ms));
            reset.press()
        });
        let stopped = infer(&mut session);
        press
            .join()
            .expect("the button")
            .expect("the emulator runs");
        if let Err(SessionError::Board(BoardError::EngineStopped { phase })) = stopped
            && phase == EnginePhase::Optimise
        {
            infer(&mut session).expect("the board works again");
            return;
        }
    }
    panic!("no reset met the optimiser");
}
