//! The int8 network of a float model with straight-through gradients.

use crate::beside::{self, BesideError};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_explain::float_model::{FloatModel, FloatModelError};
use cortexscope_net::RequestError;
use thiserror::Error;

/// Why there is no int8 network to differentiate.
#[derive(Debug, Error)]
pub enum Int8Error {
    /// The compiled model beside the float model cannot be used.
    #[error("straight-through gradients are of the compiled model: {0}")]
    Beside(#[from] BesideError),
    /// It cannot be differentiated.
    #[error(transparent)]
    Model(#[from] FloatModelError),
}

impl RequestError for Int8Error {
    fn is_request(&self) -> bool {
        match self {
            Self::Beside(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
        }
    }
}

/// The int8 network that `compile` wrote beside the file of `model`, with [straight-through
/// gradients](FloatModel::straight_through).
///
/// # Errors
/// [`Int8Error`].
pub fn beside(model: &FloatModel) -> Result<FloatModel, Int8Error> {
    of(model, &beside::compiled(model)?)
}

/// The same of a compiled model that is open.
///
/// # Errors
/// [`Int8Error`].
pub fn of(model: &FloatModel, compiled: &ModelFiles) -> Result<FloatModel, Int8Error> {
    beside::check(model, compiled)?;
    Ok(model.straight_through(&compiled.int8_onnx, compiled.input_steps())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::attribute::{Gradient, Method, Request, explain};
    use cortexscope_explain::float_model::Overrides;
    use cortexscope_explain::target::{Aim, ClassValue};
    use cortexscope_net::input::MnistSet;
    use cortexscope_rig::Rig;
    use cortexscope_rig::board::{Engine, FarEnd, find};
    use cortexscope_rig::session::{Cancel, Mode, TensorSet};
    use cortexscope_statistics::pearson;
    use std::ops::ControlFlow;

    fn rig(name: &str) -> Rig {
        let native = find("native").expect("it is always there");
        let files = ModelFiles::open(name).expect("it is shipped");
        let here = FarEnd::Here { sensor: Vec::new() };
        Rig::open(native, Engine::Static, files, here, Cancel::default()).expect("it runs here")
    }

    /// Every activation of every layer, and the logits, to the bit.
    #[test]
    fn the_forward_pass_has_the_bytes_of_the_board() {
        let digits = MnistSet::test_digits().expect("they are shipped");
        for name in ["lecture-lenet", "lenet5", "winml-mnist"] {
            let model = FloatModel::open(name, &Overrides::default()).expect("it is shipped");
            let int8 = beside(&model).expect("it is compiled");
            let mut rig = rig(name);
            let view = rig.model.image.model();
            let names: Vec<String> = view.tensors().map(|one| one.name.to_owned()).collect();
            for index in [0, 18, 321] {
                let input = digits.input(index, &model.spec.input).expect("a digit");
                let steps = rig.model.quantise(&input);
                let found = rig.infer(&steps, Mode::Tapped, TensorSet::ALL, &mut |_| {});
                let found = found.expect("it answers");
                let logits = int8.logits().expect("it has classes");
                let ours = int8.activations(&[logits], &input).expect("it runs");
                assert_eq!(ours[0], found.logits, "{name} {index}");
                let mut compared = 0;
                for tapped in &found.activations {
                    let layer = &names[tapped.tensor];
                    let id = model.find(layer).map(|id| model.rectified(id));
                    let rectified = id.map(|id| model.layer(id).name.clone());
                    let id = rectified.and_then(|name| int8.find(&name));
                    let id = id.or_else(|_| int8.find(layer)).or_else(|_| {
                        // The input, quantised.
                        int8.find(&format!("{layer}.int8"))
                    });
                    let id = id.unwrap_or_else(|error| panic!("{name}: {error}"));
                    let ours = int8.activations(&[id], &input).expect("it runs").remove(0);
                    assert_eq!(ours, tapped.real(), "{name} {index}: {layer}");
                    compared += 1;
                }
                assert!(compared > 3, "{name}: {compared} layers");
            }
        }
    }

    /// On real networks the direction is that of the float model's gradient, nearly.
    #[test]
    fn the_gradient_is_like_the_float_models() {
        let digits = MnistSet::test_digits().expect("they are shipped");
        for name in ["lecture-lenet", "lenet5"] {
            let model = FloatModel::open(name, &Overrides::default()).expect("it is shipped");
            let int8 = beside(&model).expect("it is compiled");
            assert!(int8.is_straight_through() && !model.is_straight_through());
            let input = digits.input(18, &model.spec.input).expect("a digit");
            let [float, through] = [&model, &int8].map(|model| {
                let logits = model.logits().expect("it has classes");
                let aim = Aim::class(model, logits, 3, ClassValue::Logit);
                let method: Method = Gradient.into();
                let request = Request {
                    input: &input,
                    aim: &aim,
                    method: &method,
                };
                let found = explain(model, request, &mut |_, _| ControlFlow::Continue(()));
                let values = found.expect("it is differentiated").values;
                values.into_iter().map(f64::from).collect::<Vec<_>>()
            });
            let alike = pearson(&float, &through).expect("both vary");
            assert!(alike > 0.9, "{name}: {alike}");
            assert_ne!(float, through);
        }
    }
}
