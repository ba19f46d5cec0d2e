//! What every command line program does: exit codes, `--quiet`, no colours where none are
//! wanted, completions, manual pages.

use crate::command_line::cortexscope;
use cortexscope_core::image::format::{HASHED_FROM, LayerRecord};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cortexscope-under-test");

/// A board that logs.
const EMULATED: [&str; 4] = ["infer", "mnist:18", "--board", "mps2-an386"];

/// The program in a folder with nothing else, for a user without files, on a machine without
/// an emulator: from where it was built it would find one that set-up unpacked.
fn alone(folder: &Path) -> Command {
    let program = folder.join("program");
    if !program.exists() && std::fs::hard_link(PROGRAM, &program).is_err() {
        std::fs::copy(PROGRAM, &program).expect("there is room for it");
    }
    let mut command = Command::new(&program);
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("PATH", "/nowhere");
    command
}

fn texts(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

#[test]
fn the_help_names_the_exit_codes_and_they_are_kept() {
    let output = cortexscope(&["--help"]);
    let [help, _] = texts(&output);
    let (_, codes) = help.split_once("Exit codes:").expect("a table");
    for (code, word) in [("  0  ", "done"), ("  1  ", "failed"), ("  2  ", "request")] {
        let mut rows = codes.lines();
        let is_there = rows.any(|row| row.starts_with(code) && row.contains(word));
        assert!(is_there, "{code}{word}: {codes}");
    }
    let code = |args: &[&str]| cortexscope(args).status.code();
    assert_eq!(code(&["--help"]), Some(0));
    assert_eq!(code(&["--version"]), Some(0));
    assert_eq!(code(&["explain", "saliency", "--help"]), Some(0));
    assert_eq!(code(&["budget", "lenet5"]), Some(0));
    // The command line is wrong, and what it names is wrong.
    assert_eq!(code(&["infer"]), Some(2));
    assert_eq!(code(&["no-such-command"]), Some(2));
    assert_eq!(
        code(&["infer", "/no/such.png", "--board", "native"]),
        Some(2)
    );
    assert_eq!(code(&["infer", "mnist:0", "--board", "pdp-11"]), Some(2));
    // The request is good and the work fails.
    let args = [
        "infer",
        "mnist:0",
        "--board",
        "stm32f405",
        "--port",
        "/no/such/tty",
    ];
    assert_eq!(code(&args), Some(1));
}

/// One weight of the board image is another one than in the int8 ONNX model.
#[test]
fn a_mismatch_is_exit_code_1() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lenet5");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["lenet5.int8.onnx", "lenet5.toml"] {
        std::fs::copy(models.join(name), folder.path().join(name)).expect("a copy");
    }
    let mut image = std::fs::read(models.join("lenet5.ctx")).expect("a board image");
    // Of the last layer, where each weight counts: the layers' span is at 72 of the header,
    // the weights' at 36 of a record.
    let word = |at: usize| {
        let bytes = image[at..].first_chunk().expect("a word");
        u32::from_le_bytes(*bytes) as usize
    };
    let last = word(72) + size_of::<LayerRecord>() * (word(76) - 1);
    let weight = word(last + 36) + 3;
    image[weight] ^= 0x40;
    let hash = Sha256::digest(&image[HASHED_FROM..]);
    image[HASHED_FROM - hash.len()..HASHED_FROM].copy_from_slice(&hash);
    let file = folder.path().join("lenet5.ctx");
    std::fs::write(&file, image).expect("a file");
    let model = file.to_str().expect("a plain path");
    let args = [
        "verify", "--board", "native", "--images", "3", "--model", model,
    ];
    let output = cortexscope(&args);
    let [found, stderr] = texts(&output);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(found.contains(" bytes differ"), "{found}");
}

