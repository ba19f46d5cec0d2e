//! What the tests of the live page look at it with.

use std::process::Command;

use anyhow::Result;

use super::packages::{Packages, Programs, Starter};
use super::step;
use crate::{command, tools};

/// Programs that a Chromium may be called. The tests look for the same, on the path and
/// in the folder of the packages.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

const CHROMIUM: Programs<'_> = Programs {
    packages: Packages {
        why: "The live page is tested in a real browser, Chromium, which this machine does not \
              have.",
        names: &["chromium", "fonts-dejavu-core"],
        at_least: None,
    },
    folder: "chromium",
    // /usr/bin/chromium is a script that knows one place only.
    files: &["usr/lib/chromium/chromium"],
    starter: Starter {
        // Fonts are found by a file that names the user's folder of data.
        environment: &[
            "fonts=\"$root/etc/fonts/fonts.conf\"",
            "if [ -f \"$fonts\" ]; then",
            "    export FONTCONFIG_FILE=\"$fonts\" XDG_DATA_HOME=\"$root/usr/share\"",
            "fi",
        ],
        arguments: &[],
    },
};

/// The accessibility checker that the page's tests run in the browser. It is
/// under MPL-2.0 and is not part of anything that is built or shipped.
const AXE: &str = "axe-core@4.14.1";

/// It runs where it is installed only: it knows the places of its parts.
const NPM: Packages<'_> = Packages {
    why: "The accessibility checker axe-core and an emulator come from npm, which this machine \
          does not have.",
    names: &["npm"],
    at_least: None,
};

/// Makes sure that there is a browser for the tests of the live page.
///
/// # Errors
/// There is none, and its packages can be neither installed nor unpacked.
pub fn find() -> Result<()> {
    let is_there = |name: &&str| tools::find(name, CHROMIUM.folder).is_some();
    if BROWSERS.iter().any(is_there) {
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
    npm()?;
    let mut install = Command::new("npm");
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

/// Makes sure that there is npm, and Node.js with it.
///
/// # Errors
/// There is none, and it cannot be installed.
pub fn npm() -> Result<()> {
    if command::find("npm").is_some() {
        return Ok(());
    }
    NPM.install()
}
