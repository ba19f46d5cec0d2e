//! The program away from the checkout that it was built in: copied, in an empty
//! folder, for a user without files.

use cortexscope_tests::live_server::Server;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A copy of the program and an empty folder to run it in.
struct Elsewhere {
    folder: TempDir,
    program: PathBuf,
}

impl Elsewhere {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("cortexscope");
        std::fs::copy(env!("CARGO_BIN_EXE_cortexscope-under-test"), &program).expect("a copy");
        for name in ["home", "empty"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self { folder, program }
    }

    fn empty(&self) -> PathBuf {
        self.folder.path().join("empty")
    }

    fn command(&self, args: &[&str]) -> Command {
        let home = self.folder.path().join("home");
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .current_dir(self.empty())
            .env_clear()
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join("data"));
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program starts")
    }

    fn document(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {stderr}");
        serde_json::from_slice(&output.stdout).expect("one JSON document")
    }
}

#[test]
fn commands_run_from_an_empty_folder() {
    let elsewhere = Elsewhere::new();
    let args = ["infer", "mnist:18", "--board", "native", "--json"];
    let inferred = elsewhere.document(&args);
    assert_eq!(inferred["results"][0]["expected"], 3, "{inferred}");
    elsewhere.document(&["budget", "lenet5", "--json"]);
    elsewhere.document(&["explain", "gradient", "lecture-lenet", "mnist:18", "--json"]);
    let demo = [
        "demo", "--board", "native", "--inputs", "mnist:18", "--json",
    ];
    elsewhere.document(&demo);
    assert!(elsewhere.empty().join("cortexscope-report").is_dir());
}

#[test]
fn the_live_page_is_served_from_an_empty_folder() {
    let elsewhere = Elsewhere::new();
    let arguments = ["live", "--port", "0", "--no-browser", "--board", "native"];
    let mut command = elsewhere.command(&arguments);
    let server = Server::spawn(&mut command).expect("the server starts");
    let mut stream = TcpStream::connect(server.authority()).expect("a connection");
    let host = server.authority();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("<!doctype html>") || answer.contains("<!DOCTYPE html>"));
}

#[test]
fn firmware_that_is_missing_says_where_it_was_looked_for() {
    let elsewhere = Elsewhere::new();
    let output = elsewhere.run(&["infer", "mnist:18", "--board", "mps2-an386"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let firmware = "firmware/mps2-an386/mps2-an386.elf";
    let data = elsewhere.folder.path().join("home/data/cortexscope");
    let data = data.join(firmware);
    for word in ["cargo xtask firmware", firmware, &*data.to_string_lossy()] {
        assert!(stderr.contains(word), "{word}: {stderr}");
    }
}

#[cfg(unix)]
#[test]
fn an_unpacked_emulator_is_found_in_the_users_data_folder() {
    use std::os::unix::fs::PermissionsExt;

    let elsewhere = Elsewhere::new();
    let state = || {
        let mut command = elsewhere.command(&["boards", "--json"]);
        // A machine that has no emulator in its path.
        let output = command.env("PATH", elsewhere.empty()).output();
        let stdout = output.expect("the program starts").stdout;
        let document: Value = serde_json::from_slice(&stdout).expect("one JSON document");
        let boards = document["boards"].as_array().expect("boards").clone();
        let emulated = boards.iter().find(|board| board["name"] == "mps2-an386");
        emulated.expect("the board")["state"].clone()
    };
    assert!(state().to_string().contains("no emulator"), "{}", state());
    let data = elsewhere.folder.path().join("home/data/cortexscope");
    let folder = data.join("tools/qemu-system-arm");
    std::fs::create_dir_all(&folder).expect("a folder");
    let emulator = folder.join("qemu-system-arm");
    std::fs::write(&emulator, "#!/bin/sh\n").expect("a script");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&emulator, executable).expect("a program");
    assert!(state().to_string().contains("no firmware"), "{}", state());
}

#[test]
fn no_folder_of_a_host_crate_is_in_the_program() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_cortexscope-under-test")).expect("the program");
    let host = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a checkout")
        .join("host");
    let prefix = format!("{}/", host.display());
    let found = program
        .windows(prefix.len())
        .position(|window| window == prefix.as_bytes());
    let text = found.map(|at| String::from_utf8_lossy(&program[at..(at + 120).min(program.len())]));
    assert_eq!(text, None);
}