#[test]
fn quiet_leaves_results_and_errors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = |args: &[&str]| {
        let mut command = alone(folder.path());
        command.args(args).output().expect("it starts")
    };
    let loud = run(&["infer", "mnist:18"]);
    let [result, notes] = texts(&loud);
    assert!(loud.status.success(), "{notes}");
    assert!(notes.contains("as the board native"), "{notes}");
    for args in [
        ["infer", "mnist:18", "--quiet"],
        ["-q", "infer", "mnist:18"],
    ] {
        let [quiet, nothing] = texts(&run(&args));
        assert_eq!((quiet, nothing), (result.clone(), String::new()));
    }
    let refused = run(&["infer", "no-such.png", "--quiet"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(texts(&refused)[1].contains("no-such.png"));
}

#[test]
fn a_board_that_is_named_or_measured_is_never_replaced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for args in [
        &["infer", "mnist:18", "--board", "mps2-an386"][..],
        &["verify", "--images", "1"],
        &["memory"],
        &["bench"],
    ] {
        let output = alone(folder.path()).args(args).output().expect("it starts");
        let [_, stderr] = texts(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(
            output.stdout.is_empty() && !stderr.contains("native"),
            "{args:?}: {stderr}"
        );
    }
}

/// Everything that the program writes to a terminal that has colours.
fn on_a_terminal(args: &[&str], variables: &[(&str, &str)]) -> String {
    let size = PtySize {
        rows: 50,
        cols: 120,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system().openpty(size).expect("a terminal");
    let mut command = CommandBuilder::new(PROGRAM);
    command.args(args);
    command.env_clear();
    let terminal = [
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("LANG", "C.UTF-8"),
        ("RUST_LOG", "info"),
    ];
    // Where the emulator is.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in terminal.iter().chain(variables) {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).expect("it starts");
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("its output");
    let mut bytes = Vec::new();
    // Linux ends the output of a terminal that everybody has left with an error.
    let _ = reader.read_to_end(&mut bytes);
    assert!(child.wait().expect("it ends").success(), "{args:?}");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn no_color_means_no_colours() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().to_str().expect("a plain path");
    for args in [
        &["--help"][..],
        &EMULATED,
        &["budget", "lenet5"],
        &["activations", "lenet5", "mnist:18"],
        &[
            "demo",
            "--board",
            "native",
            "--inputs",
            "mnist:18",
            "--no-live",
            "-o",
            folder,
        ],
    ] {
        let plain = on_a_terminal(args, &[("NO_COLOR", "1")]);
        let colours = ["\x1b[1m", "\x1b[2m", "\x1b[3", "\x1b[4", "\x1b[9"];
        for colour in colours {
            assert!(!plain.contains(colour), "{args:?}: {plain:?}");
        }
    }
    let colourful = on_a_terminal(
        &[
            "demo",
            "--board",
            "native",
            "--inputs",
            "mnist:18",
            "--no-live",
            "-o",
            folder,
        ],
        &[],
    );
    assert!(colourful.contains("\x1b[38;2;"), "{colourful:?}");
}

#[test]
fn logs_in_a_pipe_have_no_colours() {
    let output = Command::new(PROGRAM)
        .args(EMULATED)
        .env("RUST_LOG", "info")
        .output()
        .expect("it starts");
    let [_, log] = texts(&output);
    assert!(log.contains(" INFO board: "), "{log}");
    assert!(!log.contains('\x1b'), "{log:?}");
}

/// bash itself completes, with the script that the program prints.
#[test]
fn bash_completes_commands_and_options() {
    let script = cortexscope(&["completions", "bash"]);
    assert!(script.status.success());
    let [script, _] = texts(&script);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("cortexscope");
    std::fs::write(&file, script).expect("a file");
    let complete = |words: &[&str]| {
        let line = words.iter().map(|word| format!("'{word}' "));
        let last = words.len() - 1;
        let text = format!(
            "source '{}'; COMP_WORDS=({}); COMP_CWORD={last}; \
             _cortexscope cortexscope '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
            file.display(),
            line.collect::<String>(),
            words[last],
            words[last - 1],
        );
        let output = Command::new("bash").args(["-c", &text]).output();
        let output = output.expect("bash starts");
        let [replies, errors] = texts(&output);
        assert!(output.status.success(), "{errors}");
        replies.trim().to_owned()
    };
    assert_eq!(complete(&["cortexscope", "inf"]), "infer");
    assert_eq!(complete(&["cortexscope", "infer", "--du"]), "--dump");
    assert_eq!(
        complete(&["cortexscope", "completions", "po"]),
        "powershell"
    );
}

#[test]
fn the_manual_pages_are_written_where_the_user_says() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pages = folder.path().join("man1");
    let args = ["man", pages.to_str().expect("a plain path")];
    assert!(cortexscope(&args).status.success());
    let page = std::fs::read_to_string(pages.join("cortexscope.1")).expect("a page");
    let title = format!("cortexscope {}", env!("CARGO_PKG_VERSION"));
    assert!(
        page.lines()
            .any(|line| line.starts_with(".TH") && line.contains(&title))
    );
}
