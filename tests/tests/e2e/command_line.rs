//! The command line, as other programs call it.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::{Command, Output};

pub fn cortexscope(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_cortexscope-under-test");
    Command::new(program)
        .args(args)
        .output()
        .expect("the program starts")
}

pub fn json(args: &[&str]) -> Value {
    let output = cortexscope(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {stderr}");
    serde_json::from_slice(&output.stdout).expect("stdout is one JSON document")
}

/// Exit code 2, nothing on stdout, and every one of `words` on stderr.
pub fn refused(args: &[&str], words: &[&str]) {
    let output = cortexscope(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
    assert!(output.stdout.is_empty());
    for word in words {
        assert!(stderr.contains(word), "{args:?}: {stderr}");
    }
}

#[test]
fn verify_on_the_native_board() {
    for model in ["lecture-lenet", "lenet5"] {
        for mode in ["fused", "tapped"] {
            let args = [
                "verify", "--board", "native", "--model", model, "--mode", mode, "--images", "50",
                "--json",
            ];
            let document = json(&args);
            let layers = document["layers"].as_array().expect("a list of layers");
            let sum: u64 = layers
                .iter()
                .filter_map(|layer| layer["bytes"].as_u64())
                .sum();
            assert_eq!(document["mismatches"], 0, "{model} {mode}");
            assert_eq!(document["images"], 50);
            assert_eq!(document["bytes"], 50 * sum);
            assert!(document["right"].as_u64() >= Some(48));
            assert!(
                document["instructions"].is_null(),
                "a host CPU has no counter"
            );
        }
    }
}

#[test]
fn an_emulated_board_says_who_it_is_and_what_it_took() {
    let args = ["verify", "--board", "mps2-an386", "--images", "5", "--json"];
    let document = json(&args);
    assert_eq!(document["board"], "mps2-an386");
    assert_eq!(document["mismatches"], 0);
    assert_eq!(document["elf_build_id"].as_str().map(str::len), Some(40));
    assert!(document["instructions"].as_u64() > Some(1_000_000));
}

#[test]
fn planned_memory_is_measured_memory() {
    for model in ["lecture-lenet", "lenet5", "winml-mnist"] {
        let document = json(&[
            "memory",
            "--board",
            "mps2-an386",
            "--model",
            model,
            "--json",
        ]);
        let modes = document["modes"].as_array().expect("a list of modes");
        assert_eq!(modes.len(), 2);
        for mode in modes {
            assert!(mode["planned_arena_bytes"].as_u64() > Some(0));
            assert_eq!(
                mode["planned_arena_bytes"], mode["measured_arena_bytes"],
                "{mode}"
            );
            for layer in mode["layers"].as_array().expect("a list").iter().skip(1) {
                assert!(layer["planned_arena_bytes"].as_u64() > Some(0), "{layer}");
                assert_eq!(
                    layer["planned_arena_bytes"], layer["measured_arena_bytes"],
                    "{layer}"
                );
            }
        }
        let occlusion = &document["occlusion"];
        assert!(occlusion["planned_arena_bytes"].as_u64() > Some(0));
        assert_eq!(
            occlusion["planned_arena_bytes"], occlusion["measured_arena_bytes"],
            "{model}: {occlusion}"
        );
        assert!(document["linked"]["text_bytes"].as_u64() > Some(0));
        let sections = document["firmware"]["sections"].as_array().expect("a list");
        for section in sections {
            let causes = section["causes"].as_array().expect("a list");
            let sum: u64 = causes
                .iter()
                .filter_map(|cause| cause["bytes"].as_u64())
                .sum();
            assert_eq!(Some(sum), section["bytes"].as_u64(), "{section}");
        }
        let text = sections.iter().find(|section| section["name"] == ".text");
        let engine = text.and_then(|text| {
            let mut causes = text["causes"].as_array()?.iter();
            causes.find(|cause| cause["cause"] == "engine")?["bytes"].as_u64()
        });
        assert!(engine > Some(4_000), "the engine is found in the code");
    }
}

#[test]
fn no_stack_is_deeper_than_the_elf_file_says() {
    let boards: [&[&str]; 2] = [
        &["--board", "mps2-an386"],
        &["--board", "mps2-an500", "--engine", "static"],
    ];
    for board in boards {
        for model in ["lecture-lenet", "lenet5"] {
            let args = [&["memory", "--json", "--model", model], board].concat();
            let stack = json(&args)["stack"].clone();
            let bytes = |field: &str| stack[field].as_u64();
            let (measured, bound) = (bytes("measured_bytes"), bytes("bound_bytes"));
            assert!(Some(1_000) < measured && measured <= bound, "{stack}");
            assert!(bound <= bytes("room_bytes"), "{stack}");
            let frames = [&stack["path"], &stack["interrupt"]];
            let frames = frames.into_iter().flat_map(|frames| frames.as_array());
            let sum = frames.flatten().filter_map(|frame| frame["bytes"].as_u64());
            assert_eq!(Some(sum.sum()), bound, "{stack}");
        }
    }
    let args = [
        "memory",
        "--json",
        "--board",
        "mps2-an500",
        "--engine",
        "tract",
    ];
    let stack = json(&args)["stack"].clone();
    assert!(stack["bound_bytes"].is_null(), "{stack}");
    let why = stack["no_bound"].as_str().expect("a reason");
    assert!(why.contains("through a pointer"), "{why}");
}

#[test]
fn a_budget_adds_up_and_names_the_boards_that_are_too_small() {
    let document = json(&["budget", "vgg16", "--json"]);
    assert_eq!(document["totals"]["parameters"], 138_357_544);
    assert_eq!(document["totals"]["values"], 15_237_608);
    let layers = document["layers"].as_array().expect("a list of layers");
    let sum = |field: &str| -> u64 { layers.iter().filter_map(|l| l[field].as_u64()).sum() };
    assert_eq!(Some(sum("macs")), document["totals"]["macs"].as_u64());
    let boards = document["boards"].as_array().expect("a list of boards");
    let microbit = boards.iter().find(|board| board["name"] == "microbit");
    let microbit = microbit.expect("a known board");
    assert_eq!(microbit["fits_fused"], false);
    let verdict = microbit["verdict"].as_str().expect("words");
    assert!(
        verdict.starts_with("does not fit: flash is short by"),
        "{verdict}"
    );
}

/// The plan keeps rows for pooled sums, although this core does not compute them: with its
/// 4,112 bytes of arena without them the network would fit.
#[test]
fn a_microbit_lacks_the_ram_that_pooled_sums_keep() {
    let document = json(&["budget", "lecture-lenet", "--json"]);
    let boards = document["boards"].as_array().expect("a list of boards");
    let microbit = boards.iter().find(|board| board["name"] == "microbit");
    let microbit = microbit.expect("a known board");
    assert_eq!(
        (&microbit["fits_fused"], &microbit["fits_tapped"]),
        (&false.into(), &false.into())
    );
    let verdict = microbit["verdict"].as_str().expect("words");
    let is_short = verdict.starts_with("does not fit: RAM is short by 474 B");
    assert!(is_short, "{verdict}");
}

#[test]
fn boards_have_the_bytes_of_each_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dump = |board: &str| {
        let folder = folder.path().join(board);
        let path = folder.to_str().expect("a plain path").to_owned();
        json(&[
            "infer", "mnist:17", "--board", board, "--dump", &path, "--json",
        ]);
        folder
    };
    let (native, emulated) = (dump("native"), dump("mps2-an386"));
    let files = |folder: &Path| {
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("the dump is there")
            .map(|file| file.expect("readable").file_name())
            .collect();
        files.sort();
        files
    };
    assert_eq!(files(&native), files(&emulated));
    assert!(
        files(&native).len() >= 7,
        "input, layers, accumulators and logits"
    );
    for file in files(&native) {
        let read = |folder: &Path| std::fs::read(folder.join(&file)).expect("readable");
        assert_eq!(read(&native), read(&emulated), "{}", file.display());
    }
}

#[test]
fn an_array_is_taken_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dump = folder.path().to_str().expect("a plain path");
    let first = json(&[
        "infer", "mnist:3", "--board", "native", "--dump", dump, "--json",
    ]);
    let input = folder.path().join("input.npy");
    let input = input.to_str().expect("a plain path");
    let again = json(&["infer", input, "--board", "native", "--json"]);
    assert_eq!(first["results"][0]["logits"], again["results"][0]["logits"]);
}

