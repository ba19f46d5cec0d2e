//! Corrupted pictures, and a sheet of all corruptions.

use cortexscope_corrupt::{Kind, Picture, SEVERITIES, Settings};
use cortexscope_draw::{Drawing, GridLayout, PictureError, Tile, Tiles, tile_grid};
use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};

/// A picture for people, in 8 bits: grey or in colours, as it is.
pub fn shown(picture: &Picture) -> DynamicImage {
    let [height, width] = picture.size();
    let pixels = height * width;
    let code = |channel: usize, x: u32, y: u32| {
        let at = y as usize * width + x as usize;
        picture.levels()[channel * pixels + at].round() as u8
    };
    let (width, height) = (width as u32, height as u32);
    if picture.channels() == 3 {
        let pixel = |x, y| Rgb([0, 1, 2].map(|channel| code(channel, x, y)));
        RgbImage::from_fn(width, height, pixel).into()
    } else {
        GrayImage::from_fn(width, height, |x, y| Luma([code(0, x, y)])).into()
    }
}

/// Every kind with every severity; a kind that the picture cannot have is named below.
///
/// # Errors
/// The sheet cannot be drawn.
pub fn sheet(input: &str, picture: &Picture, settings: &Settings) -> Result<Drawing, PictureError> {
    let mut tiles = vec![Tile {
        image: shown(picture).into_rgb8(),
        lines: vec!["as it is".to_owned()],
    }];
    let mut left_out = Vec::new();
    for kind in Kind::ALL {
        for severity in SEVERITIES {
            if severity > 1 && !kind.has_severities() {
                continue;
            }
            let settings = Settings {
                severity,
                angle: None,
                sign: None,
                ..*settings
            };
            match kind.apply(picture, &settings) {
                Ok(corrupted) => tiles.push(Tile {
                    image: shown(&corrupted).into_rgb8(),
                    lines: vec![kind.name().to_owned(), format!("severity {severity}")],
                }),
                Err(error) => left_out.push(error.to_string()),
            }
        }
    }
    left_out.dedup();
    let [height, width] = picture.size();
    let layout = GridLayout {
        max_width: 1280.max(5 * width as u32 + 80),
        px_per_value: (112 / height.max(width).max(1)).max(1) as u32,
    };
    tile_grid(
        &Tiles {
            title: "corruptions".to_owned(),
            shape: format!("{height}×{width}"),
            op: input.to_owned(),
            statement: format!(
                "seed {}; as ImageNet-C and MNIST-C define them",
                settings.seed
            ),
            footnote: left_out.join(" · "),
            bar: None,
            columns: None,
            tiles,
        },
        layout,
    )
}
