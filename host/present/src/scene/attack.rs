//! From adversarial examples to the lecture's three panels, and from a survey to a curve.

use cortexscope_draw::number::{percent, significant};
use cortexscope_draw::{AccuracyCurves, AccuracySeries, GridLayout, Tile, Triptych};
use cortexscope_explain::attack::{Example, Judged, MethodInfo, Norm, Survey};
use cortexscope_explain::float_model::FloatModel;
use image::RgbImage;

use super::SHARP_PAGE_PX;
use super::colours::colours;

/// Panels of about 176 pixels, three of which a page has room for, or as they are.
pub fn layout(model: &FloatModel) -> GridLayout {
    let [_, height, width] = model.input_shape();
    GridLayout {
        max_width: SHARP_PAGE_PX,
        px_per_value: (176 / height.max(width)).max(1) as u32,
    }
}

/// x, what was added, and x' with what the model takes them for.
pub fn three_panels(
    model: &FloatModel,
    method: MethodInfo,
    example: &Example,
    input: &str,
    eps: Option<f64>,
) -> Triptych {
    let spec = &model.spec.input;
    let [_, height, width] = model.input_shape();
    let changed = example.changed();
    let shown = example.direction.clone().unwrap_or_else(|| {
        let pixels = example.original.iter().zip(&changed);
        pixels.map(|(from, to)| to - from).collect()
    });
    let reach = shown
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let middle = colours(&shown, [height, width], spec.rgb_planes(), reach);
    let names = |judged: &Judged, what: &str| {
        let label = model.short_label(judged.class);
        vec![
            format!("{what}: {label}"),
            format!("confidence {}", percent(judged.probability as f32)),
        ]
    };
    let eps = eps.map(|eps| significant(eps as f32));
    let (what, scale) = match (&example.direction, &eps, method.norm) {
        (Some(_), Some(eps), Norm::Greatest) => (
            format!("{eps} × sign of the gradient"),
            format!(
                "middle panel: grey 0, white +1, black −1, that is ± {eps} of the range of pixels"
            ),
        ),
        (Some(_), Some(eps), Norm::Euclidean) => (
            format!("{eps} × gradient of length 1"),
            format!(
                "middle panel: grey is 0, the greatest magnitude, {}, is white or black",
                significant(reach)
            ),
        ),
        _ => (
            "change".to_owned(),
            format!(
                "middle panel, x' − x: grey is 0, the greatest change, {} of the range of pixels, is white or black",
                significant(reach)
            ),
        ),
    };
    let size = match method.norm {
        Norm::Greatest => format!("greatest change {}", significant(example.greatest as f32)),
        Norm::Euclidean => format!("L2 length {}", significant(example.length as f32)),
    };
    let levels: Vec<f32> = changed;
    let panel = |image, lines| Tile { image, lines };
    Triptych {
        title: method.name.to_owned(),
        input: format!("{input} on {}", model.title()),
        statement: scale,
        footnote: "x' has 8 bits and was judged so".to_owned(),
        panels: [
            panel(
                picture(model, &example.original),
                names(&example.before, "x"),
            ),
            panel(middle, vec![what, size]),
            panel(picture(model, &levels), names(&example.after, "x'")),
        ],
    }
}

/// A picture of pixels from 0 to 1, `[C, H, W]`.
pub fn picture(model: &FloatModel, pixels: &[f32]) -> RgbImage {
    model.spec.input.picture(&values(model, pixels))
}

/// The model's values of pixels from 0 to 1.
pub fn values(model: &FloatModel, pixels: &[f32]) -> Vec<f32> {
    let [_, height, width] = model.input_shape();
    let values = pixels.iter().enumerate().map(|(at, &pixel)| {
        let channel = at / (height * width);
        model.spec.input.value_of_level(channel, pixel * 255.0)
    });
    values.collect()
}

/// Accuracy against ε; `None` for a method that takes no ε.
pub fn curve(model: &FloatModel, method: MethodInfo, survey: &Survey) -> Option<AccuracyCurves> {
    let share = |right: usize, of: usize| right as f64 / of.max(1) as f64;
    let mut points: Vec<[f64; 2]> = survey
        .rows
        .iter()
        .filter_map(|row| Some([row.eps?, share(row.right, row.images)]))
        .collect();
    let first = survey.rows.first()?;
    if points.is_empty() {
        return None;
    }
    // Without an attack.
    if points.iter().all(|point| point[0] > 0.0) {
        points.push([0.0, share(first.right_before, first.images)]);
    }
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let norm = match method.norm {
        Norm::Greatest => "greatest change of a pixel",
        Norm::Euclidean => "L2 length of the change",
    };
    Some(AccuracyCurves {
        title: format!("{} on {}", method.name, model.title()),
        subject: format!("{} inputs", first.images),
        statement: "share of all inputs that are right before and after, judged in 8 bits"
            .to_owned(),
        axis: format!("ε, {norm}, pixels from 0 to 1"),
        series: vec![AccuracySeries {
            name: if model.is_straight_through() {
                "int8"
            } else {
                "float"
            }
            .to_owned(),
            points,
        }],
    })
}
