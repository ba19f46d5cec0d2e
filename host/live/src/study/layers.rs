//! The layers that the page offers for ascents.

use super::models::Models;
use crate::shared::Shared;
use crate::state::FloatLayer;
use cortexscope_explain::float_model::FloatModel;

pub(super) fn run(shared: &Shared, models: &Models) {
    while let Some(image_path) = shared.layer_lists.take() {
        let listed = models.open(&image_path).map(|model| list(&model));
        let (layers, error) = match listed {
            Ok(layers) => (layers, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        shared.state.send_modify(|state| {
            state.float_layers = layers;
            state.float_error = error;
        });
    }
}

fn list(model: &FloatModel) -> Vec<FloatLayer> {
    let layers = model.layers().iter().map(|layer| FloatLayer {
        name: layer.name.clone(),
        operator: layer.operator.clone(),
        shape: layer.shape,
    });
    layers.collect()
}
