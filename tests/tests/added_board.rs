//! A board that is added by `firmware/boards/README.md`: a copy of mps2-an386 with half
//! the RAM. It changes nothing outside its folder and `memory-x`, and answers as the
//! native board does.
//!
//! The copy of the sources has a place of its own below the target folder, and builds into
//! the same target folders as everything else, so that no package of the registry is
//! built again. It is a test binary of its own, because it builds while it runs, and other
//! end-to-end tests wait for pages and boards.

use cortexscope_rig::board::{BOARDS, find};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    // Each compiler's target folder for boards is shared, too.
    let firmware = copied.join("target/firmware");
    fs::create_dir_all(&firmware).expect("a new folder");
    for folder in ["build-rustup", "build-debian"] {
        let (from, to) = (
            root.join("target/firmware").join(folder),
            firmware.join(folder),
        );
        if from.is_dir() && !to.exists() {
            std::os::unix::fs::symlink(&from, &to).expect("a link");
        }
    }
    copied
}

/// A cargo command on the copy, in the target folder of everything else.
fn cargo(workspace: &Path, root: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", root.join("target"))
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
    succeed(cargo(&copied, &root).args(["xtask", "firmware", "--yes", "--board", NAME]));

    // All packages are chosen, so that those they share have the features that they have.
    let mut infer = cargo(&copied, &root);
    infer.args(["build", "--workspace", "--example", "first-inference"]);
    infer.args(["--exclude", NAME]);
    for board in BOARDS.iter().filter(|board| board.build.is_some()) {
        infer.args(["--exclude", board.name]);
    }
    succeed(&mut infer);
    let program = root.join("target/debug/examples/first-inference");
    // In the copy, whose firmware it is to find.
    let answer = |board: &str| succeed(Command::new(&program).current_dir(&copied).arg(board));
    let native = answer("native");
    assert!(native.starts_with("logits "), "{native}");
    assert_eq!(answer(NAME), native);

    let elf = copied.join(format!("target/firmware/{NAME}/{NAME}.elf"));
    assert!(elf.is_file());
}
