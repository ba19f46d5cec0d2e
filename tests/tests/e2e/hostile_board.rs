//! A board that lies, at a serial port, against every command that talks to a board.
//!
//! The port is a pseudo-terminal, and the program at its other end is the one that the
//! rig's own tests use. What is tested is the real command as its user sees it: it ends
//! with an error, in bounded time and memory, and never with a panic.

use crate::bounded::{MEMORY_KIB_MAX, PROGRAM, bounded, greatest_kib};
use crate::command_line::json;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_rig::link::lying::{Asked, Endless, From, Lie, LyingBoard, Model, emitted};
use cortexscope_tests::live_server::Server;
use cortexscope_wire::Event;
use cortexscope_wire::message::CounterKind;
use portable_pty::{PtyPair, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Output;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A serial port with a board at its other end.
struct Port {
    path: String,
    _pair: PtyPair,
}

fn port(lie: Lie) -> Port {
    let size = PtySize {
        rows: 24,
        cols: 80,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system().openpty(size).expect("a pty");
    let path = pair.master.tty_name().expect("it has a name");
    let mut from_host = pair.master.try_clone_reader().expect("it can be read");
    let mut to_host = pair.master.take_writer().expect("it can be written");
    let model = ModelFiles::open("lecture-lenet").expect("it is shipped");
    let model = Model::of(&model.image.model());
    let board = Arc::new(Mutex::new(LyingBoard::new(model, lie)));
    let (answers, outgoing) = channel();
    let listening = Arc::clone(&board);
    // Both end with the test's process: nobody waits for a board.
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from_host.read(&mut buffer) {
            let answer = listening.lock().unwrap().take(&buffer[..count]);
            if answers.send(answer).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        loop {
            let bytes = match outgoing.recv_timeout(Duration::from_millis(1)) {
                Ok(answer) => answer,
                Err(RecvTimeoutError::Timeout) => board.lock().unwrap().talk(),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if to_host.write_all(&bytes).is_err() {
                return;
            }
        }
    });
    Port {
        path: path.display().to_string(),
        _pair: pair,
    }
}

/// Every command that asks a board something and ends.
const COMMANDS: [&[&str]; 10] = [
    &["infer", "mnist:18"],
    &["infer", "mnist:18", "--dump", "OUT", "--json"],
    &["occlude", "mnist:18", "--window", "7", "--stride", "7"],
    &["verify", "--images", "2"],
    &["memory"],
    &["bench", "--model", "lecture-lenet"],
    &["demo", "--inputs", "mnist:0", "--no-live", "-o", "OUT"],
    &[
        "top",
        "lecture-lenet",
        "--data",
        "mnist",
        "--images",
        "2",
        "--layer",
        "pool2",
        "--board",
        "mps2-an386",
        "-o",
        "OUT",
    ],
    &[
        "robustness",
        "lecture-lenet",
        "--data",
        "mnist",
        "--images",
        "2",
        "--corruption",
        "contrast",
        "--severity",
        "1",
        "--board",
        "mps2-an386",
        "-o",
        "OUT",
    ],
    &[
        "brain",
        "evolve",
        "--model",
        "lecture-lenet",
        "--target",
        "class:1",
        "--board",
        "mps2-an386",
        "--queries",
        "3",
        "--natural",
        "2",
        "--gradient-steps",
        "1",
        "-o",
        "OUT",
    ],
];

/// Commands whose board is at another option than `--port`, and the test of each.
const ELSEWHERE: [(&str, &str); 1] = [("live", "the_live_page_outlives_a_board_that_lies")];

/// A new command with a port has to stand in the list above.
#[test]
fn every_command_with_a_port_is_exercised() {
    let mut open = vec![(Vec::new(), cortexscope::command_line())];
    let mut with_port = Vec::new();
    while let Some((path, command)) = open.pop() {
        let has_port = command
            .get_opts()
            .any(|option| option.get_long() == Some("port"));
        if has_port && !ELSEWHERE.iter().any(|(name, _)| path == [*name]) {
            with_port.push(path.clone());
        }
        for inner in command.get_subcommands() {
            let path = [path.clone(), vec![inner.get_name().to_owned()]].concat();
            open.push((path, inner.clone()));
        }
    }
    assert!(with_port.len() > 8, "{with_port:?}");
    for path in with_port {
        let is_exercised = COMMANDS
            .iter()
            .any(|command| command.iter().zip(&path).all(|(have, want)| have == want));
        assert!(is_exercised, "no test lies to `{}`", path.join(" "));
    }
}

/// The command at this port: what it wrote, in bounded time and memory.
fn run(command: &[&str], port: &Port, folder: &Path) -> Output {
    let out = folder.join("out").display().to_string();
    let mut arguments: Vec<&str> = command
        .iter()
        .map(|&argument| match argument {
            "OUT" => out.as_str(),
            argument => argument,
        })
        .collect();
    arguments.extend(["--port", &port.path]);
    bounded(&arguments)
}

/// Runs every command against a board with the lie; each must end with an error in
/// which every one of `words` stands, unless it never asks what is lied about.
fn every_command(lie: impl Fn() -> Lie + Sync, asks: &[&str], words: &[&str]) {
    thread::scope(|scope| {
        for command in COMMANDS {
            let lie = &lie;
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let port = port(lie());
                let output = run(command, &port, folder.path());
                let stderr = String::from_utf8_lossy(&output.stderr);
                assert!(!stderr.contains("panicked"), "{command:?}: {stderr}");
                assert!(
                    !stderr.contains(|sign: char| sign.is_control() && sign != '\n'),
                    "{command:?}: {stderr:?}"
                );
                if asks.is_empty() || asks.contains(&command[0]) {
                    assert_eq!(output.status.code(), Some(1), "{command:?}: {stderr}");
                    for word in words {
                        assert!(stderr.contains(word), "{command:?}: {stderr}");
                    }
                } else {
                    assert!(output.status.code().is_some(), "{command:?}: {stderr}");
                }
            });
        }
    });
}

