//! A video for the browser's camera: ink on paper, one digit after the other.

use anyhow::Context;
use cortexscope_net::input::MnistSet;
use std::io::Write;
use std::path::Path;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;
/// Frames of each digit, at 30 a second.
const FRAMES: usize = 20;
/// The side of a digit's pixel.
const ZOOM: usize = 6;
/// Grey of paper and ink, in video levels.
const PAPER: f64 = 205.0;
const INK: f64 = 40.0;

/// Writes digits of the test set as YUV4MPEG2, grey.
pub fn write(digits: &[usize], path: &Path) -> anyhow::Result<()> {
    let set = MnistSet::test_digits()?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    writeln!(file, "YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Ip A1:1 C420jpeg")?;
    for &digit in digits {
        let pixels = set.image(digit).context("a digit of the test set")?;
        let luma = frame(pixels, set.size());
        for _ in 0..FRAMES {
            file.write_all(b"FRAME\n")?;
            file.write_all(&luma)?;
            file.write_all(&[128; WIDTH * HEIGHT / 2])?;
        }
    }
    file.flush()?;
    Ok(())
}

/// Writes one frame of a digit as a portable grey map.
pub fn still(digit: usize, path: &Path) -> anyhow::Result<()> {
    let set = MnistSet::test_digits()?;
    let pixels = set.image(digit).context("a digit of the test set")?;
    let mut file = format!("P5 {WIDTH} {HEIGHT} 255\n").into_bytes();
    file.extend(frame(pixels, set.size()));
    Ok(std::fs::write(path, file)?)
}

/// The digit in the middle of paper that is darker to the right, as on a desk.
fn frame(pixels: &[u8], [rows, columns]: [usize; 2]) -> Vec<u8> {
    let (left, top) = ((WIDTH - columns * ZOOM) / 2, (HEIGHT - rows * ZOOM) / 2);
    let at = |position: usize| {
        let (x, y) = (position % WIDTH, position / WIDTH);
        let pixel = x.checked_sub(left).zip(y.checked_sub(top));
        let pixel = pixel.map(|(x, y)| (x / ZOOM, y / ZOOM));
        let level = pixel
            .filter(|&(x, y)| x < columns && y < rows)
            .map_or(0, |(x, y)| pixels[y * columns + x]);
        let paper = PAPER - 20.0 * x as f64 / WIDTH as f64;
        (paper + (INK - paper) * f64::from(level) / 255.0) as u8
    };
    (0..WIDTH * HEIGHT).map(at).collect()
}
