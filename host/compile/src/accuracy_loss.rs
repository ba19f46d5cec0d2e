//! Where int8 loses accuracy.

use super::accuracy::{Accuracy, AccuracyError};
use super::layer_error::{layer_errors, where_it_starts};
use super::{Compiled, warnings};
use cortexscope_net::input::data::{DataInput, DataSet, Pick};

/// Inputs on which both networks are compared layer by layer.
const COMPARED: usize = 16;

/// A warning where `accuracy`, which was measured on what `pick` takes of `data`, shows int8
/// right on clearly fewer inputs than float: it names the layer at which the error starts.
///
/// # Errors
/// A network that does not run, or an input that cannot be read again.
pub fn accuracy_loss(
    compiled: &Compiled,
    accuracy: &Accuracy,
    data: &DataSet,
    pick: Pick,
) -> Result<Option<String>, AccuracyError> {
    if warnings::of_accuracy(accuracy, None).is_none() {
        return Ok(None);
    }
    let values = |input: DataInput| input.values;
    let some = data.inputs(pick)?.take(COMPARED);
    let some: Vec<Vec<f32>> = some
        .map(|input| input.map(values))
        .collect::<Result<_, _>>()?;
    let errors = layer_errors(
        &compiled.float,
        &compiled.network,
        &compiled.int8_onnx,
        &some,
    )?;
    Ok(warnings::of_accuracy(accuracy, where_it_starts(&errors)))
}