#[test]
fn a_board_that_claims_another_shape_is_refused_by_every_command() {
    let lie = || Lie {
        classes: Some(5),
        ..Lie::default()
    };
    every_command(lie, &[], &["its model has 5 classes"]);
}

/// Every number that is printed as a count has the unit that the board says.
#[test]
fn what_a_part_counts_is_called_cycles() {
    for command in [COMMANDS[0], COMMANDS[4], COMMANDS[5]] {
        let folder = tempfile::tempdir().unwrap();
        let port = port(Lie {
            counts: Some(CounterKind::Cycles),
            ..Lie::default()
        });
        let output = run(command, &port, folder.path());
        let text = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {stderr}");
        let is_right = text.contains("cycles") && !text.contains("instructions");
        assert!(is_right, "{command:?}: {text}");
    }
}

#[test]
fn a_board_that_is_silent_is_given_up_by_every_command() {
    let lie = || Lie {
        silent_from: Some(Asked::Other),
        ..Lie::default()
    };
    every_command(lie, &[], &["no answer from serial port"]);
}

#[test]
fn a_board_that_logs_for_ever_is_given_up_by_every_command() {
    let lie = || Lie {
        endless: Some((From::Answer(Asked::Identify, 0), Endless::Log(vec![7; 200]))),
        ..Lie::default()
    };
    every_command(lie, &[], &["stopped answering"]);
}

#[test]
fn an_answer_that_never_ends_is_refused_by_every_command() {
    let tap = Event::Logits {
        first: 0,
        values: &[],
    };
    let talk = emitted(&tap);
    let lie = || Lie {
        endless: Some((From::Answer(Asked::Infer, 0), Endless::Event(talk.clone()))),
        ..Lie::default()
    };
    let asks = ["infer", "verify", "memory", "bench", "demo"];
    every_command(lie, &asks, &["breaks the protocol"]);
}

