//! The panel Corruption: the stream is damaged before the board sees it, as the command
//! line damages a picture.

use super::{array, choose, cortexscope, freeze, open, replay, saved, serve, slide};
use anyhow::{Context, ensure};
use cortexscope_compile::model_files::ModelFiles;
use std::path::Path;

/// The levels of a `.npy` file of float32 as int8, as the network on the board reads them.
fn int8(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = std::fs::read(path)?;
    let (shape, bytes) = array(&file);
    ensure!(shape == "1,28,28", "{shape}");
    let model = ModelFiles::open("lecture-lenet")?;
    let levels = bytes.chunks_exact(4);
    let values: Vec<f32> = levels
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .map(|level| model.spec.input.value(0, level.round() as u8))
        .collect();
    let int8 = model.quantise(&values).into_iter();
    Ok(int8.map(|value| value as u8).collect())
}

#[test]
fn a_digit_is_damaged_as_the_command_line_damages_it() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    let folder = tempfile::tempdir()?;
    page.click("#tab-corruption")?;
    page.wait("document.getElementById('corruption-kind').options.length === 28")?;
    // The network reads grey pictures.
    let off = "[...document.getElementById('corruption-kind').options].filter(({ disabled }) => disabled).map(({ value }) => value).join()";
    ensure!(page.value(off)? == "saturate");
    let clean = saved(&mut page, "input")?;
    for (kind, severity) in [("impulse-noise", 4), ("fog", 2), ("translate", 5)] {
        choose(&mut page, "corruption-kind", kind)?;
        slide(&mut page, "corruption-severity", severity)?;
        let is_there = format!(
            "cortexscope.corruption.frame?.header.corruption.kind === '{kind}' && \
             cortexscope.corruption.frame.header.corruption.severity === {severity} && !cortexscope.view.isNew"
        );
        page.wait(&is_there)?;
        let path = folder.path().join(format!("{kind}.npy"));
        let severity = severity.to_string();
        cortexscope(
            &[
                "corrupt",
                kind,
                "mnist:18",
                "--severity",
                &severity,
                "--stream",
                "18",
            ],
            &path,
        )?;
        let damaged = saved(&mut page, "input")?;
        ensure!(array(&damaged).1 == int8(&path)?, "{kind} differs");
        ensure!(damaged != clean, "{kind} changes nothing");
        // The digit as it was stands beside it.
        ensure!(
            saved(&mut page, "corruption")? == clean,
            "{kind}: the original"
        );
    }
    choose(&mut page, "corruption-kind", "stripe")?;
    page.wait("document.getElementById('corruption-severity').disabled")?;
    choose(&mut page, "corruption-kind", "")?;
    page.wait("cortexscope.corruption.frame === null && !cortexscope.view.isNew")?;
    ensure!(saved(&mut page, "input")? == clean);
    page.check_console()
}

#[test]
fn a_stream_is_counted_while_it_is_damaged_and_a_recording_is_left_as_it_is() -> anyhow::Result<()>
{
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-corruption")?;
    choose(&mut page, "corruption-kind", "glass-blur")?;
    slide(&mut page, "corruption-severity", 5)?;
    page.wait("cortexscope.corruption.frame?.header.corruption.severity === 5")?;
    page.value("document.getElementById('record').click()")?;
    choose(&mut page, "rate", "")?;
    page.click("#play")?;
    page.wait("cortexscope.corruption.seen.frames > 20")?;
    freeze(&mut page)?;
    let seen = page.value("cortexscope.corruption.seen")?;
    let [frames, right] = ["frames", "right"].map(|key| seen[key].as_u64().unwrap_or(u64::MAX));
    ensure!(right <= frames, "{seen}");
    let said = "document.getElementById('corruption-status').textContent";
    let line = page.value(said)?;
    let count = format!("{right} of {frames} digits right");
    ensure!(line.as_str().context("text")?.contains(&count), "{line}");
    replay(&mut page)?;
    page.wait("cortexscope.corruption.frame?.header.corruption.kind === 'glass-blur'")?;
    page.wait(&format!("{said}.includes('This is a recording')"))?;
    for id in ["corruption-kind", "corruption-severity"] {
        let off = page.value(&format!("document.getElementById('{id}').disabled"))?;
        ensure!(off == true, "{id} is not off");
    }
    page.check_console()
}