#[test]
fn an_occlusion_fills_its_grid() {
    let args = [
        "occlude", "mnist:0", "--board", "native", "--window", "5x9", "--stride", "3x2", "--json",
    ];
    let document = json(&args);
    assert_eq!(
        (&document["rows"], &document["columns"]),
        (&8.into(), &10.into())
    );
    assert_eq!(document["probabilities"].as_array().map(Vec::len), Some(80));
    assert!(document["macs_done"].as_u64() < document["macs_full"].as_u64());
}

#[test]
fn wrong_requests_say_what_to_do() {
    refused(
        &["infer", "mnist:10000", "--board", "native"],
        &["mnist:9999"],
    );
    refused(
        &["infer", "nowhere.png", "--board", "native"],
        &["nowhere.png"],
    );
    refused(
        &["infer", "mnist:1", "--board", "toaster"],
        &["toaster", "mps2-an386"],
    );
    refused(
        &[
            "infer", "mnist:1", "--board", "native", "--model", "alexnet",
        ],
        &["lecture-lenet"],
    );
    refused(
        &["verify", "--board", "native", "--images", "0"],
        &["1 to 10000"],
    );
    refused(
        &["occlude", "mnist:1", "--board", "native", "--window", "29"],
        &["28x28"],
    );
    refused(
        &["occlude", "mnist:1", "--board", "native", "--class", "10"],
        &["0 to 9"],
    );
    refused(
        &["infer", "mnist:1", "--board", "native", "--engine", "tract"],
        &["static"],
    );
    refused(
        &["infer", "camera", "--board", "native"],
        &[
            "cortexscope: native has no camera: give a picture",
            "--sensor",
        ],
    );
}

