//! A [`Table`] as a burn module with weights.

use burn::{
    module::{Module, Param, ParamId},
    nn::{
        BatchNorm, BatchNormConfig, PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
    },
    tensor::{Device, Tensor, TensorData, activation},
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::table::{BLOCK, Head, Stage, Table};
use crate::network::Parameter;
use crate::randomness::{Purpose, generator};

/// What gives a level of 0.12 through a sigmoid: the digits' mean is 0.13. From 0.5, the first
/// steps would go far enough down to silence rectifiers.
const DARK: f32 = -2.0;

/// The weights of a list of [`Stage`]s.
#[derive(Module, Debug)]
pub struct Stages {
    convs: Vec<Conv2d>,
    norms: Vec<BatchNorm>,
}

/// The factorised readout of Klindt et al. (2017): `log(1 + e^(Σ |Ws| |Wd| h + b))`.
#[derive(Module, Debug)]
pub struct Readout {
    /// Ws, `[neurons, H · W]`.
    masks: Param<Tensor<2>>,
    /// Wd, `[neurons, C]`.
    channels: Param<Tensor<2>>,
    /// b, `[neurons]`.
    bias: Param<Tensor<1>>,
}

/// An arm that can be trained.
#[derive(Module, Debug)]
pub struct Network {
    encoder: Stages,
    decoder: Option<Stages>,
    readout: Option<Readout>,
}

/// What an arm says of images.
pub struct Answer {
    /// `[N, 16, 7, 7]`.
    pub reconstruction: Option<Tensor<4>>,
    /// `[N, neurons]`, spikes.
    pub rates: Option<Tensor<2>>,
}

impl Network {
    /// Draws first weights; a neuron's bias is such that it starts at its mean rate.
    pub fn new(table: &Table, means: &[f32], seed: u64, device: &Device) -> Self {
        let mut draw = Draw::new(seed, device);
        Self {
            encoder: draw.stages(&table.encoder),
            decoder: table.decoder.as_ref().map(|stages| draw.stages(stages)),
            readout: table.head.map(|head| draw.readout(head, means)),
        }
    }

    /// Runs images `[N, 1, 28, 28]`.
    pub fn forward(&self, table: &Table, images: Tensor<4>) -> Answer {
        let read = table.head.map_or(0, |head| head.after);
        let (before, after) = table.encoder.split_at(read);
        let mut weights = self.encoder.weights();
        let features = weights.run(before, images);
        let rates = self
            .readout
            .as_ref()
            .map(|readout| readout.rates(features.clone()));
        let reconstruction = match (&self.decoder, &table.decoder) {
            (Some(decoder), Some(stages)) => {
                let code = weights.run(after, features);
                Some(decoder.weights().run(stages, code))
            }
            _ => None,
        };
        Answer {
            reconstruction,
            rates,
        }
    }

    /// The filters of the encoder's convolutions, `[out, in, k, k]`.
    pub fn filters(&self) -> impl Iterator<Item = Tensor<4>> + '_ {
        self.encoder.convs.iter().map(|conv| conv.weight.val())
    }

    /// The readout's masks `[neurons, H · W]` and weights of channels `[neurons, C]`.
    pub fn readout_weights(&self) -> Option<[Tensor<2>; 2]> {
        let readout = self.readout.as_ref()?;
        Some([readout.masks.val(), readout.channels.val()])
    }

    /// Every weight under its ONNX name, in the order of the nodes.
    pub fn parameters(&self, table: &Table) -> Vec<Parameter> {
        let mut all = self.encoder.parameters(&table.encoder);
        if let (Some(decoder), Some(stages)) = (&self.decoder, &table.decoder) {
            all.extend(decoder.parameters(stages));
        }
        if let (Some(readout), Some(head)) = (&self.readout, table.head) {
            let [channels, height, width] = head.shape;
            all.push(parameter(
                "channels.weight",
                &[head.neurons, channels, 1, 1],
                readout.channels.val().abs(),
            ));
            all.push(parameter(
                "mask.weight",
                &[head.neurons, 1, height, width],
                readout.masks.val().abs(),
            ));
            all.push(parameter("mask.bias", &[head.neurons], readout.bias.val()));
        }
        all
    }
}

