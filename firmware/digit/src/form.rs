//! All steps, one after the other.

use crate::contrast::{self, InkLevels};
use crate::filter::{self, Of};
use crate::fit::{self, BOX};
use crate::observe::{Fact, Observer, Stage};
use crate::plane::{Bounds, Plane};
use crate::polarity::{self, Ink};
use crate::spots::{self, AWAY, DIGIT, Digit, INK, SURE};

/// A picture is smoothed by so many pixels at most, beside a part of its shorter side.
const RADII: usize = 3;
/// Strokes of MNIST's digits are wider than this in the box of 20 pixels, in 256ths.
const STROKE_MIN_256THS: u64 = 410;
/// A level that a ground of MNIST's form stays below.
const DARK: u8 = 8;
/// The longest side of a picture and of a digit, in pixels: with it, no sum overflows on a
/// board's 32 bits.
pub const SIDE_MAX: usize = 2048;

/// What was in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A digit, or something like it.
    Ink,
    /// Nothing: the digit is all ground.
    Nothing,
}

/// Why no digit can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormError {
    /// A side of the picture or of the digit is 0 or more than [`SIDE_MAX`] pixels.
    Size,
    /// The picture or the digit has another number of pixels than its size says.
    Length,
    /// There is too little memory beside the picture.
    Scratch {
        /// Bytes that it takes.
        need_bytes: usize,
        /// Bytes that there are.
        have_bytes: usize,
    },
}

/// Bytes of memory that [`form`] needs beside a picture and a digit of these heights and
/// widths; none if it takes no such sizes.
pub fn scratch_bytes(size: [usize; 2], digit_size: [usize; 2]) -> Option<usize> {
    let mut sides = size.iter().chain(&digit_size);
    let is_right = sides.all(|side| (1..=SIDE_MAX).contains(side));
    let [height, width] = size;
    let line_bytes = filter::line_bytes(height.max(width));
    is_right.then(|| 3 * height * width + line_bytes + digit_size[0] * digit_size[1])
}

/// Makes `digit`, grey levels `[H, W]` of `digit_size` with light ink on black, of `picture`,
/// grey levels of `size`, which is overwritten.
///
/// A picture in MNIST's form, of the digit's size on a black or white ground, keeps its
/// pixels, but for dark ink, which becomes light.
///
/// # Errors
/// [`FormError`]; then nothing was changed.
pub fn form(
    picture: &mut [u8],
    size: [usize; 2],
    scratch: &mut [u8],
    digit: &mut [u8],
    digit_size: [usize; 2],
) -> Result<Found, FormError> {
    form_by(picture, scratch, digit, [size, digit_size], &mut ())
}

/// As [`form`], of a picture and a digit of these two sizes, with somebody who looks on and who
/// may leave out steps.
///
/// # Errors
/// As [`form`].
pub fn form_by<O: Observer>(
    picture: &mut [u8],
    scratch: &mut [u8],
    digit: &mut [u8],
    [size, digit_size]: [[usize; 2]; 2],
    observer: &mut O,
) -> Result<Found, FormError> {
    let need_bytes = scratch_bytes(size, digit_size).ok_or(FormError::Size)?;
    let [pixels, digit_pixels] = [size, digit_size].map(|[height, width]| height * width);
    if picture.len() != pixels || digit.len() != digit_pixels {
        return Err(FormError::Length);
    }
    let too_small = FormError::Scratch {
        need_bytes,
        have_bytes: scratch.len(),
    };
    let mut rest = scratch.get_mut(..need_bytes).ok_or(too_small)?;
    let mut take = |bytes: usize| {
        let (taken, others) = core::mem::take(&mut rest).split_at_mut_checked(bytes)?;
        rest = others;
        Some(taken)
    };
    let mut plane = || take(pixels).map(|plane| Plane::new(plane, size));
    let planes = plane().zip(plane()).zip(plane());
    let ((first, second), third) = planes.ok_or(too_small)?;
    let small = take(digit_pixels).ok_or(too_small)?;
    let mut making = Making {
        picture: Plane::new(picture, size),
        planes: [first, second, third],
        small,
        line: rest,
        observer,
    };
    let mut digit = Plane::new(digit, digit_size);
    if size == digit_size
        && let Some(ink) = ink_in_form(&making.picture)
    {
        making.observer.fact(Fact::InForm);
        making.turn(ink);
        digit.copy(&making.picture);
        let is_even = digit.levels.iter().all(|&level| level == digit.at(0, 0));
        return Ok(if is_even { Found::Nothing } else { Found::Ink });
    }
    Ok(match making.inked().and_then(|digit| making.cut(digit)) {
        Some(part) => {
            making.fit(part, &mut digit);
            Found::Ink
        }
        None => {
            digit.levels.fill(0);
            Found::Nothing
        }
    })
}

