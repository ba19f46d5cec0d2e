//! JPEG: too strong a compression.

mod cosine;

use crate::picture::Picture;
use crate::settings::Settings;
use cosine::{Block, Lanes};

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
    picture.with_levels(pulp::Arch::new().dispatch(Coding { picture, quality }))
}

/// The way through a file, with the widest instructions that the processor has. They reach what
/// is compiled into this one function: so loops are written out, where an iterator's `collect`
/// would be a function of its own.
struct Coding<'a> {
    picture: &'a Picture,
    quality: i32,
}

impl pulp::NullaryFnOnce for Coding<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn call(self) -> Vec<f64> {
        let size = self.picture.size();
        let whole = self.picture.whole_levels();
        let pixels = size[0] * size[1];
        let mut levels = vec![0.0; whole.len()];
        // Luminance, and of a picture in colours both chrominances.
        let mut coded_planes = Vec::with_capacity(3);
        for (at, &(weights, offset)) in MIXED.iter().take(whole.len() / pixels).enumerate() {
            let mut plane = if whole.len() == pixels {
                let levels = whole.clone();
                Samples { size, levels }
            } else {
                mixed(&whole, size, weights, offset)
            };
            let mut sides = size;
            if at > 0 {
                sides = size.map(|side| side.div_ceil(2));
                plane = halved(&plane);
            }
            let divisors = divisors(self.quality, at.min(1));
            let mut back = coded(&plane, sides, &divisors);
            if at > 0 {
                back = enlarged(&back, size);
            }
            coded_planes.push(back);
        }
        if let [luma, blue, red] = &coded_planes[..] {
            for (to, weights) in levels.chunks_exact_mut(pixels).zip(UNMIXED) {
                unmixed(to, [luma, blue, red], weights);
            }
        } else {
            for (to, &level) in levels.iter_mut().zip(&coded_planes[0].levels) {
                *to = f64::from(level);
            }
        }
        levels
    }
}

/// The weights of red, green and blue in luminance and both chrominances, with 16 bits after
/// the point, and what is added: half a level, and to a chrominance the middle.
const MIXED: [([i32; 3], i32); 3] = [
    ([19_595, 38_470, 7_471], 1 << 15),
    ([-11_059, -21_709, 32_768], MIDDLE),
    ([32_768, -27_439, -5_329], MIDDLE),
];
const MIDDLE: i32 = (128 << 16) + (1 << 15) - 1;
/// The weights of both chrominances in red, green and blue.
const UNMIXED: [[i32; 2]; 3] = [[0, 91_881], [-22_554, -46_802], [116_130, 0]];

/// A weighted sum of red, green and blue, which lie one after the other, with 16 bits after the
/// point.
#[inline(always)]
fn mixed(whole: &[i32], size: [usize; 2], weights: [i32; 3], offset: i32) -> Samples {
    let (red, others) = whole.split_at(size[0] * size[1]);
    let (green, blue) = others.split_at(red.len());
    let mut levels = vec![0; red.len()];
    let parts = red.iter().zip(green).zip(blue);
    for (to, ((r, g), b)) in levels.iter_mut().zip(parts) {
        *to = (weights[0] * r + weights[1] * g + weights[2] * b + offset) >> 16;
    }
    Samples { size, levels }
}

/// A colour of luminance and both chrominances, with 16 bits after the point of their weights.
#[inline(always)]
fn unmixed(to: &mut [f64], [luma, blue, red]: [&Samples; 3], weights: [i32; 2]) {
    let parts = luma.levels.iter().zip(&blue.levels).zip(&red.levels);
    for (to, ((luma, blue), red)) in to.iter_mut().zip(parts) {
        let more = weights[0] * (blue - 128) + weights[1] * (red - 128);
        *to = f64::from((luma + ((more + (1 << 15)) >> 16)).clamp(0, 255));
    }
}

/// A plane of whole levels.
struct Samples {
    size: [usize; 2],
    levels: Vec<i32>,
}

impl Samples {
    /// A row; below the last one, that goes on.
    fn row(&self, y: usize) -> &[i32] {
        let [height, width] = self.size;
        &self.levels[y.min(height - 1) * width..][..width]
    }

