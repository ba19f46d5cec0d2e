//! How the page looks, in sizes from a small laptop to a projector, and whether
//! people who do not see it, or have no mouse, can use it.

use super::{READY, choose, serve};
use anyhow::{Context, ensure};
use cortexscope_tests::browser::Browser;
use std::path::{Path, PathBuf};

const SIZES: [(u32, u32); 4] = [(1024, 768), (1280, 800), (1440, 900), (1920, 1080)];

/// The tabs that a section's own buttons, Enlarge and "?", lie upon.
const COVERED: &str = "[...document.querySelectorAll('main > section')].flatMap((section) => { \
    const box = (one) => one.getBoundingClientRect(); \
    const buttons = [...section.querySelectorAll(':scope > .enlarge, :scope > .help')].map(box); \
    return [...section.querySelectorAll('[role=tab]')].filter((tab) => buttons.some((button) => \
      box(tab).left < button.right && button.left < box(tab).right \
      && box(tab).top < button.bottom && button.top < box(tab).bottom)); \
    }).map(({ textContent }) => textContent).join()";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Keeps what is on the screen for a person to look at: `target/live/NAME.png`.
pub fn picture(page: &mut Browser, name: &str) -> anyhow::Result<()> {
    let folder = repository().join("target/live");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(format!("{name}.png")), page.screenshot()?)?;
    Ok(())
}

/// A page with everything on it: digits came, a map's neuron is selected, and
/// the occlusion map is there.
fn set_up(page: &mut Browser) -> anyhow::Result<()> {
    page.wait(READY)?;
    page.value(
        "cortexscope.look({ selected: { tensor: 3, channel: 12, y: 4, x: 6 }, hovered: null })",
    )?;
    page.click("#occlude")?;
    page.wait("cortexscope.occlusion.packet?.header.end?.macs_done")?;
    page.wait("document.getElementById('notice').hidden")
}

/// Digits follow each other at full speed.
fn play(page: &mut Browser) -> anyhow::Result<()> {
    choose(page, "rate", "")?;
    page.click("#play")?;
    page.wait("cortexscope.flow.rate > 1")
}

#[test]
fn nothing_is_cut_off_in_any_size() -> anyhow::Result<()> {
    let server = serve(&["--board", "mps2-an386"])?;
    let mut page = Browser::open(&server.url, None, &[])?;
    set_up(&mut page)?;
    play(&mut page)?;
    let folder = repository().join("target/live");
    std::fs::create_dir_all(&folder)?;
    for is_dark in [true, false] {
        page.dark(is_dark)?;
        for (width, height) in SIZES {
            page.size(width, height)?;
            page.wait(&format!("innerWidth === {width}"))?;
            std::thread::sleep(std::time::Duration::from_millis(300));
            let wide = page.value("document.documentElement.scrollWidth - innerWidth")?;
            ensure!(wide.as_f64() <= Some(0.0), "{width}: {wide} px too wide");
            let cut = page.value(
                "[...document.querySelectorAll('button, label:not(.hidden-label), h3, .caption span')]\
                 .filter((one) => one.offsetWidth > 0 && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)\
                 .map(({ textContent }) => textContent).join()",
            )?;
            ensure!(cut == "", "{width}: cut off: {cut}");
            let covered = page.value(COVERED)?;
            ensure!(covered == "", "{width}: covered by a button: {covered}");
            let theme = if is_dark { "dark" } else { "light" };
            // The second convolution's strongest neuron is looked at.
            page.value("cortexscope.look({ selected: cortexscope.overview.strongest(3) })")?;
            let picture = page.screenshot()?;
            std::fs::write(folder.join(format!("{width}-{theme}.png")), &picture)?;
            if (width, height) == (1440, 900) {
                let scrolls = page.value(
                    "[...document.querySelectorAll('section')].filter((one) => \
                     one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)\
                     .map(({ id }) => id).join()",
                )?;
                ensure!(scrolls == "", "these scroll: {scrolls}");
            }
            if (width, height) == (1440, 900) && std::env::var_os("UPDATE").is_some() {
                let kept = format!("docs/pictures/live-{theme}.png");
                std::fs::write(repository().join(kept), &picture)?;
            }
        }
    }
    page.check_console()
}

/// The explanations by their tabs, and those of which the book has pictures.
const PANELS: [(&str, bool); 7] = [
    ("occlusion", false),
    ("attribution", false),
    ("filters", false),
    ("climb", false),
    ("corruption", true),
    ("attack", true),
    ("evolution", true),
];

