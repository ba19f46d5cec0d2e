//! From a picture to what a model wants to see: one way, for every command and the page.

use image::imageops::{self, FilterType};
use image::{DynamicImage, GenericImageView, GrayImage, Luma, RgbImage};

use super::digit_form::{self, Stage, Steps};
use super::grey;
use super::picture::{self, Grounded, Picture};
use super::spec::{Channels, Form, InputSpec, Polarity};

/// An input and what was done to get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// `[C, H, W]`.
    pub values: Vec<f32>,
    /// What was done to the picture, in words and in order; empty if nothing was.
    pub said: Vec<String>,
    /// Every step of the digit form, in order; none without that form.
    pub stages: Vec<Stage>,
    /// Why nothing of the picture is left to see, where that is so.
    pub emptiness: Option<String>,
}

impl Prepared {
    /// One line that says what was done, for people.
    pub fn line(&self) -> Option<String> {
        (!self.said.is_empty()).then(|| format!("prepared: {}", self.said.join(", ")))
    }
}

impl InputSpec {
    /// Makes the model's input from a picture.
    ///
    /// Transparent parts lie on white, or on black where white would hide the rest. A
    /// model that reads digits gets them in MNIST's form. For all others, the middle is
    /// taken where the ratio of the sides differs, and where the model cares about
    /// polarity, the ground is what the picture's edge shows.
    pub fn prepare(&self, picture: &Picture) -> Prepared {
        self.prepare_by(picture, Steps::ALL)
    }

    /// As [`InputSpec::prepare`], with some of the steps of the digit form left out.
    pub fn prepare_by(&self, picture: &Picture, steps: Steps) -> Prepared {
        let mut said = picture.said.clone();
        let Grounded {
            picture,
            said: underlay,
            hidden,
        } = picture.over(self.underlay);
        said.extend(underlay);
        let mut prepared = match self.form {
            Some(Form::Digit) => self.digit(&picture, steps, said),
            None => self.plain(&picture, said),
        };
        prepared.emptiness = hidden.or(prepared.emptiness);
        prepared
    }

    fn digit(&self, picture: &RgbImage, steps: Steps, mut said: Vec<String>) -> Prepared {
        let digit = digit_form::digit(picture, steps, self.size);
        said.extend(digit.said);
        let polarity = steps.polarity.then_some(Polarity::LightOnDark);
        let emptiness = (!digit.has_ink).then(|| {
            "no ink was found: nothing differs enough from the ground around it".to_owned()
        });
        Prepared {
            values: self.grey_input(digit.picture.as_raw(), self.size, polarity),
            said,
            stages: digit.stages,
            emptiness,
        }
    }

    fn plain(&self, picture: &RgbImage, mut said: Vec<String>) -> Prepared {
        let was_visible = picture::is_visible(picture);
        let mut resized = self.resized(picture, &mut said);
        if self.channels == Channels::Grey {
            let grey = grey::of(&resized, true);
            if resized.pixels().any(|pixel| !is_grey(pixel.0)) {
                said.push(format!("grey by {}", grey::FORMULA));
            }
            let inverted = self
                .polarity
                .is_some_and(|wanted| wanted != polarity(&grey));
            if inverted {
                said.push("inverted, because its edge is not the model's ground".to_owned());
            }
            let values = self.grey_values(grey.as_raw(), inverted);
            return Prepared {
                values,
                said,
                stages: Vec::new(),
                emptiness: emptiness(was_visible, &DynamicImage::ImageLuma8(grey).into_rgb8()),
            };
        }
        let wanted = self.polarity;
        if wanted.is_some_and(|wanted| wanted != polarity(&grey::of(&resized, true))) {
            imageops::invert(&mut resized);
            said.push("inverted, because its edge is not the model's ground".to_owned());
        }
        Prepared {
            values: self.colour_values(&resized),
            said,
            stages: Vec::new(),
            emptiness: emptiness(was_visible, &resized),
        }
    }

    /// Makes the model's input from grey pixels `[H, W]` of `size`; a known
    /// `polarity` is turned into the model's.
    ///
    /// Missing pixels are dark.
    pub fn grey_input(
        &self,
        pixels: &[u8],
        [height, width]: [usize; 2],
        polarity: Option<Polarity>,
    ) -> Vec<f32> {
        let inverted = polarity
            .zip(self.polarity)
            .is_some_and(|(is, wanted)| is != wanted);
        let is_grey = self.channels == Channels::Grey;
        // What has the model's size and colours already is not resized, and the grey of grey is
        // the same grey.
        if is_grey && [height, width] == self.size && pixels.len() == height * width {
            return self.grey_values(pixels, inverted);
        }
        let picture = GrayImage::from_fn(width as u32, height as u32, |x, y| {
            let at = y as usize * width + x as usize;
            Luma([pixels.get(at).copied().unwrap_or_default()])
        });
        let picture = DynamicImage::ImageLuma8(picture).into_rgb8();
        let mut picture = self.resized(&picture, &mut Vec::new());
        if is_grey {
            return self.grey_values(grey::of(&picture, true).as_raw(), inverted);
        }
        if inverted {
            imageops::invert(&mut picture);
        }
        self.colour_values(&picture)
    }

