//! A set of inputs, as the commands that go over one open it.

use super::common::wrong;
use super::input::test_digits;
use cortexscope_explain::attack::Sample;
use cortexscope_explain::float_model::FloatModel;

/// Inputs and their classes, one after the other.
pub(super) type Samples = Box<dyn Iterator<Item = Sample> + Send>;

/// The first `images` inputs of the set that `name` stands for, as `model` wants them, and
/// how many there are.
pub(super) fn open_data(
    name: &str,
    model: &FloatModel,
    images: Option<usize>,
) -> anyhow::Result<(Samples, usize)> {
    if name != "mnist" {
        return Err(wrong(format!(
            "--data {name}: the set that can be read here is mnist, the 10,000 test digits"
        )));
    }
    let digits = test_digits()?;
    let count = digits.len().min(images.unwrap_or(digits.len()));
    let spec = model.spec.input.clone();
    let samples = (0..count).filter_map(move |index| {
        Some(Sample {
            name: format!("mnist:{index}"),
            values: digits.input(index, &spec)?,
            label: digits.label(index).map(usize::from),
        })
    });
    Ok((Box::new(samples), count))
}
