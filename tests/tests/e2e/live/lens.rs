//! The arithmetic of a neuron, its kernel at work, and the arena while the layers
//! run.

use super::{freeze, open, serve};
use anyhow::{Context, ensure};

#[test]
fn the_lens_computes_what_the_board_did() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    freeze(&mut page)?;
    // Every neuron of a stripe through all layers, the logits included.
    let verdicts = page.value(
        "(() => { const { view, look, lens } = cortexscope; const verdicts = []; \
         for (const { index, channels, height, width } of view.network.tensors.slice(1)) \
         for (let channel = 0; channel < channels; channel += 1) { \
         const y = (channel * 7) % height, x = (channel * 5) % width; \
         look({ selected: { tensor: index, channel, y, x }, hovered: null }); \
         verdicts.push(lens.scene.label) } return verdicts })()",
    )?;
    let verdicts = verdicts.as_array().context("a list")?;
    ensure!(
        verdicts.len() == 20 + 20 + 50 + 50 + 10,
        "{}",
        verdicts.len()
    );
    for verdict in verdicts {
        let verdict = verdict.as_str().unwrap_or_default();
        ensure!(verdict.contains("equals the board’s value"), "{verdict}");
    }
    page.check_console()
}

#[test]
fn a_click_lets_the_kernel_slide_over_the_map() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    // A convolution of one map, one of many, and a pool.
    for layer in ["conv1", "conv2", "pool2"] {
        let canvas = format!(".layer canvas[aria-label^=\"{layer},\"]");
        page.draw(&canvas, &[[0.02, 0.02]])?;
        page.wait(&format!(
            "cortexscope.sweep.isOn && document.querySelector('#lens h2').textContent.includes('{layer} · map 0')"
        ))?;
        // It passes from output to output, and the board agrees with every one.
        let steps = page.value(
            "(async () => { const steps = []; const { view, lens } = cortexscope; \
             while (steps.length < 20 && view.swept) { const { neuron: { y, x }, done } = view.swept; \
             if (done !== steps.at(-1)?.[0]) steps.push([done, y, x, lens.scene.label]); \
             await new Promise(requestAnimationFrame) } return steps })()",
        )?;
        let steps = steps.as_array().context("a list")?;
        ensure!(steps.len() > 5, "{layer}: {steps:?}");
        let width =
            page.value("cortexscope.view.network.tensors[cortexscope.view.selected.tensor].width")?;
        let width = width.as_u64().context("a width")?;
        for step in steps {
            let [done, y, x] = [0, 1, 2].map(|at| step[at].as_u64().unwrap_or_default());
            ensure!(done == y * width + x + 1, "{layer}: {step}");
            let label = step[3].as_str().unwrap_or_default();
            ensure!(
                label.contains("equals the board’s value"),
                "{layer}: {label}"
            );
        }
        // Another click, and it rests where that was.
        page.draw(&canvas, &[[0.02, 0.02]])?;
        page.wait("!cortexscope.sweep.isOn && cortexscope.view.swept === null")?;
    }
    // With a key, to its end: the five by five outputs of the pool.
    page.key("k")?;
    page.wait("cortexscope.view.swept?.done > 20")?;
    page.wait("cortexscope.view.swept === null")?;
    page.check_console()
}

#[test]
fn a_score_s_products_are_added_one_after_the_other() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#scores tr:nth-child(4) td:last-child")?;
    page.wait("cortexscope.view.swept?.done > 300")?;
    // What is added so far is what the first of all products come to.
    let [said, sum] = {
        let pair = page.value(
            "(async () => { const { dense } = await import('/arithmetic.js'); \
             const { view: { network, frame, swept }, lens } = cortexscope; \
             const { layer } = network.logits; \
             const { parts } = dense(network, layer, frame.values(layer.inputs[0]), 3); \
             const sum = parts.subarray(0, swept.done).reduce((all, part) => all + part, 0); \
             return [lens.scene.label.split(': ')[1].replaceAll(',', '').replace('−', '-'), String(sum)] })()",
        )?;
        [pair[0].clone(), pair[1].clone()]
    };
    ensure!(said == sum, "{said} {sum}");
    page.wait("cortexscope.view.swept === null")?;
    let label = page.value("cortexscope.lens.scene.label")?;
    let label = label.as_str().unwrap_or_default();
    ensure!(
        label.contains("Σ of 1,250 products") && label.contains("equals the board’s value"),
        "{label}"
    );
    ensure!(page.value("document.querySelector('#scores .seen button').textContent")? == "3");
    page.check_console()
}

