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
use self::simulation::{Way, choose, download_bytes};
use crate::{command, tools};

pub use self::starter::Starter;

/// Debian's packages.
#[derive(Clone, Copy, Debug)]
pub struct Packages<'a> {
    /// What they are for, and that they are missing: a sentence.
    pub why: &'a str,
    /// Their names.
    pub names: &'a [&'a str],
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
                "{} Its packages are not installed, because {because}. Install {} yourself.",
                self.why,
                self.names.join(" ")
            );
        }
        Ok(())
    }

    /// Installs them where that harms nothing; otherwise gives the reason why not.
    fn try_to_install(&self) -> Result<Way> {
        let names = self.names.join(" ");
        ensure!(
            apt::is_there(),
            "{} Install {names} with your system's package manager.",
            self.why,
        );
        let is_root = apt::is_root()?;
        if is_root && let Err(error) = apt::update() {
            // One broken source of many; what is needed may come from another.
            eprintln!("{error:#}; going on with the lists of packages that are there");
        }
        let simulation = apt::simulate(self.names, &Lists::System);
        let way = choose(is_root, &simulation);
        if way == Way::Install {
            let mut install = apt::install(self.names);
            eprintln!(
                "{} It is installed, and no package is removed or upgraded:\n    {}\n\
                 (`apt-get autoremove {names}` removes it again.)",
                self.why,
                command::line(&install),
            );
            if let Err(error) = apt::run(&mut install) {
                let because = format!("{error:#}");
                return Ok(Way::Unpack { because });
            }
        }
        Ok(way)
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
            "{} Its packages are not installed, because {because}. They are unpacked into a folder \
             of this project, and nothing else changes:\n    {}\n(Delete the folder to remove it.)",
            self.packages.why,
            folder.display(),
        );
        self.unpack(&folder)
            .with_context(|| format!("could not unpack {}", self.packages.names.join(" ")))
    }

    /// Downloads and unpacks them into `folder`, which is either complete or not there.
    fn unpack(&self, folder: &Path) -> Result<()> {
        let draft = folder.with_extension("draft");
        let archives = draft.join("archives");
        let lists = draft.join("apt");
        remove(folder)?;
        // What was interrupted leaves a draft.
        remove(&draft)?;
        // The machine's lists of packages may be old, or there may be none. Asking them
        // first spares most people a download.
        if let Err(error) = self.download(&archives, &Lists::System) {
            eprintln!("{error:#}\nTrying again with new lists of packages, kept in that folder.");
            remove(&archives)?;
            self.download(&archives, &apt::fetch_lists(&lists)?)?;
        }
        apt::unpack(&archives, &draft.join(starter::ROOT))?;
        for file in self.files {
            self.starter.write(&draft, file)?;
        }
        remove(&archives)?;
        remove(&lists)?;
        fs::rename(&draft, folder).with_context(|| folder.display().to_string())
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
