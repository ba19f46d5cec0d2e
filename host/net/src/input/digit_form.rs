//! Pictures in the form of MNIST's digits: grey, contrast, polarity, crop, a box
//! of 20×20 centred by mass in 28×28 (LeCun, Cortes and Burges, "The MNIST
//! database"; LeCun et al. 1998, section III.A).
//!
//! The steps are those of [`cortexscope_digit`], which boards call too, so the same
//! picture gives the same bytes on the command line, on the page and on a board. Every
//! step can be left out, and every step can be looked at.

use cortexscope_digit::{Fact, Found, Observer, form_by, scratch_bytes};
use image::imageops;
use image::{GrayImage, RgbImage};
use serde::{Deserialize, Serialize};

use super::grey;

/// A larger picture is reduced to this side: strokes are found in it just as well.
const WORK_SIDE: u32 = 768;

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

/// Makes `picture` a digit of `[height, width]` pixels, each at most
/// [`SIDE_MAX`](cortexscope_digit::SIDE_MAX).
///
/// A picture without ink is left empty. One that has MNIST's form already, of the
/// network's size on a black or white ground, keeps its pixels.
pub fn digit(picture: &RgbImage, steps: Steps, size: [usize; 2]) -> Digit {
    let mut said = Vec::new();
    let grey = grey::of(&reduced(picture, &mut said), steps.grey);
    let [height, width] = size;
    let mut digit = GrayImage::new(width as u32, height as u32);
    let mut seen = Seen::of(steps);
    let found = form(&grey, &mut digit, &mut seen);
    if seen.is_left_dark() {
        imageops::invert(&mut digit);
    }
    said.extend(seen.words(size));
    Digit {
        stages: seen.stages(&grey, &digit),
        picture: digit,
        said,
        has_ink: found == Found::Ink,
    }
}

/// Makes `digit` of grey pixels, with light ink; whoever looks on is `seen`.
fn form(grey: &GrayImage, digit: &mut GrayImage, seen: &mut Seen) -> Found {
    let sizes = [grey.dimensions(), digit.dimensions()]
        .map(|(width, height)| [height as usize, width as usize]);
    let [size, digit_size] = sizes;
    // Sides are those of a reduced picture and of a description that takes digits: what is
    // left are pictures without pixels, and these hold no ink.
    let Some(bytes) = scratch_bytes(size, digit_size) else {
        return Found::Nothing;
    };
    let mut levels = grey.as_raw().clone();
    let made = form_by(&mut levels, &mut vec![0; bytes], digit, sizes, seen);
    made.unwrap_or(Found::Nothing)
}

/// What was seen while a digit was made.
struct Seen {
    steps: Steps,
    stages: Vec<(cortexscope_digit::Stage, GrayImage)>,
    is_in_form: bool,
    is_dark: bool,
    is_thickened: bool,
    /// `[left, top, width, height]`.
    cut: Option<[usize; 4]>,
}

impl Observer for Seen {
    fn steps(&self) -> cortexscope_digit::Steps {
        cortexscope_digit::Steps {
            contrast: self.steps.contrast,
            crop: self.steps.crop,
            fit: self.steps.fit,
            centre: self.steps.centre,
        }
    }

    fn stage(
        &mut self,
        stage: cortexscope_digit::Stage,
        [height, width]: [usize; 2],
        levels: &mut dyn Iterator<Item = u8>,
    ) {
        let picture = GrayImage::from_raw(width as u32, height as u32, levels.collect());
        self.stages.extend(picture.map(|picture| (stage, picture)));
    }

    fn fact(&mut self, fact: Fact) {
        match fact {
            Fact::InForm => self.is_in_form = true,
            Fact::Dark => self.is_dark = true,
            Fact::Thickened => self.is_thickened = true,
            Fact::Cut {
                top,
                left,
                height,
                width,
            } => self.cut = Some([left, top, width, height]),
        }
    }
}

impl Seen {
    const fn of(steps: Steps) -> Self {
        Self {
            steps,
            stages: Vec::new(),
            is_in_form: false,
            is_dark: false,
            is_thickened: false,
            cut: None,
        }
    }

