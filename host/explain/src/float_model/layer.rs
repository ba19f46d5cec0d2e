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
    /// The ONNX operator in the file.
    pub operator: String,
    /// The operator that computes it in the reader's normal form: a dense layer at each place
    /// of a map is a `Conv` there, a mean over all places a `GlobalAveragePool`.
    pub normal_form: String,
    /// `[C, H, W]`; a vector is `[C, 1, 1]`.
    pub shape: [usize; 3],
    /// The tensors that the node reads.
    pub inputs: Vec<String>,
    /// How many of them are activations, the network's input among them; the others are
    /// constants.
    pub activations: usize,
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

/// What the layer `id` reads; of several activations the first.
pub fn source(layers: &[Layer], id: LayerId) -> Option<LayerId> {
    let layer = &layers[id.0];
    let writer = |input: &String| layers.iter().position(|one| &one.tensor == input);
    let found = match layer.activations {
        // A constant may stand before what it is added to.
        1 => layer.inputs.iter().find_map(writer),
        _ => writer(layer.inputs.first()?),
    };
    found.map(LayerId)
}

/// The only layer that reads what `id` writes, where it reads it once.
pub fn only_reader(layers: &[Layer], id: LayerId) -> Option<LayerId> {
    let tensor = &layers[id.0].tensor;
    let mut readers = (0..layers.len()).filter(|&at| layers[at].inputs.contains(tensor));
    match (readers.next(), readers.next()) {
        (Some(only), None) => Some(LayerId(only)),
        _ => None,
    }
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
        let operator = layers[at.0].normal_form.as_str();
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
pub fn rectifies(layer: &Layer) -> bool {
    match layer.normal_form.as_str() {
        "Relu" | RESCALE => true,
        "Clip" => layer.is_rectified,
        _ => false,
    }
}

pub fn rectified(layers: &[Layer], id: LayerId) -> LayerId {
    // A sum with another layer is no bias: what is rectified then is not what `id` writes.
    rectified_after(layers, id, |layer| layer.activations == 1)
}

/// The rectifier after `id`, also behind layers that add a bias or normalise and that `passes`
/// lets through.
fn rectified_after(layers: &[Layer], id: LayerId, passes: fn(&Layer) -> bool) -> LayerId {
    let Some(only) = only_reader(layers, id) else {
        return id;
    };
    let reader = &layers[only.0];
    if rectifies(reader) {
        return only;
    }
    // A bias that stands alone, as older exporters write it, or a normalisation.
    if matches!(reader.normal_form.as_str(), "Add" | "BatchNormalization") && passes(reader) {
        let after = rectified_after(layers, only, passes);
        if after != only {
            return after;
        }
    }
    id
}

pub fn rectifiers(layers: &[Layer]) -> Vec<LayerId> {
    let all = (0..layers.len()).map(LayerId);
    all.filter(|id| rectifies(&layers[id.0])).collect()
}

pub fn last_maps(layers: &[Layer]) -> Result<LayerId, FloatModelError> {
    let is_conv = |layer: &Layer| layer.normal_form == "Conv" && layer.is_map();
    let last = layers.iter().rposition(is_conv);
    // Of a residual block the maps are those after its sum.
    last.map(|last| rectified_after(layers, LayerId(last), |_| true))
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
            normal_form: operator.to_owned(),
            shape,
            inputs: vec![input.to_owned()],
            activations: 1,
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
        plain[5].normal_form = "Relu".to_owned();
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
        layers[1].normal_form = "BatchNormalization".to_owned();
        assert_eq!(last_maps(&layers).unwrap(), LayerId(2));
    }

    #[test]
    fn a_clip_from_zero_rectifies_and_one_from_below_does_not() {
        let mut layers = network();
        layers[2].normal_form = "Clip".to_owned();
        assert_eq!(last_maps(&layers).unwrap(), LayerId(0));
        layers[2].is_rectified = true;
        assert_eq!(last_maps(&layers).unwrap(), LayerId(2));
    }

    #[test]
    fn rectifiers_are_those_that_cut_at_zero() {
        let mut layers = network();
        assert_eq!(rectifiers(&layers), [LayerId(2)]);
        layers[1].normal_form = "Clip".to_owned();
        layers[1].is_rectified = true;
        assert_eq!(rectifiers(&layers), [LayerId(1), LayerId(2)]);
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

    /// A residual block: what comes after the sum is not what the second convolution writes.
    #[test]
    fn a_sum_of_two_layers_is_not_a_bias() {
        use crate::float_model::{FloatModel, Overrides};
        use cortexscope_net::onnx::builder::{GraphBuilder, Size};
        use tract_onnx::pb::tensor_proto::DataType;
        let mut graph = GraphBuilder::new("residual");
        graph.input("x", DataType::Float, &[1, 2, 4, 4].map(Size::Fixed));
        graph.f32s("w", &[2, 2, 1, 1], &[1.0, -1.0, 0.5, 2.0]);
        graph.f32s("b", &[1, 2, 1, 1], &[0.5, -0.5]);
        graph.node("Conv", &["x", "w"], "c1", Vec::new());
        graph.node("Add", &["b", "c1"], "biased", Vec::new());
        graph.node("Relu", &["biased"], "r1", Vec::new());
        graph.node("Conv", &["r1", "w"], "c2", Vec::new());
        graph.node("Add", &["c2", "r1"], "sum", Vec::new());
        graph.node("Relu", &["sum"], "r2", Vec::new());
        graph.node("GlobalAveragePool", &["r2"], "g", Vec::new());
        graph.node("Flatten", &["g"], "y", Vec::new());
        graph.output("y", DataType::Float, &[]);
        let path = std::path::PathBuf::from("residual.onnx").into();
        let model = FloatModel::from_bytes(&graph.emit(13), path, &Overrides::default());
        let model = model.expect("it is read");
        let rectified = |name: &str| {
            let id = model.rectified(model.find(name).expect("a layer"));
            model.layer(id).name.clone()
        };
        assert_eq!(["c1", "c2", "sum"].map(rectified), ["r1", "c2", "r2"]);
        // Grad-CAM reads the block's maps.
        let last = model.last_maps().expect("there are maps");
        assert_eq!(model.layer(last).name, "r2");
    }
}
