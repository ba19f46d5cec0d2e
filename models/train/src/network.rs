//! An [`Architecture`] as a burn module with weights.

use burn::{
    module::{Module, Param, ParamId},
    nn::{
        Linear, PaddingConfig2d, Relu,
        conv::{Conv2d, Conv2dConfig},
        pool::{MaxPool2d, MaxPool2dConfig},
    },
    tensor::{Device, Tensor, TensorData},
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::{
    architecture::{Architecture, Feature, Head},
    batches::Batch,
    mnist::SIDE,
    randomness::{Purpose, generator},
};

/// A network that can be trained.
#[derive(Module, Debug)]
pub struct Network {
    features: Vec<FeatureStage>,
    head: Vec<HeadStage>,
}

#[derive(Module, Debug)]
enum FeatureStage {
    Conv2d(Conv2d),
    Relu(Relu),
    MaxPool(MaxPool2d),
}

#[derive(Module, Debug)]
enum HeadStage {
    Dense(Linear),
    Relu(Relu),
}

/// One weight or bias under its ONNX name and in its ONNX layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// `<layer>.weight` or `<layer>.bias`.
    pub name: String,
    /// `[out, in, kh, kw]`, `[out, in]` or `[out]`.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

impl Network {
    /// Draws the weights from `seed`: evenly within ±√(6 / inputs per unit)
    /// (He, Zhang, Ren, Sun, *Delving Deep into Rectifiers*, 2015); biases are zero.
    ///
    /// # Panics
    ///
    /// When `device` does not have autodiff: a network is made to be trained.
    pub fn new(architecture: &Architecture, seed: u64, device: &Device) -> Self {
        let mut draw = Draw {
            rng: generator(seed, Purpose::Weights, 0),
            next_id: 1,
            device,
        };
        Self {
            features: architecture
                .features
                .iter()
                .map(|layer| draw.feature(layer))
                .collect(),
            head: architecture
                .head
                .iter()
                .map(|layer| draw.head(layer))
                .collect(),
        }
    }

    /// Logits `[N, 10]` of images `[N, 1, 28, 28]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let maps = self
            .features
            .iter()
            .fold(images, |maps, stage| match stage {
                FeatureStage::Conv2d(conv) => conv.forward(maps),
                FeatureStage::Relu(relu) => relu.forward(maps),
                FeatureStage::MaxPool(pool) => pool.forward(maps),
            });
        let vectors: Tensor<2> = maps.flatten(1, 3);
        self.head
            .iter()
            .fold(vectors, |vectors, stage| match stage {
                HeadStage::Dense(dense) => dense.forward(vectors),
                HeadStage::Relu(relu) => relu.forward(vectors),
            })
    }

    /// Weights and biases in the order of the layers.
    ///
    /// # Panics
    ///
    /// When `architecture` is not the one that the network was made from.
    pub fn parameters(&self, architecture: &Architecture) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for pair in self.features.iter().zip(&architecture.features) {
            match pair {
                (FeatureStage::Conv2d(conv), Feature::Conv2d { name, .. }) => {
                    parameters.push(parameter(name, "weight", conv.weight.val()));
                    parameters.extend(bias(name, conv.bias.as_ref()));
                }
                (FeatureStage::Relu(_), Feature::Relu { .. })
                | (FeatureStage::MaxPool(_), Feature::MaxPool { .. }) => {}
                (stage, layer) => panic!("{stage:?} was not made from {layer:?}"),
            }
        }
        for pair in self.head.iter().zip(&architecture.head) {
            match pair {
                (HeadStage::Dense(dense), Head::Dense { name, .. }) => {
                    // burn keeps [in, out], ONNX's Gemm with transB takes [out, in].
                    let weight = dense.weight.val().transpose();
                    parameters.push(parameter(name, "weight", weight));
                    parameters.extend(bias(name, dense.bias.as_ref()));
                }
                (HeadStage::Relu(_), Head::Relu { .. }) => {}
                (stage, layer) => panic!("{stage:?} was not made from {layer:?}"),
            }
        }
        parameters
    }
}

/// The images of a batch as a tensor `[N, 1, 28, 28]`.
pub fn image_tensor(batch: &Batch, device: &Device) -> Tensor<4> {
    let shape = [batch.labels.len(), 1, SIDE, SIDE];
    Tensor::from_data(TensorData::new(batch.images.clone(), shape), device)
}

