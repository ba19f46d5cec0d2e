//! `--gradients`: of the float model, or of the int8 network beside it.

use super::common::blame;
use clap::ValueEnum;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_study::int8;

/// Whose gradients.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum GradientsArg {
    /// The float model's.
    #[default]
    Float,
    /// The int8 network's, straight through rounding (Bengio et al. 2013): the values are the
    /// board's, and `cortexscope compile` has to have written the network beside the model.
    Int8,
}

impl GradientsArg {
    /// The int8 network beside `model`, where its gradients are wanted.
    pub fn int8(self, model: &FloatModel) -> anyhow::Result<Option<FloatModel>> {
        match self {
            Self::Float => Ok(None),
            Self::Int8 => int8::beside(model).map(Some).map_err(blame),
        }
    }
}
