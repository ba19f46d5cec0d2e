//! Installs Debian packages, and never removes one.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::command;
use crate::consent::Consent;

/// What `apt-get install` would do, as its simulation says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// Packages that it would install or replace.
    pub installs: Vec<String>,
    /// Packages that it would remove.
    pub removes: Vec<String>,
}

/// Installs `packages` as root, or through sudo.
///
/// # Errors
/// There is no apt-get, or no way to become root, or nobody agreed, or it failed, or
/// other packages would have to be removed.
pub fn install(packages: &[&str], why: &str, consent: Consent) -> Result<()> {
    require(packages, why)?;
    let mut update = as_root("apt-get")?;
    update.arg("update");
    let mut install = as_root("apt-get")?;
    install
        .args(["install", "--yes", "--no-remove", "--no-install-recommends"])
        .args(packages);
    consent.obtain(why, &[command::line(&update), command::line(&install)])?;
    update_lists(&mut update);
    let removes = simulate(packages)?.removes;
    ensure!(
        removes.is_empty(),
        "`apt-get install {}` would remove {}, so nothing was installed: install it yourself, \
         or free the way for it",
        packages.join(" "),
        removes.join(", ")
    );
    command::run(&mut install)
}

/// Refreshes the package lists, and gives what installing `packages` would do.
///
/// # Errors
/// There is no apt-get, or no way to become root, or nobody agreed, or it does not know
/// the packages.
pub fn look(packages: &[&str], why: &str, consent: Consent) -> Result<Simulation> {
    require(packages, why)?;
    let mut update = as_root("apt-get")?;
    update.arg("update");
    consent.obtain(why, &[command::line(&update)])?;
    update_lists(&mut update);
    simulate(packages)
}

/// Downloads `packages` and unpacks them into `folder`, where no package manager knows
/// of them and nothing that is installed changes.
///
/// # Errors
/// Nobody agreed, or a package cannot be downloaded or unpacked.
pub fn unpack(packages: &[String], folder: &Path, why: &str, consent: Consent) -> Result<()> {
    let archives = folder.join("archives");
    let mut download = Command::new("apt-get");
    download
        .current_dir({
            fs::create_dir_all(&archives).with_context(|| archives.display().to_string())?;
            &archives
        })
        .arg("download")
        .args(packages);
    let unpack = format!("dpkg -x each of them into {}", folder.display());
    consent.obtain(why, &[command::line(&download), unpack])?;
    command::run(&mut download)?;
    for archive in fs::read_dir(&archives)? {
        let mut extract = Command::new("dpkg");
        extract.arg("-x").arg(archive?.path()).arg(folder);
        command::run(&mut extract)?;
    }
    Ok(fs::remove_dir_all(&archives)?)
}

fn require(packages: &[&str], why: &str) -> Result<()> {
    if command::find("apt-get").is_none() {
        bail!(
            "{why} install {} with your system's package manager",
            packages.join(" ")
        );
    }
    Ok(())
}

fn update_lists(update: &mut Command) {
    if let Err(error) = command::run(update) {
        // One broken source of many; what is needed may come from another.
        eprintln!("{error:#}; going on with the package lists that are there");
    }
}

fn simulate(packages: &[&str]) -> Result<Simulation> {
    let mut simulate = Command::new("apt-get");
    simulate
        .env("LC_ALL", "C")
        .args(["install", "--simulate", "--no-install-recommends"])
        .args(packages);
    Ok(Simulation::of(&command::output(&mut simulate)?))
}

impl Simulation {
    /// Reads what `apt-get install --simulate` printed: one line for each package.
    fn of(text: &str) -> Self {
        let named = |action: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix(action));
            let names = lines.filter_map(|line| line.split_whitespace().next());
            names.map(str::to_owned).collect()
        };
        Self {
            installs: named("Inst "),
            removes: named("Remv "),
        }
    }
}

fn as_root(program: &str) -> Result<Command> {
    if command::output(Command::new("id").arg("-u"))?.trim() == "0" {
        return Ok(Command::new(program));
    }
    if command::find("sudo").is_none() {
        bail!("installing packages needs root, and there is no sudo: run this as root once");
    }
    let mut sudo = Command::new("sudo");
    sudo.arg(program);
    Ok(sudo)
}

#[cfg(test)]
mod tests {
    use super::Simulation;

    #[test]
    fn a_simulation_says_what_would_be_removed() {
        let text = "Reading package lists...\n\
             The following packages will be REMOVED:\n  qemu-utils\n\
             Remv qemu-utils [1:10.0.2] [libvirt:amd64 ]\n\
             Inst libpixman-1-0 (0.44.0-3 Debian:13/stable [amd64])\n\
             Inst qemu-system-common [1:10.0.2] (1:10.0.3 Debian:13/stable [amd64])\n\
             Inst qemu-system-arm (1:10.0.3 Debian:13/stable [amd64])\n\
             Conf libpixman-1-0 (0.44.0-3 Debian:13/stable [amd64])\n";
        let simulation = Simulation::of(text);
        assert_eq!(simulation.removes, ["qemu-utils"]);
        assert_eq!(
            simulation.installs,
            ["libpixman-1-0", "qemu-system-common", "qemu-system-arm"]
        );
        assert_eq!(Simulation::of("0 upgraded\n"), Simulation::default());
    }
}