    fn resized(&self, picture: &RgbImage, said: &mut Vec<String>) -> RgbImage {
        let [height, width] = self.size.map(|side| side as u32);
        let (from_width, from_height) = picture.dimensions();
        if (from_width, from_height) == (width, height) || from_width == 0 || from_height == 0 {
            return picture.clone();
        }
        // The largest part in the middle with the model's ratio of sides.
        let scale = f64::min(
            f64::from(from_width) / f64::from(width),
            f64::from(from_height) / f64::from(height),
        );
        let part = |side: u32, of: u32| ((f64::from(side) * scale).round() as u32).clamp(1, of);
        let (part_width, part_height) = (part(width, from_width), part(height, from_height));
        if (part_width, part_height) != (from_width, from_height) {
            said.push(format!(
                "cut to the middle {part_width}×{part_height} of {from_width}×{from_height}"
            ));
        }
        said.push(format!("resized to {width}×{height} (width × height)"));
        let middle = picture.view(
            (from_width - part_width) / 2,
            (from_height - part_height) / 2,
            part_width,
            part_height,
        );
        imageops::resize(&*middle, width, height, FilterType::Triangle)
    }

    fn grey_values(&self, pixels: &[u8], inverted: bool) -> Vec<f32> {
        // A picture has many pixels, and 256 levels.
        let of: [f32; 256] = std::array::from_fn(|level| {
            let level = level as u8;
            self.value(0, if inverted { 255 - level } else { level })
        });
        pixels.iter().map(|&pixel| of[usize::from(pixel)]).collect()
    }

    fn colour_values(&self, picture: &RgbImage) -> Vec<f32> {
        let order: &[usize] = match self.channels {
            Channels::Grey => &[0],
            Channels::Rgb => &[0, 1, 2],
            Channels::Bgr => &[2, 1, 0],
            // A picture has no such channels: each gets what is grey.
            Channels::Count(count) => {
                let grey = grey::of(picture, true);
                let plane = |channel| {
                    grey.pixels()
                        .map(move |pixel| self.value(channel, pixel.0[0]))
                };
                return (0..count).flat_map(plane).collect();
            }
        };
        let bytes = picture.as_raw();
        let mut values = Vec::with_capacity(bytes.len());
        for (channel, &colour) in order.iter().enumerate() {
            let of: [f32; 256] = std::array::from_fn(|level| self.value(channel, level as u8));
            let pixels = bytes.as_chunks::<3>().0.iter();
            values.extend(pixels.map(|pixel| of[usize::from(pixel[colour])]));
        }
        values
    }
}

fn is_grey([red, green, blue]: [u8; 3]) -> bool {
    red == green && green == blue
}

/// Why nothing is left of a picture on which something was seen.
fn emptiness(was_visible: bool, picture: &RgbImage) -> Option<String> {
    let is_lost = was_visible && !picture::is_visible(picture);
    is_lost.then(|| {
        "all pixels that are left have one level: what differs lies outside of the middle, or is too small to be seen in the model's size".to_owned()
    })
}

