//! The two panels of an occlusion picture: the input and the map over it.

use image::{Rgba, RgbaImage};

use super::Occlusion;
use crate::drawing::Drawing;
use crate::outline::{self, BRIGHT, DARK};
use crate::range::Range;

/// How bright the input stays where the map does not cover it.
const UNCOVERED: f32 = 0.4;

fn input_pixels(occlusion: &Occlusion, brightness: f32) -> RgbaImage {
    let mut pixels = RgbaImage::new(occlusion.image.width(), occlusion.image.height());
    for (to, from) in pixels.pixels_mut().zip(occlusion.image.pixels()) {
        let [red, green, blue] = from
            .0
            .map(|code| (f32::from(code) * brightness).round() as u8);
        *to = Rgba([red, green, blue, 255]);
    }
    pixels
}

/// The input as it is, with the patch where hiding it costs most.
pub(super) fn input(
    drawing: &mut Drawing,
    occlusion: &Occlusion,
    [x, y]: [i32; 2],
    px_per_value: u32,
) {
    drawing.bitmap([x, y], [px_per_value; 2], input_pixels(occlusion, 1.0));
    if let Some((index, _)) = occlusion.most_important() {
        let offset =
            |position: usize, stride: usize| (position * stride) as i32 * px_per_value as i32;
        let left = x + offset(index % occlusion.columns, occlusion.stride[1]);
        let top = y + offset(index / occlusion.columns, occlusion.stride[0]);
        let [height, width] = occlusion.window.map(|side| side as u32 * px_per_value);
        // Bright between two dark frames: seen on any input.
        drawing.frame([left, top], [width, height], DARK);
        for inset in [1, 2] {
            let size = [width, height].map(|side| side.saturating_sub(2 * inset));
            drawing.frame([left + inset as i32, top + inset as i32], size, BRIGHT);
        }
        let size = [width, height].map(|side| side.saturating_sub(6));
        drawing.frame([left + 3, top + 3], size, DARK);
    }
}

/// The map over the darkened input, and the outline of what is shown.
pub(super) fn map(
    drawing: &mut Drawing,
    occlusion: &Occlusion,
    [x, y]: [i32; 2],
    px_per_value: u32,
    span: Range,
) {
    drawing.bitmap(
        [x, y],
        [px_per_value; 2],
        input_pixels(occlusion, UNCOVERED),
    );
    let mut values = RgbaImage::new(occlusion.columns as u32, occlusion.rows as u32);
    for (pixel, probability) in values.pixels_mut().zip(&occlusion.probabilities) {
        if let Some(probability) = probability.filter(|value| value.is_finite()) {
            let [red, green, blue] = span.colour(probability).0;
            *pixel = Rgba([red, green, blue, 255]);
        }
    }
    // A position's cell is as large as its stride and centred on its patch.
    let begin = |axis: usize| {
        let halves = occlusion.window[axis] as i32 - occlusion.stride[axis] as i32;
        halves * px_per_value as i32 / 2
    };
    let cell = [1, 0].map(|axis| occlusion.stride[axis] as u32 * px_per_value);
    let corner = [x + begin(1).max(0), y + begin(0).max(0)];
    drawing.bitmap(corner, cell, values);
    if let Some(level) = occlusion.outline_level {
        outline::draw(drawing, &occlusion.image, level, [x, y], px_per_value);
    }
}
