//! What the page promises: numbers as the report writes them, recordings that go
//! on across a change of model, one camera stream, and drawings without overlaps.

use super::{choose, freeze, open, serve};
use anyhow::{Context, ensure};
use cortexscope_draw::number;
use serde_json::{Value, json};

/// Values that are close to where a rule changes, ties, and some in between.
fn values() -> Vec<f32> {
    let mut values = vec![0.0, 1.0, 0.0625, 0.1875, 0.0005, 0.9995, 1e-7, 0.999_999_94];
    for edge in [0.0005_f32, 0.0015, 0.9985, 0.9995, 0.5, 1e-3, 1e-6] {
        values.extend((0..9).map(|step| f32::from_bits(edge.to_bits() - 4 + step)));
    }
    values.extend((1..=1000).map(|step| step as f32 / 1001.0));
    values
}

fn texts(values: &[f32], text: impl Fn(f32) -> String) -> Value {
    values.iter().map(|&value| text(value)).collect()
}

#[test]
fn numbers_follow_the_rules_of_the_report() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    let mut ask = |function: &str, values: &Value| {
        page.value(&format!(
            "import('/number.js').then(({{ {function} }}) => {values}.map((value) => {function}(value)))"
        ))
    };
    let values = values();
    // As doubles, which JSON and JavaScript keep exactly.
    let exactly = |values: &[f32]| json!(values.iter().copied().map(f64::from).collect::<Vec<_>>());
    let asked = exactly(&values);
    let pairs = |ours: &Value, theirs: &Value| -> Vec<String> {
        let (ours, theirs) = (ours.as_array().unwrap(), theirs.as_array().unwrap());
        assert_eq!(ours.len(), theirs.len());
        let differ = ours.iter().zip(theirs).filter(|(a, b)| a != b);
        differ.map(|(a, b)| format!("{a} is not {b}")).collect()
    };
    let percents = pairs(&ask("percent", &asked)?, &texts(&values, number::percent));
    ensure!(percents.is_empty(), "percent: {percents:?}");
    let theirs = texts(&values, number::probability);
    let probabilities = pairs(&ask("probability", &asked)?, &theirs);
    ensure!(probabilities.is_empty(), "probability: {probabilities:?}");
    let more: Vec<f32> = (-40..40)
        .flat_map(|step| [1.7_f32, -0.123_45, 2.5, 1234.5].map(|at| at * 1.4_f32.powi(step)))
        .chain([0.0, 1e-3, 9.995e-4, 999_999.0, 1e6])
        .collect();
    let theirs = texts(&more, number::significant);
    let significant = pairs(&ask("significant", &exactly(&more))?, &theirs);
    ensure!(significant.is_empty(), "significant: {significant:?}");
    let counts = [
        0_u64,
        784,
        9_999,
        10_000,
        10_240,
        53_146,
        1_048_575,
        4 << 20,
    ];
    let theirs: Value = counts.iter().map(|&count| number::bytes(count)).collect();
    let bytes = pairs(&ask("bytes", &json!(counts))?, &theirs);
    ensure!(bytes.is_empty(), "bytes: {bytes:?}");
    page.check_console()
}

#[test]
fn a_recording_goes_on_across_a_change_of_model() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.value("document.getElementById('record').click()")?;
    choose(&mut page, "digit", "19")?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:19'")?;
    choose(&mut page, "model", "lenet5")?;
    page.wait("cortexscope.view.network.model === 'lenet5' && cortexscope.view.frame")?;
    choose(&mut page, "digit", "20")?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:20'")?;
    // The file as it would be saved, replayed.
    let kinds = page.value(
        "(async () => { const { read } = await import('/recording.js'); \
         const packets = await read(cortexscope.recorder.stop()); \
         cortexscope.replay.open('two models', packets); \
         cortexscope.replay.setPlaying(false); \
         return packets.map(({ packet: { kind, header } }) => [kind, header.model ?? header.source ?? null]) })()",
    )?;
    let kinds = kinds.as_array().context("a list")?;
    let networks: Vec<&Value> = kinds
        .iter()
        .filter(|one| one[0] == 1)
        .map(|one| &one[1])
        .collect();
    ensure!(networks == ["lecture-lenet", "lenet5"], "{kinds:?}");
    ensure!(kinds.contains(&json!([2, "mnist:20"])), "{kinds:?}");
    // Forwards and backwards, each frame is shown with its own network.
    let mut shown = |index: &str| {
        page.value(&format!(
            "(() => {{ const {{ replay, view }} = cortexscope; replay.go({index}); \
             return [view.network.model, view.frame?.header.source] }})()"
        ))
    };
    let last = "replay.frames.length - 1";
    for _ in 0..2 {
        ensure!(shown(last)? == json!(["lenet5", "mnist:20"]));
        ensure!(shown("0")? == json!(["lecture-lenet", "mnist:19"]));
    }
    page.check_console()
}

/// A script that drops a recording called `name` on the page; `packets` is a list of its
/// packets, in a script that knows `packet(kind, header)` and `view`.
fn drop_recording(name: &str, packets: &str) -> String {
    format!(
        "(() => {{ const {{ view }} = cortexscope; \
         const words = (...numbers) => new Uint8Array(new Uint32Array(numbers).buffer); \
         const packet = (kind, header) => {{ \
           const text = new TextEncoder().encode(JSON.stringify({{ arrays: [], ...header }})); \
           const bytes = new Uint8Array(8 + text.length); \
           bytes.set(words(kind, text.length)); bytes.set(text, 8); return bytes.buffer }}; \
         const entries = {packets}.flatMap((one) => [words(one.byteLength, 0), one]); \
         const files = new DataTransfer(); \
         files.items.add(new File(['CTXLIVE1', ...entries], '{name}')); \
         dispatchEvent(new DragEvent('drop', {{ dataTransfer: files }})) }})()"
    )
}

