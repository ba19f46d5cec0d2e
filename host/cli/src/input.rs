//! Inputs as the commands open them: errors of the library as the command line's.

use super::common::blame;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::input::MnistSet;
pub(super) use cortexscope_net::input::{FloatInput, Int8Input};

/// The 10,000 test digits that are shipped.
pub(super) fn test_digits() -> anyhow::Result<&'static MnistSet> {
    MnistSet::test_digits().map_err(anyhow::Error::from)
}

/// The inputs that `names` stand for, as `model` wants them.
pub(super) fn open(names: &[String], model: &ModelFiles) -> anyhow::Result<Vec<Int8Input>> {
    let inputs = names.iter().map(|name| model.input(name));
    inputs.map(|input| input.map_err(blame)).collect()
}
