//! From an attribution to its picture.

use super::colours::colours;
use cortexscope_draw::number::significant;
use cortexscope_draw::{AttributionPicture, ColourLimit, Rendering};
pub use cortexscope_explain::attribute::per_pixel;
use cortexscope_explain::attribute::{Attribution, Request, bilinear};
use cortexscope_explain::float_model::FloatModel;

/// An attribution over the input that it explains.
pub fn attribution(
    model: &FloatModel,
    request: Request<'_>,
    attribution: &Attribution,
    reach: ColourLimit,
) -> AttributionPicture {
    let (values, signed) = per_pixel(attribution, request.method);
    let [channels, height, width] = attribution.shape;
    let [_, rows, columns] = model.input_shape();
    // A map on its layer's grid is drawn over the input all the same.
    let values = if [height, width] == [rows, columns] {
        values
    } else {
        bilinear(&values, [height, width], [rows, columns])
    };
    let spec = &model.spec.input;
    let rendering = if channels == 3 && !request.method.is_additive() {
        let (most, _) = reach.of(&attribution.values);
        let size = [height, width];
        let planes = spec.rgb_planes();
        Rendering::Colours(colours(&attribution.values, size, planes, most))
    } else {
        Rendering::Map
    };
    let residuals = attribution
        .residuals
        .iter()
        .map(|residual| format!("{} {}", residual.name, significant(residual.value as f32)));
    AttributionPicture {
        title: if model.is_straight_through() {
            format!("{}, int8, straight-through", request.method.name())
        } else {
            request.method.name().to_owned()
        },
        target: format!(
            "{} {}",
            request.aim.words,
            significant(attribution.score as f32)
        ),
        statement: request.method.statement(),
        footnote: residuals.collect::<Vec<_>>().join(" · "),
        input: spec.picture(request.input),
        values,
        signed,
        reach,
        rendering,
        outline_level: (spec.channels.count() == 1).then_some(128),
    }
}