impl Stages {
    /// A walk over the weights in the order of the stages.
    pub fn weights(&self) -> Weights<'_> {
        Weights {
            convs: self.convs.iter(),
            norms: self.norms.iter(),
        }
    }

    /// Every weight under its ONNX name.
    pub fn parameters(&self, stages: &[Stage]) -> Vec<Parameter> {
        let mut weights = self.weights();
        let mut all = Vec::new();
        for stage in stages {
            match *stage {
                Stage::Conv { name, outputs, .. } => {
                    let Some(conv) = weights.convs.next() else {
                        break;
                    };
                    let weight = conv.weight.val();
                    let shape = weight.dims();
                    all.push(parameter(&format!("{name}.weight"), &shape, weight));
                    if let Some(bias) = &conv.bias {
                        all.push(parameter(&format!("{name}.bias"), &[outputs], bias.val()));
                    }
                }
                Stage::Norm { name, channels } => {
                    let Some(norm) = weights.norms.next() else {
                        break;
                    };
                    let mut push = |kind: &str, value: Tensor<1>| {
                        all.push(parameter(&format!("{name}.{kind}"), &[channels], value));
                    };
                    push("scale", norm.gamma.val());
                    push("shift", norm.beta.val());
                    push("mean", norm.running_mean.value_sync());
                    push("variance", norm.running_var.value_sync());
                }
                _ => {}
            }
        }
        all
    }
}

/// Weights that are used up stage after stage.
pub struct Weights<'a> {
    convs: std::slice::Iter<'a, Conv2d>,
    norms: std::slice::Iter<'a, BatchNorm>,
}

impl Weights<'_> {
    /// Runs `stages` on maps `[N, C, H, W]`.
    ///
    /// # Panics
    /// The weights were made for another table.
    pub fn run(&mut self, stages: &[Stage], maps: Tensor<4>) -> Tensor<4> {
        stages.iter().fold(maps, |maps, stage| match *stage {
            Stage::Conv { name, .. } => {
                let conv = self.convs.next();
                conv.unwrap_or_else(|| panic!("{name} has no weights"))
                    .forward(maps)
            }
            Stage::Norm { name, .. } => {
                let norm = self.norms.next();
                norm.unwrap_or_else(|| panic!("{name} has no weights"))
                    .forward(maps)
            }
            Stage::Relu { .. } => activation::relu(maps),
            Stage::Softplus { .. } => activation::softplus(maps, 1.0),
            Stage::Sigmoid { .. } => activation::sigmoid(maps),
            Stage::Reshape {
                shape: [c, h, w], ..
            } => {
                let [count, ..] = maps.dims();
                maps.reshape([count, c, h, w])
            }
            Stage::DepthToSpace { .. } => {
                let [count, channels, height, width] = maps.dims();
                let out = channels / (BLOCK * BLOCK);
                maps.reshape([count, out, BLOCK, BLOCK, height, width])
                    .permute([0, 1, 4, 2, 5, 3])
                    .reshape([count, out, height * BLOCK, width * BLOCK])
            }
        })
    }
}

impl Readout {
    /// Spikes `[N, neurons]` for features `[N, C, H, W]`.
    fn rates(&self, features: Tensor<4>) -> Tensor<2> {
        let [count, channels, height, width] = features.dims();
        let [neurons, _] = self.masks.val().dims();
        let places = height * width;
        let features: Tensor<3> = features.reshape([count, channels, places]);
        let mixed = self.channels.val().abs().unsqueeze::<3>().matmul(features);
        let masked = mixed * self.masks.val().abs().unsqueeze::<3>();
        let drive: Tensor<2> = masked.sum_dim(2).reshape([count, neurons]);
        activation::softplus(drive + self.bias.val().unsqueeze::<2>(), 1.0)
    }
}

