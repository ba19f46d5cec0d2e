//! JPEG: too strong a compression.

use crate::picture::{Picture, Plane};
use crate::settings::Settings;

/// Luminance and chrominance tables (ITU-T T.81, annex K).
#[rustfmt::skip]
const TABLES: [[i32; 64]; 2] = [
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
/// entropy coding loses nothing and is left out. Numbers are whole, with libjpeg's precision.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let quality = settings.pick([25, 18, 15, 10, 7]);
    let [height, width] = picture.size();
    let levels: Vec<i32> = picture
        .levels()
        .iter()
        .map(|level| level.round() as i32)
        .collect();
    let planes = levels.chunks_exact(height * width).map(|levels| Samples {
        size: [height, width],
        levels: levels.to_vec(),
    });
    let planes: Vec<Samples> = planes.collect();
    let decoded = match planes.as_slice() {
        [red, green, blue] => {
            let mix = |weights: [i32; 3], offset: i32| {
                Samples::from_fn(red.size, |y, x| {
                    let levels = [red, green, blue].map(|plane| plane.at(y, x));
                    let sum: i32 = weights.iter().zip(levels).map(|(w, level)| w * level).sum();
                    (sum + offset) >> 16
                })
            };
            let luma = mix([19_595, 38_470, 7_471], 1 << 15);
            let middle = (128 << 16) + (1 << 15) - 1;
            let chroma = [[-11_059, -21_709, 32_768], [32_768, -27_439, -5_329]];
            let [blue, red] = chroma.map(|weights| {
                let half = halved(&mix(weights, middle));
                let coded = coded(&half, [height.div_ceil(2), width.div_ceil(2)], quality, 1);
                enlarged(&coded, [height, width])
            });
            rgb(&coded(&luma, [height, width], quality, 0), &blue, &red)
        }
        planes => planes
            .iter()
            .map(|plane| coded(plane, plane.size, quality, 0))
            .collect(),
    };
    let planes = decoded
        .iter()
        .map(|plane| Plane::from_fn(plane.size, |y, x| f64::from(plane.at(y, x)) / 255.0));
    Picture::of_planes(&planes.collect::<Vec<_>>())
}

/// A plane of whole levels.
struct Samples {
    size: [usize; 2],
    levels: Vec<i32>,
}

impl Samples {
    fn from_fn(size: [usize; 2], mut level: impl FnMut(usize, usize) -> i32) -> Self {
        let [height, width] = size;
        let places = (0..height).flat_map(|y| (0..width).map(move |x| [y, x]));
        Self {
            size,
            levels: places.map(|[y, x]| level(y, x)).collect(),
        }
    }

    /// The level in a row and a column; beyond the border its last pixel goes on.
    fn at(&self, y: usize, x: usize) -> i32 {
        let [height, width] = self.size;
        self.levels[y.min(height - 1) * width + x.min(width - 1)]
    }
}

/// The divisor of each coefficient.
fn divisors(quality: i32, table: usize) -> [i32; 64] {
    let percent = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    TABLES[table].map(|base| ((base * percent + 50) / 100).clamp(1, 255))
}

/// Levels of `size` after their blocks were transformed, divided, rounded and transformed
/// back.
fn coded(plane: &Samples, size: [usize; 2], quality: i32, table: usize) -> Samples {
    let divisors = divisors(quality, table);
    let mut decoded = Samples::from_fn(size, |_, _| 0);
    let [height, width] = size;
    for top in (0..height).step_by(8) {
        for left in (0..width).step_by(8) {
            let block: Block = std::array::from_fn(|y| {
                std::array::from_fn(|x| i64::from(plane.at(top + y, left + x) - 128))
            });
            let mut coefficients = along_columns(along_rows(block, forward, 11), forward, 15);
            for (value, &divisor) in coefficients.iter_mut().flatten().zip(&divisors) {
                // They are eight times the coefficients of the definition.
                let divisor = i64::from(divisor);
                let steps = (value.abs() + 4 * divisor) / (8 * divisor);
                *value = steps * value.signum() * divisor;
            }
            let back = along_rows(along_columns(coefficients, inverse, 11), inverse, 18);
            for (y, row) in back.iter().enumerate().take(height - top) {
                for (x, value) in row.iter().enumerate().take(width - left) {
                    let level = (value + 128).clamp(0, 255);
                    decoded.levels[(top + y) * width + left + x] = level as i32;
                }
            }
        }
    }
    decoded
}

type Block = [[i64; 8]; 8];
type Transform = fn([i64; 8]) -> [i64; 8];

/// Each row through a transform whose result is 2^13 times too large, less `shift` bits.
fn along_rows(block: Block, transform: Transform, shift: u32) -> Block {
    block.map(|row| transform(row).map(|value| (value + (1 << (shift - 1))) >> shift))
}

fn along_columns(block: Block, transform: Transform, shift: u32) -> Block {
    turned(along_rows(turned(block), transform, shift))
}

fn turned(block: Block) -> Block {
    std::array::from_fn(|y| std::array::from_fn(|x| block[x][y]))
}

