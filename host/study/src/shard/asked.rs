//! What decides the result of a study.

use std::fs::File;
use std::io;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::hex;
use cortexscope_net::input::DataSet;

/// Whatever decides the result of a study: parts belong together if all of it is equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The study: the name of its command.
    pub study: String,
    /// Version of the program.
    pub version: String,
    /// SHA-256 of the ONNX file, in hexadecimal.
    pub model_sha256: String,
    /// How pixels become numbers.
    pub preprocessing: String,
    /// The tensor that the network gives: a file may have several outputs.
    #[serde(default)]
    pub output: String,
    /// SHA-256 of the names of the network's classes, in hexadecimal: they decide which class
    /// a folder of pictures is.
    #[serde(default)]
    pub labels_sha256: String,
    /// The data, as it was named.
    pub data: String,
    /// SHA-256 of the names and classes of all inputs of the data, and of the bytes of those
    /// that are looked at, in hexadecimal.
    pub data_sha256: String,
    /// Inputs that are looked at, the first ones of the data.
    pub inputs: usize,
    /// All else: method, sizes, seeds, the networks beside the model.
    pub parameters: String,
}

impl Asked {
    /// What is asked of `model` over the first `inputs` of `set`, which the user calls `data`.
    pub fn new(
        study: &str,
        model: &FloatModel,
        (data, set): (&str, &DataSet),
        inputs: usize,
        parameters: String,
    ) -> Self {
        Self {
            study: study.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model_sha256: model.sha256_hex(),
            preprocessing: model.spec.input.to_string(),
            output: model.layer(model.output()).tensor.clone(),
            labels_sha256: labels_digest(&model.spec.output.labels),
            data: data.to_owned(),
            data_sha256: data_digest(set, inputs),
            inputs,
            parameters,
        }
    }

    /// In what it differs from `other` first, in words; none where both are the same.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let same = [
            ("study", self.study == other.study),
            ("version of the program", self.version == other.version),
            ("model", self.model_sha256 == other.model_sha256),
            ("preprocessing", self.preprocessing == other.preprocessing),
            ("output", self.output == other.output),
            ("labels", self.labels_sha256 == other.labels_sha256),
            (
                "data",
                self.data == other.data && self.data_sha256 == other.data_sha256,
            ),
            ("number of inputs", self.inputs == other.inputs),
            ("parameters", self.parameters == other.parameters),
        ];
        let differing = same.into_iter().find(|(_, is_same)| !is_same);
        differing.map(|(what, _)| what)
    }

    /// A short name for what was asked: two that differ have different ones.
    pub(super) fn name(&self) -> String {
        let said = format!("{self:?}");
        let mut name = hex(&Sha256::digest(said));
        name.truncate(16);
        name
    }
}

/// SHA-256 of texts, each with its length before it.
fn texts_digest(hash: &mut Sha256, texts: impl Iterator<Item = String>) {
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
}

fn labels_digest(labels: &[String]) -> String {
    let mut hash = Sha256::new();
    texts_digest(&mut hash, labels.iter().cloned());
    hex(&hash.finalize())
}

/// What is in a set, as far as its first `inputs` inputs are looked at: a picture that is
/// replaced under its name is another one.
fn data_digest(set: &DataSet, inputs: usize) -> String {
    let mut hash = Sha256::new();
    texts_digest(&mut hash, (0..set.len()).map(|index| set.name(index)));
    for &label in set.labels().unwrap_or_default() {
        hash.update((label as u64).to_le_bytes());
    }
    for path in set.files(inputs) {
        // Whoever reads the input says why a file cannot be read.
        let bytes = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hash));
        hash.update(bytes.unwrap_or(u64::MAX).to_le_bytes());
    }
    hex(&hash.finalize())
}

#[cfg(test)]
impl Asked {
    /// Ten inputs of a study that nobody makes.
    pub(super) fn sample(parameters: &str) -> Self {
        Self {
            study: "top".to_owned(),
            version: "1".to_owned(),
            model_sha256: "aa".to_owned(),
            preprocessing: "as it is".to_owned(),
            output: "y".to_owned(),
            labels_sha256: "cc".to_owned(),
            data: "mnist".to_owned(),
            data_sha256: "bb".to_owned(),
            inputs: 10,
            parameters: parameters.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use cortexscope_explain::float_model::Overrides;
    use cortexscope_net::input::ArrayRange;
    use cortexscope_net::onnx::builder::{GraphBuilder, Size};
    use cortexscope_net::onnx::pb::tensor_proto::DataType;

    use super::*;

    /// A network of four pixels with two outputs, `y` and `aux`.
    fn model(output: Option<&str>) -> FloatModel {
        let mut graph = GraphBuilder::new("heads");
        graph.input("x", DataType::Float, &[1, 1, 2, 2].map(Size::Fixed));
        graph.node("Flatten", &["x"], "f", Vec::new());
        for (head, weight) in [("y", 1.0), ("aux", -1.0)] {
            let name = format!("{head} weights");
            graph.f32s(&name, &[4, 2], &[weight; 8]);
            graph.node("MatMul", &["f", &name], head, Vec::new());
            graph.output(head, DataType::Float, &[]);
        }
        let overrides = Overrides {
            output: output.map(str::to_owned),
            ..Overrides::default()
        };
        let path = std::path::PathBuf::from("heads.onnx").into();
        FloatModel::from_bytes(&graph.emit(13), path, &overrides).unwrap()
    }

    /// A folder for each of two classes, with one picture of that level in each.
    fn pictures(folder: &Path, levels: [u8; 2]) {
        for (class, level) in ["cat", "dog"].into_iter().zip(levels) {
            let folder = folder.join(class);
            std::fs::create_dir_all(&folder).unwrap();
            let picture = image::GrayImage::from_pixel(2, 2, image::Luma([level]));
            picture.save(folder.join("0.png")).unwrap();
        }
    }

    fn asked(model: &FloatModel, folder: &Path) -> Asked {
        let data = folder.to_str().unwrap();
        let spec = &model.spec;
        let set = DataSet::open(data, &spec.input, &spec.output.labels).unwrap();
        Asked::new("top", model, (data, &set), 2, String::new())
    }

    #[test]
    fn what_changes_what_is_shown_or_answered_is_another_question() {
        let folder = tempfile::tempdir().unwrap();
        pictures(folder.path(), [10, 20]);
        let plain = model(None);
        let same = asked(&plain, folder.path());
        assert_eq!(asked(&plain, folder.path()).difference(&same), None);
        let differing = |model: &FloatModel| {
            let other = asked(model, folder.path());
            assert_eq!(other.name() == same.name(), other == same);
            other.difference(&same)
        };
        let mut white = plain.clone();
        white.spec.input.underlay = Some(255);
        assert_eq!(differing(&white), Some("preprocessing"));
        let mut arrays = plain.clone();
        arrays.spec.input.array_range = Some(ArrayRange::Model);
        assert_eq!(differing(&arrays), Some("preprocessing"));
        assert_eq!(differing(&model(Some("aux"))), Some("output"));
        let mut named = plain.clone();
        named.spec.output.labels = ["dog", "cat"].map(str::to_owned).to_vec();
        assert_eq!(differing(&named), Some("labels"));
        pictures(folder.path(), [10, 21]);
        assert_eq!(differing(&plain), Some("data"));
    }
}