    /// The block of 8×8 whose first pixel is given, around 0; beyond the border its last
    /// pixel goes on.
    #[inline(always)]
    fn block(&self, top: usize, left: usize) -> Block {
        std::array::from_fn(|y| {
            let row = self.row(top + y);
            let levels = match row[left.min(row.len())..].first_chunk() {
                Some(levels) => *levels,
                None => std::array::from_fn(|x| row[(left + x).min(row.len() - 1)]),
            };
            Lanes(levels.map(|level| level - 128))
        })
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
#[inline(always)]
fn coded(plane: &Samples, size: [usize; 2], divisors: &[i32; 64]) -> Samples {
    let [height, width] = size;
    let mut levels = vec![0; height * width];
    for (strip, rows) in levels.chunks_mut(8 * width).enumerate() {
        for left in (0..width).step_by(8) {
            let mut block = cosine::forward(plane.block(8 * strip, left));
            for (row, divisors) in block.iter_mut().zip(divisors.as_chunks().0) {
                quantise(row, divisors);
            }
            let back = cosine::inverse(block);
            for (row, back) in rows.chunks_exact_mut(width).zip(back) {
                let back = back.0.map(|value| (value + 128).clamp(0, 255));
                match row[left..].first_chunk_mut() {
                    Some(row) => *row = back,
                    None => row[left..].copy_from_slice(&back[..width - left]),
                }
            }
        }
    }
    Samples { size, levels }
}

/// Coefficients, which are eight times those of the definition, to the nearest multiples of
/// their divisors.
#[inline(always)]
fn quantise(values: &mut Lanes, divisors: &[i32; 8]) {
    for (value, &divisor) in values.0.iter_mut().zip(divisors) {
        // A quotient of whole numbers below 2^17 is a whole number or farther from one than
        // the rounding of a f32.
        let quotient = (value.abs() + 4 * divisor) as f32 / (8 * divisor) as f32;
        // The last bits of a number from 2^23 on are its whole part: the conversion that
        // saturates has no instruction of its own.
        let steps = (quotient.floor() + 8_388_608.0).to_bits() as i32 & 0x7F_FFFF;
        *value = steps * value.signum() * divisor;
    }
}

/// The mean of every four pixels, with the columns that fill its last blocks. A half is
/// rounded down and up by turns.
#[inline(always)]
fn halved(plane: &Samples) -> Samples {
    let [height, width] = plane.size.map(|side| side.div_ceil(2));
    let filled = width.next_multiple_of(8);
    let mut levels = Vec::with_capacity(height * filled);
    for y in 0..height {
        let (upper, lower) = (plane.row(2 * y), plane.row(2 * y + 1));
        let mean =
            |at: usize, four: [i32; 4]| (four.iter().sum::<i32>() + 1 + (at & 1) as i32) >> 2;
        let (uppers, lowers) = (upper.as_chunks().0, lower.as_chunks().0);
        let pairs = uppers.iter().zip(lowers).enumerate();
        levels.extend(pairs.map(|(at, (&[a, b], &[c, d]))| mean(at, [a, b, c, d])));
        let (a, c) = (upper[upper.len() - 1], lower[lower.len() - 1]);
        levels.extend((uppers.len()..filled).map(|at| mean(at, [a, a, c, c])));
    }
    Samples {
        size: [height, filled],
        levels,
    }
}

/// Twice the rows and columns, cut to `size`: three parts of the near pixel and one of the
/// next, along both axes.
#[inline(always)]
fn enlarged(plane: &Samples, size: [usize; 2]) -> Samples {
    let mut levels = vec![0; size[0] * size[1]];
    // The first and the last column stand beside themselves.
    let width = plane.size[1];
    let mut columns = vec![0; width + 2];
    for (y, to) in levels.chunks_exact_mut(size[1]).enumerate() {
        let next = if y.is_multiple_of(2) {
            (y / 2).saturating_sub(1)
        } else {
            y / 2 + 1
        };
        let rows = plane.row(y / 2).iter().zip(plane.row(next));
        for (sum, (near, next)) in columns[1..].iter_mut().zip(rows) {
            *sum = 3 * near + next;
        }
        (columns[0], columns[width + 1]) = (columns[1], columns[width]);
        let (pairs, odd) = to.as_chunks_mut();
        let left = |at: usize| (3 * columns[at + 1] + columns[at] + 8) >> 4;
        let right = |at: usize| (3 * columns[at + 1] + columns[at + 2] + 7) >> 4;
        for (at, pair) in pairs.iter_mut().enumerate() {
            *pair = [left(at), right(at)];
        }
        if let [odd] = odd {
            *odd = left(pairs.len());
        }
    }
    Samples { size, levels }
}
