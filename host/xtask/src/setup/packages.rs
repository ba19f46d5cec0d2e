//! Debian's packages, and programs from them, which this machine may not have.
//!
//! Root has them installed, where that removes and upgrades nothing. Everywhere else their
//! packages are unpacked into a folder of the project's own and run from there: that takes
//! no rights, and no package manager knows of it.

mod apt;
mod simulation;
mod starter;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use self::apt::Lists;
use self::simulation::{Package, Simulation, Way, choose, download_bytes};
use crate::toolchain::version_of;
use crate::{command, tools};

pub use self::starter::Starter;

/// Debian's packages.
#[derive(Clone, Copy, Debug)]
pub struct Packages<'a> {
    /// What they are for, and that they are missing: a sentence.
    pub why: &'a str,
    /// Their names.
    pub names: &'a [&'a str],
    /// The version that the first of them must have at least: `1.95`.
    pub at_least: Option<&'a str>,
}

/// Programs from Debian's packages that run from any folder.
#[derive(Clone, Copy, Debug)]
pub struct Programs<'a> {
    /// What brings them.
    pub packages: Packages<'a>,
    /// The folder of [`tools`] that they are unpacked into where they are not installed.
    pub folder: &'a str,
    /// The programs that are used, below the root.
    pub files: &'a [&'a str],
    /// How they are started from there.
    pub starter: Starter<'a>,
}

impl Packages<'_> {
    /// Installs them.
    ///
    /// # Errors
    /// They cannot be installed, or not without changing other packages.
    pub fn install(&self) -> Result<()> {
        if let Way::Unpack { because } = self.try_to_install()? {
            bail!(
                "{} is not installed ({because}): install it yourself",
                self.names.join(" ")
            );
        }
        Ok(())
    }

    /// Installs them where that harms nothing; otherwise gives the reason why not.
    fn try_to_install(&self) -> Result<Way> {
        let names = self.names.join(" ");
        eprintln!("{}", self.why);
        ensure!(
            apt::is_there(),
            "this system has no apt-get: install {names} with its package manager"
        );
        let is_root = apt::is_root()?;
        if is_root && let Err(error) = apt::update() {
            // One broken source of many; what is needed may come from another.
            eprintln!("{error:#}; going on with the lists of packages that are there");
        }
        let simulation = apt::simulate(self.names, &Lists::System);
        let way = choose(is_root, &simulation);
        if let (Way::Install, Ok(Simulation { installs, .. })) = (&way, &simulation) {
            self.refuse_old(installs)?;
            let mut install = apt::install(self.names);
            eprintln!(
                "It is installed; no package is removed or upgraded:\n    {}\n\
                 (`apt-get autoremove {names}` removes it again.)",
                command::line(&install),
            );
            if let Err(error) = apt::run(&mut install) {
                eprintln!("{error:#}");
                let because = "that failed".to_owned();
                return Ok(Way::Unpack { because });
            }
        }
        Ok(way)
    }

    /// Refuses what is too old, before it is downloaded.
    fn refuse_old(&self, packages: &[Package]) -> Result<()> {
        let first = packages
            .iter()
            .find(|package| self.names.first() == Some(&&*package.name));
        if let (Some(first), Some(at_least)) = (first, self.at_least) {
            ensure!(
                version_of(&first.version) >= version_of(at_least),
                "{} has version {}, and {at_least} is needed",
                first.name,
                first.version
            );
        }
        Ok(())
    }
}

impl Programs<'_> {
    /// Installs or unpacks them.
    ///
    /// # Errors
    /// There is no `apt-get`, it does not know them, or they cannot be downloaded.
    pub fn set_up(&self) -> Result<()> {
        let Way::Unpack { because } = self.packages.try_to_install()? else {
            return Ok(());
        };
        let folder = tools::dir().join(self.folder);
        eprintln!(
            "It is not installed: {}.\nIt is unpacked into a folder of this project instead, and \
             nothing else changes:\n    {}\n(Delete the folder to remove it.)",
            because.trim_end_matches('.'),
            folder.display(),
        );
        self.unpack(&folder)
            .with_context(|| format!("could not unpack {}", self.packages.names.join(" ")))
    }

    /// Downloads and unpacks them into `folder`, which is either complete or not there.
    fn unpack(&self, folder: &Path) -> Result<()> {
        let draft = folder.with_extension("draft");
        remove(folder)?;
        // What was interrupted left a draft.
        remove(&draft)?;
        if let Err(error) = self.fill(&draft) {
            remove(&draft)?;
            return Err(error);
        }
        fs::rename(&draft, folder).with_context(|| folder.display().to_string())
    }

    /// Downloads and unpacks them into `folder`, and writes what starts them.
    fn fill(&self, folder: &Path) -> Result<()> {
        let archives = folder.join("archives");
        let lists = folder.join("apt");
        // The machine's lists of packages may be old, or there may be none. Asking them
        // first spares most people a download.
        if let Err(error) = self.download(&archives, &Lists::System) {
            eprintln!("{error:#}\nTrying again with new lists of packages, kept in that folder.");
            remove(&archives)?;
            self.download(&archives, &apt::fetch_lists(&lists)?)?;
        }
        apt::unpack(&archives, &folder.join(starter::ROOT))?;
        for file in self.files {
            self.starter.write(folder, file)?;
        }
        remove(&archives)?;
        remove(&lists)
    }

    /// Downloads them and what they need into `archives`.
    fn download(&self, archives: &Path, lists: &Lists) -> Result<()> {
        fs::create_dir_all(archives).with_context(|| archives.display().to_string())?;
        let missing = apt::missing(self.packages.names, lists)?;
        ensure!(
            !missing.is_empty(),
            "nothing of {} is missing",
            self.packages.names.join(" ")
        );
        self.packages.refuse_old(&missing)?;
        let uris = apt::run(apt::download(&missing, lists).arg("--print-uris"))?;
        eprintln!(
            "downloading {} packages, {} MB",
            missing.len(),
            download_bytes(&uris).div_ceil(1_000_000)
        );
        apt::run(apt::download(&missing, lists).current_dir(archives))?;
        Ok(())
    }
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Package, Packages};

    #[test]
    fn what_is_too_old_is_refused_before_it_is_downloaded() {
        let compiler = Packages {
            why: "",
            names: &["rustc-web", "cargo-web"],
            at_least: Some("1.95"),
        };
        let refusal = |name: &str, version: &str| {
            let package = Package {
                name: name.to_owned(),
                version: version.to_owned(),
            };
            compiler
                .refuse_old(&[package])
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(
            refusal("rustc-web", "1.85.0+dfsg3-1~deb12u3").as_deref(),
            Some("rustc-web has version 1.85.0+dfsg3-1~deb12u3, and 1.95 is needed")
        );
        assert_eq!(refusal("rustc-web", "1.96.0+dfsg1-1~deb12u2"), None);
        assert_eq!(refusal("libllvm22", "1:22.1.8-1~deb12u1"), None);
    }
}
