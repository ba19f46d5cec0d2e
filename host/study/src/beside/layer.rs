//! Which tensor of the board holds a layer of the float model.
//!
//! The compiler folds biases, normalisations and rectifiers into the layer before them, so
//! that the board has fewer layers than the float model. A tensor has the name of the first
//! layer that went into it, and holds what the last one writes.

use thiserror::Error;

use super::holds;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_net::RequestError;

/// A layer as the board has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardLayer {
    /// The tensor's number.
    pub tensor: usize,
    /// Its name.
    pub name: String,
    /// The layer of the float model whose values it holds: the one that was asked for, or what
    /// the compiler has made of it.
    pub float: LayerId,
    /// `[C, H, W]`.
    pub shape: [usize; 3],
    /// Whether it has the logits, which are no int8.
    pub is_logits: bool,
    /// Whether no value of it can be below 0.
    pub is_rectified: bool,
}

/// Why the board has no such layer.
#[derive(Debug, Error)]
pub enum BoardLayerError {
    /// No tensor holds it.
    #[error("the board has no layer that holds {layer} of the float model; it has {}", have.join(", "))]
    Missing {
        /// The float model's layer.
        layer: String,
        /// The board's layers.
        have: Vec<String>,
    },
    /// It is rectified on the board before the pooling that comes first in the float model.
    #[error("the board holds {layer} as {rectifier} cuts it, before {pool}: name {pool}")]
    CutBefore {
        /// The float model's layer.
        layer: String,
        /// The pooling.
        pool: String,
        /// The rectifier after it.
        rectifier: String,
    },
    /// It comes after the scores, in which the board ends.
    #[error("the board ends in the scores, before {layer}: name {scores}")]
    Closing {
        /// The float model's layer.
        layer: String,
        /// The layer of the scores.
        scores: String,
    },
}

impl RequestError for BoardLayerError {
    fn is_request(&self) -> bool {
        true
    }
}

/// The tensor on the board that holds what `layer` of the float model writes, or what the
/// compiler has folded it into: a convolution that is rectified at once is held rectified.
/// [`BoardLayer::float`] says which layer's values they are, so that both networks are asked
/// for the same.
///
/// # Errors
/// [`BoardLayerError`].
pub fn board_layer(
    model: &FloatModel,
    layer: LayerId,
    board: &ModelFiles,
) -> Result<BoardLayer, BoardLayerError> {
    let name = |id: LayerId| model.layer(id).name.clone();
    let last = model.last();
    if layer != last && !model.ancestors(last).contains(&layer) {
        return Err(BoardLayerError::Closing {
            layer: name(layer),
            scores: name(last),
        });
    }
    let missing = || BoardLayerError::Missing {
        layer: name(layer),
        have: {
            let view = board.image.model();
            let tensors = view.tensors().skip(1);
            tensors.map(|tensor| tensor.name.to_owned()).collect()
        },
    };
    let mut first = layer;
    let tensor = loop {
        match (holds(model, first, board), model.source(first)) {
            (Some(tensor), _) => break tensor,
            (None, Some(before)) if is_foldable(model, first) => first = before,
            (None, _) => return Err(missing()),
        }
    };
    let folded = folded(model, first, board).ok_or_else(missing)?;
    let at = folded.iter().position(|&id| id == layer);
    let at = at.ok_or_else(missing)?;
    // What is only reshaped afterwards has the same values.
    let end = folded.iter().rposition(|&id| !reshapes(model, id));
    let end = end.unwrap_or(0);
    if let Some((pool, rectifier)) = cut_across_pool(model, folded[end], board) {
        return Err(BoardLayerError::CutBefore {
            layer: name(layer),
            pool: name(pool),
            rectifier: name(rectifier),
        });
    }
    let float = folded[end.max(at)];
    let view = board.image.model();
    let held = view.tensors().nth(tensor).ok_or_else(missing)?;
    Ok(BoardLayer {
        tensor,
        name: held.name.to_owned(),
        float,
        shape: model.layer(float).shape,
        is_logits: held.is_logits,
        is_rectified: model.is_rectified(float),
    })
}

/// `first`, which has a tensor of its own on the board, and the layers after it that the
/// compiler has folded into that, in their order. Nothing is folded into scores. `None` where
/// the next layer has gone somewhere, and nobody can tell where.
fn folded(model: &FloatModel, first: LayerId, board: &ModelFiles) -> Option<Vec<LayerId>> {
    let mut folded = vec![first];
    let mut at = first;
    while at != model.last()
        && let Some(next) = model.only_reader(at)
        && holds(model, next, board).is_none()
        // A factor for each place goes into the dense layer after it.
        && !model.varies_over_places(next)
    {
        if !is_foldable(model, next) {
            return None;
        }
        folded.push(next);
        at = next;
    }
    Some(folded)
}

