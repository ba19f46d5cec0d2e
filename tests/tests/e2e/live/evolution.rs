//! The panel Evolution: a search that the board answers, stopped, resumed, recorded and
//! replayed.

use super::{array, choose, cortexscope, open, replay, saved, serve};
use anyhow::{Context, ensure};
use serde_json::Value;

#[test]
fn a_search_that_was_stopped_goes_on_to_that_of_the_command_line() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-evolution")?;
    page.wait("document.getElementById('evolution-search').options.length === 12")?;
    page.value("document.getElementById('record').click()")?;
    choose(&mut page, "evolution-layer", "conv2")?;
    choose(&mut page, "evolution-channel", "12")?;
    choose(&mut page, "evolution-search", "cma-es hansen")?;
    choose(&mut page, "evolution-queries", "3000")?;
    page.click("#evolution-start")?;
    let header = "cortexscope.evolution.packet?.header";
    page.wait(&format!("{header}.spent > 60"))?;
    page.click("#evolution-stop")?;
    page.wait(&format!("{header}.end === 'stopped'"))?;
    page.wait("cortexscope.view.state.kept_search?.spent >= 60")?;
    let spent = page.value("cortexscope.view.state.kept_search.spent")?;
    ensure!(
        spent.as_u64() < Some(3000),
        "it was over before it was stopped"
    );
    // Frames ran before, and do now.
    choose(&mut page, "digit", "7")?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:7'")?;
    page.click("#evolution-resume")?;
    page.wait(&format!("{header}.spent === 3000 && {header}.end !== null"))?;
    let found = page.value(header)?;
    ensure!(
        page.value(
            "document.getElementById('evolution-trace').getBoundingClientRect().height > 40"
        )? == true
    );
    ensure!(found["neuron"] == "conv2:12, int8 on native", "{found}");
    let folder = tempfile::tempdir()?;
    let json = cortexscope(
        &[
            "brain",
            "evolve",
            "--model",
            "lecture-lenet",
            "--target",
            "conv2:12",
            "--board",
            "native",
            "--optimiser",
            "cma-es",
            "--queries",
            "3000",
            "--natural",
            "200",
            "--gradient-steps",
            "1",
            "--json",
        ],
        folder.path(),
    )?;
    let theirs: Value = serde_json::from_str(&json)?;
    for (ours, key) in [("best_clean", "best_clean"), ("spent", "queries_spent")] {
        ensure!(
            found[ours] == theirs[key],
            "{ours}: {} is not {}",
            found[ours],
            theirs[key]
        );
    }
    ensure!(
        found["natural"]["best"] == theirs["natural_best"],
        "{found}"
    );
    let ours = saved(&mut page, "evolution")?;
    let evolved = std::fs::read(folder.path().join("evolved.npy"))?;
    ensure!(array(&ours).1 == array(&evolved).1, "another image");

    // The recording goes through the search, step by step.
    replay(&mut page)?;
    page.value("cortexscope.replay.go(cortexscope.replay.frames.length - 1)")?;
    page.wait(&format!("{header}.spent === 3000"))?;
    ensure!(saved(&mut page, "evolution")? == ours);
    ensure!(page.value("cortexscope.view.frame.header.source")? == "mnist:7");
    let status = page.value("document.getElementById('replay-status').textContent")?;
    ensure!(
        status.as_str().context("text")?.contains("step"),
        "{status}"
    );
    page.value(
        "cortexscope.replay.go(cortexscope.replay.frames.findIndex((at) => \
         cortexscope.replay.packets[at].packet.header.spent > 0))",
    )?;
    page.wait(&format!("{header}.spent < 3000 && {header}.end === null"))?;
    ensure!(page.value("document.getElementById('evolution-start').disabled")? == true);
    page.check_console()
}

#[test]
fn what_the_board_has_not_is_said_and_the_stream_goes_on() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    let start = |target: &str, generator: &str| {
        format!(
            "cortexscope.evolution.connection.command('evolve', {{ what: {{ start: {{ target: '{target}', \
             optimiser: 'ga', preset: 'xdream', generator: '{generator}', queries: 10000, seed: 0 }} }} }})"
        )
    };
    page.value(&start("conv9:1", "dct"))?;
    let status = "document.getElementById('evolution-status').textContent";
    page.wait(&format!("{status}.includes('the board has no conv9:1')"))?;
    // A search at work, digits at full speed, and another model.
    page.value(&start("class:3", "pca"))?;
    page.wait("cortexscope.evolution.packet?.header.spent > 100")?;
    choose(&mut page, "rate", "")?;
    page.click("#play")?;
    page.value("globalThis.before = cortexscope.view.frame.header.number")?;
    page.wait("cortexscope.view.frame.header.number > before + 30")?;
    page.wait("cortexscope.evolution.packet.header.spent > 200")?;
    choose(&mut page, "model", "lenet5")?;
    page.wait("cortexscope.view.network.model === 'lenet5' && cortexscope.view.frame")?;
    page.wait("cortexscope.view.state.kept_search?.choice.model === 'lecture-lenet'")?;
    // Another network cannot go on with it.
    ensure!(page.value("document.getElementById('evolution-resume').hidden")? == true);
    page.check_console()
}
