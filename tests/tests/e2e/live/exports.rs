//! What the page saves: every picture, drawing and array of what is on the
//! screen, as files on the disk.

use super::{array, choose, equals_the_dump, freeze, open, saved, serve, wait_for_file};
use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cortexscope_tests::browser::Browser;
use image::RgbaImage;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// Pixels around a drawing, and pixels of a PNG file for one of the drawing's.
const MARGIN: f64 = 16.0;
const ZOOM: f64 = 2.0;
/// Chromium throws away what a page saves beyond ten files a second.
const BETWEEN: Duration = Duration::from_millis(110);

/// Drawn on the pad, read as a 7, explained in every way that there is.
fn set_up(page: &mut Browser) -> anyhow::Result<()> {
    page.value(
        "cortexscope.look({ selected: { tensor: 3, channel: 12, y: 4, x: 6 }, hovered: null })",
    )?;
    page.click("#tab-pad")?;
    page.draw("#pad", super::sources::SEVEN)?;
    page.wait("cortexscope.view.frame?.header.source === 'drawing' && cortexscope.view.frame.header.label === '7'")?;
    page.click("#occlude")?;
    page.wait("cortexscope.occlusion.packet?.header.end?.macs_done")?;
    page.click("#tab-attribution")?;
    choose(page, "method", "gradient")?;
    page.wait("cortexscope.attributions.packet")?;
    page.click("#tab-climb")?;
    page.click("#climb-start")?;
    page.wait("cortexscope.climb.packet?.header.step > 2")?;
    page.click("#climb-stop")?;
    page.wait("cortexscope.climb.packet.header.end === 'stopped'")?;
    freeze(page)
}

#[test]
fn everything_on_the_screen_is_saved_as_it_is() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.downloads(folder.path())?;
    set_up(&mut page)?;
    page.click("#more")?;
    let rows = page.value(
        "[...document.querySelectorAll('#exports tbody tr')].map((row, at) => ({ \
         name: row.querySelector('th').textContent, file: cortexscope.things()[at].file, \
         kinds: [...row.querySelectorAll('button')].map(({ textContent }) => textContent) }))",
    )?;
    let rows = rows.as_array().context("a list")?.clone();
    let names: HashSet<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    for name in [
        "picture",
        "step: crop",
        "input",
        "network",
        "conv1",
        "pool2",
        "fc, logits",
        "fc, accumulators",
        "lens",
        "filters",
        "occlusion map",
        "attribution",
        "ascent",
        "chip",
    ] {
        ensure!(names.contains(name), "{name} is not offered: {names:?}");
    }
    for (at, row) in rows.iter().enumerate() {
        let [name, file] = ["name", "file"].map(|key| row[key].as_str().unwrap_or_default());
        for kind in row["kinds"].as_array().context("kinds")? {
            let kind = kind.as_str().unwrap_or_default();
            let selector = format!("#exports button[aria-label=\"{name} as {kind}\"]");
            page.value(&format!(
                "document.querySelector({}).scrollIntoView({{ block: 'center' }})",
                json!(selector)
            ))?;
            page.click(&selector)?;
            let path = folder.path().join(format!("{file}.{kind}"));
            wait_for_file(&path)?;
            std::thread::sleep(BETWEEN);
            let bytes = std::fs::read(&path)?;
            match kind {
                "png" => check_png(&mut page, at, &bytes),
                "svg" => check_svg(&mut page, at, &bytes),
                _ => check_npy(&mut page, file, &bytes),
            }
            .with_context(|| format!("{name} as {kind}"))?;
        }
    }
    equals_the_dump("native", "fused", &mut |name| {
        Ok(std::fs::read(folder.path().join(format!("{name}.npy")))?)
    })?;
    page.check_console()
}

/// The scene of the thing at `at`: its file's size, its texts, and its pictures.
fn scene(page: &mut Browser, at: usize) -> anyhow::Result<Value> {
    page.value(&format!(
        "(async () => {{ const {{ fileSize }} = await import('/scene.js'); \
         const scene = cortexscope.things()[{at}].scene(); \
         return {{ size: fileSize(scene), marks: scene.items.length, \
         hasLines: scene.items.some(({{ line }}) => line), \
         texts: scene.items.filter(({{ text }}) => text !== undefined).map(({{ text }}) => String(text)), \
         images: scene.items.filter(({{ image }}) => image).map(({{ image, x, y, w, h }}) => \
         ({{ x, y, w, h, url: image.toDataURL() }})) }} }})()"
    ))
}

/// The PNG file has the scene's size, is not blank, and shows the very pixels
/// that the page does.
fn check_png(page: &mut Browser, at: usize, bytes: &[u8]) -> anyhow::Result<()> {
    let scene = scene(page, at)?;
    let picture = image::load_from_memory_with_format(bytes, image::ImageFormat::Png)?.to_rgba8();
    let size = [picture.width(), picture.height()].map(|side| f64::from(side) / ZOOM);
    ensure!(json!(size) == json!(sides(&scene)?), "{size:?}: {scene}");
    let colours: HashSet<_> = picture.pixels().collect();
    ensure!(colours.len() > 2, "it is blank");
    // Outlines lie over the maps of the whole network.
    let images = scene["images"].as_array().context("images")?;
    for image in images.iter().filter(|_| scene["hasLines"] == false) {
        let url = image["url"].as_str().context("an address")?;
        let png = STANDARD.decode(url.split(',').nth(1).context("data")?)?;
        let shown = image::load_from_memory_with_format(&png, image::ImageFormat::Png)?.to_rgba8();
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| image[key].as_f64().unwrap_or(f64::NAN));
        check_pixels(&picture, &shown, [x, y], [w, h])?;
    }
    Ok(())
}