/// Draws first weights, one after the other.
pub struct Draw<'a> {
    rng: ChaCha8Rng,
    // burn would number parameters at random; counting keeps runs repeatable.
    next_id: u64,
    device: &'a Device,
}

impl<'a> Draw<'a> {
    /// Weights of `seed`.
    pub fn new(seed: u64, device: &'a Device) -> Self {
        Self {
            rng: generator(seed, Purpose::Weights, 0),
            next_id: 1,
            device,
        }
    }

    /// Weights within ±√(6 / inputs of a unit) (He et al. 2015), biases of 0; where the stages end
    /// in a sigmoid, the last are such that it begins near the digits' mean.
    pub fn stages(&mut self, stages: &[Stage]) -> Stages {
        let mut drawn = Stages {
            convs: Vec::new(),
            norms: Vec::new(),
        };
        for stage in stages {
            match *stage {
                Stage::Conv {
                    inputs,
                    outputs,
                    kernel,
                    stride,
                    padding,
                    ..
                } => {
                    let mut conv = Conv2dConfig::new([inputs, outputs], [kernel, kernel])
                        .with_stride([stride, stride])
                        .with_padding(PaddingConfig2d::Explicit(
                            padding, padding, padding, padding,
                        ))
                        .init(self.device);
                    let limit = (6.0 / (inputs * kernel * kernel) as f32).sqrt();
                    let shape = [outputs, inputs, kernel, kernel];
                    conv.weight = self.uniform(shape, -limit, limit);
                    conv.bias = Some(self.constant([outputs], 0.0));
                    drawn.convs.push(conv);
                }
                Stage::Norm { channels, .. } => {
                    let mut norm = BatchNormConfig::new(channels).init(self.device);
                    norm.gamma = self.constant([channels], 1.0);
                    norm.beta = self.constant([channels], 0.0);
                    drawn.norms.push(norm);
                }
                _ => {}
            }
        }
        if let (Some(Stage::Sigmoid { .. }), Some(last)) = (stages.last(), drawn.convs.last_mut()) {
            let [outputs, ..] = last.weight.dims();
            last.bias = Some(self.constant([outputs], DARK));
        }
        drawn
    }

    /// Masks and weights start small and positive, as only their sizes count.
    fn readout(&mut self, head: Head, means: &[f32]) -> Readout {
        let [channels, height, width] = head.shape;
        let bias = means.iter().map(|mean| (mean.max(0.01).exp() - 1.0).ln());
        let bias = TensorData::new(bias.collect::<Vec<f32>>(), [head.neurons]);
        Readout {
            masks: self.uniform([head.neurons, height * width], 0.0, 0.02),
            channels: self.uniform([head.neurons, channels], 0.0, 0.2),
            bias: self.param(bias),
        }
    }

    fn uniform<const D: usize>(
        &mut self,
        shape: [usize; D],
        low: f32,
        high: f32,
    ) -> Param<Tensor<D>> {
        let values = (0..shape.iter().product())
            .map(|_| low + (high - low) * self.rng.random::<f32>())
            .collect::<Vec<f32>>();
        self.param(TensorData::new(values, shape))
    }

    fn constant<const D: usize>(&mut self, shape: [usize; D], value: f32) -> Param<Tensor<D>> {
        let count = shape.iter().product();
        self.param(TensorData::new(vec![value; count], shape))
    }

    fn param<const D: usize>(&mut self, data: TensorData) -> Param<Tensor<D>> {
        let id = ParamId::from(self.next_id);
        self.next_id += 1;
        let value = Tensor::from_data(data, self.device);
        Param::initialized(id, value.set_require_grad(true))
    }
}

fn parameter<const D: usize>(name: &str, shape: &[usize], value: Tensor<D>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: value.into_data().iter::<f32>().collect(),
    }
}
