//! Sets of inputs, as the commands that go over one open them.

use super::common::blame;
use super::progress;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::data::DataSet;
use cortexscope_study::data::Data;

/// The set that `name` stands for, for `model`; says what was decided about it.
pub(super) fn open_data(name: &str, model: &FloatModel) -> anyhow::Result<DataSet> {
    let spec = &model.spec;
    let set = DataSet::open(name, &spec.input, &spec.output.labels).map_err(blame)?;
    for note in &set.notes {
        progress::note(note);
    }
    Ok(set)
}

/// The same, to be read by several threads.
pub(super) fn open_study_data(name: &str, model: &FloatModel) -> anyhow::Result<Data> {
    let data = cortexscope_study::data::open_data(name, model).map_err(blame)?;
    data.notes().iter().for_each(progress::note);
    Ok(data)
}

/// How many inputs of `set` are taken where `images` were asked for.
pub(super) fn count(set: &DataSet, images: Option<usize>) -> anyhow::Result<usize> {
    cortexscope_study::data::count(set, images).map_err(blame)
}