#[test]
fn the_arena_s_cursor_runs_through_the_layers() -> anyhow::Result<()> {
    let server = serve(&["--board", "mps2-an386"])?;
    let mut page = open(&server, None);
    // The run through the first frame is over, however late that came.
    page.wait("cortexscope.view.frame && !cortexscope.view.isNew")?;
    std::thread::sleep(std::time::Duration::from_secs(2));
    page.wait("document.getElementById('arena-status').textContent === ''")?;
    let passed = page.value(
        "(async () => { const passed = []; document.getElementById('digit-after').click(); \
         for (let frame = 0; frame < 2000 && passed.at(-1) !== 'fc'; frame += 1) { \
         const isRun = document.getElementById('arena-status').textContent !== ''; \
         const name = isRun && document.querySelector('#layers .now th')?.textContent; \
         if (name && name !== passed.at(-1)) passed.push(name); \
         await new Promise(requestAnimationFrame) } return passed.join(' ') })()",
    )?;
    ensure!(passed == "conv1 pool1 conv2 pool2 fc", "{passed}");
    page.wait("!document.querySelector('#layers .now')")?;
    page.check_console()
}

#[test]
fn a_hovered_neuron_shows_what_it_sees_in_every_layer() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    freeze(&mut page)?;
    page.value("cortexscope.look({ selected: { tensor: 1, channel: 0, y: 0, x: 0 } })")?;
    // The middle of neuron (4, 6) of the first map of the second convolution.
    let canvas = ".layer canvas[aria-label^=\"conv2,\"]";
    let place = page.value(
        "(() => { const { tileWidth, tileHeight, width, height } = \
         cortexscope.overview.layers.find(({ tensor }) => tensor.name === 'conv2').grid; \
         return [6.5 / 10 * tileWidth / width, 4.5 / 10 * tileHeight / height] })()",
    )?;
    let part = |at: usize| place[at].as_f64().context("a part");
    page.hover(canvas, part(0)?, part(1)?)?;
    page.wait("document.getElementById('neuron-description').textContent.startsWith('conv2 · map 0 · row 4, column 6 sees 10×10')")?;
    // By hand: 3×3 of a pool of 2×2 by two, over 5×5.
    let fields = page.value(
        "cortexscope.view.network.receptiveFields(cortexscope.view.hovered).slice(0, 4)\
         .map(({ top, bottom, left, right, channels }) => [top, bottom, left, right, ...channels].join())",
    )?;
    let expected = [
        "8,18,12,22,0,1",
        "8,14,12,18,0,20",
        "4,7,6,9,0,20",
        "4,5,6,7,0,1",
    ];
    ensure!(fields == serde_json::json!(expected), "{fields}");
    // It is drawn there: the outline's colour at the corner of each field.
    let outlined = page.value(
        "(() => { const { overview, stimulus } = cortexscope; \
         const isMark = (canvas, x, y) => { const pen = canvas.getContext('2d'); \
         const { data } = pen.getImageData(Math.round(x) - 2, Math.round(y) - 2, 4, 4); \
         for (let at = 0; at < data.length; at += 4) if (data[at + 2] > 200 && data[at] < 120) return true; return false }; \
         const frame = overview.section.getBoundingClientRect(); \
         const found = overview.layers.slice(0, 2).map((column) => { \
         const box = column.canvas.getBoundingClientRect(); const { x, y, w, h } = overview.tile(column, 7); \
         const field = overview.network.receptiveFields(overview.selection)[column.tensor.index]; \
         return isMark(overview.overlay, box.left - frame.left + x + field.left / column.tensor.width * w, \
         box.top - frame.top + y + field.top / column.tensor.height * h) }); \
         const ratio = stimulus.input.width / 28; \
         return [...found, isMark(stimulus.input, 12 * ratio, 8 * ratio)].join() })()",
    )?;
    ensure!(outlined == "true,true,true", "{outlined}");
    page.hover("#net-title", 0.5, 0.5)?;
    page.wait(
        "document.getElementById('neuron-description').textContent.startsWith('conv1 · map 0 · row 0, column 0 sees 5×5')",
    )?;
    page.check_console()
}