fn parameter<const D: usize>(layer: &str, kind: &str, value: Tensor<D>) -> Parameter {
    let data = value.into_data();
    Parameter {
        name: format!("{layer}.{kind}"),
        shape: data.shape().to_vec(),
        values: data.iter::<f32>().collect(),
    }
}

fn bias(layer: &str, value: Option<&Param<Tensor<1>>>) -> Option<Parameter> {
    value.map(|bias| parameter(layer, "bias", bias.val()))
}

/// Draws initial weights layer after layer.
struct Draw<'a> {
    rng: ChaCha8Rng,
    // burn would number parameters at random; counting keeps checkpoints repeatable.
    next_id: u64,
    device: &'a Device,
}

impl Draw<'_> {
    fn feature(&mut self, layer: &Feature) -> FeatureStage {
        match *layer {
            Feature::Conv2d {
                inputs,
                outputs,
                kernel,
                padding,
                ..
            } => {
                let fan_in = inputs * kernel * kernel;
                let mut conv = Conv2dConfig::new([inputs, outputs], [kernel, kernel])
                    .with_padding(PaddingConfig2d::Explicit(
                        padding, padding, padding, padding,
                    ))
                    .init(self.device);
                conv.weight = self.weight([outputs, inputs, kernel, kernel], fan_in);
                conv.bias = Some(self.zeros(outputs));
                FeatureStage::Conv2d(conv)
            }
            Feature::Relu { .. } => FeatureStage::Relu(Relu::new()),
            Feature::MaxPool { window, .. } => {
                FeatureStage::MaxPool(MaxPool2dConfig::new([window, window]).init())
            }
        }
    }

    fn head(&mut self, layer: &Head) -> HeadStage {
        match *layer {
            Head::Dense {
                inputs, outputs, ..
            } => HeadStage::Dense(Linear {
                weight: self.weight([inputs, outputs], inputs),
                bias: Some(self.zeros(outputs)),
            }),
            Head::Relu { .. } => HeadStage::Relu(Relu::new()),
        }
    }

    fn weight<const D: usize>(&mut self, shape: [usize; D], fan_in: usize) -> Param<Tensor<D>> {
        let limit = (6.0 / fan_in as f32).sqrt();
        let values = (0..shape.iter().product())
            .map(|_| (self.rng.random::<f32>() * 2.0 - 1.0) * limit)
            .collect::<Vec<f32>>();
        self.param(TensorData::new(values, shape))
    }

    fn zeros(&mut self, length: usize) -> Param<Tensor<1>> {
        self.param(TensorData::new(vec![0.0_f32; length], [length]))
    }

    fn param<const D: usize>(&mut self, data: TensorData) -> Param<Tensor<D>> {
        let id = ParamId::from(self.next_id);
        self.next_id += 1;
        let value = Tensor::from_data(data, self.device);
        Param::initialized(id, value.set_require_grad(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks;

    #[test]
    fn has_as_many_values_as_the_table_says() {
        let device = Device::flex().autodiff();
        for name in networks::NAMES {
            let architecture = networks::by_name(name).unwrap();
            let network = Network::new(&architecture, 1, &device);
            let parameters = network.parameters(&architecture);
            let count: usize = parameters.iter().map(|p| p.values.len()).sum();
            assert_eq!(count, architecture.parameter_count());
            assert_eq!(network.num_params(), count);
        }
    }

    #[test]
    fn dense_weights_leave_with_outputs_first() {
        let architecture = networks::by_name("lecture-lenet").unwrap();
        let network = Network::new(&architecture, 1, &Device::flex().autodiff());
        let parameters = network.parameters(&architecture);
        let fc = parameters.iter().find(|p| p.name == "fc.weight").unwrap();
        assert_eq!(fc.shape, [10, 1250]);
        let HeadStage::Dense(dense) = &network.head[0] else {
            panic!("fc is dense");
        };
        let kept: Vec<f32> = dense.weight.val().into_data().iter().collect();
        assert_eq!(fc.values[3 * 1250 + 17], kept[17 * 10 + 3]);
    }
}
