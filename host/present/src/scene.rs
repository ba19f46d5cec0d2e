//! From what a board gave to what a picture shows.

pub mod activation;
pub mod ascent;
pub mod attack;
pub mod attribution;
pub mod colours;
pub mod control;
pub mod corruption;
pub mod dissimilarity;
pub mod evolution;
pub mod filters;
pub mod fool;
pub mod inversion;
pub mod memory;
pub mod preparation;
pub mod readout;
pub mod reconstruction;
pub mod side_by_side;

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_core::{Model, Op};
use cortexscope_draw::{ActivationMaps, Drawing, MapRole, Occlusion, Quantisation};
use cortexscope_rig::session::{OccludeRequest, OcclusionMap};
use cortexscope_rig::{Activation, Recording};
use image::RgbImage;

/// Widest that a picture becomes which a page shows too. With the page's padding it fits a
/// window of 1024 pixels.
pub(crate) const PAGE_PX: u32 = 976;

/// Widest of a picture that is saved with two pixels for each of its own and shown on a page: the
/// file then has 1,272.
pub const SHARP_PAGE_PX: u32 = 636;

/// Pixels of a file for each of a drawing's: two where a page then still has room for it.
pub fn page_density(drawing: &Drawing) -> u32 {
    if drawing.width <= SHARP_PAGE_PX { 2 } else { 1 }
}

/// The last part of a path: a picture has no room for folders.
pub fn last_part(path: &str) -> &str {
    let mut parts = path.split(['/', '\\']);
    parts.rfind(|part| !part.is_empty()).unwrap_or(path)
}

/// An occlusion map over the input that it explains; `level` is the fill as a
/// grey level.
pub fn occlusion(
    model: &ModelFiles,
    input: &[i8],
    request: &OccludeRequest,
    level: u8,
    map: &OcclusionMap,
) -> Occlusion {
    let shape = model.image.model().input().shape;
    let positions = request.positions([shape.height, shape.width]);
    let [rows, columns] = positions.unwrap_or_default();
    Occlusion {
        image: stimulus(model, input),
        outline_level: (shape.channels == 1).then_some(128),
        rows,
        columns,
        probabilities: map.probabilities.iter().copied().map(Some).collect(),
        window: request.window.map(usize::from),
        stride: request.stride.map(usize::from),
        fill: fill_name(level),
        class: model.label(map.class.into()),
        base_probability: map.base_probability,
    }
}

fn fill_name(level: u8) -> String {
    match level {
        0 => "0 (black)".to_owned(),
        255 => "255 (white)".to_owned(),
        level => format!("{level} (grey)"),
    }
}

/// The int8 input `[C, H, W]` as a picture: its whole range from black to white.
pub fn stimulus(model: &ModelFiles, input: &[i8]) -> RgbImage {
    let shape = model.image.model().input().shape;
    let pixels = shape.height * shape.width;
    RgbImage::from_fn(shape.width as u32, shape.height as u32, |x, y| {
        let at = y as usize * shape.width + x as usize;
        let level = |channel: usize| {
            let channel = channel.min(shape.channels - 1);
            (i16::from(input[channel * pixels + at]) + 128) as u8
        };
        image::Rgb([level(0), level(1), level(2)])
    })
}

/// A tapped tensor as maps, named by what wrote it.
pub fn maps(model: &Model<'_>, activation: &Activation) -> ActivationMaps {
    let layer = activation
        .tensor
        .checked_sub(1)
        .and_then(|layer| model.layer(layer));
    ActivationMaps {
        layer: activation.name.clone(),
        op: layer.map_or_else(|| "input".to_owned(), |layer| operator(&layer.op)),
        channels: activation.shape.channels,
        height: activation.shape.height,
        width: activation.shape.width,
        values: activation.real(),
        quantisation: Some(Quantisation {
            scale: activation.scale,
            zero: activation.zero,
        }),
        role: if activation.tensor == 0 {
            MapRole::Stimulus
        } else {
            MapRole::Activation
        },
    }
}

/// The logits as maps.
pub fn logits(model: &Model<'_>, recording: &Recording) -> ActivationMaps {
    let tensor = model.logits();
    let last = model.layer(model.tensor_count().saturating_sub(2));
    ActivationMaps {
        layer: tensor.name.to_owned(),
        op: last.map_or_else(String::new, |layer| operator(&layer.op)),
        channels: tensor.shape.channels,
        height: tensor.shape.height,
        width: tensor.shape.width,
        values: recording.logits.clone(),
        quantisation: None,
        role: MapRole::Activation,
    }
}

/// An operator in a few words.
pub fn operator(op: &Op<'_>) -> String {
    match op {
        Op::Conv2d(conv) => {
            format!(
                "convolution {}×{}",
                conv.window.kernel_h, conv.window.kernel_w
            )
        }
        Op::Dense(_) => "dense".to_owned(),
        Op::MaxPool(pool) => {
            format!("max pool {}×{}", pool.window.kernel_h, pool.window.kernel_w)
        }
        Op::Lookup(_) => "element-wise, by table".to_owned(),
        Op::Concat => "concatenation".to_owned(),
        Op::Add(_) => "sum".to_owned(),
        Op::Mul(_) => "product".to_owned(),
        Op::DepthToSpace(map) => {
            let [rows, columns] = map.block();
            format!("channels as blocks of {rows}×{columns}")
        }
    }
}