/// The max pooling after `id` and the rectifier after that, where the compiler cuts before the
/// pooling already: the two commute.
fn cut_across_pool(
    model: &FloatModel,
    id: LayerId,
    board: &ModelFiles,
) -> Option<(LayerId, LayerId)> {
    let pool = model.only_reader(id)?;
    let is_pool = model.layer(pool).normal_form == "MaxPool";
    let after = model.only_reader(pool).filter(|_| is_pool)?;
    let is_cut = matches!(model.layer(after).normal_form.as_str(), "Relu" | "Clip");
    (is_cut && holds(model, after, board).is_none()).then_some((pool, after))
}

/// Whether a layer gives the same values in another shape.
fn reshapes(model: &FloatModel, id: LayerId) -> bool {
    let operator = model.layer(id).normal_form.as_str();
    matches!(operator, "Flatten" | "Reshape" | "Dropout" | "Identity")
}

/// Whether the compiler folds a layer into the one that it reads, where that takes it.
fn is_foldable(model: &FloatModel, id: LayerId) -> bool {
    let layer = model.layer(id);
    let folds = matches!(
        layer.normal_form.as_str(),
        "Relu" | "Clip" | "Add" | "Sub" | "Mul" | "Div" | "BatchNormalization"
    );
    (folds || reshapes(model, id)) && layer.activations == 1 && !model.varies_over_places(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    fn pair(name: &str) -> (FloatModel, ModelFiles) {
        let model = FloatModel::open(name, &Overrides::default()).unwrap();
        (model, ModelFiles::open(name).unwrap())
    }

    /// The layer that was asked for, the board's, and the one whose values that holds.
    #[test]
    fn a_folded_layer_is_found_where_it_went() {
        let lenet = [
            ["conv1", "conv1", "relu1"],
            ["relu1", "conv1", "relu1"],
            ["pool2", "pool2", "pool2"],
            ["fc3", "fc3", "fc3"],
        ];
        let winml = [
            ["Convolution28", "Convolution28", "ReLU32"],
            ["Plus30", "Convolution28", "ReLU32"],
            ["ReLU32", "Convolution28", "ReLU32"],
            ["Plus112", "Convolution110", "ReLU114"],
        ];
        for (name, rows) in [("lenet5", lenet), ("winml-mnist", winml)] {
            let (model, board) = pair(name);
            for [asked, held, float] in rows {
                let layer = model.find(asked).unwrap();
                let found = board_layer(&model, layer, &board).unwrap();
                let by = model.layer(found.float);
                assert_eq!([&*found.name, &*by.name], [held, float], "{asked}");
                assert_eq!(found.shape, by.shape);
                assert_eq!(
                    found.is_rectified,
                    float.to_lowercase().contains("relu") || float == "pool2"
                );
            }
        }
    }

    /// Every value that the board holds of a layer is near the float layer that it is said to be.
    #[test]
    fn a_tensor_holds_the_layer_that_it_is_said_to_hold() {
        use cortexscope_rig::Rig;
        use cortexscope_rig::board::{Engine, FarEnd, find};
        use cortexscope_rig::session::{Cancel, Mode, TensorSet};
        for name in ["lecture-lenet", "lenet5", "winml-mnist"] {
            let (model, board) = pair(name);
            let input = cortexscope_net::input::MnistSet::test_digits().unwrap();
            let input = input.input(18, &model.spec.input).unwrap();
            let here = FarEnd::Here { sensor: Vec::new() };
            let native = find("native").unwrap();
            let rig = Rig::open(
                native,
                Engine::Static,
                board.clone(),
                here,
                Cancel::default(),
            );
            let mut rig = rig.unwrap();
            let steps = board.quantise(&input);
            let found = rig.infer(&steps, Mode::Tapped, TensorSet::ALL, &mut |_| {});
            let found = found.unwrap();
            let mut compared = 0;
            for id in (0..model.layers().len()).map(LayerId) {
                let Ok(held) = board_layer(&model, id, &board) else {
                    continue;
                };
                let mut taps = found.activations.iter();
                let Some(tapped) = taps.find(|one| one.tensor == held.tensor) else {
                    continue;
                };
                let (theirs, ours) = (tapped.real(), model.activations(&[held.float], &input));
                let ours = ours.unwrap().remove(0);
                let greatest = ours
                    .iter()
                    .fold(0.0_f32, |most, value| most.max(value.abs()));
                for (theirs, ours) in theirs.iter().zip(&ours) {
                    // Some steps of 8 bits, summed up over the layers.
                    let off = (theirs - ours).abs();
                    assert!(off < 0.08 * greatest, "{name} {}: {off}", held.name);
                }
                compared += 1;
            }
            assert!(compared > 5, "{name}: {compared}");
        }
    }

    /// A convolution that is normalised by a negative factor, one that is rectified after its
    /// pooling, a sum of two layers, and a softmax.
    fn folding() -> (FloatModel, ModelFiles) {
        use cortexscope_compile::{Options, Source, board_image::emit, compile_with};
        use cortexscope_net::onnx::builder::{GraphBuilder, Size, ints};
        use cortexscope_net::onnx::file::decode;
        use cortexscope_net::reader::{Hint, read};
        use sha2::{Digest, Sha256};
        use std::ops::ControlFlow;
        use tract_onnx::pb::tensor_proto::DataType;
        let mut graph = GraphBuilder::new("folding");
        graph.input("x", DataType::Float, &[1, 1, 4, 4].map(Size::Fixed));
        graph.f32s("w1", &[2, 1, 1, 1], &[1.0, -1.0]);
        graph.f32s("w2", &[2, 2, 1, 1], &[1.0, 0.5, -0.5, 1.0]);
        graph.f32s("dense", &[2, 8], &[0.5; 16]);
        for (name, values) in [
            ("factor", [-1.0, 2.0]),
            ("shift", [0.5, 0.25]),
            ("mean", [0.0, 0.0]),
            ("var", [1.0, 1.0]),
        ] {
            graph.f32s(name, &[2], &values);
        }
        graph.node("Conv", &["x", "w1"], "c", Vec::new());
        let normalised = ["c", "factor", "shift", "mean", "var"];
        graph.node("BatchNormalization", &normalised, "n", Vec::new());
        graph.node("Conv", &["n", "w2"], "d", Vec::new());
        graph.node("Add", &["d", "n"], "sum", Vec::new());
        graph.node("Relu", &["sum"], "r", Vec::new());
        graph.node("Conv", &["r", "w2"], "e", Vec::new());
        let window = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
        graph.node("MaxPool", &["e"], "p", window);
        graph.node("Relu", &["p"], "q", Vec::new());
        graph.node("Flatten", &["q"], "f", Vec::new());
        graph.node(
            "Gemm",
            &["f", "dense"],
            "y",
            vec![cortexscope_net::onnx::builder::int("transB", 1)],
        );
        graph.node("Softmax", &["y"], "s", Vec::new());
        graph.output("s", DataType::Float, &[]);
        let onnx = graph.emit(13);
        let path = std::path::PathBuf::from("folding.onnx");
        let model = FloatModel::from_bytes(&onnx, path.into(), &Overrides::default()).unwrap();
        let read = read(decode(&onnx).unwrap(), &Hint::default()).unwrap();
        let source = Source {
            graph: &read,
            sha256: model.sha256,
        };
        let inputs = [
            vec![0.0; 16],
            (0..16_u8).map(|at| f32::from(at) / 15.0).collect(),
        ];
        let options = Options::default();
        let mut on = |_| ControlFlow::Continue(());
        let compiled = compile_with(&source, "folding", &model.spec, &inputs, options, &mut on);
        let compiled = compiled.unwrap();
        let hash = Sha256::digest(&compiled.int8_onnx).into();
        let files = ModelFiles {
            name: "folding".to_owned(),
            image: emit(&compiled.network, hash).unwrap(),
            image_path: std::path::PathBuf::from("folding.ctx").into(),
            int8_onnx: compiled.int8_onnx,
            spec: model.spec.clone(),
            assumed: None,
        };
        (model, files)
    }

    #[test]
    fn what_is_folded_is_named_by_what_the_board_holds() {
        let (model, board) = folding();
        crate::beside::check(&model, &board).unwrap();
        let found = |name: &str| board_layer(&model, model.find(name).unwrap(), &board);
        for (asked, held, float) in [
            ("c", "c", "n"),
            ("n", "c", "n"),
            // A sum with another layer is a layer of its own.
            ("d", "d", "d"),
            ("sum", "sum", "r"),
            ("r", "sum", "r"),
            ("p", "p", "q"),
            ("q", "p", "q"),
            ("f", "p", "f"),
            ("y", "y", "y"),
        ] {
            let found = found(asked).unwrap_or_else(|error| panic!("{asked}: {error}"));
            let by = model.layer(found.float).name.as_str();
            assert_eq!((found.name.as_str(), by), (held, float), "{asked}");
        }
        let cut = found("e").unwrap_err();
        assert!(matches!(cut, BoardLayerError::CutBefore { .. }), "{cut}");
        let closing = found("s").unwrap_err();
        assert!(
            matches!(closing, BoardLayerError::Closing { .. }),
            "{closing}"
        );
        assert!(closing.to_string().contains("name y"), "{closing}");
    }
}
