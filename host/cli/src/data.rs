//! Data sets as the commands open them.

use super::common::wrong;
use super::input::test_digits;
use cortexscope_explain::float_model::FloatModel;

/// One input of a data set.
pub(super) struct DataInput {
    /// What it is called.
    pub name: String,
    /// `[C, H, W]`, as the model wants it.
    pub values: Vec<f32>,
}

/// The first `images` inputs of the data set called `data`, as `model` wants them.
pub(super) fn open_data(
    data: &str,
    images: usize,
    model: &FloatModel,
) -> anyhow::Result<Vec<DataInput>> {
    if data != "mnist" {
        return Err(wrong(format!(
            "--data {data}: there is no such data set; write mnist, the 10,000 test digits"
        )));
    }
    let digits = test_digits()?;
    if !(1..=digits.len()).contains(&images) {
        return Err(wrong(format!(
            "--images {images}: give a number from 1 to {}",
            digits.len()
        )));
    }
    let inputs = (0..images).filter_map(|index| {
        let values = digits.input(index, &model.spec.input)?;
        let name = format!("mnist-{index}");
        Some(DataInput { name, values })
    });
    Ok(inputs.collect())
}