/// Every explanation has something to show.
fn fill_panels(page: &mut Browser) -> anyhow::Result<()> {
    page.wait(READY)?;
    page.wait("document.getElementById('evolution-search').options.length > 1")?;
    choose(page, "evolution-layer", "class")?;
    choose(page, "evolution-channel", "3")?;
    choose(page, "evolution-search", "cma-es hansen")?;
    choose(page, "evolution-queries", "1000")?;
    page.value("document.getElementById('evolution-start').click()")?;
    page.wait("cortexscope.evolution.packet?.header.spent === 1000")?;
    page.wait("cortexscope.evolution.packet.header.end !== null")?;
    choose(page, "corruption-kind", "gaussian-noise")?;
    page.wait("cortexscope.corruption.frame")?;
    choose(page, "method", "integrated-gradients")?;
    choose(page, "attack-method", "fgsm")?;
    page.value("document.getElementById('occlude').click()")?;
    page.wait("cortexscope.occlusion.packet?.header.end?.macs_done")?;
    page.wait("cortexscope.attacks.packet?.header.board.after && cortexscope.attributions.packet")
}

#[test]
fn every_panel_holds_what_it_shows_in_any_size() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = Browser::open(&server.url, None, &[])?;
    fill_panels(&mut page)?;
    for is_dark in [true, false] {
        page.dark(is_dark)?;
        let theme = if is_dark { "dark" } else { "light" };
        for (width, height) in SIZES {
            page.size(width, height)?;
            page.wait(&format!("innerWidth === {width}"))?;
            for (tab, has_picture) in PANELS {
                page.value(&format!("document.getElementById('tab-{tab}').click()"))?;
                std::thread::sleep(std::time::Duration::from_millis(60));
                let over = page.value(
                    "(({ scrollHeight, clientHeight, scrollWidth, clientWidth }) => \
                     [scrollHeight - clientHeight, scrollWidth - clientWidth])(document.getElementById('aside'))",
                )?;
                let fits = |axis: usize| over[axis].as_f64() <= Some(1.0);
                ensure!(fits(0) && fits(1), "{width}: {tab} is {over} px too large");
                let covered = page.value(COVERED)?;
                ensure!(covered == "", "{width}: covered by a button: {covered}");
                if width == 1280 {
                    picture(&mut page, &format!("{width}-{theme}-{tab}"))?;
                }
                if has_picture && width == 1440 && std::env::var_os("UPDATE").is_some() {
                    let kept = format!("docs/pictures/live-{tab}-{theme}.png");
                    std::fs::write(repository().join(kept), page.screenshot_of("#aside")?)?;
                }
            }
        }
    }
    page.check_console()
}

#[test]
fn the_accessibility_checker_finds_nothing() -> anyhow::Result<()> {
    let axe = repository().join("target/tools/axe/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(axe)
        .context("no accessibility checker: `cargo xtask setup` sets it up")?;
    let server = serve(&["--board", "native"])?;
    let mut page = Browser::open(&server.url, None, &[])?;
    set_up(&mut page)?;
    fill_panels(&mut page)?;
    page.value(&format!("{axe}; 0"))?;
    for is_dark in [true, false] {
        page.dark(is_dark)?;
        page.key("h")?;
        check(&mut page, "tour")?;
        picture(&mut page, if is_dark { "tour-dark" } else { "tour-light" })?;
        page.key("Escape")?;
        page.click("#net > .help")?;
        check(&mut page, "help")?;
        page.key("Escape")?;
        for tab in [
            "camera",
            "pad",
            "file",
            "digits",
            "filters",
            "attribution",
            "climb",
            "corruption",
            "attack",
            "evolution",
            "occlusion",
        ] {
            page.value(&format!("document.getElementById('tab-{tab}').click()"))?;
            check(&mut page, tab)?;
        }
        page.click("#more")?;
        check(&mut page, "dialog")?;
        page.value("document.getElementById('dialog').close()")?;
    }
    page.check_console()
}

fn check(page: &mut Browser, what: &str) -> anyhow::Result<()> {
    let found = page.value(
        "axe.run().then(({ violations }) => violations.map(({ id, help, nodes }) => \
         `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`))",
    )?;
    let found = found.as_array().context("a list")?;
    ensure!(found.is_empty(), "{what}: {found:#?}");
    Ok(())
}

#[test]
fn the_keyboard_reaches_everything() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = Browser::open(&server.url, None, &[])?;
    page.wait(READY)?;
    page.key("n")?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:19'")?;
    page.value("document.activeElement.blur()")?;
    page.key(" ")?;
    page.wait("cortexscope.view.state.frozen")?;
    page.value("document.querySelector('.layer canvas').focus()")?;
    page.value("cortexscope.look({ selected: { tensor: 1, channel: 3, y: 2, x: 2 } })")?;
    page.key("ArrowRight")?;
    page.wait("cortexscope.view.selected.channel === 4")?;
    page.key("e")?;
    page.wait("document.getElementById('net').classList.contains('enlarged')")?;
    page.key("Escape")?;
    page.wait("!document.querySelector('.enlarged')")?;
    let lonely = page.value(
        "[...document.querySelectorAll('canvas:not(.overlay), svg')].filter((one) => \
         !one.closest('[hidden]') && !one.getAttribute('aria-label') && !one.closest('button')).length",
    )?;
    ensure!(lonely == 0, "{lonely} pictures have no words");
    page.check_console()
}
