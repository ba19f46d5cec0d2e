//! Attributions of many methods side by side.

use std::path::Path;

use image::RgbImage;

use super::{GalleryError, Making};
use crate::scene::attribution::per_pixel;
use crate::scene::colours::colours;
use cortexscope_draw::number::percent;
use cortexscope_draw::{ColourLimit, GridLayout, Tile, Tiles, heat, tile_grid};
use cortexscope_explain::attribute::{
    ExplainError, Given, Method, REGISTRY, Request, explain, greatest_magnitude,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{Aim, ClassValue, Target};
use cortexscope_net::input::picture;

const LIMIT: ColourLimit = ColourLimit::Percentile(99.5);
const DIGITS: [usize; 5] = [0, 1, 4, 18, 61];
const PHOTOS: [&str; 5] = [
    "tracel_flamingo.jpg",
    "coral_parrot.jpg",
    "tracel_dog.jpg",
    "tracel_cat.jpg",
    "coral_hot_dog.jpg",
];

/// Methods of the lines on photographs, which have no room for all.
const ON_PHOTOS: [&str; 7] = [
    "saliency",
    "smooth-grad",
    "integrated-gradients",
    "guided-backprop",
    "grad-cam",
    "lrp-gamma",
    "occlusion",
];

/// Every method of the registry for a model with an input of `shape`, `[C, H, W]`, with what
/// suits the gallery better than its defaults.
fn methods(shape: [usize; 3], samples: usize, seed: u64) -> Result<Vec<Method>, GalleryError> {
    let side = shape[1] / 6;
    let suited: &[(&str, &[(&str, String)])] = &[
        (
            "smooth-grad",
            &[
                ("of", "magnitude".to_owned()),
                ("samples", samples.to_string()),
                ("level", "0.15".to_owned()),
                ("seed", seed.to_string()),
            ],
        ),
        (
            "integrated-gradients",
            &[
                ("baseline", "black".to_owned()),
                ("steps", samples.to_string()),
                ("quadrature", "midpoint".to_owned()),
            ],
        ),
        (
            "lrp-gamma",
            &[("composite", "epsilon-gamma-box".to_owned())],
        ),
        ("rise", &[("samples", (4 * samples).to_string())]),
        (
            "occlusion",
            &[
                ("window", side.to_string()),
                ("stride", (side / 4).max(1).to_string()),
                ("fill", "mean".to_owned()),
            ],
        ),
    ];
    let made = REGISTRY.iter().map(|info| {
        let own = suited.iter().filter(|(method, _)| *method == info.name);
        let given = own.flat_map(|(_, arguments)| *arguments);
        let given = given.map(|(name, text)| Given {
            name: (*name).to_owned(),
            text: text.clone(),
        });
        let given: Vec<Given> = given.collect();
        let open = |name: &str| Err(format!("the gallery opens no input {name}"));
        Ok(Method::with_arguments(info.name, &given, shape, &open)?)
    });
    made.collect()
}

/// The predicted class of an input, and its probability.
fn predicted(model: &FloatModel, input: &[f32]) -> Result<(Aim, String), GalleryError> {
    let aim = Aim::predicted(model, input, ClassValue::Logit)?;
    let class = aim.class_in(model).unwrap_or_default();
    let probability = aim.probability(model, input)?.unwrap_or_default();
    let label = model.short_label(class);
    Ok((aim, format!("{label}, {}", percent(probability as f32))))
}

/// One attribution as a picture: derivatives with respect to colours in their own
/// colours, everything else as a map.
fn shown(
    making: &mut Making<'_>,
    model: &FloatModel,
    input: &[f32],
    aim: &Aim,
    method: &Method,
) -> Result<RgbImage, GalleryError> {
    let aim = &if method.begins_in_a_map() {
        class_map(model, aim)?
    } else {
        aim.clone()
    };
    let request = Request { input, aim, method };
    let what = format!("{}: {} of {}", model.name, method.name(), aim.words);
    let found = explain(model, request, &mut |done, all| {
        (making.watch)(&format!("{what}, {done} of {all}"))
    })?;
    let [channels, height, width] = found.shape;
    if channels == 3 && method.is_in_colour() {
        let (reach, _) = LIMIT.of(&greatest_magnitude(&found.values, height * width));
        let planes = model.spec.input.rgb_planes();
        return Ok(colours(&found.values, [height, width], planes, reach));
    }
    let (values, signed) = per_pixel(&found, method);
    let (reach, _) = LIMIT.of(&values);
    let photograph = method.is_coarse().then(|| model.spec.input.picture(input));
    Ok(heat(
        &values,
        width as u32,
        signed,
        reach,
        photograph.as_ref(),
    ))
}

/// The last map of the class, where there is one: the deconvnet of Zeiler and Fergus 2014
/// begins at one position of a map, not at its mean.
fn class_map(model: &FloatModel, aim: &Aim) -> Result<Aim, GalleryError> {
    let [classes, ..] = aim.shape;
    let map = model.layers().iter().rev().find(|layer| {
        let [channels, height, width] = layer.shape;
        channels == classes && height * width > 1
    });
    match (map, aim.class_in(model)) {
        (Some(layer), Some(class)) => {
            let target = format!("{}:{class}", layer.name).parse::<Target>()?;
            Ok(target.aim(model, ClassValue::Logit)?)
        }
        _ => Ok(aim.clone()),
    }
}

/// A row of tiles: the input, and every method on it that the model's architecture allows.
fn row(
    making: &mut Making<'_>,
    model: &FloatModel,
    input: &[f32],
    methods: &[Method],
) -> Result<Vec<Tile>, GalleryError> {
    let (aim, label) = predicted(model, input)?;
    let mut tiles = vec![Tile {
        image: model.spec.input.picture(input),
        lines: vec![label],
    }];
    for method in methods {
        let image = match shown(making, model, input, &aim, method) {
            Err(GalleryError::Explain(ExplainError::NoPooling { .. })) => continue,
            image => image?,
        };
        tiles.push(Tile {
            image,
            lines: vec![method.name().to_owned(), method.caption()],
        });
    }
    Ok(tiles)
}

const SIGNED: &str = "blue: evidence for the class; orange: against it; black to yellow: magnitude; in colour, grey is zero";

pub fn lenet(making: &mut Making<'_>, model: &FloatModel) -> Result<(), GalleryError> {
    let digits = cortexscope_net::input::MnistSet::test_digits()?;
    let methods = methods(model.input_shape(), 64, making.gallery.seed)?;
    let mut tiles = Vec::new();
    let mut in_a_row = 1;
    for digit in DIGITS {
        if let Some(input) = digits.input(digit, &model.spec.input) {
            let row = row(making, model, &input, &methods)?;
            in_a_row = row.len();
            tiles.extend(row);
        }
    }
    let title = "the lecture LeNet, every method";
    let tiles = side_by_side(title, tiles, in_a_row.div_ceil(2));
    let layout = GridLayout {
        max_width: 1280,
        px_per_value: 5,
    };
    let drawing = tile_grid(&tiles, layout)?;
    let command = "explain METHOD lecture-lenet mnist:0";
    making.add(
        "lenet-attributions.png",
        "Attributions of digits, side by side",
        command,
        1,
        &drawing,
    )
}

pub fn squeezenet(
    making: &mut Making<'_>,
    model: &FloatModel,
    data: &Path,
) -> Result<(), GalleryError> {
    let methods = methods(model.input_shape(), 32, making.gallery.seed)?;
    let some = methods
        .iter()
        .filter(|method| ON_PHOTOS.contains(&method.name()));
    let some: Vec<Method> = some.cloned().collect();
    let mut chosen = Vec::new();
    for (index, photo) in PHOTOS.iter().enumerate() {
        let path = data.join("photos").join(photo);
        if !path.is_file() {
            continue;
        }
        let input = model.spec.input.prepare(&picture::open(&path)?).values;
        if index > 0 {
            chosen.extend(row(making, model, &input, &some)?);
        } else {
            let tiles = row(making, model, &input, &methods)?;
            // The first tile is the photograph.
            let on_line = tiles
                .iter()
                .enumerate()
                .filter(|(at, tile)| *at == 0 || ON_PHOTOS.contains(&tile.lines[0].as_str()));
            chosen.extend(on_line.map(|(_, tile)| tile.clone()));
            let all = side_by_side("SqueezeNet on a photograph, every method", tiles, 5);
            let layout = GridLayout {
                max_width: 1280,
                px_per_value: 1,
            };
            let drawing = tile_grid(&all, layout)?;
            let command = format!("explain METHOD squeezenet_v1.0_dc.onnx {photo}");
            making.add(
                "squeezenet-methods.png",
                "Every method on one photograph",
                &command,
                1,
                &drawing,
            )?;
        }
    }
    if chosen.is_empty() {
        return Ok(());
    }
    let grid = side_by_side("SqueezeNet on photographs", chosen, ON_PHOTOS.len() + 1);
    let layout = GridLayout {
        max_width: 1900,
        px_per_value: 1,
    };
    let drawing = tile_grid(&grid, layout)?;
    let command = "explain METHOD squeezenet_v1.0_dc.onnx PHOTO";
    making.add(
        "squeezenet-attributions.png",
        "Attributions on photographs, side by side",
        command,
        1,
        &drawing,
    )
}

/// A grid of tiles whose maps have a scale each.
fn side_by_side(title: &str, tiles: Vec<Tile>, columns: usize) -> Tiles {
    Tiles {
        title: title.to_owned(),
        shape: String::new(),
        op: "predicted class, logit".to_owned(),
        statement: SIGNED.to_owned(),
        footnote: "each map reaches its own 99.5th percentile".to_owned(),
        bar: None,
        columns: Some(columns),
        tiles,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::attribute::METHODS;

    #[test]
    fn every_method_is_drawn_with_what_suits_it() {
        let made = methods([1, 28, 28], 3, 5).unwrap();
        let names: Vec<&str> = made.iter().map(Method::name).collect();
        assert_eq!(names, METHODS);
        let method = |name| made.iter().find(|method| method.name() == name).unwrap();
        assert_eq!(method("smooth-grad").seed(), Some(5));
        assert_eq!(method("lrp-gamma").variant(), "epsilon-gamma-box");
        assert_eq!(method("lrp-epsilon").variant(), "uniform");
        assert!(method("occlusion").caption().contains("4×4"));
        assert!(ON_PHOTOS.iter().all(|name| METHODS.contains(name)));
    }
}