/// The polarity that the mean of the picture's outermost pixels tells.
fn polarity(picture: &GrayImage) -> Polarity {
    let (right, bottom) = (picture.width().max(1) - 1, picture.height().max(1) - 1);
    let edge = picture
        .enumerate_pixels()
        .filter(|(x, y, _)| *x == 0 || *y == 0 || *x == right || *y == bottom);
    let (sum, count) = edge.fold((0_u64, 0_u64), |(sum, count), (_, _, pixel)| {
        (sum + u64::from(pixel.0[0]), count + 1)
    });
    if sum * 2 > count * 255 {
        Polarity::DarkOnLight
    } else {
        Polarity::LightOnDark
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ModelSpec;
    use image::Rgb;

    fn grey(side: usize) -> InputSpec {
        let mut spec = ModelSpec::assumed([1, side, side]).input;
        spec.polarity = Some(Polarity::LightOnDark);
        spec
    }

    /// One dark dot on paper.
    fn dot(side: u32) -> RgbImage {
        let is_dot = |x, y| (x, y) == (side / 2, side / 2);
        RgbImage::from_fn(side, side, |x, y| {
            Rgb([if is_dot(x, y) { 10 } else { 250 }; 3])
        })
    }

    #[test]
    fn paper_is_turned_for_a_model_that_wants_light_ink() {
        let prepared = grey(4).prepare(&dot(4).into());
        assert_eq!(prepared.values[0], 5.0 / 255.0);
        assert_eq!(prepared.values[10], 245.0 / 255.0);
        let line = prepared.line().unwrap();
        assert!(line.starts_with("prepared: inverted"), "{line}");
        let mut careless = grey(4);
        careless.polarity = None;
        let as_is = careless.prepare(&dot(4).into());
        assert_eq!(as_is.values[0], 250.0 / 255.0);
        assert_eq!(as_is.line(), None);
    }

    #[test]
    fn channels_follow_the_models_order() {
        let picture: Picture = RgbImage::from_pixel(2, 1, Rgb([0, 51, 255])).into();
        let mut spec = ModelSpec::assumed([3, 1, 2]).input;
        assert_eq!(
            spec.prepare(&picture).values,
            [0.0, 0.0, 0.2, 0.2, 1.0, 1.0]
        );
        spec.channels = Channels::Bgr;
        assert_eq!(
            spec.prepare(&picture).values,
            [1.0, 1.0, 0.2, 0.2, 0.0, 0.0]
        );
    }

    #[test]
    fn grey_is_one_formula_and_is_named() {
        let mut spec = ModelSpec::assumed([1, 2, 2]).input;
        spec.range = [0.0, 255.0];
        for (colour, expected) in [
            ([255, 0, 0], 76.0),
            ([0, 255, 0], 150.0),
            ([0, 0, 255], 29.0),
        ] {
            let prepared = spec.prepare(&RgbImage::from_pixel(8, 8, Rgb(colour)).into());
            assert_eq!(prepared.values, [expected; 4]);
            assert!(prepared.line().unwrap().contains("grey by BT.601"));
            assert_eq!(prepared.emptiness, None, "one colour was all there was");
        }
    }

    #[test]
    fn the_middle_is_taken_and_said() {
        let wide = RgbImage::from_fn(16, 8, |x, _| Rgb([if x < 4 { 0 } else { 9 * x as u8 }; 3]));
        let prepared = grey(4).prepare(&wide.into());
        assert_eq!(prepared.values.len(), 16);
        let line = prepared.line().unwrap();
        assert!(
            line.contains("middle 8×8 of 16×8, resized to 4×4"),
            "{line}"
        );
    }

    #[test]
    fn a_picture_of_which_nothing_is_left_says_why() {
        let mut wide = RgbImage::from_pixel(64, 8, Rgb([250; 3]));
        wide.put_pixel(1, 1, Rgb([0; 3]));
        let why = grey(4).prepare(&wide.into()).emptiness.unwrap();
        assert!(why.contains("outside of the middle"), "{why}");
    }

    #[test]
    fn digits_of_known_polarity_follow_the_model() {
        let mut spec = grey(2);
        let digit = [0, 255, 51, 0];
        let same = spec.grey_input(&digit, [2, 2], Some(Polarity::LightOnDark));
        assert_eq!(same, [0.0, 1.0, 0.2, 0.0]);
        spec.polarity = Some(Polarity::DarkOnLight);
        let turned = spec.grey_input(&digit, [2, 2], Some(Polarity::LightOnDark));
        assert_eq!(turned, [1.0, 0.0, 0.8, 1.0]);
        // Missing pixels are dark.
        let cut = spec.grey_input(&digit[..3], [2, 2], Some(Polarity::LightOnDark));
        assert_eq!(cut, turned);
    }

    #[test]
    fn the_digit_form_is_made_only_where_it_is_asked_for() {
        let mut paper = RgbImage::from_pixel(120, 120, Rgb([230; 3]));
        for (x, y) in (80..88).flat_map(|x| (20..80).map(move |y| (x, y))) {
            paper.put_pixel(x, y, Rgb([40; 3]));
        }
        let paper: Picture = paper.into();
        let mut spec = ModelSpec::assumed([1, 28, 28]).input;
        assert!(spec.prepare(&paper).stages.is_empty());
        spec.form = Some(Form::Digit);
        let digit = spec.prepare(&paper);
        assert_eq!(digit.stages.len(), 6);
        assert!(digit.values[14 * 28 + 14] > 0.9 && digit.values[0] == 0.0);
        spec.polarity = Some(Polarity::DarkOnLight);
        let turned = spec.prepare(&paper);
        assert!(turned.values[14 * 28 + 14] < 0.1 && turned.values[0] == 1.0);
        let blank = spec.prepare(&RgbImage::from_pixel(90, 90, Rgb([240; 3])).into());
        assert!(blank.emptiness.unwrap().contains("no ink"));
    }
}
