//! The page teaches: the tour of the first visit, and the "?" of each panel.

use super::{READY, look, open, serve};
use anyhow::ensure;
use cortexscope_tests::browser::Browser;

const IS_OPEN: &str = "document.getElementById('tour').matches(':popover-open')";

/// The panel that the tour is at, as its heading names it.
fn heading(page: &mut Browser) -> anyhow::Result<String> {
    let heading = page.value("document.getElementById('tour-title').textContent")?;
    Ok(heading.as_str().unwrap_or_default().to_owned())
}

#[test]
fn the_first_visit_has_a_tour_by_keyboard_and_the_second_has_none() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = Browser::open_first(&server.url)?;
    page.size(1280, 800)?;
    page.wait(READY)?;
    page.wait(IS_OPEN)?;
    let stops = ["Stimulus", "Network", "Lens", "Memory", "Occlusion"];
    let sections = ["stimulus", "net", "lens", "chip", "aside"];
    for (at, (stop, section)) in stops.iter().zip(sections).enumerate() {
        ensure!(heading(&mut page)? == format!("{} of 5 · {stop}", at + 1));
        let marked = page.value("document.querySelector('.toured').id")?;
        ensure!(marked == section, "{stop}: {marked}");
        // The whole box is in the window, and the panel's sentences are in it.
        let fits = page.value(
            "(() => { const box = document.getElementById('tour').getBoundingClientRect(); \
             return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight })()",
        )?;
        ensure!(fits == true, "{stop} is outside of the window");
        let sentences = page.value("document.getElementById('tour-text').textContent.length")?;
        ensure!(sentences.as_u64() > Some(60), "{stop} says nothing");
        look::picture(&mut page, &format!("tour-{section}"))?;
        match *stop {
            // One map is selected, then its kernel slides, then the map of occlusion waits.
            "Network" => page.wait("cortexscope.view.selected?.tensor === 1")?,
            "Lens" => page.wait("cortexscope.sweep.isOn")?,
            "Occlusion" => page.wait("!document.getElementById('panel-occlusion').hidden")?,
            _ => {}
        }
        page.key(if at % 2 == 0 { "ArrowRight" } else { "Enter" })?;
    }
    page.wait(&format!("!{IS_OPEN} && !document.querySelector('.toured')"))?;
    page.go(&server.url)?;
    page.wait(READY)?;
    page.wait("cortexscope.view.selected")?;
    ensure!(page.value(IS_OPEN)? == false, "the tour comes again");
    // It is there for whoever asks.
    page.key("h")?;
    page.wait(IS_OPEN)?;
    page.key("Escape")?;
    page.wait(&format!("!{IS_OPEN}"))?;
    page.check_console()
}

#[test]
fn a_tour_that_is_skipped_does_not_come_again_at_another_port() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = Browser::open_first(&server.url)?;
    page.wait(IS_OPEN)?;
    // The page is alive behind it.
    page.key("n")?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:19'")?;
    page.click("#tour-skip")?;
    page.wait(&format!("!{IS_OPEN}"))?;
    let other = serve(&["--board", "native"])?;
    page.go(&other.url)?;
    page.wait(READY)?;
    page.wait("cortexscope.view.selected")?;
    ensure!(page.value(IS_OPEN)? == false, "the tour comes again");
    page.check_console()
}

#[test]
fn every_panel_says_what_it_shows() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    let mut shown = Vec::new();
    let sections = [
        ("stimulus", ""),
        ("net", ""),
        ("lens", ""),
        ("chip", ""),
        ("aside", "occlusion"),
        ("aside", "attribution"),
        ("aside", "filters"),
        ("aside", "climb"),
        ("aside", "corruption"),
        ("aside", "attack"),
        ("aside", "evolution"),
    ];
    for (section, tab) in sections {
        if !tab.is_empty() {
            page.click(&format!("#tab-{tab}"))?;
        }
        page.click(&format!("#{section} > .help"))?;
        let text = format!("document.getElementById('help-{section}')");
        page.wait(&format!("{text}.matches(':popover-open')"))?;
        page.wait(&format!("document.activeElement === {text}"))?;
        shown.push(page.value(&format!("{text}.textContent"))?.to_string());
        look::picture(&mut page, &format!("help-{section}{tab}"))?;
        page.key("Escape")?;
        page.wait(&format!("!{text}.matches(':popover-open')"))?;
    }
    let glossary = include_str!("../../../../docs/glossary.md");
    for text in &shown {
        let text = text.trim_matches('"');
        ensure!(glossary.contains(&format!("| {text} |")), "{text}");
    }
    shown.sort();
    shown.dedup();
    ensure!(shown.len() == sections.len(), "{shown:#?}");
    page.check_console()
}