#[test]
fn a_recording_with_nonsense_in_its_fields_is_left() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    freeze(&mut page)?;
    let shown = "[cortexscope.view.network?.model, cortexscope.view.frame?.header.source].join()";
    let before = page.value(shown)?;
    let network = "packet(1, { generation: 1, model: 'nonsense', layers: [{}], tensors: [{ shape: [1, 2, 3] }, {}] })";
    let tensors = "packet(1, { generation: 1, layers: [], tensors: [], labels: 7 })";
    let frame = "packet(2, { generation: view.network.generation })";
    for (name, packets) in [
        ("network.ctxrec", format!("[{network}]")),
        ("tensors.ctxrec", format!("[{tensors}]")),
        (
            "frame.ctxrec",
            format!("[view.networkPacket.buffer, {frame}]"),
        ),
    ] {
        page.value(&drop_recording(name, &packets))?;
        let spoken = "document.getElementById('spoken').textContent";
        page.wait(&format!("{spoken}.includes('Could not open {name}')"))?;
        let is_left = "!cortexscope.replay.isOn && document.getElementById('replay').hidden";
        ensure!(
            page.value(is_left)? == true,
            "{name}: the page still replays"
        );
        // What the board showed is there again.
        page.wait(&format!(
            "{shown} === '{}'",
            before.as_str().context("text")?
        ))?;
    }
    // And what it shows from now on.
    page.click("#freeze")?;
    page.click("#digit-after")?;
    page.wait("cortexscope.view.frame?.header.source === 'mnist:19'")?;
    page.check_console()
}

#[test]
fn a_second_click_leaves_no_camera_running() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-camera")?;
    // A browser that takes its time to ask, and streams that are counted.
    page.value(
        "(() => { globalThis.streams = []; \
         navigator.mediaDevices.getUserMedia = async () => { \
         await new Promise((done) => setTimeout(done, 100)); \
         const stream = document.createElement('canvas').captureStream(); \
         streams.push(stream); return stream } })()",
    )?;
    let on = "streams.filter((stream) => stream.getTracks().some(({ readyState }) => readyState === 'live')).length";
    let start = "document.getElementById('camera-start')";
    page.value(&format!(
        "{start}.click(), {start}.click(), {start}.click()"
    ))?;
    page.wait(&format!("streams.length === 2 && {on} === 1"))?;
    page.wait("Boolean(cortexscope.stimulus.camera.stream)")?;
    page.value(&format!("{start}.click()"))?;
    page.wait(&format!("{on} === 0"))?;
    // Another source before the browser answered: the stream is not kept.
    page.value(&format!("{start}.click()"))?;
    page.click("#tab-digits")?;
    page.wait(&format!("streams.length === 3 && {on} === 0"))?;
    page.check_console()
}

#[test]
fn a_saved_score_picture_has_the_rows_of_the_screen_and_no_overlaps() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    let found = page.value(
        "(async () => { const { Scores } = await import('/scores.js'); \
         const { textSize } = await import('/scene.js'); \
         const section = document.getElementById('scores').cloneNode(true); \
         const scores = new Scores(section, {}); \
         const labels = Array.from({ length: 100 }, (_, at) => `a class with a long name, ${at}`); \
         scores.setNetwork({ labels, logits: { name: 'fc', index: 1, layer: { what: 'dense', macs: 1 } } }); \
         const data = Float32Array.from(labels, (_, at) => (at === 63 ? 0.505 : 0.005)); \
         scores.setFrame({ header: { class: 63, expected: null }, arrays: new Map([['probabilities', { data }]]) }); \
         const { items, height } = scores.scene(); \
         const bars = items.filter(({ rect }) => rect); \
         const names = items.filter(({ text, x, y }) => text && x === 0 && y > 20); \
         return { bars: bars.length, names: names.length, height, first: names[0].text, \
         overlap: bars.some(({ rect }, at) => textSize(names[at].text, 12, true) > rect[0]) } })()",
    )?;
    ensure!(found["bars"] == 12 && found["names"] == 12, "{found}");
    ensure!(found["first"] == "a class with a long name, 63", "{found}");
    ensure!(found["overlap"] == false, "{found}");
    ensure!(found["height"] == 24 + 12 * 20, "{found}");
    page.check_console()
}

#[test]
fn the_stream_line_counts_damaged_packets_and_calls_none_lost() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.wait("cortexscope.flow.last")?;
    page.value(
        "(() => { const { flow } = cortexscope; \
         flow.last = { ...flow.last, link: { ...flow.last.link, damaged: 2, resends: 3 } }; flow.say() })()",
    )?;
    let line = page.value("document.getElementById('stream').textContent")?;
    let line = line.as_str().unwrap_or_default();
    ensure!(
        line.contains("2 damaged") && !line.contains("lost"),
        "{line}"
    );
    let list = page.value("document.getElementById('flow').textContent")?;
    ensure!(
        list.as_str()
            .is_some_and(|list| list.contains("damaged | resent2 | 3")),
        "{list}"
    );
    page.check_console()
}
