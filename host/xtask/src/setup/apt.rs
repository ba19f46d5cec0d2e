//! Installs Debian packages.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command;
use crate::consent::Consent;

/// Installs `packages` as root, or through sudo.
///
/// # Errors
/// There is no apt-get, or no way to become root, or nobody agreed, or it failed.
pub fn install(packages: &[&str], why: &str, consent: Consent) -> Result<()> {
    if command::find("apt-get").is_none() {
        bail!(
            "{why} install {} with your system's package manager",
            packages.join(" ")
        );
    }
    let mut update = as_root("apt-get")?;
    update.arg("update");
    let mut install = as_root("apt-get")?;
    install
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages);
    consent.obtain(why, &[command::line(&update), command::line(&install)])?;
    if let Err(error) = command::run(&mut update) {
        // One broken source of many; what is needed may come from another.
        eprintln!("{error:#}; going on with the package lists that are there");
    }
    command::run(&mut install)
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
