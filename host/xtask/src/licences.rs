//! Checks the licences and sources of every dependency against `deny.toml`.
//!
//! `cargo deny` reads the same file and checks more; it takes minutes to build and
//! a database to be useful, so it is run where it is installed. This check needs
//! only cargo, and runs everywhere.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use spdx::{Expression, Licensee, ParseMode};
use toml::Table;

use crate::{command, workspace};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// How packages write their licences: SPDX expressions, or the older form with a slash
/// for OR, and names that SPDX has replaced. A licence that it never knew is refused.
const FORM: ParseMode = ParseMode {
    allow_slash_as_or_operator: true,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    ..ParseMode::STRICT
};

/// Checks all packages of the workspace and what they depend on, for every platform.
///
/// # Errors
/// Names each package whose licence, source or name `deny.toml` does not allow.
pub fn check() -> Result<()> {
    let read = |name: &str| -> Result<Table> {
        let text = fs::read_to_string(workspace::root().join(name)).context(name.to_owned())?;
        text.parse().context(name.to_owned())
    };
    let rules = read("deny.toml")?;
    let allowed = licensees(&list(&rules, "licenses", "allow")?)?;
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
        match is_satisfied(licence, &allowed) {
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

/// The licences of a list in `deny.toml`.
fn licensees(names: &[String]) -> Result<Vec<Licensee>> {
    let parse = |name: &String| {
        Licensee::parse(name).with_context(|| format!("deny.toml: {name} is not a licence"))
    };
    names.iter().map(parse).collect()
}

/// Whether `expression` can be satisfied with licences that are `allowed`. A licence with
/// an exception is a licence of its own: `Apache-2.0 WITH LLVM-exception`.
fn is_satisfied(expression: &str, allowed: &[Licensee]) -> Result<bool> {
    let parsed = Expression::parse_mode(expression, FORM)
        .with_context(|| format!("`{expression}` is not a licence expression"))?;
    Ok(parsed.evaluate(|licence| allowed.iter().any(|allowed| allowed.satisfies(licence))))
}

/// Names the packages of a lock file that come from anywhere but crates.io.
fn foreign_sources(lock: &Table) -> Vec<String> {
    let packages = lock.get("package").and_then(|packages| packages.as_array());
    let foreign = packages.into_iter().flatten().filter_map(|package| {
        let field = |key| package.get(key).and_then(|value| value.as_str());
        let source = field("source").filter(|&source| source != REGISTRY)?;
        Some(format!(
            "{}: comes from {source}",
            field("name").unwrap_or("?")
        ))
    });
    foreign.collect()
}

/// Gives the strings of the list `key` in a section of `deny.toml`.
fn list(rules: &Table, section: &str, key: &str) -> Result<Vec<String>> {
    let list = rules
        .get(section)
        .and_then(|section| section.get(key)?.as_array())
        .with_context(|| format!("deny.toml has no list {section}.{key}"))?;
    let texts = list.iter().map(|item| {
        let text = item.as_str().map(str::to_owned);
        text.with_context(|| format!("deny.toml: {section}.{key} holds {item}, not a name"))
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::{REGISTRY, foreign_sources, is_satisfied, licensees, list};

    fn satisfied(expression: &str) -> anyhow::Result<bool> {
        let allowed = ["MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"];
        is_satisfied(expression, &licensees(&allowed.map(str::to_owned))?)
    }

    #[test]
    fn one_of_several_is_enough_and_all_of_several_are_needed() {
        for expression in [
            "MIT",
            "GPL-3.0-only OR MIT",
            "GPL-3.0+ OR MIT",
            "Unlicense/MIT",
            "(Apache-2.0 OR MIT) AND BSD-3-Clause",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(satisfied(expression).unwrap(), "{expression}");
        }
        for expression in [
            "GPL-3.0-only",
            "Apache-2.0",
            "MIT AND GPL-3.0-only",
            "(Apache-2.0 OR GPL-2.0-only) AND MIT",
            "GPL-2.0-only WITH Classpath-exception-2.0",
        ] {
            assert!(!satisfied(expression).unwrap(), "{expression}");
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(satisfied("MIT OR GPL-2.0-only AND GPL-3.0-only").unwrap());
        assert!(!satisfied("GPL-2.0-only AND MIT OR GPL-3.0-only").unwrap());
    }

    #[test]
    fn text_that_is_not_an_expression_is_refused() {
        for text in [
            "",
            "MIT OR",
            "(MIT",
            "MIT)",
            "MIT Apache-2.0",
            "AND MIT",
            "MIT WITH",
            "A-licence-of-our-own",
        ] {
            assert!(satisfied(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn reads_lists_of_a_section() {
        let toml =
            "[a]\nx = 1\n[b]\nallow = [\n  \"MIT\", # \"GPL\"\n  \"Zlib\",\n]\n[c]\nallow = []\n";
        let rules = toml.parse().unwrap();
        assert_eq!(list(&rules, "b", "allow").unwrap(), ["MIT", "Zlib"]);
        assert_eq!(list(&rules, "c", "allow").unwrap(), [""; 0]);
        assert!(list(&rules, "a", "allow").is_err());
        assert!(list(&rules, "a", "x").is_err());
        assert!(list(&rules, "d", "allow").is_err());
    }

    #[test]
    fn finds_packages_from_elsewhere() {
        let lock = format!(
            "version = 4\n[[package]]\nname = \"here\"\n\n[[package]]\nname = \"good\"\nsource = \"{REGISTRY}\"\n\
             [[package]]\nname = \"bad\"\nsource = \"git+https://example.org/bad\"\n"
        );
        assert_eq!(
            foreign_sources(&lock.parse().unwrap()),
            ["bad: comes from git+https://example.org/bad"]
        );
    }
}
