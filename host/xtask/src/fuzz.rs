//! Fuzzes what parses bytes from outside, and says how much of it was reached.
//!
//! No sanitizer: what is under test has no unsafe code of its own, so a fault is a panic.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, iter};

use anyhow::{Context, Result, bail, ensure};

use crate::command::{cargo, output, run};
use crate::last_run::{Circumstances, LastRuns};
use crate::{setup, workspace};

/// Where the result of the last long run of each target is kept.
const LAST_RUN: &str = "tests/fuzz/last-run.toml";

/// Memory that a target may take: the reader of networks computes up to 1 GiB of constants.
const MEMORY_LIMIT: &str = "-rss_limit_mb=6144";

/// The code whose coverage is told, per target.
const UNDER_TEST: [(&str, &[&str]); 5] = [
    (
        "array_reader",
        &[
            "host/net/src/input/array",
            "host/net/src/input/data",
            "host/net/src/input/idx.rs",
            "host/net/src/zip.rs",
        ],
    ),
    (
        "image_parser",
        &[
            "firmware/core/src/image",
            "firmware/core/src/check.rs",
            "firmware/core/src/check",
        ],
    ),
    (
        "onnx_reader",
        &[
            "host/net/src/onnx/constant.rs",
            "host/net/src/onnx/file",
            "host/net/src/reader.rs",
            "host/net/src/reader",
        ],
    ),
    (
        "record_reader",
        &[
            "host/brain/src/encode/stored.rs",
            "host/live/src/packet.rs",
            "host/record/src/container.rs",
            "host/record/src/replay.rs",
            "host/study/src/shard",
        ],
    ),
    (
        "wire_decoder",
        &[
            "firmware/wire/src/cobs.rs",
            "firmware/wire/src/decoder.rs",
            "firmware/wire/src/frame.rs",
            "firmware/wire/src/message.rs",
            "firmware/wire/src/seq.rs",
            "firmware/probe/src/port.rs",
            "firmware/probe/src/serve.rs",
        ],
    ),
];

/// Gives `cargo clippy` on the targets, so that they compile while nobody fuzzes.
pub fn clippy() -> Command {
    let mut clippy = cargo();
    clippy
        .args(["clippy", "--locked", "--manifest-path"])
        .arg(workspace::root().join("tests/fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace::root().join("target/fuzz-clippy"))
        // Nothing is linked: libFuzzer's C++ need not be compiled.
        .env("CUSTOM_LIBFUZZER_PATH", "target/libfuzzer.a");
    clippy
}

/// Fuzzes every target for so many seconds.
///
/// # Errors
/// cargo-fuzz is missing, or an input made a target fail: libFuzzer prints it and where
/// it keeps it.
pub fn briefly(seconds: u32) -> Result<()> {
    let fuzzer = Fuzzer::new()?;
    for target in targets(&[])? {
        fuzzer.fuzz(target, &format!("-max_total_time={seconds}"))?;
    }
    Ok(())
}

/// Fuzzes the targets named, or all without a name, with so many inputs each, and keeps
/// the result in the repository.
///
/// # Errors
/// As of [`briefly`]; or there is no such target, or this is no checkout of Git.
pub fn at_length(names: &[String], runs: u64) -> Result<()> {
    let targets = targets(names)?;
    let circumstances = Circumstances::now()?;
    let mut last_runs = LastRuns::open(LAST_RUN)?;
    let fuzzer = Fuzzer::new()?;
    for target in targets {
        let start = Instant::now();
        fuzzer.fuzz(target, &format!("-runs={runs}"))?;
        let minutes = start.elapsed().as_secs() / 60;
        let result = format!("{runs} inputs in {minutes} min, no fault");
        last_runs.replace(target, &circumstances, result)?;
    }
    println!("kept in {LAST_RUN}");
    Ok(())
}

/// Prints how much of the parsers the inputs reach that fuzzing has found so far.
///
/// # Errors
/// There is no such target, nothing was found yet, or a tool is missing.
pub fn coverage(names: &[String]) -> Result<()> {
    const BUILD_DIR: &str = "target/fuzz-coverage";
    let fuzzer = Fuzzer::new()?;
    let llvm = setup::llvm_tools()?;
    for target in targets(names)? {
        let corpus = corpus(target)?;
        ensure!(
            fs::read_dir(&corpus)?.next().is_some(),
            "no input of {target} was found yet: `cargo xtask fuzz {target}` first"
        );
        let mut measure = fuzzer.command("coverage", BUILD_DIR);
        measure
            .arg("--llvm-path")
            .arg(&llvm)
            .arg(target)
            .arg(corpus);
        output(&mut measure)?;

        let host = output(Command::new("rustc").args(["--print", "host-tuple"]))?;
        let program = workspace::root().join(BUILD_DIR).join(host.trim());
        let profile = format!("tests/fuzz/coverage/{target}/coverage.profdata");
        let mut report = Command::new(llvm.join("llvm-cov"));
        report
            .current_dir(workspace::root())
            .args(["report", "--show-branch-summary=false"])
            .arg(program.join("release").join(target))
            .args(["--instr-profile", &profile, "--sources"]);
        let sources = UNDER_TEST.iter().filter(|(name, _)| *name == target);
        for source in sources.flat_map(|(_, sources)| *sources) {
            report.arg(workspace::root().join(source));
        }
        println!("{target}:\n{}", output(&mut report)?);
    }
    Ok(())
}

fn targets(names: &[String]) -> Result<Vec<&'static str>> {
    let known = UNDER_TEST.map(|(target, _)| target);
    let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) else {
        let is_chosen = |target: &&str| names.is_empty() || names.iter().any(|name| name == target);
        return Ok(known.into_iter().filter(is_chosen).collect());
    };
    bail!(
        "there is no fuzz target `{unknown}`, only {}",
        known.join(", ")
    )
}

