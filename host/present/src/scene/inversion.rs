//! From inverted representations to a row of them beside the input.

use cortexscope_draw::number::significant;
use cortexscope_draw::{GridLayout, Tile, Tiles};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::invert::Inverted;

/// Inputs of a model enlarged to about 110 pixels, or as they are, in rows that a page has room
/// for.
pub fn layout(model: &FloatModel) -> GridLayout {
    GridLayout {
        max_width: super::SHARP_PAGE_PX,
        ..super::ascent::layout(model)
    }
}

/// The input, and what each layer remembers of it, with the distance.
pub fn tiles(model: &FloatModel, input: &[f32], found: &[(&str, &Inverted)]) -> Tiles {
    let spec = &model.spec.input;
    let whole = Tile {
        image: spec.picture(input),
        lines: vec!["input".to_owned()],
    };
    let found = found.iter().map(|(layer, inverted)| {
        let distance = inverted.terms[0].value;
        Tile {
            image: spec.picture(&inverted.input),
            lines: vec![
                (*layer).to_owned(),
                format!("distance {}", significant(distance as f32)),
            ],
        }
    });
    Tiles {
        title: format!("{}: an input as its layers remember it", model.name),
        shape: String::new(),
        op: String::new(),
        statement: "distance: squared difference of what the layer writes, by the square of what it wrote for the input".to_owned(),
        footnote: "Mahendran and Vedaldi 2015; values outside the range of pixels are cut".to_owned(),
        bar: None,
        columns: None,
        tiles: std::iter::once(whole).chain(found).collect(),
    }
}
