//! The panel Attack: every frame attacked as the command line attacks it, and the board asked
//! about it.

use super::{array, choose, cortexscope, open, replay, saved, serve, slide};
use anyhow::{Context, ensure};
use cortexscope_explain::attack::{METHODS, Method};
use serde_json::Value;
use std::process::Command;

const ANSWERED: &str = "cortexscope.attacks.packet?.header.board.after";

#[test]
fn every_attack_is_that_of_the_command_line_and_the_board_says_what_it_is_taken_for()
-> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-attack")?;
    page.wait(&format!(
        "document.getElementById('attack-method').options.length === {}",
        METHODS.len() + 1
    ))?;
    let folder = tempfile::tempdir()?;
    // One pixel takes up to 40,000 runs.
    for info in METHODS.iter().filter(|info| info.name != "one-pixel") {
        let name = info.name;
        choose(&mut page, "attack-method", name)?;
        page.wait(&format!(
            "cortexscope.attacks.packet?.header.method === '{name}' && {ANSWERED}"
        ))?;
        let method = Method::standard(name, 1.0).context("a method")?;
        let mut line = vec!["attack", name, "lecture-lenet", "mnist:18"];
        let mut eps = String::new();
        if method.takes_eps() {
            slide(&mut page, "attack-eps", 50)?;
            page.wait(&format!(
                "cortexscope.attacks.packet.header.eps === cortexscope.attacks.eps && {ANSWERED}"
            ))?;
            let shown = page.value("cortexscope.attacks.packet.header.eps")?;
            ensure!(shown.as_f64() == method.standard_eps(), "{name}: ε {shown}");
            eps = shown.to_string();
        } else {
            ensure!(page.value("document.getElementById('attack-eps').disabled")? == true);
        }
        if !eps.is_empty() {
            line.extend(["--eps", &eps]);
        }
        cortexscope(&line, folder.path())?;
        let path = folder
            .path()
            .join(format!("mnist-18.{name}.adversarial.npy"));
        let ours = saved(&mut page, "attack")?;
        ensure!(
            array(&ours).1 == array(&std::fs::read(&path)?).1,
            "{name} differs"
        );
        // The board's answer is that of `infer`.
        let output = Command::new(env!("CARGO_BIN_EXE_cortexscope-under-test"))
            .args(["infer", "--board", "native", "--json"])
            .arg(&path)
            .output()?;
        let document: Value = serde_json::from_slice(&output.stdout)?;
        let after = page.value(ANSWERED)?;
        let theirs = &document["results"][0];
        ensure!(
            after["class"] == theirs["class"],
            "{name}: {after} is not {theirs}"
        );
        // The table says it.
        let cell = page.value("document.getElementById('attack-board-changed').textContent")?;
        let label = format!("{}, ", after["label"].as_str().context("a label")?);
        ensure!(
            cell.as_str().is_some_and(|cell| cell.starts_with(&label)),
            "{name}: {cell}"
        );
    }
    page.check_console()
}

#[test]
fn attacks_follow_the_stream_and_hold_none_up() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-attack")?;
    choose(&mut page, "attack-method", "pgd")?;
    page.value("document.getElementById('record').click()")?;
    choose(&mut page, "rate", "")?;
    page.click("#play")?;
    page.wait("cortexscope.attacks.packet?.header.frame > 3")?;
    page.value("globalThis.before = cortexscope.attacks.packet.header.frame")?;
    page.wait("cortexscope.attacks.packet.header.frame > before + 3")?;
    page.wait("cortexscope.view.frame.header.number > before + 30")?;
    page.click("#play")?;
    page.wait(&format!(
        "cortexscope.view.state.play === null && {ANSWERED} && \
         cortexscope.attacks.packet.header.frame === cortexscope.view.frame.header.number"
    ))?;
    // ε 0 changes nothing, and says so.
    slide(&mut page, "attack-eps", 0)?;
    page.wait(&format!(
        "cortexscope.attacks.packet.header.eps === 0 && {ANSWERED}"
    ))?;
    ensure!(page.value("cortexscope.attacks.packet.header.greatest")? == 0);
    // A class that there is not is said, and the frames go on.
    page.value("cortexscope.attacks.connection.command('attack', { what: { method: 'fgsm', eps: 0.1, target: 99 } })")?;
    page.wait("document.getElementById('attack-status').textContent.includes('class \"99\"')")?;
    choose(&mut page, "attack-method", "fgsm")?;
    choose(&mut page, "attack-target", "8")?;
    page.wait(&format!(
        "cortexscope.attacks.packet?.header.goal === 'to 8' && {ANSWERED}"
    ))?;
    replay(&mut page)?;
    page.value("cortexscope.replay.go(cortexscope.replay.frames.length - 1)")?;
    page.wait("cortexscope.attacks.packet?.header.goal === 'to 8'")?;
    for id in ["attack-method", "attack-eps", "attack-target"] {
        let off = page.value(&format!("document.getElementById('{id}').disabled"))?;
        ensure!(off == true, "{id} is not off");
    }
    page.check_console()
}
