//! A board that is added by `firmware/boards/README.md`: a copy of mps2-an386 with half
//! the RAM. It changes nothing outside its folder and `memory-x`, and answers as the
//! native board does.
//!
//! The copy of the sources has a place of its own below the target folder, and a target
//! folder of its own: cargo takes a package of the copy for the package of the same name
//! here, and would overwrite what other tests still need. Packages of the registry are the
//! same in both, so what is built of them is shared with the new target folder and not
//! built again. It is a test binary of its own, because it builds while it runs, and other
//! end-to-end tests wait for pages and boards.

use cortexscope_rig::board::{BOARDS, find};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const NAME: &str = "half-ram";
const LIKE: &str = "mps2-an386";
/// What is copied; everything else that the sources refer to is linked to.
const COPIED: [&str; 6] = [
    ".cargo", "examples", "firmware", "host", "memory-x", "tests",
];

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the workspace")
}

/// Writes a file unless it has these bytes, so that cargo sees no change where none is.
fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
    fs::write(path, bytes).expect("a new file");
}

/// Copies what is below `from`; built files and lock files of crates apart are left out.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "target" {
                copy(&path, &to.join(name));
            }
        } else {
            write(&to.join(name), &fs::read(&path).expect("a file"));
        }
    }
}

/// The workspace with the new board, in its place.
fn workspace_with_the_board(root: &Path) -> PathBuf {
    let copied = root.join("target/added-board");
    // What was built of other packages, or in another way, is of no use.
    let is_same = |file: &str| fs::read(copied.join(file)).ok() == fs::read(root.join(file)).ok();
    if !is_same("Cargo.lock") || !is_same("Cargo.toml") {
        _ = fs::remove_dir_all(copied.join("target"));
    }
    for entry in fs::read_dir(root).expect("the workspace") {
        let entry = entry.expect("an entry");
        let (path, name) = (entry.path(), entry.file_name());
        let to = copied.join(&name);
        if COPIED.iter().any(|folder| name == *folder) {
            copy(&path, &to);
        } else if path.is_file() {
            write(&to, &fs::read(&path).expect("a file"));
        } else if name != "target" && name != ".git" && !to.exists() {
            std::os::unix::fs::symlink(&path, &to).expect("a link");
        }
    }
    let boards = root.join("firmware/boards");
    let board = copied.join("firmware/boards").join(NAME);
    copy(&boards.join(LIKE), &board);
    let edit = |path: &Path, edits: &[(&str, &str)]| {
        let mut text = fs::read_to_string(path).expect("a file of the board");
        for (from, to) in edits {
            assert!(text.contains(from), "{from} in {}", path.display());
            text = text.replace(from, to);
        }
        text
    };
    let like = boards.join(LIKE);
    let manifest = edit(&like.join("Cargo.toml"), &[(LIKE, NAME)]);
    write(&board.join("Cargo.toml"), manifest.as_bytes());
    let facts = edit(
        &like.join("board.toml"),
        &[
            ("ram_bytes = 0x40_0000", "ram_bytes = 0x20_0000"),
            ("bytes = 0x3F_0000", "bytes = 0x1F_0000"),
        ],
    );
    write(&board.join("board.toml"), facts.as_bytes());
    let map = fs::read(root.join(format!("memory-x/{LIKE}.x"))).expect("a memory map");
    write(&copied.join(format!("memory-x/{NAME}.x")), &map);
    copied
}

/// Shares what is below `from` with `to`: libraries, which rustc replaces by new files,
/// as links, and everything else, which is written in place, as copies with their time.
/// Programs and test binaries are left out.
fn share(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a new folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            share(&path, &to);
            continue;
        }
        let is_library = ["rlib", "rmeta", "so"]
            .iter()
            .any(|&kind| path.extension().is_some_and(|extension| extension == kind));
        let is_program = from.ends_with("deps") && path.extension().is_none();
        if is_library {
            fs::hard_link(&path, &to).expect("a link");
        } else if !is_program {
            fs::copy(&path, &to).expect("a copy");
            let time = fs::metadata(&path).and_then(|facts| facts.modified());
            let copy = fs::File::options().append(true).open(&to);
            copy.and_then(|file| file.set_modified(time?))
                .expect("the time of a file");
        }
    }
}

/// The target folder of the copy, with what is built of the registry's packages.
fn target_of_the_copy(root: &Path, copied: &Path) -> PathBuf {
    let target = copied.join("target");
    for folder in [
        "debug/.fingerprint",
        "debug/build",
        "debug/deps",
        "firmware/build-rustup",
        "firmware/build-debian",
    ] {
        let (from, to) = (root.join("target").join(folder), target.join(folder));
        if from.is_dir() && !to.exists() {
            share(&from, &to);
        }
    }
    target
}

/// A cargo command on the copy.
fn cargo(workspace: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", workspace.join("target"))
        .env("CARGO_NET_OFFLINE", "true");
    cargo
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().expect("cargo starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_board_is_added_by_its_folder_and_its_memory_map() {
    assert!(find(NAME).is_none());
    let root = root();
    let copied = workspace_with_the_board(&root);
    let target = target_of_the_copy(&root, &copied);
    succeed(cargo(&copied).args(["xtask", "firmware", "--yes", "--board", NAME]));

    // All packages that are tested are chosen, so that those they share have the features
    // that they have.
    let mut infer = cargo(&copied);
    infer.args(["build", "--workspace", "--example", "first-inference"]);
    infer.args(["--exclude", NAME, "--exclude", "cortexscope-train"]);
    for board in BOARDS.iter().filter(|board| board.build.is_some()) {
        infer.args(["--exclude", board.name]);
    }
    succeed(&mut infer);
    let program = target.join("debug/examples/first-inference");
    // In the copy, whose firmware it is to find; the emulator may be one that set-up unpacked here.
    let unpacked = root.join("target/tools/qemu-system-arm");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([unpacked]);
    let path = env::join_paths(folders).expect("no folder has the separator in its name");
    let answer = |board: &str| {
        let mut run = Command::new(&program);
        succeed(run.current_dir(&copied).env("PATH", &path).arg(board))
    };
    let native = answer("native");
    assert!(native.starts_with("logits "), "{native}");
    assert_eq!(answer(NAME), native);

    let elf = copied.join(format!("target/firmware/{NAME}/{NAME}.elf"));
    assert!(elf.is_file());
}
