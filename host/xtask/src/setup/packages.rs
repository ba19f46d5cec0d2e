//! Programs from Debian's packages, which this machine may not have.
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
use self::simulation::{Package, Way, choose, download_bytes};
use super::step;
use crate::command;
use crate::tools;

/// Programs that come from Debian's packages.
#[derive(Clone, Copy, Debug)]
pub struct Packages<'a> {
    /// What they are for, and that they are missing: a sentence.
    pub why: &'a str,
    /// What to install.
    pub names: &'a [&'a str],
    /// The folder of [`tools`] that they are unpacked into where they are not installed.
    pub folder: &'a str,
    /// The programs that are used of them, below the root.
    pub programs: &'a [&'a str],
    /// What a program is started with: where the data are that it would look for at the
    /// root, for instance. `$root` is the folder that stands for it.
    pub start: &'a str,
}

/// [`Packages::start`] of a program that finds what it needs.
pub const AS_IT_IS: &str = "\"$@\"";

impl Packages<'_> {
    /// Installs or unpacks them.
    ///
    /// # Errors
    /// There is no `apt-get`, it does not know them, or they cannot be downloaded.
    pub fn set_up(&self) -> Result<()> {
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
        let because = match choose(is_root, &simulation) {
            Way::Unpack { because } => because,
            Way::Install => {
                let why = format!(
                    "{} It is installed; no package is removed or upgraded:",
                    self.why
                );
                let undo = format!("(`apt-get autoremove {names}` removes it again.)");
                match step::run(&why, &mut apt::install(self.names), &undo) {
                    Ok(()) => return Ok(()),
                    Err(error) => format!("that failed: {error:#}"),
                }
            }
        };
        let folder = tools::dir().join(self.folder);
        eprintln!(
            "{} Its packages are not installed, because {because}. They are unpacked into a folder \
             of this project, and nothing else changes:\n    {}\n(Delete the folder to remove them.)",
            self.why,
            folder.display(),
        );
        self.unpack(&folder)
            .with_context(|| format!("could not unpack {names}"))
    }

    /// Downloads and unpacks them into `folder`, which is either complete or not there.
    fn unpack(&self, folder: &Path) -> Result<()> {
        let draft = folder.with_extension("draft");
        remove(&draft)?;
        remove(folder)?;
        let archives = draft.join("archives");
        fs::create_dir_all(&archives).with_context(|| archives.display().to_string())?;
        // The machine's lists of packages may be old, or there may be none. Asking them
        // first spares most people a download.
        if let Err(error) = self.download(&archives, &Lists::System) {
            eprintln!(
                "{error:#}\nThe machine's lists of packages do not do. Fetching new ones, into the \
                 same folder."
            );
            remove(&archives)?;
            fs::create_dir_all(&archives)?;
            let lists = apt::fetch_lists(&draft.join("apt"))?;
            self.download(&archives, &lists)?;
        }
        let root = draft.join(starter::ROOT);
        apt::unpack(&archives, &root)?;
        for program in self.programs {
            starter::write(&draft, program, self.start)?;
        }
        remove(&archives)?;
        remove(&draft.join("apt"))?;
        fs::rename(&draft, folder).with_context(|| folder.display().to_string())
    }

    fn download(&self, archives: &Path, lists: &Lists) -> Result<()> {
        let missing: Vec<Package> = apt::missing(self.names, lists)?;
        if missing.is_empty() {
            bail!("nothing of {} is missing", self.names.join(" "));
        }
        let mut download = apt::download(&missing, lists);
        download.current_dir(archives);
        let uris = command::output(apt::download(&missing, lists).arg("--print-uris"))?;
        eprintln!(
            "downloading {} packages, {} MB",
            missing.len(),
            download_bytes(&uris).div_ceil(1_000_000)
        );
        step::carry_out(&mut download)
    }
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}
