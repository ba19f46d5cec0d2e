//! The page in a browser, as a person uses it.

use super::{READY, choose, equals_the_dump, freeze, open, saved, serve, video, wait_for_file};
use anyhow::{Context, ensure};
use cortexscope_tests::browser::Browser;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

fn label(page: &mut Browser) -> anyhow::Result<String> {
    let label = page.value("cortexscope.view.frame?.header.label")?;
    Ok(label.as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_camera_sees_digits_and_the_page_shows_what_the_board_computed() -> anyhow::Result<()> {
    // A 7, a 2, a 1 and a 0, the first four of the test set.
    let folder = tempfile::tempdir()?;
    let film = folder.path().join("digits.y4m");
    video::write(&[0, 1, 2, 3], &film)?;
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, Some(&film));
    page.click("#tab-camera")?;
    page.click("#camera-start")?;
    page.wait("cortexscope.view.frame?.header.source === 'camera'")?;
    let mut seen = BTreeSet::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while seen.len() < 4 && Instant::now() < deadline {
        seen.insert(label(&mut page)?);
    }
    let film: BTreeSet<String> = ["7", "2", "1", "0"].map(str::to_owned).into();
    ensure!(seen == film, "the page says {seen:?}");
    for mode in ["fused", "tapped"] {
        choose(&mut page, "mode", mode)?;
        page.wait(&format!("cortexscope.view.frame?.header.mode === '{mode}'"))?;
        freeze(&mut page)?;
        equals_the_dump("native", mode, &mut |name| saved(&mut page, name))?;
        page.click("#freeze")?;
        page.wait("!cortexscope.view.state.frozen")?;
    }
    page.check_console()
}

#[test]
fn the_board_has_a_camera_of_its_own() -> anyhow::Result<()> {
    // Ink on paper, larger than a digit: what a sensor would see of one.
    let folder = tempfile::tempdir()?;
    let picture = folder.path().join("seven.pgm");
    video::still(0, &picture)?;
    let picture = picture.to_str().context("a path")?;
    let server = serve(&["--board", "native", "--sensor", picture])?;
    let mut page = open(&server, None);
    page.click("#tab-camera")?;
    page.wait("!document.getElementById('board-camera').hidden")?;
    page.click("#board-camera")?;
    page.wait("cortexscope.view.frame?.header.source === 'camera of the board'")?;
    ensure!(label(&mut page)? == "7", "{}", label(&mut page)?);
    freeze(&mut page)?;
    equals_the_dump("native", "fused", &mut |name| saved(&mut page, name))?;
    page.click("#board-camera")?;
    page.wait("cortexscope.view.state.camera_on === null")?;
    page.check_console()
}

#[test]
fn an_emulated_board_is_lost_and_found() -> anyhow::Result<()> {
    let server = serve(&["--board", "mps2-an386"])?;
    let mut page = open(&server, None);
    freeze(&mut page)?;
    equals_the_dump("native", "fused", &mut |name| saved(&mut page, name))?;
    page.click("#freeze")?;
    let emulator = child_of(server.process()).context("an emulator runs")?;
    // Stopped, it does not answer; the page says so, and goes on when it does.
    signal("STOP", emulator)?;
    page.click("#digit-after")?;
    page.wait("document.getElementById('notice').textContent.includes('busy for')")?;
    page.wait("cortexscope.view.state.phase === 'lost'")?;
    page.wait("document.getElementById('notice').textContent.includes('lost')")?;
    // It was let go of, and another one started in its place.
    page.wait(READY)?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:19'")?;
    // Killed, it is started again.
    let emulator = child_of(server.process()).context("an emulator runs again")?;
    signal("KILL", emulator)?;
    page.click("#digit-after")?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:20'")?;
    freeze(&mut page)?;
    equals_the_dump("native", "fused", &mut |name| saved(&mut page, name))?;
    page.check_console()
}

/// A child process, whichever thread started it.
fn child_of(parent: u32) -> Option<u32> {
    let threads = std::fs::read_dir(format!("/proc/{parent}/task")).ok()?;
    let children = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("children")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    });
    children.last()
}

