//! The document of `cortexscope infer`.

use super::Document;
use super::origin::Origin;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::described;
use cortexscope_rig::session::Mode;
use cortexscope_rig::{Recording, softmax};

described! {
    /// What a board computed for each input.
    pub struct Infer {
        /// Board, firmware and model.
        #[serde(flatten)]
        pub origin: Origin,
        /// The plan that ran: `fused` or `tapped`.
        pub mode: Mode,
        /// One result for each input, in the order of the command line.
        pub results: Vec<InputResult>,
    }

    /// What the board computed for one input.
    pub struct InputResult {
        /// The input's name.
        pub input: String,
        /// The input's true class; `null` if it is not known.
        pub expected: Option<usize>,
        /// The class with the greatest logit.
        pub class: usize,
        /// The label of that class.
        pub label: String,
        /// Softmax of the logits, one probability for each class.
        pub probabilities: Vec<f32>,
        /// The logits as the board computed them, one for each class.
        pub logits: Vec<f32>,
        /// Instructions of the inference; cycles on a board that counts cycles; `null` on a
        /// board that counts neither.
        pub instructions: Option<u64>,
        /// The layers in the order of execution.
        pub layers: Vec<Layer>,
    }

    /// What one layer took.
    pub struct Layer {
        /// The layer's name.
        pub name: String,
        /// Instructions or cycles of the layer; `null` if they were not counted.
        pub instructions: Option<u64>,
    }
}

impl Document for Infer {
    const NAME: &'static str = "infer";
}

impl InputResult {
    /// What `model` made of the input called `input`.
    pub fn new(
        input: &str,
        expected: Option<usize>,
        recording: &Recording,
        model: &ModelFiles,
    ) -> Self {
        let class = recording.predicted();
        let view = model.image.model();
        let layers = recording.layers.iter().map(|layer| Layer {
            name: view
                .tensor(layer.tensor)
                .map_or_else(String::new, |tensor| tensor.name.to_owned()),
            instructions: layer.count,
        });
        Self {
            input: input.to_owned(),
            expected,
            class,
            label: model.label(class),
            probabilities: softmax(&recording.logits),
            logits: recording.logits.clone(),
            instructions: recording.count,
            layers: layers.collect(),
        }
    }
}
