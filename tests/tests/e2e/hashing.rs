//! Which SHA-256 each build uses: the processor's instructions on hosts, the
//! small software version on boards.

use std::path::Path;
use std::process::Command;

/// The features of `sha2` that `arguments` of `cargo tree` turn on.
fn features(arguments: &[&str]) -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .current_dir(repository)
        .args(["tree", "--offline", "--quiet", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p} {f}"])
        .args(arguments)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    let tree = String::from_utf8_lossy(&output.stdout).into_owned();
    // The version that this workspace names; dependencies bring others.
    let lines: Vec<&str> = tree
        .lines()
        .filter(|line| line.starts_with("sha2 v0.10."))
        .collect();
    assert!(!lines.is_empty(), "{tree}");
    lines.join("\n")
}

#[test]
fn hosts_hash_in_hardware_and_boards_in_little_flash() {
    let host = features(&["--workspace"]);
    assert!(!host.contains("force-soft"), "{host}");
    let board = features(&["-p", "mps2-an386", "--target", "thumbv7em-none-eabihf"]);
    assert!(board.contains("force-soft-compact"), "{board}");
}