pub(super) fn signal(name: &str, process: u32) -> anyhow::Result<()> {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(process.to_string())
        .status()?;
    ensure!(status.success(), "kill -{name} {process}");
    Ok(())
}

#[test]
fn an_occlusion_map_fills_and_is_the_command_lines() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#occlude")?;
    page.wait("cortexscope.occlusion.packet?.header.end?.macs_done")?;
    let page_map =
        page.value("Array.from(cortexscope.occlusion.packet.arrays.get('probabilities').data)")?;
    let document =
        super::super::command_line::json(&["occlude", "mnist:18", "--board", "native", "--json"]);
    ensure!(document["probabilities"].as_array().map(Vec::len) == Some(484));
    let bits = |map: &serde_json::Value| -> Vec<u32> {
        let values = map.as_array().into_iter().flatten();
        values
            .filter_map(|value| Some((value.as_f64()? as f32).to_bits()))
            .collect()
    };
    ensure!(bits(&page_map) == bits(&document["probabilities"]));
    ensure!(
        page.value("cortexscope.occlusion.packet.header.end.macs_done")? == document["macs_done"]
    );
    page.check_console()
}

#[test]
fn a_recording_is_replayed_without_a_board() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.downloads(folder.path())?;
    page.click("#record")?;
    for digit in ["19", "20", "21"] {
        page.click("#digit-after")?;
        page.wait(&format!(
            "cortexscope.view.frame?.header.source === 'mnist:{digit}'"
        ))?;
    }
    page.click("#occlude")?;
    page.wait("cortexscope.occlusion.packet?.header.end?.macs_done")?;
    let logits = "Array.from(cortexscope.view.frame.array('logits')).join()";
    let recorded = page.value(logits)?;
    page.click("#record")?;
    let file = folder.path().join("cortexscope-lecture-lenet.ctxrec");
    wait_for_file(&file)?;
    drop(server);
    page.wait("document.getElementById('notice').textContent.includes('connection to the program was lost')")?;
    page.choose_file("#open", &file)?;
    page.wait("cortexscope.replay.isOn")?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:21'")?;
    ensure!(page.value(logits)? == recorded);
    ensure!(page.value("cortexscope.replay.frames.length")? == 3);
    page.wait("document.getElementById('notice').textContent.includes('recording')")?;
    // Only the lost connection may be complained about.
    page.errors.retain(|error| !error.contains("/socket"));
    page.check_console()
}

#[test]
fn a_second_page_watches_and_takes_over() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut first = open(&server, None);
    let mut second = open(&server, None);
    second.wait("document.getElementById('notice').textContent.includes('Another page')")?;
    first.click("#digit-after")?;
    second.wait("cortexscope.view.frame?.header.source === 'mnist:19'")?;
    second.click("#notice button")?;
    first.wait("document.getElementById('notice').textContent.includes('Another page')")?;
    second.click("#digit-after")?;
    first.wait("cortexscope.view.frame?.header.source === 'mnist:20'")?;
    // A reload is another page; the one that drove is gone.
    second.go(&server.url)?;
    second.wait(READY)?;
    first.wait("document.getElementById('notice').hidden")?;
    first.check_console()?;
    second.check_console()
}

#[test]
fn another_board_and_model_are_chosen() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    // A kernel that slides over a map of the network before stops.
    page.draw(".layer:last-child canvas", &[[0.02, 0.02]])?;
    page.wait("cortexscope.sweep.isOn")?;
    choose(&mut page, "model", "lenet5")?;
    page.wait("cortexscope.view.network.model === 'lenet5' && cortexscope.view.frame")?;
    choose(&mut page, "board", "mps2-an386")?;
    page.wait("cortexscope.view.network.board === 'mps2-an386' && cortexscope.view.frame")?;
    page.wait(
        "document.querySelector('#table-title').textContent === 'Arena bytes: planned = measured'",
    )?;
    page.check_console()
}
