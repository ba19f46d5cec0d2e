//! JPEG: too strong a compression.

use crate::picture::{Picture, Plane};
use crate::settings::Settings;

/// Luminance and chrominance tables (ITU-T T.81, annex K).
#[rustfmt::skip]
const TABLES: [[u16; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
        24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// What a JPEG file of the quality gives back: chrominance with half the rows and columns
/// (4:2:0), blocks of 8×8 through a cosine transform that is divided and rounded. The file's
/// entropy coding loses nothing and is left out. The transform is exact, so that a level may
/// differ by one from that of a decoder with integers.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let quality = settings.pick([25, 18, 15, 10, 7]);
    let levels = |plane: Plane| plane.map(|value| *value = (*value * 255.0).round());
    let planes: Vec<_> = picture.rounded().planes().into_iter().map(levels).collect();
    let decoded = match planes.as_slice() {
        [red, green, blue] => {
            let mix = |weights: [f64; 3], zero: f64| {
                Plane::from_fn(red.size, |y, x| {
                    let [r, g, b] = [red, green, blue].map(|plane| plane.at(y, x));
                    (weights[0] * r + weights[1] * g + weights[2] * b + zero).round()
                })
            };
            let luma = coded(&mix([0.299, 0.587, 0.114], 0.0), quality, 0);
            let blue = mix([-0.168_735_89, -0.331_264_11, 0.5], 128.0);
            let red = mix([0.5, -0.418_687_59, -0.081_312_41], 128.0);
            let [blue, red] =
                [blue, red].map(|plane| enlarged(&coded(&halved(&plane), quality, 1), plane.size));
            rgb(&luma, &blue, &red)
        }
        planes => planes
            .iter()
            .map(|plane| coded(plane, quality, 0))
            .collect(),
    };
    let unit = |plane: Plane| plane.map(|level| *level /= 255.0);
    Picture::of_planes(&decoded.into_iter().map(unit).collect::<Vec<_>>())
}

/// The divisor of each coefficient.
fn divisors(quality: u16, table: usize) -> [f64; 64] {
    let percent = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    TABLES[table].map(|base| f64::from(((base * percent + 50) / 100).clamp(1, 255)))
}

/// Levels after their blocks were transformed, divided, rounded and transformed back. Blocks
/// that the border cuts are filled with its last pixels.
fn coded(plane: &Plane, quality: u16, table: usize) -> Plane {
    let divisors = divisors(quality, table);
    let [height, width] = plane.size;
    let cosines = cosines();
    let mut decoded = plane.clone();
    for top in (0..height).step_by(8) {
        for left in (0..width).step_by(8) {
            let block: [[f64; 8]; 8] = std::array::from_fn(|y| {
                std::array::from_fn(|x| {
                    plane.at((top + y).min(height - 1), (left + x).min(width - 1)) - 128.0
                })
            });
            // Rows and columns: C·B·Cᵀ.
            let mut coefficients = product(&product(&cosines, &block), &turned(&cosines));
            for (at, value) in coefficients.iter_mut().flatten().enumerate() {
                *value = (*value / divisors[at]).round() * divisors[at];
            }
            let back = product(&product(&turned(&cosines), &coefficients), &cosines);
            for (y, row) in back.iter().enumerate().take(height - top) {
                for (x, value) in row.iter().enumerate().take(width - left) {
                    let level = (value + 128.0).round().clamp(0.0, 255.0);
                    decoded.values[(top + y) * width + left + x] = level;
                }
            }
        }
    }
    decoded
}

type Block = [[f64; 8]; 8];

/// The orthonormal cosine transform of 8 values.
fn cosines() -> Block {
    std::array::from_fn(|frequency| {
        std::array::from_fn(|at| {
            let scale = if frequency == 0 {
                (0.125_f64).sqrt()
            } else {
                0.5
            };
            let angle = (2 * at + 1) as f64 * frequency as f64 * std::f64::consts::PI / 16.0;
            scale * angle.cos()
        })
    })
}

fn product(a: &Block, b: &Block) -> Block {
    std::array::from_fn(|y| std::array::from_fn(|x| (0..8).map(|k| a[y][k] * b[k][x]).sum()))
}

fn turned(a: &Block) -> Block {
    std::array::from_fn(|y| std::array::from_fn(|x| a[x][y]))
}

/// The mean of every four pixels. A half is rounded down and up by turns, as libjpeg does.
fn halved(plane: &Plane) -> Plane {
    let [height, width] = plane.size;
    let at = |y: usize, x: usize| plane.at(y.min(height - 1), x.min(width - 1));
    Plane::from_fn(plane.size.map(|side| side.div_ceil(2)), |y, x| {
        let (y, x) = (2 * y, 2 * x);
        let sum = at(y, x) + at(y, x + 1) + at(y + 1, x) + at(y + 1, x + 1);
        let bias = if x / 2 % 2 == 0 { 1.0 } else { 2.0 };
        ((sum + bias) / 4.0).floor()
    })
}

/// Twice the rows and columns, cut to `size`: three parts of the near pixel and one of the
/// next, along both axes (libjpeg's triangle filter and its roundings).
fn enlarged(plane: &Plane, size: [usize; 2]) -> Plane {
    let [height, width] = plane.size;
    Plane::from_fn(size, |y, x| {
        let next = |at: usize, end: usize| match at % 2 {
            0 => (at / 2).saturating_sub(1),
            _ => (at / 2 + 1).min(end - 1),
        };
        let column = |x: usize| 3.0 * plane.at(y / 2, x) + plane.at(next(y, height), x);
        let half = if x % 2 == 0 { 8.0 } else { 7.0 };
        ((3.0 * column(x / 2) + column(next(x, width)) + half) / 16.0).floor()
    })
}

fn rgb(luma: &Plane, blue: &Plane, red: &Plane) -> Vec<Plane> {
    let channel = |of: fn(f64, f64) -> f64| {
        Plane::from_fn(luma.size, |y, x| {
            let (blue, red) = (blue.at(y, x) - 128.0, red.at(y, x) - 128.0);
            (luma.at(y, x) + of(blue, red)).clamp(0.0, 255.0)
        })
    };
    vec![
        channel(|_, red| (1.402 * red).round()),
        channel(|blue, red| (-0.344_136_29 * blue - 0.714_136_29 * red).round()),
        channel(|blue, _| (1.772 * blue).round()),
    ]
}