/// The ink of a picture whose edge is black or white all round, as MNIST's is.
fn ink_in_form(picture: &Plane<'_>) -> Option<Ink> {
    let [bottom, right] = [picture.height, picture.width].map(|side| side.saturating_sub(1));
    let rows = (0..=right).map(|x| [picture.at(0, x), picture.at(bottom, x)]);
    let columns = (0..=bottom).map(|y| [picture.at(y, 0), picture.at(y, right)]);
    let (mut least, mut greatest) = (u8::MAX, u8::MIN);
    for level in rows.chain(columns).flatten() {
        least = least.min(level);
        greatest = greatest.max(level);
    }
    if greatest < DARK {
        Some(Ink::Light)
    } else if least > 255 - DARK {
        Some(Ink::Dark)
    } else {
        None
    }
}

/// A picture on its way.
struct Making<'a, O> {
    picture: Plane<'a>,
    /// Each as large as the picture.
    planes: [Plane<'a>; 3],
    /// As large as the digit.
    small: &'a mut [u8],
    line: &'a mut [u8],
    observer: &'a mut O,
}

/// The part of the picture that the ink lies in, and how wide its strokes are.
struct Part {
    bounds: Bounds,
    stroke_256ths: u64,
}

impl<O: Observer> Making<'_, O> {
    /// Makes dark ink light.
    fn turn(&mut self, ink: Ink) {
        if ink == Ink::Dark {
            self.observer.fact(Fact::Dark);
            for level in self.picture.levels.iter_mut() {
                *level = 255 - *level;
            }
        }
    }

    /// Leaves in the second plane the ink, light on an even, black ground, and in the third
    /// the labels of its spots; none if there is no ink.
    fn inked(&mut self) -> Option<Digit> {
        let [smooth, values, _] = &mut self.planes;
        let ink = polarity::ink(&self.picture, smooth, values, self.line);
        self.turn(ink);
        if self.observer.steps().contrast {
            self.evened(ink)?;
        } else {
            self.planes[1].copy(&self.picture);
        }
        let [_, values, labels] = &mut self.planes;
        let levels = values.levels.iter().copied();
        let size = [values.height, values.width];
        self.observer.stage(Stage::Contrast, size, &mut { levels });
        spots::digit(values, SURE, labels).or_else(|| spots::digit(values, INK, labels))
    }

    /// Leaves in the second plane the ink, light on an even, black ground; none if there is no
    /// ink.
    fn evened(&mut self, ink: Ink) -> Option<()> {
        let [smooth, values, labels] = &mut self.planes;
        let shorter = self.picture.height.min(self.picture.width);
        // Wider than any stroke of a digit that fits into the picture.
        let widest = (shorter * 3 / 10).max(5).min(shorter);
        let mut found: Option<(usize, InkLevels)> = None;
        let radii = (0..=RADII).map(|more| shorter / 200 + more);
        let mut last = 0;
        for radius in radii {
            let planes = [&mut *smooth, &mut *values];
            last = radius;
            let levels = smoothed(&self.picture, ink, [radius, widest], planes, self.line);
            found = levels.map(|levels| (radius, levels)).or(found);
            if levels.is_some_and(|levels| levels.is_clear) {
                break;
            }
        }
        let (radius, levels) = found?;
        if radius != last {
            let planes = [&mut *smooth, &mut *values];
            smoothed(&self.picture, ink, [radius, widest], planes, self.line);
        }
        contrast::stretch(values, levels);
        let first = spots::digit(values, 128, labels)?;
        // With the width of the strokes known, the ground follows shadows more closely:
        // 3.5 of them.
        let window = ((first.stroke_256ths() * 7).div_ceil(512) as usize).max(5);
        if window < widest {
            contrast::differ(smooth, ink, window, values, self.line);
            let levels = match contrast::ink_levels(values, ink) {
                Some(levels) => levels,
                None => {
                    contrast::differ(smooth, ink, widest, values, self.line);
                    levels
                }
            };
            contrast::stretch(values, levels);
        }
        Some(())
    }

    /// Leaves in the first plane the digit and its soft edges, and nothing else.
    fn cut(&mut self, digit: Digit) -> Option<Part> {
        let [cleaned, values, labels] = &mut self.planes;
        let stroke_256ths = digit.stroke_256ths();
        let size = [cleaned.height, cleaned.width];
        let whole = Bounds::default().grown(usize::MAX / 2, size);
        if !self.observer.steps().crop {
            cleaned.copy(values);
            self.observe(Stage::Crop, whole);
            return Some(Part {
                bounds: whole,
                stroke_256ths,
            });
        }
        // Soft edges are as wide as half a stroke at most.
        let reach = (((stroke_256ths + 256) / 512) as usize).max(1);
        for (near, &label) in cleaned.levels.iter_mut().zip(labels.levels.iter()) {
            *near = if label == DIGIT { 255 } else { 0 };
        }
        let shorter = cleaned.height.min(cleaned.width);
        filter::apply(cleaned, reach.min(shorter), Of::Greatest, self.line);
        let pixels = cleaned.levels.iter_mut().zip(values.levels.iter());
        for ((pixel, &value), &label) in pixels.zip(labels.levels.iter()) {
            *pixel = if label == AWAY { 0 } else { value & *pixel };
        }
        let mut bounds: Option<Bounds> = None;
        for (y, x) in whole.places() {
            if cleaned.at(y, x) > INK {
                let place = Bounds::of(y, x);
                bounds = Some(bounds.map_or(place, |bounds| bounds.with(place)));
            }
        }
        let bounds = bounds?;
        let [height, width] = bounds.size();
        let Bounds { top, left, .. } = bounds;
        self.observer.fact(Fact::Cut {
            top,
            left,
            height,
            width,
        });
        self.observe(Stage::Crop, bounds);
        Some(Part {
            bounds,
            stroke_256ths,
        })
    }

    /// Shows a part of the first plane.
    fn observe(&mut self, stage: Stage, bounds: Bounds) {
        let [cleaned, ..] = &self.planes;
        let mut levels = bounds.places().map(|(y, x)| cleaned.at(y, x));
        self.observer.stage(stage, bounds.size(), &mut levels);
    }

    /// Puts the ink into a box of `digit`, its strokes not thinner than MNIST's.
    fn fit(&mut self, part: Part, digit: &mut Plane<'_>) {
        let [cleaned, ..] = &mut self.planes;
        let [height, width] = part.bounds.size();
        let longer = height.max(width);
        let missing =
            (STROKE_MIN_256THS * longer as u64 / BOX as u64).saturating_sub(part.stroke_256ths);
        // To both sides, rounded.
        let radius = if self.observer.steps().fit {
            ((missing + 256) / 512) as usize
        } else {
            0
        };
        if radius > 0 {
            self.observer.fact(Fact::Thickened);
        }
        let size = [cleaned.height, cleaned.width];
        filter::apply(
            cleaned,
            radius.min(size[0].min(size[1])),
            Of::Greatest,
            self.line,
        );
        let bounds = part.bounds.grown(radius, size);
        let side = if self.observer.steps().fit {
            fit::box_side([digit.height, digit.width])
        } else {
            digit.height.min(digit.width)
        };
        let size = fit::fit(cleaned, bounds, side, self.small);
        let small = Plane::new(self.small, size);
        let levels = small.levels.iter().copied();
        self.observer.stage(Stage::Fit, size, &mut { levels });
        fit::place(&small, self.observer.steps().centre, digit);
        let levels = digit.levels.iter().copied();
        let size = [digit.height, digit.width];
        self.observer.stage(Stage::Centre, size, &mut { levels });
    }
}

/// Leaves in `values` how far the picture, smoothed by the first of `windows`, differs from
/// the ground in a window of the second, and in `smooth` the picture so smoothed.
fn smoothed(
    picture: &Plane<'_>,
    ink: Ink,
    [radius, window]: [usize; 2],
    [smooth, values]: [&mut Plane<'_>; 2],
    line: &mut [u8],
) -> Option<InkLevels> {
    smooth.copy(picture);
    let shorter = picture.height.min(picture.width);
    filter::apply(smooth, radius.min(shorter), Of::Mean, line);
    contrast::differ(smooth, ink, window, values, line);
    contrast::ink_levels(values, ink)
}
