//! Inputs as the commands open them: errors of the library as the command line's.

use super::common::blame;
use cortexscope_compile::model_files::ModelFiles;
pub(super) use cortexscope_net::input::{FloatInput, Int8Input};

/// The inputs that `names` stand for, as `model` wants them.
pub(super) fn open(names: &[String], model: &ModelFiles) -> anyhow::Result<Vec<Int8Input>> {
    let inputs = names.iter().map(|name| model.input(name));
    inputs.map(|input| input.map_err(blame)).collect()
}