/// A number with 13 bits after the point.
const fn fixed(value: f64) -> i64 {
    (value * 8192.0 + 0.5) as i64
}

/// The factors of the even half's rotation: √2·cos(3π/8), and what is missing to the others.
const EVEN: [i64; 3] = [
    fixed(0.541_196_100),
    fixed(0.765_366_865),
    fixed(1.847_759_065),
];
/// The factors of the odd half: of each value, of each pair, and of all four.
const ODD: [i64; 4] = [
    fixed(0.298_631_336),
    fixed(2.053_119_869),
    fixed(3.072_711_026),
    fixed(1.501_321_110),
];
const CROSS: [i64; 4] = [
    fixed(0.899_976_223),
    fixed(2.562_915_447),
    fixed(1.961_570_560),
    fixed(0.390_180_644),
];
const ALL: i64 = fixed(1.175_875_602);

/// The odd half of both transforms, which is its own inverse but for the order.
fn odd([a, b, c, d]: [i64; 4]) -> [i64; 4] {
    let z5 = (a + c + b + d) * ALL;
    let z1 = -(a + d) * CROSS[0];
    let z2 = -(b + c) * CROSS[1];
    let z3 = z5 - (a + c) * CROSS[2];
    let z4 = z5 - (b + d) * CROSS[3];
    [
        a * ODD[0] + z1 + z3,
        b * ODD[1] + z2 + z4,
        c * ODD[2] + z2 + z3,
        d * ODD[3] + z1 + z4,
    ]
}

/// The cosine transform of 8 values by Loeffler, Ligtenberg and Moschytz (1989).
fn forward(v: [i64; 8]) -> [i64; 8] {
    let sum = [v[0] + v[7], v[1] + v[6], v[2] + v[5], v[3] + v[4]];
    let [outer, inner] = [sum[0] + sum[3], sum[1] + sum[2]];
    let [far, near] = [sum[0] - sum[3], sum[1] - sum[2]];
    let shared = (near + far) * EVEN[0];
    let [f7, f5, f3, f1] = odd([v[3] - v[4], v[2] - v[5], v[1] - v[6], v[0] - v[7]]);
    [
        (outer + inner) << 13,
        f1,
        shared + far * EVEN[1],
        f3,
        (outer - inner) << 13,
        f5,
        shared - near * EVEN[2],
        f7,
    ]
}

/// Its inverse.
fn inverse(v: [i64; 8]) -> [i64; 8] {
    let shared = (v[2] + v[6]) * EVEN[0];
    let [low, high] = [shared - v[6] * EVEN[2], shared + v[2] * EVEN[1]];
    let [sum, difference] = [(v[0] + v[4]) << 13, (v[0] - v[4]) << 13];
    let even = [sum + high, difference + low, difference - low, sum - high];
    let [o3, o2, o1, o0] = odd([v[7], v[5], v[3], v[1]]);
    let odd = [o0, o1, o2, o3];
    std::array::from_fn(|at| match at {
        0..=3 => even[at] + odd[at],
        _ => even[7 - at] - odd[7 - at],
    })
}

/// The mean of every four pixels, with the columns that fill its last blocks. A half is
/// rounded down and up by turns.
fn halved(plane: &Samples) -> Samples {
    let [height, width] = plane.size.map(|side| side.div_ceil(2));
    Samples::from_fn([height, width.next_multiple_of(8)], |y, x| {
        let bias = if x % 2 == 0 { 1 } else { 2 };
        let (y, x) = (2 * y, 2 * x);
        let upper = plane.at(y, x) + plane.at(y, x + 1);
        (upper + plane.at(y + 1, x) + plane.at(y + 1, x + 1) + bias) >> 2
    })
}

/// Twice the rows and columns, cut to `size`: three parts of the near pixel and one of the
/// next, along both axes.
fn enlarged(plane: &Samples, size: [usize; 2]) -> Samples {
    let next = |at: usize| {
        if at.is_multiple_of(2) {
            (at / 2).saturating_sub(1)
        } else {
            at / 2 + 1
        }
    };
    Samples::from_fn(size, |y, x| {
        let column = |x: usize| 3 * plane.at(y / 2, x) + plane.at(next(y), x);
        let half = if x % 2 == 0 { 8 } else { 7 };
        (3 * column(x / 2) + column(next(x)) + half) >> 4
    })
}

fn rgb(luma: &Samples, blue: &Samples, red: &Samples) -> Vec<Samples> {
    let channel = |of: fn(i32, i32) -> i32| {
        Samples::from_fn(luma.size, |y, x| {
            let (blue, red) = (blue.at(y, x) - 128, red.at(y, x) - 128);
            (luma.at(y, x) + ((of(blue, red) + (1 << 15)) >> 16)).clamp(0, 255)
        })
    };
    vec![
        channel(|_, red| 91_881 * red),
        channel(|blue, red| -22_554 * blue - 46_802 * red),
        channel(|blue, _| 116_130 * blue),
    ]
}
