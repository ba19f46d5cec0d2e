//! The live page: the server over its sockets, and the page in a browser.

mod attack;
mod corruption;
mod evolution;
mod exports;
mod flow;
mod hostile;
mod hostile_requests;
mod lens;
mod look;
mod page;
mod rules;
mod sources;
mod study;
mod teaching;
mod terminal;
mod video;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cortexscope_tests::browser::Browser;
use cortexscope_tests::live_server::Server;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// `cortexscope live` at a free port.
fn serve(arguments: &[&str]) -> anyhow::Result<Server> {
    let program = env!("CARGO_BIN_EXE_cortexscope-under-test");
    Server::start(Path::new(program), arguments)
}

/// Frames have come and the page stands.
const READY: &str =
    "globalThis.cortexscope?.view.frame && cortexscope.view.state.phase === 'ready'";

fn open(server: &Server, video: Option<&Path>) -> Browser {
    let mut page = Browser::open(&server.url, video, &[]).expect("a browser");
    page.wait(READY).expect("the page stands");
    page
}

/// Nothing runs until told, and the last frame is on the screen.
fn freeze(page: &mut Browser) -> anyhow::Result<()> {
    page.value("cortexscope.view.state.frozen || document.getElementById('freeze').click()")?;
    page.wait("cortexscope.view.state.frozen && !cortexscope.view.isNew")?;
    std::thread::sleep(Duration::from_millis(200));
    page.wait("!cortexscope.view.isNew")
}

/// The bytes of a thing's `.npy` file, as the page saves it.
fn saved(page: &mut Browser, file: &str) -> anyhow::Result<Vec<u8>> {
    let expression = format!(
        "(async () => {{ const {{ npy }} = await import('/npy.js'); \
         const thing = cortexscope.things().find(({{ file, array }}) => file === '{file}' && array); \
         const bytes = new Uint8Array(await npy(thing.array()).arrayBuffer()); \
         return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) }})()"
    );
    let text = page.value(&expression)?;
    Ok(STANDARD.decode(text.as_str().context(file.to_owned())?)?)
}

/// What follows the header of a `.npy` file, and the shape that it states.
fn array(npy: &[u8]) -> (String, &[u8]) {
    let length = usize::from(u16::from_le_bytes([npy[8], npy[9]]));
    let header = String::from_utf8_lossy(&npy[10..10 + length]);
    let shape = header.split("'shape': (").nth(1).unwrap_or_default();
    let shape = shape.split(')').next().unwrap_or_default();
    let shape = shape.replace(' ', "");
    (shape.trim_end_matches(',').to_owned(), &npy[10 + length..])
}

/// The arrays of a frame, by name, equal what `infer --dump` gives for its input.
fn equals_the_dump(
    board: &str,
    mode: &str,
    npy: &mut dyn FnMut(&str) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("frame.npy");
    std::fs::write(&input, npy("input")?)?;
    let dump = folder.path().join("dump");
    let output = Command::new(env!("CARGO_BIN_EXE_cortexscope-under-test"))
        .arg("infer")
        .arg(&input)
        .args(["--board", board, "--mode", mode, "--dump"])
        .arg(&dump)
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    let mut compared = 0;
    for file in std::fs::read_dir(&dump)? {
        let path = file?.path();
        let name = path
            .file_stem()
            .context("a name")?
            .to_string_lossy()
            .into_owned();
        let (ours, theirs) = (npy(&name)?, std::fs::read(&path)?);
        ensure!(array(&ours) == array(&theirs), "{name} differs");
        compared += 1;
    }
    ensure!(
        compared >= 7,
        "input, layers, accumulators and logits: {compared}"
    );
    Ok(())
}

/// Runs the command line, which has to succeed, and gives its standard output.
fn cortexscope(arguments: &[&str], folder: &Path) -> anyhow::Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_cortexscope-under-test"))
        .args(arguments)
        .arg("-o")
        .arg(folder)
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Moves a slider.
fn slide(page: &mut Browser, id: &str, value: u32) -> anyhow::Result<()> {
    page.value(&format!(
        "document.getElementById('{id}').value = {value}; \
         document.getElementById('{id}').dispatchEvent(new Event('input'))"
    ))?;
    Ok(())
}

/// Shows what was recorded up to now in place of the board.
fn replay(page: &mut Browser) -> anyhow::Result<()> {
    page.value(
        "(async () => { const { read } = await import('/recording.js'); \
         const packets = await read(cortexscope.recorder.stop()); \
         cortexscope.replay.open('a recording', packets); \
         cortexscope.replay.setPlaying(false) })()",
    )?;
    page.wait("cortexscope.replay.isOn")
}

/// Chooses an entry of a `<select>`, or writes into a field.
fn choose(page: &mut Browser, id: &str, value: &str) -> anyhow::Result<()> {
    page.value(&format!(
        "document.getElementById('{id}').value = '{value}'; \
         document.getElementById('{id}').dispatchEvent(new Event('change'))"
    ))?;
    Ok(())
}

fn wait_for_file(path: &Path) -> anyhow::Result<()> {
    for _ in 0..600 {
        if path.is_file() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    anyhow::bail!("{} was not saved", path.display())
}
