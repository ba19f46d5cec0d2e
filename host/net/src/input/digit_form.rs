//! Pictures in the form of MNIST's digits: grey, contrast, polarity, crop, a box
//! of 20×20 centred by mass in 28×28 (LeCun, Cortes and Burges, "The MNIST
//! database"; LeCun et al. 1998, section III.A).
//!
//! Every step can be left out, and every step can be looked at. The result is
//! grey pixels of the network's own size; the command line and the page make
//! them here, so the same picture gives the same bytes.

mod contrast;
mod ground;
mod ink;
mod polarity;

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma, RgbImage};
use serde::{Deserialize, Serialize};

use super::grey;
use contrast::even;

/// Of 28 pixels, those of the box that the ink fills.
const BOX: usize = 20;
/// The side that the box belongs to.
const FRAME: usize = 28;
/// A larger picture is reduced to this side: strokes are found in it just as well.
const WORK_SIDE: u32 = 768;
/// Strokes of MNIST's digits are wider than this in the box of 20 pixels.
const STROKE_MIN: f64 = 1.6;
/// A level that a ground of MNIST's form stays below.
const DARK: u8 = 8;

/// Which steps are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// Grey by luminance (ITU-R BT.601); without it, the green channel is taken.
    pub grey: bool,
    /// What differs from the ground around it, in light and in shade, is ink; ground and
    /// ink become the ends of the scale.
    pub contrast: bool,
    /// Dark ink is made light.
    pub polarity: bool,
    /// What is not the ink in the middle is left away.
    pub crop: bool,
    /// The longer side of the ink becomes 20 of 28 pixels; without it, the
    /// picture's longer side becomes 28.
    pub fit: bool,
    /// The centre of mass goes to the middle; without it, the middle of the ink.
    pub centre: bool,
}

impl Steps {
    /// Every step: for cameras and photographs.
    pub const ALL: Self = Self {
        grey: true,
        contrast: true,
        polarity: true,
        crop: true,
        fit: true,
        centre: true,
    };
}

/// One step, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The step's name, as in [`Steps`].
    pub name: &'static str,
    /// Whether it was made; if not, it shows what the next one gets.
    pub made: bool,
    /// What it left.
    pub picture: GrayImage,
}

/// Which is lighter, ink or ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// As on paper.
    Dark,
    /// As on a blackboard, and in MNIST.
    Light,
}

/// A picture in the form of a digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digit {
    /// Grey pixels of the network's size, ink light if polarity was made.
    pub picture: GrayImage,
    /// Every step, in order.
    pub stages: Vec<Stage>,
    /// What was done, in words, and in the order in which it was done.
    pub said: Vec<String>,
    /// Whether ink was found. Without it the picture is all ground.
    pub has_ink: bool,
}

/// Makes `picture` a digit of `[height, width]` pixels.
///
/// A picture without ink is left empty. One that has MNIST's form already, of the
/// network's size on a black or white ground, keeps its pixels.
pub fn digit(picture: &RgbImage, steps: Steps, [height, width]: [usize; 2]) -> Digit {
    let mut making = Making::default();
    let picture = &reduced(picture, &mut making.said);
    let mut grey = grey::of(picture, steps.grey);
    if picture.dimensions() == (width as u32, height as u32)
        && let Some(ink) = ink_in_form(&grey)
    {
        return making.of_form(grey, steps, ink);
    }
    making.stage("grey", steps.grey, &grey);
    let even = even(&grey);
    let mut has_ink = even.is_some();
    let ink = match &even {
        Some(even) => even.ink,
        None => polarity::ink(&grey),
    };
    if steps.contrast {
        grey = even.map_or_else(|| empty(&grey, ink), |even| even.picture);
        making.say("evened the ground");
    }
    making.stage("contrast", steps.contrast, &grey);
    if steps.polarity && ink == Ink::Dark {
        imageops::invert(&mut grey);
        making.say("made dark ink light");
    }
    making.stage("polarity", steps.polarity, &grey);
    if steps.crop {
        match ink::crop(&grey) {
            Some((cut, [left, top, width, height])) => {
                making.say(format!("cut out {width}×{height} at ({left}, {top})"));
                grey = cut;
            }
            None => has_ink = false,
        }
    }
    making.stage("crop", steps.crop, &grey);
    let side = height.min(width).max(1);
    let small = if steps.fit {
        making.boxed(&grey, (side * BOX / FRAME).max(1))
    } else {
        fitted(&grey, side as u32)
    };
    making.stage("fit", steps.fit, &small);
    let placed = placed(&small, steps.centre, [height, width]);
    if steps.centre {
        making.say("centred by mass");
    }
    making.stage("centre", steps.centre, &placed);
    Digit {
        picture: placed,
        stages: making.stages,
        said: making.said,
        has_ink,
    }
}