    /// Whether the ink is dark and stays so.
    const fn is_left_dark(&self) -> bool {
        self.is_dark && !self.steps.polarity
    }

    /// What was done, in order.
    fn words(&self, size: [usize; 2]) -> Vec<String> {
        let steps = self.steps;
        let mut words = Vec::new();
        let turned = (steps.polarity && self.is_dark).then(|| "made dark ink light".to_owned());
        if self.is_in_form {
            words.push("left in MNIST's form".to_owned());
            words.extend(turned);
            return words;
        }
        if steps.contrast {
            words.push("evened the ground".to_owned());
        }
        words.extend(turned);
        if let Some([left, top, width, height]) = self.cut {
            words.push(format!("cut out {width}×{height} at ({left}, {top})"));
        }
        if steps.fit {
            let side = cortexscope_digit::box_side(size);
            words.push(format!("fitted into {side}×{side}"));
        }
        if self.is_thickened {
            words.push("thickened the strokes".to_owned());
        }
        if steps.centre {
            words.push("centred by mass".to_owned());
        }
        words
    }

    /// Every step, of a picture that was `grey` and became `digit`.
    fn stages(&self, grey: &GrayImage, digit: &GrayImage) -> Vec<Stage> {
        use cortexscope_digit::Stage as Seen;
        let after = |stage: Seen, is_dark: bool| {
            let mut seen = self.stages.iter();
            let found = seen.find(|(seen, _)| *seen == stage);
            let mut picture = match found {
                Some((_, picture)) => picture.clone(),
                // Its only change is the polarity.
                None if self.is_in_form && is_dark == self.is_dark => return grey.clone(),
                None if self.is_in_form => return digit.clone(),
                // Without ink there is nothing but ground.
                None if matches!(stage, Seen::Contrast | Seen::Crop) => {
                    GrayImage::new(grey.width(), grey.height())
                }
                None => GrayImage::new(digit.width(), digit.height()),
            };
            if is_dark {
                imageops::invert(&mut picture);
            }
            picture
        };
        let steps = self.steps;
        let (is_turned, is_left_dark) = (steps.polarity && self.is_dark, self.is_left_dark());
        let made = |is_made: bool| is_made && !self.is_in_form;
        let stage = |name, made, picture| Stage {
            name,
            made,
            picture,
        };
        vec![
            stage("grey", made(steps.grey), grey.clone()),
            stage(
                "contrast",
                made(steps.contrast),
                after(Seen::Contrast, self.is_dark),
            ),
            stage(
                "polarity",
                if self.is_in_form {
                    is_turned
                } else {
                    steps.polarity
                },
                after(Seen::Contrast, is_left_dark),
            ),
            stage("crop", made(steps.crop), after(Seen::Crop, is_left_dark)),
            stage("fit", made(steps.fit), after(Seen::Fit, is_left_dark)),
            stage("centre", made(steps.centre), digit.clone()),
        ]
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
    fn ink_that_stays_dark_lies_on_light_ground() {
        let paper = paper([70, 20, 10, 60]);
        let light = digit(&paper, Steps::ALL, [28, 28]);
        let dark = Steps {
            polarity: false,
            ..Steps::ALL
        };
        let mut dark = digit(&paper, dark, [28, 28]);
        assert!(dark.has_ink);
        assert_eq!(
            dark.said,
            [
                "evened the ground",
                "cut out 10×60 at (70, 20)",
                "fitted into 20×20",
                "centred by mass",
            ]
        );
        let [turned, left] = [&light, &dark].map(|digit| &digit.stages[3].picture);
        assert_eq!(turned.dimensions(), (10, 60));
        let levels = turned.pixels().zip(left.pixels());
        assert!(
            levels
                .into_iter()
                .all(|(light, dark)| light.0[0] == 255 - dark.0[0])
        );
        imageops::invert(&mut dark.picture);
        assert_eq!(dark.picture, light.picture);
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
