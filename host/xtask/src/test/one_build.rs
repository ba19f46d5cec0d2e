//! Whether what is built for `cargo demo` is built once, and serves the tests too.
//!
//! Cargo builds a package anew for each set of features that is asked of it. So the
//! packages below the demo's two programs must have the same features in all three builds.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::command;

/// What xtask alone uses, and what is below that.
const XTASKS_OWN: [&str; 4] = ["xtask ", "ihex ", "spdx ", "smallvec "];

/// Compares the packages, and their features, of `xtask`, of `cortexscope` and of
/// everything that is tested; `tested` is `cargo tree` on that.
///
/// # Errors
/// A package has other features in one of them.
pub fn check(xtask: Command, cortexscope: Command, tested: Command) -> Result<()> {
    let mut xtask = packages(xtask, "normal,build")?;
    xtask.retain(|package| !XTASKS_OWN.iter().any(|own| package.starts_with(own)));
    let cortexscope = packages(cortexscope, "normal,build")?;
    let tested = packages(tested, "normal,build,dev")?;
    let twice = |part: &BTreeSet<String>, whole: &BTreeSet<String>| {
        part.difference(whole).cloned().collect::<Vec<_>>()
    };
    for (name, twice) in [
        ("xtask and cortexscope", twice(&xtask, &cortexscope)),
        ("cortexscope and the tests", twice(&cortexscope, &tested)),
    ] {
        ensure!(
            twice.is_empty(),
            "these packages, with these features, are built twice, once for each of {name}: {}. \
             `cargo tree -e features -i PACKAGE` says who asks for which; ask for the same",
            twice.join("; ")
        );
    }
    println!("what `cargo demo` builds is built once, and is a part of what is tested");
    Ok(())
}

/// Gives every package with its version and features.
fn packages(mut tree: Command, edges: &str) -> Result<BTreeSet<String>> {
    tree.args([
        "--edges",
        edges,
        "--prefix",
        "none",
        "--format",
        "{p} with {f}",
    ]);
    let text = command::output(&mut tree)?;
    Ok(text
        .lines()
        .map(|line| line.replace(" (*)", "").replace(" (proc-macro)", ""))
        .collect())
}