fn sides(scene: &Value) -> anyhow::Result<[f64; 2]> {
    let side = |at: usize| scene["size"][at].as_f64().context("a side");
    Ok([side(0)?, side(1)?])
}

/// Every pixel of `shown` is where the scene has it.
fn check_pixels(
    picture: &RgbaImage,
    shown: &RgbaImage,
    [x, y]: [f64; 2],
    [w, h]: [f64; 2],
) -> anyhow::Result<()> {
    let (across, down) = (w / f64::from(shown.width()), h / f64::from(shown.height()));
    // Between tiles the page is seen through.
    let opaque = shown
        .enumerate_pixels()
        .filter(|(_, _, pixel)| pixel.0[3] == 255);
    let mut compared = 0;
    for (column, row, pixel) in opaque {
        let left = ZOOM * (MARGIN + x + (f64::from(column) + 0.5) * across);
        let top = ZOOM * (MARGIN + y + (f64::from(row) + 0.5) * down);
        let saved = picture.get_pixel(left as u32, top as u32);
        ensure!(saved == pixel, "({column}, {row}): {saved:?} for {pixel:?}");
        compared += 1;
    }
    ensure!(compared > 0, "the picture is seen through everywhere");
    Ok(())
}

/// The SVG file is well-formed XML with all texts and pictures of the scene,
/// loads nothing from anywhere, and a browser draws it.
fn check_svg(page: &mut Browser, at: usize, bytes: &[u8]) -> anyhow::Result<()> {
    let scene = scene(page, at)?;
    let text = std::str::from_utf8(bytes)?;
    let drawn = page.value(&format!(
        "(async () => {{ const text = {}; \
         const {{ documentElement: svg }} = new DOMParser().parseFromString(text, 'image/svg+xml'); \
         const all = (name) => [...svg.querySelectorAll(name)]; \
         const image = new Image(); \
         image.src = URL.createObjectURL(new Blob([text], {{ type: 'image/svg+xml' }})); \
         await image.decode(); \
         const canvas = new OffscreenCanvas(image.width, image.height); \
         const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0); \
         const words = new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer); \
         return {{ root: svg.tagName, size: [image.width, image.height], marks: all('rect, path, text, image').length, \
         texts: all('text').map(({{ textContent }}) => textContent), \
         urls: all('image').map((one) => one.getAttribute('href')), colours: new Set(words).size }} }})()",
        json!(text)
    ))?;
    ensure!(drawn["root"] == "svg", "{drawn}");
    ensure!(drawn["size"] == json!(scene["size"]), "{drawn}");
    // One mark more: the background.
    ensure!(drawn["marks"].as_u64() == scene["marks"].as_u64().map(|marks| marks + 1));
    ensure!(drawn["texts"] == scene["texts"], "{}", drawn["texts"]);
    let images = scene["images"].as_array().context("images")?;
    let urls: Vec<&Value> = images.iter().map(|image| &image["url"]).collect();
    ensure!(drawn["urls"] == json!(urls), "other pictures");
    ensure!(drawn["colours"].as_u64() > Some(2), "it is blank");
    let named = text.replace("http://www.w3.org/2000/svg", "");
    ensure!(!named.contains("http"), "it names an address");
    Ok(())
}

/// The array is the page's, with as many elements as its shape says.
fn check_npy(page: &mut Browser, file: &str, bytes: &[u8]) -> anyhow::Result<()> {
    ensure!(bytes.starts_with(b"\x93NUMPY\x01\x00"), "no magic");
    let (shape, data) = array(bytes);
    let elements: usize = shape
        .split(',')
        .map(str::parse::<usize>)
        .product::<Result<_, _>>()
        .with_context(|| shape.clone())?;
    let is_wide = [&b"'<f4'"[..], b"'<i4'"]
        .iter()
        .any(|name| bytes.windows(name.len()).any(|window| window == *name));
    ensure!(data.len() == elements * if is_wide { 4 } else { 1 });
    ensure!(elements > 0 && bytes == saved(page, file)?);
    Ok(())
}

#[test]
fn what_is_saved_is_what_was_seen_when_it_was_asked_for() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.downloads(folder.path())?;
    choose(&mut page, "rate", "")?;
    page.click("#play")?;
    page.wait("cortexscope.view.frame?.header.number > 30")?;
    page.click("#more")?;
    page.value("globalThis.before = cortexscope.view.frame.header.number")?;
    page.wait("cortexscope.view.frame.header.number > before + 30")?;
    let mut save = |what: &str, file: &str| -> anyhow::Result<Vec<u8>> {
        page.click(&format!("#exports button[aria-label=\"{what}\"]"))?;
        wait_for_file(&folder.path().join(file))?;
        Ok(std::fs::read(folder.path().join(file))?)
    };
    let png = save("input as png", "input.png")?;
    let npy = save("input as npy", "input.npy")?;
    let picture = image::load_from_memory(&png)?.to_rgba8();
    let (shape, data) = array(&npy);
    ensure!(shape == "1,1,28,28", "{shape}");
    let cell = (f64::from(picture.width()) - 2.0 * ZOOM * MARGIN) / 28.0;
    for (at, &value) in data.iter().enumerate() {
        let middle = |index: usize| (ZOOM * MARGIN + (index as f64 + 0.5) * cell) as u32;
        let pixel = picture.get_pixel(middle(at % 28), middle(at / 28));
        let level = (value as i8 as i16 + 128) as u8;
        ensure!(
            pixel.0 == [level, level, level, 255],
            "{at}: {pixel:?} {level}"
        );
    }
    page.check_console()
}
