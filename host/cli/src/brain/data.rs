//! How images, responses and features are named on the command line.

use crate::common::wrong;
use clap::Args;
use cortexscope_brain::data::SessionFiles;
use cortexscope_net::resources::ResourcePath;

/// The images of a session, and the responses to them.
#[derive(Args, Clone)]
pub(super) struct SessionArgs {
    /// The images in their order: a folder, a zip in the order of its names, FILE.npy or
    /// FILE.npz:NAME of u8 [N, H, W], [N, H, W, 3] or [N, 3, H, W].
    #[arg(long)]
    pub images: String,
    /// Responses [neurons, images] or [neurons, images, repeats]: FILE.npy or FILE.npz:NAME.
    #[arg(long)]
    pub responses: String,
    /// What stands in the responses where there is no repeat, beside NaN.
    #[arg(long, value_name = "V", allow_negative_numbers = true)]
    pub missing: Option<f64>,
}

impl SessionArgs {
    /// The same in the library's terms.
    pub fn files(&self) -> SessionFiles {
        SessionFiles {
            images: self.images.clone(),
            responses: self.responses.clone(),
            missing: self.missing,
        }
    }
}

/// Model and layer of `MODEL:LAYER`: both may have colons, so the model is the shortest
/// beginning that names one.
pub(super) fn model_and_layer(features: &str) -> anyhow::Result<(&str, &str)> {
    let colons = features.match_indices(':').map(|(at, _)| at);
    let mut halves = colons.map(|at| (&features[..at], &features[at + 1..]));
    let is_model = |(model, layer): &(&str, &str)| {
        !layer.is_empty() && ResourcePath::of_model(model, "onnx").is_file()
    };
    halves
        .find(is_model)
        .or_else(|| features.rsplit_once(':'))
        .filter(|(model, layer)| !model.is_empty() && !layer.is_empty())
        .ok_or_else(|| {
            wrong(format!(
                "--features {features}: write MODEL:LAYER, as in lenet5:relu2"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_told_from_its_layer() {
        assert_eq!(
            model_and_layer("lenet5:relu2").unwrap(),
            ("lenet5", "relu2")
        );
        assert_eq!(
            model_and_layer("lenet5:conv/Relu:0").unwrap(),
            ("lenet5", "conv/Relu:0")
        );
        for text in ["", "lenet5", ":relu2", "lenet5:"] {
            assert!(model_and_layer(text).is_err(), "{text}");
        }
    }
}
