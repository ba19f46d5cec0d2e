//! What the float network says of the frame on the screen: attributions and
//! ascents, equal to the command line's.

use super::{array, choose, cortexscope, open, saved, serve};
use anyhow::{Context, ensure};
use cortexscope_explain::attribute::METHODS;

#[test]
fn every_attribution_is_that_of_the_command_line() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-attribution")?;
    // The methods, and none of them.
    page.wait(&format!(
        "document.getElementById('method').options.length === {}",
        METHODS.len() + 1
    ))?;
    let folder = tempfile::tempdir()?;
    // The network has no global average pooling, which cam needs; rise takes 4,000 runs.
    let left_out = ["cam", "rise"];
    for method in METHODS
        .into_iter()
        .filter(|method| !left_out.contains(method))
    {
        choose(&mut page, "method", method)?;
        page.wait(&format!(
            "cortexscope.attributions.packet?.header.method === '{method}'"
        ))?;
        cortexscope(
            &["explain", method, "lecture-lenet", "mnist:18"],
            folder.path(),
        )?;
        let theirs = std::fs::read(folder.path().join(format!("mnist-18.{method}.npy")))?;
        let ours = saved(&mut page, "attribution")?;
        ensure!(array(&ours).1 == array(&theirs).1, "{method} differs");
        let scale = page.value("document.getElementById('attribution-scale').textContent")?;
        ensure!(!scale.as_str().unwrap_or_default().is_empty(), "{method}");
    }
    page.check_console()
}

#[test]
fn attributions_follow_the_frames_and_hold_none_up() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-attribution")?;
    choose(&mut page, "method", "smooth-grad")?;
    choose(&mut page, "rate", "")?;
    page.click("#play")?;
    page.wait("cortexscope.attributions.packet?.header.frame > 3")?;
    // Frames come faster than this method takes, and it takes the newest.
    page.value("globalThis.before = cortexscope.attributions.packet.header.frame")?;
    page.wait("cortexscope.attributions.packet.header.frame > before + 3")?;
    page.wait("cortexscope.view.frame.header.number > before + 30")?;
    page.click("#play")?;
    page.wait(
        "cortexscope.view.state.play === null && \
         cortexscope.attributions.packet.header.frame === cortexscope.view.frame.header.number",
    )?;
    // What cannot be done is said, and the frames go on.
    page.value(
        "cortexscope.attributions.connection.command('attribute', \
         { what: { method: 'gradient', class: 99 } })",
    )?;
    page.wait(
        "document.getElementById('attribution-status').textContent.includes('no class \"99\"')",
    )?;
    choose(&mut page, "method", "")?;
    page.wait("cortexscope.view.state.attribute === null")?;
    choose(&mut page, "digit", "4711")?;
    page.wait("cortexscope.view.frame.header.source === 'mnist:4711'")?;
    page.check_console()
}

#[test]
fn a_filter_s_picture_grows_and_is_that_of_the_command_line() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-climb")?;
    page.wait("document.getElementById('climb-layer').options.length > 3")?;
    let layer = page.value("document.getElementById('climb-layer').options[0].value")?;
    let layer = layer.as_str().context("a layer")?.to_owned();
    choose(&mut page, "climb-layer", &layer)?;
    choose(&mut page, "climb-channel", "3")?;
    page.click("#climb-start")?;
    page.wait(
        "cortexscope.climb.packet?.header.step > 2 && cortexscope.climb.packet.header.end === null",
    )?;
    page.click("#climb-stop")?;
    page.wait("cortexscope.climb.packet.header.end === 'stopped'")?;
    choose(&mut page, "climb-preset", "mahendran-2016")?;
    page.click("#climb-start")?;
    page.wait("cortexscope.climb.packet.header.preset === 'mahendran-2016'")?;
    page.wait("cortexscope.climb.packet.header.end !== null")?;
    let folder = tempfile::tempdir()?;
    let target = format!("{layer}:3");
    let line = [
        "ascend",
        "lecture-lenet",
        "--preset",
        "mahendran-2016",
        "--target",
        &target,
    ];
    cortexscope(&line, folder.path())?;
    let theirs = std::fs::read_dir(folder.path())?
        .filter_map(|file| Some(file.ok()?.path()))
        .find(|path| path.extension().is_some_and(|end| end == "npy"))
        .context("an array")?;
    let ours = saved(&mut page, "ascent")?;
    ensure!(array(&ours).1 == array(&std::fs::read(theirs)?).1);
    page.check_console()
}
