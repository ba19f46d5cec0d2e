//! From a float model's activations to the maps that are drawn.

use cortexscope_draw::{ActivationMaps, MapRole};
use cortexscope_explain::activations::Activations;

/// The maps of a layer; the line under the title says how much of it is zero.
pub fn maps(recorded: &Activations) -> ActivationMaps {
    let [channels, height, width] = recorded.layer.shape;
    let sparsity = recorded.sparsity();
    let operator = &recorded.layer.operator;
    let op = match sparsity.zeros {
        0 => operator.clone(),
        _ => format!(
            "{operator} · {:.1} % zeros, {} of {channels} maps silent",
            sparsity.zero_percent(),
            sparsity.silent_maps
        ),
    };
    ActivationMaps {
        layer: recorded.layer.name.clone(),
        op,
        channels,
        height,
        width,
        values: recorded.values.clone(),
        quantisation: None,
        role: MapRole::Activation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Layer;

    #[test]
    fn the_title_says_how_much_is_zero() {
        let layer = Layer {
            name: "relu".to_owned(),
            tensor: "relu".to_owned(),
            operator: "Relu".to_owned(),
            normal_form: "Relu".to_owned(),
            shape: [3, 1, 2],
            inputs: Vec::new(),
            activations: 1,
            is_rectified: true,
        };
        let values = vec![0.0, -0.0, 0.0, 2.0, 1.0, 3.0];
        let maps = maps(&Activations { layer, values });
        assert_eq!(maps.op, "Relu · 50.0 % zeros, 1 of 3 maps silent");
    }
}
