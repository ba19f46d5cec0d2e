//! A decoder network: ONNX, a code of `[1, K]` to levels of `[1, C, H, W]`.

use std::cell::RefCell;

use cortexscope_explain::attribute::{Backward, Rules, Wrt};
use cortexscope_explain::float_model::{FloatModel, Forward, LayerId, Overrides};
use cortexscope_explain::target::{Aim, Quantity};

use super::{Generator, GeneratorError};

/// A network that makes images of codes.
pub struct Decoder {
    name: String,
    sha256: String,
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
            sha256: model.sha256_hex(),
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

    fn identity(&self) -> String {
        self.sha256.clone()
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

#[cfg(test)]
mod tests {
    use cortexscope_net::input::MnistSet;
    use cortexscope_net::random::Random;
    use cortexscope_statistics::{median, pearson};

    use super::*;

    /// Codes drawn from N(0, 1) are like digits: each image is compared with the one of 500
    /// digits that it is most like. Noise of the digits' levels is like none of them.
    #[test]
    fn the_shipped_decoder_makes_digits() {
        let decoder = Decoder::open("decoder", [1, 28, 28]).unwrap();
        assert_eq!((decoder.dim(), decoder.shape()), (16, [1, 28, 28]));
        let set = MnistSet::test_digits().unwrap();
        let digits = (0..500).filter_map(|at| set.image(at));
        let digits = digits.map(|digit| digit.iter().copied().map(f64::from).collect());
        let digits: Vec<Vec<f64>> = digits.collect();
        let likeness = |image: &[f64]| {
            let all = digits.iter().filter_map(|digit| pearson(image, digit));
            all.fold(-1.0, f64::max)
        };
        let mut random = Random::new(4);
        let mut of_codes = Vec::new();
        let mut of_noise = Vec::new();
        for _ in 0..20 {
            let code: Vec<f64> = (0..16).map(|_| random.normal()).collect();
            let image = decoder.decode(&code).unwrap();
            let image: Vec<f64> = image.into_iter().map(f64::from).collect();
            let mean = image.iter().sum::<f64>() / 784.0;
            // The digits' mean is 0.13.
            assert!((0.04..0.3).contains(&mean), "{mean}");
            of_codes.push(likeness(&image));
            let mut noise = digits[of_noise.len()].clone();
            random.shuffle(&mut noise);
            of_noise.push(likeness(&noise));
        }
        let [codes, noise] = [of_codes, of_noise].map(|all| median(&all).unwrap());
        assert!(codes > 0.6 && noise < 0.2, "{codes} {noise}");
    }
}
