//! Layers by name, and the ones that methods ask for.

use std::collections::BTreeSet;

use super::error::FloatModelError;
use super::int8_operators::RESCALE;

/// One layer: what a node of the file makes of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The node's name, or its tensor's where it has none.
    pub name: String,
    /// The tensor that it writes.
    pub tensor: String,
    /// The ONNX operator.
    pub operator: String,
    /// `[C, H, W]`; a vector is `[C, 1, 1]`.
    pub shape: [usize; 3],
    /// The tensors that the node reads.
    pub inputs: Vec<String>,
    /// Whether no value of it can be below 0, whatever the input: a unit at 0 is silent.
    pub is_rectified: bool,
}

/// The number of a layer in its [`FloatModel`](super::FloatModel).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId(pub usize);

impl Layer {
    /// Values of the layer.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has more than one position.
    pub fn is_map(&self) -> bool {
        self.shape[1] * self.shape[2] > 1
    }

    /// Index of a value in `[C, H, W]`.
    pub fn index(&self, [channel, y, x]: [usize; 3]) -> usize {
        (channel * self.shape[1] + y) * self.shape[2] + x
    }
}

/// Node names first, then tensors.
pub fn find(layers: &[Layer], name: &str) -> Result<LayerId, FloatModelError> {
    let by_node = layers.iter().position(|layer| layer.name == name);
    let by_tensor = || layers.iter().position(|layer| layer.tensor == name);
    by_node
        .or_else(by_tensor)
        .map(LayerId)
        .ok_or_else(|| FloatModelError::NoLayer {
            name: name.to_owned(),
            layers: layers.iter().map(|layer| layer.name.clone()).collect(),
        })
}

/// Operators that only give the same values another shape.
fn reshapes(operator: &str) -> bool {
    matches!(operator, "Flatten" | "Reshape")
}

/// Operators that a network ends in and that keep the order of the scores.
fn closes(operator: &str) -> bool {
    matches!(operator, "Softmax" | "LogSoftmax" | "Sigmoid" | "Tanh")
}

/// What the layer `id` reads.
pub fn source(layers: &[Layer], id: LayerId) -> Option<LayerId> {
    let input = layers[id.0].inputs.first()?;
    let found = layers.iter().position(|layer| &layer.tensor == input);
    found.map(LayerId)
}

pub fn logits(layers: &[Layer], output: LayerId) -> Result<LayerId, FloatModelError> {
    let found = scores(layers, output);
    let last = &layers[found.0];
    if last.is_map() {
        return Err(FloatModelError::NoClasses {
            layer: last.name.clone(),
            shape: last.shape,
        });
    }
    Ok(found)
}

/// What comes before a closing softmax or sigmoid, or else the output.
pub fn scores(layers: &[Layer], output: LayerId) -> LayerId {
    // It may be followed by what only changes the shape.
    let mut at = output;
    loop {
        let operator = layers[at.0].operator.as_str();
        match source(layers, at) {
            Some(before) if closes(operator) => return before,
            Some(before) if reshapes(operator) && !layers[before.0].is_map() => at = before,
            _ => return output,
        }
    }
}

pub fn ancestors(layers: &[Layer], id: LayerId) -> BTreeSet<LayerId> {
    let mut found = BTreeSet::new();
    let mut open = vec![id.0];
    while let Some(at) = open.pop() {
        let inputs = &layers[at].inputs;
        let before = (0..layers.len()).filter(|&other| inputs.contains(&layers[other].tensor));
        open.extend(before.filter(|&other| found.insert(LayerId(other))));
    }
    found
}

/// Whether it cuts what is below 0: a Relu, also one with a bound above.
fn rectifies(layer: &Layer) -> bool {
    match layer.operator.as_str() {
        "Relu" | RESCALE => true,
        "Clip" => layer.is_rectified,
        _ => false,
    }
}

pub fn rectified(layers: &[Layer], id: LayerId) -> LayerId {
    let tensor = &layers[id.0].tensor;
    let mut readers = (0..layers.len()).filter(|&at| layers[at].inputs.contains(tensor));
    match (readers.next(), readers.next()) {
        (Some(only), None) if rectifies(&layers[only]) => LayerId(only),
        // A bias that stands alone, as older exporters write it, or a normalisation.
        (Some(only), None)
            if matches!(layers[only].operator.as_str(), "Add" | "BatchNormalization") =>
        {
            let after = rectified(layers, LayerId(only));
            if after.0 == only { id } else { after }
        }
        _ => id,
    }
}

pub fn last_maps(layers: &[Layer]) -> Result<LayerId, FloatModelError> {
    let is_conv = |layer: &Layer| layer.operator == "Conv" && layer.is_map();
    let last = layers.iter().rposition(is_conv);
    last.map(|last| rectified(layers, LayerId(last)))
        .ok_or(FloatModelError::NoMaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, operator: &str, shape: [usize; 3], input: &str) -> Layer {
        Layer {
            name: format!("node {name}"),
            tensor: name.to_owned(),
            operator: operator.to_owned(),
            shape,
            inputs: vec![input.to_owned()],
            is_rectified: false,
        }
    }

    fn network() -> Vec<Layer> {
        vec![
            layer("c", "Conv", [2, 4, 4], "x"),
            layer("b", "Add", [2, 4, 4], "c"),
            layer("r", "Relu", [2, 4, 4], "b"),
            layer("g", "GlobalAveragePool", [2, 1, 1], "r"),
            layer("d", "Conv", [3, 1, 1], "g"),
            layer("s", "Softmax", [3, 1, 1], "d"),
            layer("f", "Flatten", [3, 1, 1], "s"),
        ]
    }

    #[test]
    fn logits_lie_before_a_closing_softmax() {
        let layers = network();
        assert_eq!(logits(&layers, LayerId(6)).unwrap(), LayerId(4));
        // Without one the output itself is what counts, reshaped or not.
        let mut plain = layers.clone();
        plain[5].operator = "Relu".to_owned();
        assert_eq!(logits(&plain, LayerId(6)).unwrap(), LayerId(6));
        assert!(matches!(
            logits(&layers, LayerId(2)),
            Err(FloatModelError::NoClasses { .. })
        ));
    }

    #[test]
    fn the_last_maps_are_rectified() {
        let layers = network();
        assert_eq!(last_maps(&layers).unwrap(), LayerId(2));
        assert!(matches!(
            last_maps(&layers[3..]),
            Err(FloatModelError::NoMaps)
        ));
    }

    #[test]
    fn a_rectifier_is_found_behind_a_batch_normalisation() {
        let mut layers = network();
        layers[1].operator = "BatchNormalization".to_owned();
        assert_eq!(last_maps(&layers).unwrap(), LayerId(2));
    }

    #[test]
    fn a_clip_from_zero_rectifies_and_one_from_below_does_not() {
        let mut layers = network();
        layers[2].operator = "Clip".to_owned();
        assert_eq!(last_maps(&layers).unwrap(), LayerId(0));
        layers[2].is_rectified = true;
        assert_eq!(last_maps(&layers).unwrap(), LayerId(2));
    }

    #[test]
    fn a_layer_has_two_names() {
        let layers = network();
        assert_eq!(
            find(&layers, "node r").unwrap(),
            find(&layers, "r").unwrap()
        );
        let error = find(&layers, "z").unwrap_err().to_string();
        assert!(error.contains("node c, node b"), "{error}");
    }
}
