//! Checks the licences and sources of every dependency against `deny.toml`.
//!
//! `cargo deny` reads the same file and checks more; it takes minutes to build and
//! a database to be useful, so it is run where it is installed. This check needs
//! only cargo, and runs everywhere.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::{command, spdx, workspace};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks all packages of the workspace and what they depend on, for every platform.
///
/// # Errors
/// Names each package whose licence, source or name `deny.toml` does not allow.
pub fn check() -> Result<()> {
    let read =
        |name: &str| fs::read_to_string(workspace::root().join(name)).context(name.to_owned());
    let rules = read("deny.toml")?;
    let allowed = list(&rules, "licenses", "allow")?;
    let banned = list(&rules, "bans", "deny")?;
    let mut faults = foreign_sources(&read("Cargo.lock")?);

    let mut tree = command::cargo();
    tree.args([
        "tree",
        "--locked",
        "--workspace",
        "--edges",
        "normal,build,dev",
    ]);
    tree.args(["--target", "all", "--prefix", "none", "--format", "{p}|{l}"]);
    let tree = command::output(&mut tree)?;
    let packages: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    for package in &packages {
        let (package, licence) = package
            .split_once('|')
            .context("cargo tree left the licence out")?;
        let is_allowed = |licence: &str| allowed.iter().any(|allowed| allowed == licence);
        match spdx::is_satisfied(licence, &is_allowed) {
            Ok(true) => {}
            Ok(false) => faults.push(format!("{package}: {licence} is not allowed")),
            Err(error) => faults.push(format!("{package}: {error:#}")),
        }
        if banned
            .iter()
            .any(|name| package.split(' ').next() == Some(name))
        {
            faults.push(format!("{package} is banned"));
        }
    }
    ensure!(
        faults.is_empty(),
        "deny.toml does not allow:\n  {}",
        faults.join("\n  ")
    );
    println!(
        "{} packages: licences, sources and names are allowed by deny.toml",
        packages.len()
    );
    cargo_deny()
}

/// Runs `cargo deny` where it is installed, with advisories where their database can be reached.
fn cargo_deny() -> Result<()> {
    if command::find("cargo-deny").is_none() {
        println!("advisories: not checked, `cargo deny` is not installed");
        return Ok(());
    }
    command::run(command::cargo().args(["deny", "check", "licenses", "bans", "sources"]))?;
    if let Err(error) = command::output(command::cargo().args(["deny", "fetch", "db"])) {
        println!("advisories: not checked, their database cannot be reached: {error:#}");
        return Ok(());
    }
    command::run(command::cargo().args(["deny", "check", "advisories"]))
}

/// Names the packages of a lock file that come from anywhere but crates.io.
fn foreign_sources(lock: &str) -> Vec<String> {
    lock.split("[[package]]")
        .filter_map(|package| {
            let field = |key| {
                package
                    .lines()
                    .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))
            };
            let source = field("source")?.trim_matches('"');
            (source != REGISTRY)
                .then(|| format!("{}: comes from {source}", field("name").unwrap_or("?")))
        })
        .collect()
}

/// Gives the strings of `key = ["…", …]` in a section of a TOML file, comments left out.
fn list(toml: &str, section: &str, key: &str) -> Result<Vec<String>> {
    let missing = || format!("deny.toml has no {section}.{key}");
    let header = format!("[{section}]");
    let body = toml.split_once(&header).with_context(missing)?.1;
    let body = body.split("\n[").next().unwrap_or_default();
    let list = body
        .split_once(&format!("\n{key} = ["))
        .with_context(missing)?
        .1;
    let Some((list, _)) = list.split_once(']') else {
        bail!("{section}.{key} in deny.toml does not end")
    };
    let lines = list
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    Ok(lines
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{REGISTRY, foreign_sources, list};

    #[test]
    fn reads_lists_of_a_section() {
        let toml =
            "[a]\nx = 1\n[b]\nallow = [\n  \"MIT\", # \"GPL\"\n  \"Zlib\",\n]\n[c]\nallow = []\n";
        assert_eq!(list(toml, "b", "allow").unwrap(), ["MIT", "Zlib"]);
        assert_eq!(list(toml, "c", "allow").unwrap(), [""; 0]);
        assert!(list(toml, "a", "allow").is_err());
        assert!(list(toml, "d", "allow").is_err());
    }

    #[test]
    fn finds_packages_from_elsewhere() {
        let lock = format!(
            "version = 4\n[[package]]\nname = \"here\"\n\n[[package]]\nname = \"good\"\nsource = \"{REGISTRY}\"\n\
             [[package]]\nname = \"bad\"\nsource = \"git+https://example.org/bad\"\n"
        );
        assert_eq!(
            foreign_sources(&lock),
            ["\"bad\": comes from git+https://example.org/bad"]
        );
    }
}