#[test]
fn a_model_that_does_not_fit_is_refused_before_a_board_is_touched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let write = |name, bytes: &[u8]| std::fs::write(at(name), bytes).expect("a writable folder");
    // Refused before anything is run, so that no runtime looks into the ONNX file.
    let onnx = b"never read";
    let image = crate::lecture_shape::dense_image(1_400, Sha256::digest(onnx).into());
    write("wide.int8.onnx", onnx);
    write("wide.ctx", image.bytes());
    let file = at("wide.ctx");
    let file = file.to_str().expect("a plain path");
    let words = "wide on stm32f405: does not fit: flash is short by ";
    for command in ["flash", "demo"] {
        refused(
            &[command, "--board", "stm32f405", "--model", file],
            &[words, " B: fewer weights, that many, or a part with "],
        );
    }
}

#[test]
fn flash_says_what_probe_rs_is_told_and_refuses_what_is_no_part() {
    refused(
        &["flash", "--board", "mps2-an386"],
        &["mps2-an386", "emulated"],
    );
    let args = [
        "flash",
        "--board",
        "stm32f405",
        "--model",
        "lenet5",
        "--dry-run",
    ];
    let output = cortexscope(&args);
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8_lossy(&output.stdout);
    let mut lines = lines.lines();
    let download = lines.next().expect("a first line");
    assert!(
        download.starts_with(
            "probe-rs download --chip STM32F405RG --binary-format bin --base-address 0x08020000"
        ) && download.ends_with("lenet5.ctx"),
        "{download}"
    );
    assert_eq!(lines.next(), Some("probe-rs reset --chip STM32F405RG"));
}

#[test]
fn flash_says_how_to_get_probe_rs() {
    let output = Command::new(env!("CARGO_BIN_EXE_cortexscope-under-test"))
        .args(["flash", "--board", "stm32f405"])
        .env("PATH", "/nowhere")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("cargo install probe-rs-tools"), "{stderr}");
}
