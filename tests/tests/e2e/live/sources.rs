//! What the network can be shown: drawings, pictures, videos, and every step that
//! brings them into form.

use super::{equals_the_dump, freeze, open, saved, serve};
use anyhow::ensure;

/// A 1 as a person draws it, and a 7.
const ONE: &[[f64; 2]] = &[[0.52, 0.15], [0.51, 0.4], [0.5, 0.6], [0.49, 0.85]];
pub(super) const SEVEN: &[[f64; 2]] = &[
    [0.25, 0.2],
    [0.5, 0.2],
    [0.75, 0.2],
    [0.62, 0.5],
    [0.5, 0.85],
];

#[test]
fn a_drawing_is_read_and_every_step_of_its_preparation_shows() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-pad")?;
    for (stroke, digit) in [(ONE, "1"), (SEVEN, "7")] {
        page.click("#pad-clear")?;
        page.draw("#pad", stroke)?;
        page.wait(&format!(
            "cortexscope.view.frame?.header.source === 'drawing' && cortexscope.view.frame?.header.label === '{digit}'"
        ))?;
        freeze(&mut page)?;
        equals_the_dump("native", "fused", &mut |name| saved(&mut page, name))?;
        page.click("#freeze")?;
        page.wait("!cortexscope.view.state.frozen")?;
    }
    let names =
        page.value("cortexscope.view.frame?.header.stages.map(({ name }) => name).join(' ')")?;
    ensure!(names == "grey contrast polarity crop fit centre", "{names}");
    // Without the box of 20×20 the same strokes fill all 28 rows.
    let rows = "(() => { const { data } = cortexscope.view.frame.array('input', true); \
        return [...Array(28).keys()].filter((y) => data.subarray(28 * y, 28 * y + 28).some((v) => v > 0)).length })()";
    let fitted = page.value(rows)?.as_u64();
    page.click("#stages button:nth-child(5)")?;
    page.wait("cortexscope.view.frame?.header.stages[4].made === false")?;
    let unfitted = page.value(rows)?.as_u64();
    ensure!(
        fitted <= Some(20) && unfitted > Some(20),
        "{fitted:?} {unfitted:?}"
    );
    page.check_console()
}

#[test]
fn pictures_are_dropped_and_what_is_none_is_refused() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    // A dark 1 on paper, drawn here and dropped as a PNG file.
    let drop = |name: &str, content: &str| {
        format!(
            "(async () => {{ const canvas = new OffscreenCanvas(200, 160); const pen = canvas.getContext('2d'); \
             pen.fillStyle = '#e8e2d4'; pen.fillRect(0, 0, 200, 160); pen.fillStyle = '#222'; pen.fillRect(96, 30, 12, 100); \
             const files = new DataTransfer(); files.items.add(new File([{content}], '{name}', {{ type: 'image/png' }})); \
             dispatchEvent(new DragEvent('drop', {{ dataTransfer: files }})) }})()"
        )
    };
    page.value(&drop("one.png", "await canvas.convertToBlob()"))?;
    page.wait("cortexscope.view.frame?.header.source === 'one.png' && cortexscope.view.frame?.header.label === '1'")?;
    // What is compared is the last frame of the picture, not one that another follows.
    std::thread::sleep(std::time::Duration::from_millis(500));
    equals_the_dump("native", "fused", &mut |name| saved(&mut page, name))?;
    page.value(&drop("no.png", "'this is not a picture'"))?;
    page.wait("document.getElementById('file-status').textContent.includes('no.png')")?;
    page.value(&drop("no.ctxrec", "'nor is this a recording'"))?;
    page.wait("document.getElementById('spoken').textContent.includes('not a recording')")?;
    page.wait(
        "document.getElementById('notice').textContent.includes('no.ctxrec: the file is not a recording')",
    )?;
    page.wait("document.getElementById('notice').hidden")?;
    ensure!(page.value("cortexscope.view.frame?.header.source")? == "one.png");
    page.check_console()
}

#[test]
fn every_step_is_turned_off_and_on_again() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.click("#tab-pad")?;
    page.draw("#pad", SEVEN)?;
    page.wait("cortexscope.view.frame?.header.source === 'drawing' && cortexscope.view.frame.header.label === '7'")?;
    let steps = ["grey", "contrast", "polarity", "crop", "fit", "centre"];
    for (index, step) in steps.iter().enumerate() {
        let button = format!("#stages button:nth-child({})", index + 1);
        let is = |made: bool| {
            format!(
                "cortexscope.view.frame.header.stages[{index}].made === {made} && !cortexscope.view.isNew && \
                 document.querySelector('{button}').getAttribute('aria-pressed') === '{made}'"
            )
        };
        ensure!(page.value(&format!("document.querySelector('{button}').textContent"))? == *step);
        page.click(&button)?;
        page.wait(&is(false))?;
        // All others are made as before.
        let made =
            page.value("cortexscope.view.frame.header.stages.filter(({ made }) => made).length")?;
        ensure!(made == 5, "{step}: {made} are made");
        // What is seen of it is what the next one gets: nothing was done.
        if let Some(before) = index.checked_sub(1).filter(|_| index < 4) {
            let same = page.value(&format!(
                "(() => {{ const {{ array }} = cortexscope.view.frame; \
                 return String(array('stage.{step}')) === String(array('stage.{}')) }})()",
                steps[before]
            ))?;
            ensure!(same == true, "{step} was made");
        }
        page.click(&button)?;
        page.wait(&is(true))?;
    }
    page.check_console()
}

#[test]
fn a_video_file_plays_and_pauses() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    // A dark 1 on paper that sways, filmed here and dropped as a file.
    page.value(
        "(async () => { const canvas = document.createElement('canvas'); canvas.width = 320; canvas.height = 240; \
         const pen = canvas.getContext('2d'); const parts = []; \
         const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm' }); \
         recorder.ondataavailable = ({ data }) => parts.push(data); \
         const over = new Promise((done) => { recorder.onstop = done }); recorder.start(); \
         for (let at = 0; at < 40; at += 1) { pen.fillStyle = '#e8e2d4'; pen.fillRect(0, 0, 320, 240); \
         pen.fillStyle = '#222'; pen.fillRect(150 + 10 * Math.sin(at / 4), 50, 16, 140); \
         await new Promise((next) => setTimeout(next, 33)) } \
         recorder.stop(); await over; const files = new DataTransfer(); \
         files.items.add(new File(parts, 'one.webm', { type: 'video/webm' })); \
         dispatchEvent(new DragEvent('drop', { dataTransfer: files })) })()",
    )?;
    page.wait("cortexscope.view.frame?.header.source === 'one.webm' && cortexscope.view.frame.header.label === '1'")?;
    page.value("globalThis.before = cortexscope.view.frame.header.page_number")?;
    page.wait("cortexscope.view.frame.header.page_number > before + 10")?;
    page.click("#file-pause")?;
    page.wait("document.getElementById('file-pause').textContent === 'Play'")?;
    freeze(&mut page)?;
    equals_the_dump("native", "fused", &mut |name| saved(&mut page, name))?;
    // Other sources take its place.
    page.click("#freeze")?;
    page.click("#tab-digits")?;
    page.click("#digit-after")?;
    page.wait("cortexscope.view.frame.header.source.startsWith('mnist:')")?;
    page.check_console()
}
