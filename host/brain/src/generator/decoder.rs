//! A decoder network: ONNX, a code of `[1, K]` to levels of `[1, C, H, W]`.

use std::cell::RefCell;

use cortexscope_explain::attribute::{Backward, Rules, Wrt};
use cortexscope_explain::float_model::{FloatModel, Forward, LayerId, Overrides};
use cortexscope_explain::target::{Aim, Quantity};

use super::{Generator, GeneratorError};

/// A network that makes images of codes.
pub struct Decoder {
    name: String,
    shape: [usize; 3],
    dim: usize,
    forward: Forward,
    /// Running it backwards needs its buffers.
    backward: RefCell<Backward>,
    aim: Aim,
}

impl Decoder {
    /// The decoder in the ONNX file `path`, for images of `shape` `[C, H, W]`. The file's
    /// input is `[1, K]`, or `[1, K, 1, 1]`; its last layer gives levels from black 0 to
    /// white 1.
    ///
    /// # Errors
    /// The file cannot be used, or gives images of another size.
    pub fn open(path: &str, shape: [usize; 3]) -> Result<Self, GeneratorError> {
        let model = FloatModel::open(path, &Overrides::default())?;
        let last = LayerId(model.layers().len() - 1);
        let layer = model.layer(last);
        let have = layer.elements();
        if have != shape.iter().product::<usize>() {
            return Err(GeneratorError::Output {
                name: path.to_owned(),
                have,
                shape,
            });
        }
        Ok(Self {
            name: path.to_owned(),
            shape,
            dim: model.input_shape().iter().product(),
            forward: Forward::new(&model, &[last])?,
            backward: RefCell::new(Backward::new(&model, last, Wrt::Input, &Rules::Gradient)?),
            aim: Aim {
                layer: last,
                shape: layer.shape,
                what: Quantity::Value(0),
                words: "image".to_owned(),
            },
        })
    }
}

fn single(code: &[f64]) -> Vec<f32> {
    code.iter().map(|&value| value as f32).collect()
}

impl Generator for Decoder {
    fn name(&self) -> &str {
        &self.name
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn uncut(&self, code: &[f64]) -> Result<Vec<f32>, GeneratorError> {
        let mut layers = self.forward.run(&single(code))?;
        Ok(layers.pop().unwrap_or_default())
    }

    fn pull(&self, code: &[f64], slopes: &[f32]) -> Result<Vec<f64>, GeneratorError> {
        let mut backward = self.backward.borrow_mut();
        let pass = backward.run_from(&single(code), &self.aim, slopes)?;
        Ok(pass
            .gradient
            .iter()
            .map(|&slope| f64::from(slope))
            .collect())
    }

    fn encode(&self, _: &[f32]) -> Option<Vec<f64>> {
        None
    }
}
