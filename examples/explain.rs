//! Attributes the score of the predicted class to the pixels of an input.
//!
//! ```text
//! cargo run --release --bin example-explain
//! ```

use std::error::Error;
use std::ops::ControlFlow;

use cortexscope_explain::attribute::{Method, Request, explain};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_explain::target::{Aim, ClassValue};
use cortexscope_net::input::FloatInput;

fn main() -> Result<(), Box<dyn Error>> {
    let model = FloatModel::open("lenet5", &Overrides::default())?;
    let digit = FloatInput::open("mnist:18", &model.spec.input, None)?;
    let [_, height, width] = model.input_shape();
    let method = Method::standard("integrated-gradients", [height, width])
        .ok_or("no method of this name")?;

    let aim = Aim::predicted(&model, &digit.values, ClassValue::Logit)?;
    let request = Request {
        input: &digit.values,
        aim: &aim,
        method: &method,
    };
    // A long computation asks after every step whether to go on.
    let attribution = explain(&model, request, &mut |_, _| ControlFlow::Continue(()))?;

    let sum: f64 = attribution
        .values
        .iter()
        .map(|&value| f64::from(value))
        .sum();
    println!(
        "the score is {:.3}, the attributions add up to {sum:.3}",
        attribution.score
    );
    for residual in &attribution.residuals {
        println!("{}: {:.2e}", residual.name, residual.value);
    }
    Ok(())
}
