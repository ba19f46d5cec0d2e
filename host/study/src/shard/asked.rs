//! What decides the result of a study.

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
    /// The data, as it was named.
    pub data: String,
    /// SHA-256 of the names of all inputs of the data, in hexadecimal.
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
        let mut names = Sha256::new();
        for index in 0..set.len() {
            let name = set.name(index);
            names.update((name.len() as u64).to_le_bytes());
            names.update(name);
        }
        Self {
            study: study.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model_sha256: model.sha256_hex(),
            preprocessing: model.spec.input.to_string(),
            data: data.to_owned(),
            data_sha256: hex(&names.finalize()),
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
