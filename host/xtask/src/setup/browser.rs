//! What the tests of the live page look at it with.

use std::process::Command;

use anyhow::{Context, Result};

use super::packages::{AS_IT_IS, Packages};
use super::step;
use crate::tools;

/// Programs that a Chromium may be called. The tests look for the same, on the path and
/// in the folder of the packages.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

const CHROMIUM: Packages<'_> = Packages {
    why: "The live page is tested in a real browser, Chromium, which this machine does not have.",
    names: &["chromium", "fonts-dejavu-core"],
    folder: "chromium",
    // /usr/bin/chromium is a script that knows one place only.
    programs: &["usr/lib/chromium/chromium"],
    start: AS_IT_IS,
};

/// The accessibility checker that the page's tests run in the browser. It is
/// under MPL-2.0 and is not part of anything that is built or shipped.
const AXE: &str = "axe-core@4.14.1";

const NPM: Packages<'_> = Packages {
    why: "The accessibility checker axe-core comes from npm, which this machine does not have.",
    names: &["npm"],
    folder: "npm",
    programs: &["usr/bin/npm"],
    start: AS_IT_IS,
};

/// Makes sure that there is a browser for the tests of the live page.
///
/// # Errors
/// There is none, and its packages can be neither installed nor unpacked.
pub fn find() -> Result<()> {
    let is_there = |name: &&str| tools::find(name, CHROMIUM.folder).is_some();
    if BROWSERS.iter().any(|name| is_there(&name)) {
        return Ok(());
    }
    CHROMIUM.set_up()
}

/// Makes sure that the accessibility checker is there.
///
/// # Errors
/// There is no npm, or it cannot fetch the checker.
pub fn accessibility_checker() -> Result<()> {
    let folder = tools::dir().join("axe");
    if folder.join("node_modules/axe-core/axe.min.js").is_file() {
        return Ok(());
    }
    if tools::find("npm", NPM.folder).is_none() {
        NPM.set_up()?;
    }
    let npm = tools::find("npm", NPM.folder).context("npm was set up and is not there")?;
    let mut install = Command::new(npm);
    install
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-save",
            "--prefix",
        ])
        .arg(&folder)
        .arg(AXE);
    step::run(
        "The live page's tests run the accessibility checker axe-core:",
        &mut install,
        "(Delete the folder to remove it.)",
    )
}