/// What was made so far.
#[derive(Default)]
struct Making {
    stages: Vec<Stage>,
    said: Vec<String>,
}

impl Making {
    fn stage(&mut self, name: &'static str, made: bool, picture: &GrayImage) {
        self.stages.push(Stage {
            name,
            made,
            picture: picture.clone(),
        });
    }

    fn say(&mut self, what: impl Into<String>) {
        self.said.push(what.into());
    }

    /// A picture in MNIST's form, of which nothing but the polarity may change.
    fn of_form(mut self, mut grey: GrayImage, steps: Steps, ink: Ink) -> Digit {
        for name in ["grey", "contrast"] {
            self.stage(name, false, &grey);
        }
        self.say("left in MNIST's form");
        let is_turned = steps.polarity && ink == Ink::Dark;
        if is_turned {
            imageops::invert(&mut grey);
            self.say("made dark ink light");
        }
        self.stage("polarity", is_turned, &grey);
        for name in ["crop", "fit", "centre"] {
            self.stage(name, false, &grey);
        }
        Digit {
            has_ink: grey.pixels().any(|pixel| pixel != grey.get_pixel(0, 0)),
            picture: grey,
            stages: self.stages,
            said: self.said,
        }
    }

    /// The ink in a box of `side`, its strokes not thinner than MNIST's.
    fn boxed(&mut self, picture: &GrayImage, side: usize) -> GrayImage {
        self.say(format!("fitted into {side}×{side}"));
        let spots = ink::spots(picture, ink::INK);
        let stroke = ink::stroke_width(&spots.iter().collect::<Vec<_>>());
        let longer = f64::from(picture.width().max(picture.height()).max(1));
        let in_box = stroke * BOX as f64 / longer;
        if spots.is_empty() || in_box >= STROKE_MIN {
            return fitted(picture, side as u32);
        }
        // Four pixels for each of the box: enough to thicken by parts of one.
        let large = fitted(picture, 4 * side as u32);
        let missing = (STROKE_MIN - in_box) / 2.0 * side as f64 / BOX as f64;
        let radius = (4.0 * missing).round().max(1.0) as u32;
        self.say("thickened the strokes");
        fitted(&ink::thickened(&large, radius), side as u32)
    }
}

/// A picture that every level of which is the ground.
fn empty(picture: &GrayImage, ink: Ink) -> GrayImage {
    let ground = match ink {
        Ink::Dark => 255,
        Ink::Light => 0,
    };
    GrayImage::from_pixel(picture.width(), picture.height(), Luma([ground]))
}

/// The ink of a picture whose edge is black or white all round, as MNIST's is.
fn ink_in_form(grey: &GrayImage) -> Option<Ink> {
    let [right, bottom] = [grey.width(), grey.height()].map(|side| side.saturating_sub(1));
    let mut edge = grey
        .enumerate_pixels()
        .filter(|&(x, y, _)| x == 0 || y == 0 || x == right || y == bottom);
    let is = |of: fn(u8) -> bool| edge.clone().all(|(_, _, pixel)| of(pixel.0[0]));
    if is(|level| level < DARK) {
        Some(Ink::Light)
    } else if edge.all(|(_, _, pixel)| pixel.0[0] > 255 - DARK) {
        Some(Ink::Dark)
    } else {
        None
    }
}

/// The picture, its longer side at most [`WORK_SIDE`].
fn reduced(picture: &RgbImage, said: &mut Vec<String>) -> RgbImage {
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    if longer <= WORK_SIDE {
        return picture.clone();
    }
    let scaled = |side: u32| {
        let side = f64::from(side) * f64::from(WORK_SIDE) / f64::from(longer);
        (side.round() as u32).max(1)
    };
    let (to_width, to_height) = (scaled(width), scaled(height));
    said.push(format!(
        "reduced {width}×{height} to {to_width}×{to_height}"
    ));
    imageops::thumbnail(picture, to_width, to_height)
}

/// `picture`, its longer side `longer` pixels, every pixel the mean of what it
/// covers.
fn fitted(picture: &GrayImage, longer: u32) -> GrayImage {
    let (width, height) = picture.dimensions();
    let scale = f64::from(longer) / f64::from(width.max(height).max(1));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(1, longer);
    if (width, height) == (scaled(width), scaled(height)) {
        return picture.clone();
    }
    imageops::resize(picture, scaled(width), scaled(height), FilterType::Triangle)
}

