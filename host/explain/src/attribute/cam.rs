//! Grad-CAM and guided Grad-CAM (Selvaraju et al. 2017).

use super::{
    Attribution, Backward, ExplainError, GradCam, NamedMap, Request, Rules, Wrt, bilinear,
    gradient, whole,
};
use crate::float_model::FloatModel;

/// Weights αₖ = 1/Z ΣᵢΣⱼ ∂y/∂Aₖᵢⱼ over the Z positions of a map Aₖ; the map
/// ReLU(Σₖ αₖ Aₖ), upsampled to the input.
pub fn run(
    model: &FloatModel,
    request: Request<'_>,
    parameters: &GradCam,
) -> Result<Attribution, ExplainError> {
    let Request { input, aim, .. } = request;
    let layer = match &parameters.layer {
        Some(name) => model.find(name)?,
        None => model.last_maps()?,
    };
    let [channels, height, width] = model.layer(layer).shape;
    if layer >= aim.layer || height * width == 1 {
        let before = &model.layers()[..aim.layer.0];
        let maps = before
            .iter()
            .filter(|layer| layer.shape[1] * layer.shape[2] > 1);
        return Err(ExplainError::NoMaps {
            target: aim.words.clone(),
            layer: model.layer(layer).name.clone(),
            have: maps.map(|layer| layer.name.clone()).collect(),
        });
    }
    let mut backward = Backward::new(model, aim.layer, Wrt::Layer(layer), Rules::Gradient)?;
    let pass = backward.run(input, aim)?;
    let positions = height * width;
    let mut sums = vec![0.0_f64; positions];
    let maps = pass.values.chunks_exact(positions);
    for (map, slopes) in maps.zip(pass.gradient.chunks_exact(positions)) {
        let mean = slopes.iter().copied().map(f64::from).sum::<f64>() / positions as f64;
        for (sum, &value) in sums.iter_mut().zip(map) {
            *sum += mean * f64::from(value);
        }
    }
    let coarse: Vec<f32> = sums.iter().map(|&sum| sum.max(0.0) as f32).collect();
    let weights = pass.gradient.chunks_exact(positions).map(|slopes| {
        (slopes.iter().copied().map(f64::from).sum::<f64>() / positions as f64) as f32
    });
    let weights = weights.collect();
    let [_, rows, columns] = model.input_shape();
    Ok(Attribution {
        shape: [1, rows, columns],
        values: bilinear(&coarse, [height, width], [rows, columns]),
        score: pass.score,
        residuals: Vec::new(),
        maps: vec![
            NamedMap {
                name: "cam",
                shape: [1, height, width],
                values: coarse,
            },
            NamedMap {
                name: "weights",
                shape: [channels, 1, 1],
                values: weights,
            },
        ],
        rules: Vec::new(),
    })
}

/// Guided backprop, each channel times the upsampled Grad-CAM.
pub fn guided(
    model: &FloatModel,
    request: Request<'_>,
    parameters: &GradCam,
) -> Result<Attribution, ExplainError> {
    let cam = run(model, request, parameters)?;
    let pass = gradient(model, request.input, request.aim, Rules::Guided)?;
    let planes = pass.gradient.chunks_exact(cam.values.len());
    let products = planes.flat_map(|plane| plane.iter().zip(&cam.values).map(|(g, c)| g * c));
    let mut attribution = whole(model, cam.score, products.collect());
    attribution.maps = cam.maps;
    Ok(attribution)
}