fn corpus(target: &str) -> Result<PathBuf> {
    let folder = workspace::root().join("target/fuzz/corpus").join(target);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// cargo-fuzz, ready to be called.
struct Fuzzer {
    path: std::ffi::OsString,
}

impl Fuzzer {
    fn new() -> Result<Self> {
        let tool_dir = setup::cargo_fuzz()?;
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = iter::once(tool_dir).chain(env::split_paths(&path));
        Ok(Self {
            path: env::join_paths(folders)?,
        })
    }

    /// Fuzzes one target until `limit`, an argument of libFuzzer's.
    fn fuzz(&self, target: &str, limit: &str) -> Result<()> {
        let mut fuzz = self.command("run", "target/fuzz");
        // libFuzzer writes what it finds into this folder.
        fuzz.arg(target)
            .arg(corpus(target)?)
            .args(["--", limit, MEMORY_LIMIT]);
        run(&mut fuzz)
    }

    fn command(&self, subcommand: &str, build_dir: impl AsRef<Path>) -> Command {
        let mut fuzz = cargo();
        fuzz.env("PATH", &self.path)
            // The instrumentation's flags are unstable; a release compiler takes them so.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["fuzz", subcommand, "--sanitizer", "none", "--fuzz-dir"])
            .arg(workspace::root().join("tests/fuzz"))
            .arg("--target-dir")
            .arg(workspace::root().join(build_dir));
        fuzz
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{UNDER_TEST, targets};
    use crate::workspace;

    #[test]
    fn every_target_is_known_and_covers_code_that_is_there() {
        let folder = workspace::root().join("tests/fuzz/fuzz_targets");
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files, UNDER_TEST.map(|(target, _)| format!("{target}.rs")));
        for source in UNDER_TEST.iter().flat_map(|(_, sources)| *sources) {
            let path = workspace::root().join(source);
            assert!(path.exists(), "{}", path.display());
        }
    }

    #[test]
    fn targets_are_chosen_by_name() {
        let all = targets(&[]).unwrap();
        assert_eq!(all, UNDER_TEST.map(|(target, _)| target));
        let one = ["wire_decoder".to_owned()];
        assert_eq!(targets(&one).unwrap(), ["wire_decoder"]);
        let error = targets(&["wire".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("record_reader, wire_decoder"));
    }
}
