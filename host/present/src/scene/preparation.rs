//! How an input was made, step by step, as pictures.

use cortexscope_draw::{ActivationMaps, MapRole, Tile, Tiles};
use cortexscope_net::input::{FloatInput, InputSpec};
use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, Rgb, RgbImage};

/// The side of a step in a picture.
const SIDE: u32 = 112;
/// The side of a step on a terminal.
const TERMINAL_SIDE: u32 = 28;

/// Every step of the preparation and what the model gets, side by side.
pub fn tiles(input: &FloatInput, spec: &InputSpec) -> Tiles {
    let steps = input.stages.iter().map(|stage| Tile {
        image: framed(&rgb(&stage.picture), SIDE),
        lines: vec![stage.name.to_owned(), made(stage.made).to_owned()],
    });
    let last = Tile {
        image: framed(&spec.picture(&input.values), SIDE),
        lines: vec!["input".to_owned(), "what the model gets".to_owned()],
    };
    Tiles {
        title: input.name.clone(),
        shape: shape(spec),
        op: "preparation".to_owned(),
        statement: input.notes.join("; "),
        footnote: String::new(),
        bar: None,
        columns: None,
        tiles: steps.chain([last]).collect(),
    }
}

/// The same for a terminal: small maps side by side.
pub fn maps(input: &FloatInput, spec: &InputSpec) -> ActivationMaps {
    let mut names: Vec<&str> = Vec::new();
    let mut values = Vec::new();
    let mut add = |name, picture: &RgbImage| {
        names.push(name);
        let small = framed(picture, TERMINAL_SIDE);
        let grey = cortexscope_net::input::grey::of(&small, true);
        values.extend(grey.pixels().map(|pixel| f32::from(pixel.0[0])));
    };
    for stage in &input.stages {
        add(stage.name, &rgb(&stage.picture));
    }
    add("input", &spec.picture(&input.values));
    ActivationMaps {
        layer: names.join(", "),
        op: "steps of the preparation".to_owned(),
        channels: names.len(),
        height: TERMINAL_SIDE as usize,
        width: TERMINAL_SIDE as usize,
        values,
        quantisation: None,
        role: MapRole::Stimulus,
    }
}

fn made(made: bool) -> &'static str {
    if made { "" } else { "left out" }
}

fn shape(spec: &InputSpec) -> String {
    spec.shape().map(|size| size.to_string()).join("×")
}

fn rgb(picture: &GrayImage) -> RgbImage {
    DynamicImage::ImageLuma8(picture.clone()).into_rgb8()
}

/// A picture in the middle of a square of `side` pixels, as large as fits.
fn framed(picture: &RgbImage, side: u32) -> RgbImage {
    let mut frame = RgbImage::from_pixel(side, side, Rgb([128; 3]));
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return frame;
    }
    let scale = f64::from(side) / f64::from(width.max(height));
    let scaled = |size: u32| ((f64::from(size) * scale).round() as u32).clamp(1, side);
    let filter = if scale > 1.0 {
        FilterType::Nearest
    } else {
        FilterType::Triangle
    };
    let sized = imageops::resize(picture, scaled(width), scaled(height), filter);
    let [left, top] = [sized.width(), sized.height()].map(|size| i64::from((side - size) / 2));
    imageops::replace(&mut frame, &sized, left, top);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::input::{Form, ModelSpec, Picture};

    #[test]
    fn every_step_has_a_tile_and_so_has_the_input() {
        let mut spec = ModelSpec::assumed([1, 28, 28]).input;
        let mut picture = RgbImage::from_pixel(90, 60, Rgb([240; 3]));
        for (x, y) in (40..46).flat_map(|x| (10..50).map(move |y| (x, y))) {
            picture.put_pixel(x, y, Rgb([20; 3]));
        }
        let picture = Picture::from(picture);
        let plain = FloatInput::of_picture("a.png", &picture, &spec).unwrap();
        assert_eq!(tiles(&plain, &spec).tiles.len(), 1);
        spec.form = Some(Form::Digit);
        let digit = FloatInput::of_picture("a.png", &picture, &spec).unwrap();
        let drawn = tiles(&digit, &spec);
        assert_eq!(drawn.tiles.len(), 7);
        assert!(drawn.statement.contains("made dark ink light"));
        let all = drawn.tiles.iter();
        assert!(
            all.clone()
                .all(|tile| tile.image.dimensions() == (SIDE, SIDE))
        );
        let maps = maps(&digit, &spec);
        assert!(maps.check().is_ok() && maps.channels == 7);
        assert_eq!(
            maps.layer,
            "grey, contrast, polarity, crop, fit, centre, input"
        );
    }
}
