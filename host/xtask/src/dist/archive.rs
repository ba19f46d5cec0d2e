//! The archive, and the sums of what was made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::VERSION;
use crate::command;

/// The folder that the archive for `target` unpacks to, and its name without `.tar.gz`.
/// `cargo binstall` finds both by the templates in host/cli/Cargo.toml.
pub fn name(target: &str) -> String {
    format!("cortexscope-v{VERSION}-{target}")
}

/// Packs the folder `name` of `folder`, and gives the archive beside it.
///
/// # Errors
/// There is no `tar`, or it failed.
pub fn pack(folder: &Path, name: &str) -> Result<PathBuf> {
    let archive = folder.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.arg("--create")
        .arg("--gzip")
        .arg("--file")
        .arg(&archive);
    if cfg!(target_os = "linux") {
        // GNU's: who unpacks it as root shall not get files of whoever built it.
        tar.args(["--owner=0", "--group=0", "--numeric-owner", "--sort=name"]);
    }
    command::run(tar.arg("--directory").arg(folder).arg(name))?;
    Ok(archive)
}

/// Writes SHA256SUMS of `files`, which lie in `folder`.
///
/// # Errors
/// There is no program that computes them, or the file cannot be written.
pub fn write_sums(folder: &Path, files: &[&Path]) -> Result<PathBuf> {
    let mut sum = match command::find("sha256sum") {
        Some(program) => Command::new(program),
        None => {
            // macOS has Perl's.
            let mut shasum = Command::new("shasum");
            shasum.args(["--algorithm", "256"]);
            shasum
        }
    };
    sum.current_dir(folder);
    for file in files {
        sum.arg(file.file_name().context("a file has a name")?);
    }
    let path = folder.join("SHA256SUMS");
    fs::write(&path, command::output(&mut sum)?).with_context(|| path.display().to_string())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{VERSION, name};
    use crate::workspace;

    /// `cargo binstall` replaces these in the templates of a package.
    fn expand(template: &str, target: &str) -> String {
        [
            ("{ repo }", "https://example.org/cortexscope"),
            ("{ name }", "cortexscope"),
            ("{ version }", VERSION),
            ("{ target }", target),
            ("{ bin }", "cortexscope"),
            ("{ binary-ext }", ""),
        ]
        .iter()
        .fold(template.to_owned(), |text, (variable, value)| {
            text.replace(variable, value)
        })
    }

    #[test]
    fn cargo_binstall_asks_for_the_names_that_are_given() {
        let manifest = workspace::root().join("host/cli/Cargo.toml");
        let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
        let binstall = &manifest["package"]["metadata"]["binstall"];
        let target = "x86_64-unknown-linux-gnu";
        let expanded = |key: &str| expand(binstall[key].as_str().unwrap(), target);
        let name = name(target);
        assert_eq!(
            expanded("pkg-url"),
            format!("https://example.org/cortexscope/releases/download/v{VERSION}/{name}.tar.gz")
        );
        assert_eq!(expanded("bin-dir"), format!("{name}/bin/cortexscope"));
        assert_eq!(binstall["pkg-fmt"].as_str(), Some("tgz"));
    }
}
