//! The licences of everything that others wrote and that is in the program or in
//! firmware, with the texts that the packages bring.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::board::boards;
use crate::{command, workspace};

/// How a file with a licence may begin, in capitals.
const NAMES: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];

/// What is in the program and is not a package: what it is, and the text of its licence
/// in the repository.
const OTHER: [(&str, &str); 2] = [
    (
        "Inter, the typeface of the pictures (OFL-1.1)",
        "host/draw/assets/fonts/Inter-LICENSE.txt",
    ),
    (
        "winml-mnist, a shipped model (MIT)",
        "models/winml-mnist/LICENSE",
    ),
];

/// What has no text of its own.
const HEAD: &str = "\
Cortexscope is under MIT or Apache-2.0, as you like; LICENSE-MIT and LICENSE-APACHE are its
own. This file has the licences of what others wrote and that the program or the firmware
contains. rust-library.html, where it is beside this file, has those of Rust's standard
library (https://www.rust-lang.org, MIT or Apache-2.0).

The digits of MNIST (Yann LeCun, Corinna Cortes, Christopher J. C. Burges) are under
CC BY-SA 3.0, https://creativecommons.org/licenses/by-sa/3.0/.
";

const RULE: &str =
    "--------------------------------------------------------------------------------";

/// A package of the registry, as `cargo tree` prints it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    licence: String,
    repository: String,
}

/// A text, and whose it is. Many packages bring the same one.
#[derive(Default)]
struct Texts {
    owners: BTreeMap<String, BTreeSet<String>>,
}

/// Collects the licences of the program for `target` and of the firmware of all boards.
///
/// # Errors
/// cargo cannot list the packages, or the source of one is not in cargo's registry.
pub fn collect(target: &str) -> Result<String> {
    let mut packages = dependencies("cortexscope", target, &[])?;
    for board in boards() {
        for &engine in board.engines {
            let features: Vec<&str> = engine.feature().into_iter().collect();
            // What a package depends on is the same on the targets of one core.
            let target = board.build.context("a board with firmware")?.target;
            packages.extend(dependencies(board.name, target, &features)?);
        }
    }
    let registry = registry()?;
    let mut texts = Texts::default();
    let mut without = Vec::new();
    for package in &packages {
        let files = licence_files(&source(&registry, package)?)?;
        if files.is_empty() {
            without.push(package);
        }
        for file in files {
            texts.add(&file, format!("{} {}", package.name, package.version))?;
        }
    }
    for (what, file) in OTHER {
        texts.add(&workspace::root().join(file), what.to_owned())?;
    }
    println!(
        "licences: {} packages, {} texts",
        packages.len(),
        texts.owners.len()
    );
    for package in &without {
        println!(
            "  {} {} brings no text of its licence, {}",
            package.name, package.version, package.licence
        );
    }
    Ok(document(&packages, &without, &texts))
}

fn document(packages: &BTreeSet<Package>, without: &[&Package], texts: &Texts) -> String {
    let mut text = HEAD.to_owned();
    let row = |package: &Package| {
        let Package {
            name,
            version,
            licence,
            repository,
        } = package;
        format!("  {name} {version}: {licence}  {repository}")
            .trim_end()
            .to_owned()
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n{RULE}\nPackages and their licences\n{RULE}");
    for package in packages {
        let _ = writeln!(text, "{}", row(package));
    }
    if !without.is_empty() {
        let _ = writeln!(
            text,
            "\nThese bring no text of their licence; the authors name it in the package's \
             manifest:"
        );
        for package in without {
            let _ = writeln!(text, "{}", row(package));
        }
    }
    for (licence, owners) in &texts.owners {
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        let _ = writeln!(text, "\n{RULE}\n{}\n{RULE}", owners.join("\n"));
        let _ = writeln!(text, "{licence}");
    }
    text
}

impl Texts {
    fn add(&mut self, file: &Path, owner: String) -> Result<()> {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        // Line ends and spaces at the end of a line make no other licence.
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let text = lines.join("\n").trim().to_owned();
        self.owners.entry(text).or_default().insert(owner);
        Ok(())
    }
}

/// What is linked into `package` for `target`, without what only builds it.
fn dependencies(package: &str, target: &str, features: &[&str]) -> Result<BTreeSet<Package>> {
    let mut tree = command::cargo();
    tree.args(["tree", "--locked", "--package", package])
        .args(["--edges", "normal", "--target", target])
        .args(["--features", &features.join(",")])
        .args(["--prefix", "none", "--format", "{p}|{l}|{r}"]);
    let tree = command::output(&mut tree)?;
    let lines = tree.lines().filter(|line| !line.is_empty());
    let packages = lines.map(|line| Package::of(line).with_context(|| line.to_owned()));
    let packages = packages.collect::<Result<Vec<_>>>()?;
    Ok(packages.into_iter().flatten().collect())
}

impl Package {
    /// Reads a line of `cargo tree`; `None` for a package of this workspace.
    fn of(line: &str) -> Result<Option<Self>> {
        let line = line.trim_end_matches(" (*)");
        let fields: Vec<&str> = line.split('|').collect();
        let [package, licence, repository] = fields[..] else {
            bail!("cargo tree left a field out");
        };
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            bail!("cargo tree left the version out");
        };
        // Its folder, for a package that does not come from the registry.
        if words.any(|word| word != "(proc-macro)") {
            return Ok(None);
        }
        let field = |text: &str| text.to_owned();
        Ok(Some(Self {
            name: field(name),
            version: field(version.trim_start_matches('v')),
            licence: field(licence),
            repository: field(repository),
        }))
    }
}

