//! Runs `apt-get` and `dpkg`. Only [`update`] and [`install`] change the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::simulation::{self, Package, Simulation};
use crate::command;

/// Where apt's lists of packages are.
#[derive(Clone, Debug)]
pub enum Lists {
    /// Where the machine keeps them. They may be old or missing.
    System,
    /// In a folder of the project's own; everybody may refresh them.
    Own(PathBuf),
}

/// Whether there is an `apt-get`.
pub fn is_there() -> bool {
    command::find("apt-get").is_some()
}

/// Whether this program may install packages.
///
/// # Errors
/// There is no `id`.
pub fn is_root() -> Result<bool> {
    let id = command::output(Command::new("id").arg("-u"))?;
    Ok(id.trim() == "0")
}

/// Refreshes the machine's lists.
///
/// # Errors
/// A source of packages does not answer. What is needed may be known all the same.
pub fn update() -> Result<()> {
    run(apt_get(&Lists::System).arg("update"))?;
    Ok(())
}

/// Gives the command that installs `packages`, and nothing that is only recommended.
/// It is one that a person can read; [`run`] takes it.
pub fn install(packages: &[&str]) -> Command {
    let mut install = Command::new("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--yes", "--no-remove", "--no-install-recommends"])
        .args(packages);
    install
}

/// Gives what installing `packages` would do.
///
/// # Errors
/// apt does not know one of them, or one does not go together with what is installed.
pub fn simulate(packages: &[&str], lists: &Lists) -> Result<Simulation> {
    let text = run(&mut simulation(packages, lists))?;
    Ok(Simulation::of(&text))
}

/// Gives the packages that `packages` need, themselves included, and this machine does
/// not have: those that would be installed, or, where they do not go together with what
/// is installed, all that are not installed in the same version.
///
/// # Errors
/// apt does not know one of them.
pub fn missing(packages: &[&str], lists: &Lists) -> Result<Vec<Package>> {
    if let Ok(simulation) = simulate(packages, lists) {
        return Ok(simulation.installs);
    }
    // As if nothing were installed.
    let mut simulation = simulation(packages, lists);
    let text = run(simulation.args(["--option", "Dir::State::status=/dev/null"]))?;
    let format = "${db:Status-Status} ${Package} ${Version}\n";
    let installed = command::output(Command::new("dpkg-query").args(["-W", "-f", format]))?;
    Ok(simulation::missing(
        Simulation::of(&text).installs,
        &installed,
    ))
}

/// Gives the command that downloads `packages` into the folder that it is run in.
pub fn download(packages: &[Package], lists: &Lists) -> Command {
    let mut download = apt_get(lists);
    download.args(["--quiet", "--quiet", "download"]);
    for Package { name, version } in packages {
        download.arg(format!("{name}={version}"));
    }
    download
}

/// Runs an `apt-get` and gives what it printed.
///
/// # Errors
/// It failed: with the first of its errors. It has one for each package.
pub fn run(apt: &mut Command) -> Result<String> {
    let output = apt
        .stdin(Stdio::null())
        .output()
        .context("apt-get did not start")?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let error = stderr.lines().find_map(|line| line.strip_prefix("E: "));
        let why = error.map_or_else(|| output.status.to_string(), str::to_owned);
        bail!("apt-get failed: {why}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Unpacks every package of the folder `archives` into `root`.
///
/// # Errors
/// One of them is damaged, or does not fit on the disk.
pub fn unpack(archives: &Path, root: &Path) -> Result<()> {
    for archive in fs::read_dir(archives).with_context(|| archives.display().to_string())? {
        let mut extract = Command::new("dpkg-deb");
        command::run(extract.arg("-x").arg(archive?.path()).arg(root))?;
    }
    Ok(())
}

fn simulation(packages: &[&str], lists: &Lists) -> Command {
    let mut simulation = apt_get(lists);
    simulation
        .args(["install", "--simulate", "--no-install-recommends"])
        .args(packages);
    simulation
}

/// `apt-get` on these lists. With the project's own lists, and where a command only looks
/// or downloads, apt's files are left as they are.
fn apt_get(lists: &Lists) -> Command {
    let mut apt = Command::new("apt-get");
    // The simulation is read in one language.
    apt.env("LC_ALL", "C");
    // Who is offline is told so soon.
    apt.args(["--option", "Acquire::Retries=1"])
        .args(["--option", "Acquire::http::Timeout=20"])
        // Root has no need of another user's rights to write into the project's folder.
        .args(["--option", "APT::Sandbox::User=root"]);
    match lists {
        Lists::System => {}
        Lists::Own(folder) => {
            for (option, value) in [
                ("Dir::State", folder.join("state").as_path()),
                ("Dir::Cache", &folder.join("cache")),
                ("Dir::State::status", Path::new("/var/lib/dpkg/status")),
                // Descriptions of packages, in no language.
                ("Acquire::Languages", Path::new("none")),
            ] {
                apt.arg("--option")
                    .arg(format!("{option}={}", value.display()));
            }
        }
    }
    apt
}

/// Fills the project's own lists.
///
/// # Errors
/// No source of packages answers, or the folder cannot be written.
pub fn fetch_lists(folder: &Path) -> Result<Lists> {
    // apt makes every other folder itself.
    for name in ["state", "cache"] {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let lists = Lists::Own(folder.to_owned());
    run(apt_get(&lists).arg("update"))?;
    // apt takes an empty list for a success.
    let files = fs::read_dir(folder.join("state/lists"))?;
    let mut names = files.filter_map(|file| Some(file.ok()?.file_name()));
    ensure!(
        names.any(|name| name.to_string_lossy().contains("_Packages")),
        "no source of packages answers"
    );
    Ok(lists)
}
