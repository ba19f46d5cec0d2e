//! The maps of two networks, method by method.

use cortexscope_draw::{ColourLimit, GridLayout, Tile, Tiles, heat};
use cortexscope_explain::attribute::{Attribution, Method, bilinear, per_pixel};
use cortexscope_explain::float_model::FloatModel;

/// A method and its maps on both networks.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The method.
    pub method: &'a Method,
    /// The float model's map.
    pub float: &'a Attribution,
    /// The int8 network's.
    pub int8: &'a Attribution,
    /// Whether the int8 network's map was made by straight-through gradients.
    pub is_straight_through: bool,
    /// How far they agree, in words.
    pub agreement: &'a str,
}

/// The input, and for each method both maps.
pub fn tiles(model: &FloatModel, input: &[f32], pairs: &[Pair<'_>], statement: &str) -> Tiles {
    let picture = model.spec.input.picture(input);
    let [_, height, width] = model.input_shape();
    let shown = |method: &Method, found: &Attribution| {
        let (values, signed) = per_pixel(found, method);
        let [_, rows, columns] = found.shape;
        let values = bilinear(&values, [rows, columns], [height, width]);
        let (reach, _) = ColourLimit::Greatest.of(&values);
        heat(&values, width as u32, signed, reach, Some(&picture))
    };
    let mut tiles = Vec::new();
    for pair in pairs {
        let name = pair.method.name();
        tiles.push(Tile {
            image: picture.clone(),
            lines: vec![name.to_owned(), pair.method.caption()],
        });
        let int8 = if pair.is_straight_through {
            "int8, straight-through"
        } else {
            "int8"
        };
        for (network, found) in [("float", pair.float), (int8, pair.int8)] {
            tiles.push(Tile {
                image: shown(pair.method, found),
                lines: vec![network.to_owned(), pair.agreement.to_owned()],
            });
        }
    }
    Tiles {
        title: format!("{}: float model and int8 network", model.name),
        shape: String::new(),
        op: String::new(),
        statement: statement.to_owned(),
        footnote: "each map reaches its own greatest magnitude".to_owned(),
        bar: None,
        columns: Some(3),
        tiles,
    }
}

/// A layout for inputs of the model's size.
pub fn layout(model: &FloatModel) -> GridLayout {
    super::ascent::layout(model)
}