#[test]
fn an_answer_before_its_request_is_refused_by_every_command() {
    let lie = || Lie {
        early: true,
        ..Lie::default()
    };
    every_command(lie, &[], &["breaks the protocol"]);
}

#[test]
fn a_board_cannot_command_the_terminal_by_its_name() {
    let lie = Lie {
        name: Some("\x1b]0;owned\x07".to_owned()),
        engine: Some("\x1b[2J".to_owned()),
        ..Lie::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let port = port(lie);
    for command in [&["verify", "--images", "1"][..], &["memory"]] {
        let output = run(command, &port, folder.path());
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains("\\u{1b}"), "{stdout}");
        assert!(
            !stdout.contains('\x1b') && !stdout.contains('\x07'),
            "{stdout:?}"
        );
    }
}

#[test]
fn both_engines_of_a_board_that_lies_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lie = Lie {
        tensors: Some(3),
        ..Lie::default()
    };
    let port = port(lie);
    let output = run(&["memory", "--board", "mps2-an500"], &port, folder.path());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("its model has 3 tensors"), "{stderr}");
}

#[test]
fn the_live_page_outlives_a_board_that_lies() {
    let lies = [
        Lie {
            classes: Some(5),
            ..Lie::default()
        },
        Lie {
            endless: Some((From::Answer(Asked::Infer, 3), Endless::Repeats)),
            ..Lie::default()
        },
        Lie {
            endless: Some((From::Start, Endless::Noise)),
            ..Lie::default()
        },
    ];
    for lie in lies {
        let port = port(lie);
        let server = Server::start(Path::new(PROGRAM), &["--serial", &port.path]).unwrap();
        thread::sleep(Duration::from_secs(3));
        let mut stream = TcpStream::connect(server.authority()).unwrap();
        let host = server.authority();
        write!(
            stream,
            "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let kib = greatest_kib(server.process()).unwrap();
        assert!(kib < MEMORY_KIB_MAX, "{kib} KiB");
    }
}

#[test]
fn a_recorded_session_is_replayed_without_a_board() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.ctxtape");
    let file = file.to_str().unwrap();
    for command in [
        &["infer", "mnist:18", "mnist:4", "--json"][..],
        &["occlude", "mnist:18", "--stride", "3", "--json"],
        &["verify", "--images", "3", "--json"],
        &["memory", "--json"],
    ] {
        let record = [command, &["--board", "native", "--record", file]].concat();
        let replay = [command, &["--replay", file]].concat();
        let recorded = json(&record);
        assert_eq!(recorded["board"], "native");
        assert_eq!(json(&replay), recorded, "{command:?}");
    }
    let output = crate::command_line::cortexscope(&["infer", "mnist:0", "--replay", file]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains("holds no answer to an inference"),
        "{stderr}"
    );
    crate::command_line::refused(
        &["infer", "mnist:0", "--replay", "/no/such.ctxtape"],
        &["cannot open the recording /no/such.ctxtape"],
    );
}

#[test]
fn a_picture_that_cannot_be_written_is_refused_before_the_board_is_asked() {
    for (path, word) in [
        ("/no/such/folder/map.png", "no folder /no/such/folder"),
        ("map.unknown", "map.unknown"),
    ] {
        // No board answers at this port: it is not even tried.
        crate::command_line::refused(
            &[
                "occlude",
                "mnist:18",
                "--port",
                "/dev/no-such-port",
                "-o",
                path,
            ],
            &[word],
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for command in [["infer", "mnist:18", "--dump"], ["demo", "--no-live", "-o"]] {
        let args = [&command[..], &[file, "--port", "/dev/no-such-port"]].concat();
        crate::command_line::refused(&args, &["is a file: give a folder"]);
    }
}