/// The folders in which cargo keeps unpacked packages, one for each registry.
fn registry() -> Result<Vec<PathBuf>> {
    let of_user = || Some(env::home_dir()?.join(".cargo"));
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let sources = home.or_else(of_user);
    let sources = sources.context("neither CARGO_HOME nor HOME is set")?;
    let sources = sources.join("registry/src");
    let entries = fs::read_dir(&sources).with_context(|| sources.display().to_string())?;
    let folders = entries.map(|entry| Ok(entry?.path()));
    folders.collect()
}

fn source(registry: &[PathBuf], package: &Package) -> Result<PathBuf> {
    let folder = format!("{}-{}", package.name, package.version);
    let folders = registry.iter().map(|source| source.join(&folder));
    let mut there = folders.filter(|folder| folder.is_dir());
    there.next().with_context(|| {
        format!("the source of {folder} is not in cargo's registry: `cargo fetch` gets it")
    })
}

/// The files of a package's folder that are named like licences, sorted.
fn licence_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        // Not source code that is about licences.
        let is_text = !name.ends_with(".RS") && entry.path().is_file();
        if is_text && NAMES.iter().any(|start| name.starts_with(start)) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::{OTHER, Package, Texts, document, licence_files};
    use crate::workspace;

    fn package(line: &str) -> Option<Package> {
        Package::of(line).unwrap()
    }

    #[test]
    fn packages_of_the_registry_are_read_and_our_own_left_out() {
        let read = package("clap v4.6.9|MIT OR Apache-2.0|https://example.org/clap (*)").unwrap();
        assert_eq!((&*read.name, &*read.version), ("clap", "4.6.9"));
        assert_eq!(read.licence, "MIT OR Apache-2.0");
        assert_eq!(read.repository, "https://example.org/clap");
        assert!(package("derive v1.0.0 (proc-macro)|MIT|").is_some());
        assert_eq!(package("own v0.1.0 (/home/me/own)|MIT|"), None);
        assert_eq!(package("own v0.1.0 (proc-macro) (/home/me/own)|MIT|"), None);
        assert!(Package::of("clap v4.6.9").is_err());
    }

    #[test]
    fn equal_texts_are_printed_once_and_a_package_without_one_is_named() {
        let folder = std::env::temp_dir().join(format!("xtask-licences-{}", std::process::id()));
        let mut texts = Texts::default();
        for (name, text) in [("a", "Use it.\r\n"), ("b", "Use it.  \n\n")] {
            let folder = folder.join(name);
            fs::create_dir_all(folder.join("license")).unwrap();
            fs::write(folder.join("LICENSE-MIT"), text).unwrap();
            fs::write(folder.join("licence.rs"), "fn main() {}").unwrap();
            fs::write(folder.join("README"), "no licence").unwrap();
            let files = licence_files(&folder).unwrap();
            assert_eq!(files, [folder.join("LICENSE-MIT")]);
            texts.add(&files[0], format!("{name} 1.0.0")).unwrap();
        }
        fs::remove_dir_all(folder).unwrap();
        let bare = package("bare v2.0.0|Zlib|https://example.org/bare").unwrap();
        let packages = BTreeSet::from([package("a v1.0.0|MIT|").unwrap()]);
        let text = document(&packages, &[&bare], &texts);
        assert_eq!(text.matches("Use it.").count(), 1, "{text}");
        assert!(text.contains("a 1.0.0\nb 1.0.0\n"), "{text}");
        assert!(text.contains("  bare 2.0.0: Zlib  https://example.org/bare"));
    }

    /// Whoever adds a font, a model or a script of others is told to list it.
    #[test]
    fn every_licence_in_the_repository_is_listed() {
        fn walk(folder: &Path, found: &mut BTreeSet<String>) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let name = entry.file_name().to_string_lossy().to_uppercase();
                if entry.path().is_dir() && name != "TARGET" {
                    walk(&entry.path(), found);
                } else if name.contains("LICENSE") || name.contains("LICENCE") {
                    let path = entry.path();
                    let path = path.strip_prefix(workspace::root()).unwrap();
                    found.insert(path.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        let mut found = BTreeSet::new();
        for folder in ["docs", "firmware", "host", "models"] {
            walk(&workspace::root().join(folder), &mut found);
        }
        // The checks of licences are code.
        found.retain(|path| !path.ends_with(".rs"));
        let listed = OTHER.map(|(_, file)| file.to_owned());
        assert_eq!(found, BTreeSet::from(listed));
    }
}