/// `picture` on a dark ground of `[height, width]`, in the middle or with its
/// centre of mass there.
fn placed(picture: &GrayImage, by_mass: bool, [height, width]: [usize; 2]) -> GrayImage {
    let mut ground = GrayImage::new(width as u32, height as u32);
    let middle = [width as f64 / 2.0, height as f64 / 2.0];
    let of_box = [
        f64::from(picture.width()) / 2.0,
        f64::from(picture.height()) / 2.0,
    ];
    let anchor = if by_mass {
        ink::centre_of_mass(picture).unwrap_or(of_box)
    } else {
        of_box
    };
    let at = |axis: usize| (middle[axis] - anchor[axis]).round() as i64;
    let [left, top] = [at(0), at(1)];
    for (x, y, &Luma([level])) in picture.enumerate_pixels() {
        let to = (
            u32::try_from(i64::from(x) + left),
            u32::try_from(i64::from(y) + top),
        );
        if let (Ok(x), Ok(y)) = to
            && let Some(pixel) = ground.get_pixel_mut_checked(x, y)
        {
            *pixel = Luma([level]);
        }
    }
    ground
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// Dark strokes on uneven paper: a bar of `[left, top, width, height]`, and
    /// a shadow that comes in from the edge.
    fn paper(bar: [u32; 4]) -> RgbImage {
        RgbImage::from_fn(120, 120, |x, y| {
            let [left, top, width, height] = bar;
            let in_bar = (left..left + width).contains(&x) && (top..top + height).contains(&y);
            let shadow = x < 6 && y < 40;
            let level = if in_bar || shadow {
                40
            } else {
                200 + (x / 8) as u8
            };
            Rgb([level; 3])
        })
    }

    #[test]
    fn a_stroke_on_paper_is_light_upright_and_in_the_middle() {
        let digit = digit(&paper([70, 20, 10, 60]), Steps::ALL, [28, 28]);
        assert_eq!(digit.picture.dimensions(), (28, 28));
        let ink: Vec<(u32, u32)> = digit
            .picture
            .enumerate_pixels()
            .filter(|(_, _, pixel)| pixel.0[0] > 128)
            .map(|(x, y, _)| (x, y))
            .collect();
        let rows: Vec<u32> = ink.iter().map(|&(_, y)| y).collect();
        assert_eq!(
            (rows.iter().min(), rows.iter().max()),
            (Some(&4), Some(&23)),
            "20 rows in the middle of 28"
        );
        assert!(ink.iter().all(|&(x, _)| (12..=16).contains(&x)), "{ink:?}");
        assert_eq!(digit.picture.get_pixel(0, 0).0, [0]);
    }

    #[test]
    fn every_step_can_be_left_out() {
        let off = Steps {
            grey: false,
            contrast: false,
            polarity: false,
            crop: false,
            fit: false,
            centre: false,
        };
        let paper = paper([70, 20, 10, 60]);
        let plain = digit(&paper, off, [28, 28]);
        assert!(plain.stages.iter().all(|stage| !stage.made));
        assert!(
            plain.picture.get_pixel(5, 20).0[0] > 190,
            "paper stays light"
        );
        for (index, name) in ["grey", "contrast", "polarity", "crop", "fit", "centre"]
            .into_iter()
            .enumerate()
        {
            assert_eq!(plain.stages[index].name, name);
        }
    }

    #[test]
    fn the_mass_decides_about_the_middle() {
        // A heavy end above, a thin tail below.
        let picture = RgbImage::from_fn(60, 60, |x, y| {
            let head = (20..40).contains(&x) && (10..20).contains(&y);
            let tail = (29..31).contains(&x) && (20..50).contains(&y);
            Rgb([if head || tail { 255 } else { 0 }; 3])
        });
        let top = |centre: bool| {
            let steps = Steps {
                centre,
                ..Steps::ALL
            };
            let digit = digit(&picture, steps, [28, 28]).picture;
            (0..28).find(|&y| (0..28).any(|x| digit.get_pixel(x, y).0[0] > 128))
        };
        assert_eq!(top(false), Some(4));
        assert!(top(true) > Some(5), "{:?}", top(true));
    }

    #[test]
    fn an_empty_picture_stays_empty() {
        for level in [0, 128, 255] {
            let blank = RgbImage::from_pixel(50, 30, Rgb([level; 3]));
            let digit = digit(&blank, Steps::ALL, [28, 28]);
            assert!(
                digit.picture.pixels().all(|pixel| pixel.0[0] == 0),
                "{level}"
            );
        }
        let dot = digit(&RgbImage::new(1, 1), Steps::ALL, [1, 1]);
        assert_eq!(dot.picture.dimensions(), (1, 1));
    }

    #[test]
    fn a_digit_in_its_form_keeps_its_pixels() {
        let picture = RgbImage::from_fn(28, 28, |x, y| {
            let ink = (9..19).contains(&x) && (4..24).contains(&y);
            Rgb([if ink { 255 } else { 0 }; 3])
        });
        let again = digit(&picture, Steps::ALL, [28, 28]);
        let same = picture.pixels().map(|pixel| pixel.0[0]);
        assert!(again.picture.pixels().map(|pixel| pixel.0[0]).eq(same));
    }
}
