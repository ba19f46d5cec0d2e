//! Finds an input that one map of a layer answers to more than to a blank one.
//!
//! ```text
//! cargo run --release --bin example-ascend
//! ```

use std::error::Error;
use std::ops::ControlFlow;

use cortexscope_explain::ascend::{Preset, climb};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_explain::target::{ClassValue, Target};

fn main() -> Result<(), Box<dyn Error>> {
    let model = FloatModel::open("lenet5", &Overrides::default())?;
    // Map 3 of the first convolution; "class:7" and "conv1:3:5:5" are targets too.
    let target: Target = "conv1:3".parse()?;
    let aim = target.aim(&model, ClassValue::Logit)?;
    let mut ascent = Preset::Lecture.ascent(model.input_shape());
    ascent.stop.steps = 64;

    let climb = climb(&model, &aim, &ascent, &mut |_| ControlFlow::Continue(()))?;
    println!(
        "from {:.3} to {:.3} in {} steps, an input of {} values",
        climb.start,
        climb.score,
        climb.values.len(),
        climb.input.len()
    );
    Ok(())
}
