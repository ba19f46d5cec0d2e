//! A sheet of fooling images: what the network sees with certainty, and nobody else.

use cortexscope_draw::number::percent;
use cortexscope_draw::{GridLayout, Tile, Tiles};
use cortexscope_explain::fool::Champion;
use cortexscope_net::input::{InputSpec, ModelSpec};

/// Pictures of about 112 pixels, or as they are.
pub fn layout(spec: &InputSpec) -> GridLayout {
    let [height, width] = spec.size;
    GridLayout {
        max_width: 1280,
        px_per_value: (112 / height.max(width)).max(1) as u32,
    }
}

/// One picture for each class, with the class that it is taken for and the confidence.
pub fn sheet(
    spec: &ModelSpec,
    model: &str,
    method: &str,
    champions: &[Champion],
    values: &dyn Fn(&[u8]) -> Vec<f32>,
) -> Tiles {
    let tile = |(class, champion): (usize, &Champion)| Tile {
        image: spec.input.picture(&values(&champion.levels)),
        lines: vec![
            name(&spec.output.labels, class),
            percent(champion.probability as f32),
        ],
    };
    let [channels, height, width] = spec.input.shape();
    Tiles {
        title: question(champions.len()).to_owned(),
        shape: format!("{channels}×{height}×{width}"),
        op: format!("{method} on {model}"),
        statement:
            "below each picture: the class that the network takes it for, and its confidence"
                .to_owned(),
        footnote: String::new(),
        bar: None,
        columns: (champions.len() == 10).then_some(5),
        tiles: champions.iter().enumerate().map(tile).collect(),
    }
}

/// What the lecture asks of digits.
fn question(classes: usize) -> &'static str {
    if classes == 10 {
        "Can we see digits?"
    } else {
        "Can we see anything?"
    }
}

/// The first of the names of a class, or its number.
fn name(labels: &[String], class: usize) -> String {
    let label = labels.get(class).and_then(|label| label.split(',').next());
    match label.map(str::trim) {
        Some(label) if !label.is_empty() => label.to_owned(),
        _ => class.to_string(),
    }
}
