//! The decoder of `brain evolve --generator decoder`: a code of 16 values to a digit.
//!
//! It is trained as the second half of an auto-encoder. The codes of a batch are brought to mean
//! 0 and deviation 1, and noise is added to them, so that a code drawn from N(0, 1) gives
//! something like a digit, and codes near each other give images near each other.

use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    tensor::{Device, Tensor, TensorData},
};
use cortexscope_brain::autoencode::{PlantedSession, VALIDATION};
use cortexscope_net::onnx::{GraphBuilder, builder::Size};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::data::Data;
use super::emit;
use super::network::{Draw, Stages};
use super::recipe::Recipe;
use super::table::{BLOCK, SIDE, Stage};
use super::train::{Batches, Record, descend};
use crate::randomness::{Purpose, generator};

/// The name of its files.
pub const NAME: &str = "decoder";
/// Values of a code.
pub const CODE: usize = 16;
/// Deviation of the noise on a code in training.
const NOISE: f64 = 0.3;
/// Channels of the inner maps, at 7 × 7 places.
const CHANNELS: usize = 12;

/// Encoder and decoder.
#[derive(Module, Debug)]
struct Halves {
    encoder: Stages,
    decoder: Stages,
}

/// What was trained.
pub struct Trained {
    /// The ONNX file.
    pub onnx: Vec<u8>,
    /// Trainable values of the decoder.
    pub parameters: usize,
    /// How the run went.
    pub record: Record,
    /// Codes, and the images that burn makes of them.
    pub examples: Vec<(Vec<f32>, Vec<f32>)>,
}

fn conv(
    name: &'static str,
    inputs: usize,
    outputs: usize,
    [kernel, stride, padding]: [usize; 3],
) -> Stage {
    Stage::Conv {
        name,
        inputs,
        outputs,
        kernel,
        stride,
        padding,
    }
}

/// 1×28×28 → 8×14×14 → 12×7×7 → 16×1×1; it is not shipped.
fn encoder() -> Vec<Stage> {
    vec![
        conv("conv1", 1, 8, [5, 2, 2]),
        Stage::Relu { name: "h1" },
        conv("conv2", 8, CHANNELS, [3, 2, 1]),
        Stage::Relu { name: "h2" },
        conv("code", CHANNELS, CODE, [7, 1, 0]),
    ]
}

/// 16×1×1 → 12×7×7 → 12×7×7 → 16×7×7, whose channels become pixels.
pub fn decoder() -> Vec<Stage> {
    let places = SIDE / BLOCK;
    vec![
        conv("dense", CODE, CHANNELS * places * places, [1, 1, 0]),
        Stage::Reshape {
            name: "maps",
            shape: [CHANNELS, places, places],
        },
        Stage::Relu { name: "h1" },
        conv("conv1", CHANNELS, CHANNELS, [3, 1, 1]),
        Stage::Relu { name: "h2" },
        conv("conv2", CHANNELS, BLOCK * BLOCK, [3, 1, 1]),
        Stage::DepthToSpace { name: "pixels" },
        Stage::Sigmoid { name: "image" },
    ]
}

/// Trains it.
pub fn train(recipe: &Recipe, session: &PlantedSession) -> Trained {
    let data = Data::new(session, 0..0);
    let device = Device::flex().autodiff();
    let held_back = data.batch(&VALIDATION.collect::<Vec<usize>>(), &Device::flex());
    let mut draw = Draw::new(recipe.seed, &device);
    let halves = Halves {
        encoder: draw.stages(&encoder()),
        decoder: draw.stages(&decoder()),
    };
    let mut batches = Batches::new(recipe.seed, recipe.schedule.batch);
    let mut rng = generator(recipe.seed, Purpose::Noise, 0);
    let step = |halves: Halves, optimizer: &mut ModuleOptimizer, rate: f64| {
        let batch = data.batch(&batches.take(), &device);
        let code = halves.code(batch.images.clone());
        let noise = noise(code.dims(), &mut rng, &device);
        let loss = halves.error(code + noise, batch.images);
        let gradients = GradientsParams::from_grads(loss.backward(), &halves);
        optimizer.step(rate, halves, gradients)
    };
    let judge = |halves: &Halves| {
        let halves = halves.valid();
        let code = halves.code(held_back.images.clone());
        halves
            .error(code, held_back.images.clone())
            .into_scalar::<f32>()
    };
    let (halves, record) = descend(halves, &recipe.schedule, step, judge);
    let decoder = halves.decoder;
    let examples = (0..8).map(|_| {
        let code = noise([1, CODE, 1, 1], &mut rng, &Device::flex());
        let image = decoder.weights().run(&self::decoder(), code.clone());
        [code, image].map(|tensor| tensor.into_data().iter().collect::<Vec<f32>>())
    });
    let examples = examples.map(|[code, image]| (code, image)).collect();
    Trained {
        examples,
        onnx: decoder.emit(),
        parameters: self::decoder().iter().map(Stage::parameter_count).sum(),
        record,
    }
}

impl Halves {
    /// Codes `[N, 16, 1, 1]`, each value with mean 0 and deviation 1 over the batch.
    fn code(&self, images: Tensor<4>) -> Tensor<4> {
        let code = self.encoder.weights().run(&encoder(), images);
        let away = code.clone() - code.mean_dim(0);
        let variance = (away.clone() * away.clone()).mean_dim(0);
        away / variance.add_scalar(1e-6).sqrt()
    }

    /// Mean squared error of a pixel.
    fn error(&self, code: Tensor<4>, images: Tensor<4>) -> Tensor<1> {
        let error = self.decoder.weights().run(&decoder(), code) - images;
        (error.clone() * error).mean()
    }
}

impl Stages {
    /// The decoder's file: `[N, 16, 1, 1]` to `[N, 1, 28, 28]`, from black 0 to white 1.
    fn emit(&self) -> Vec<u8> {
        let mut graph = GraphBuilder::new(NAME);
        let mut last = "input".to_owned();
        for stage in &decoder() {
            last = emit::push(&mut graph, stage, &last);
        }
        let sizes = [
            Size::Batch,
            Size::Fixed(1),
            Size::Fixed(SIDE),
            Size::Fixed(SIDE),
        ];
        let parameters = self.parameters(&decoder());
        emit::finish(graph, [CODE, 1, 1], &last, &sizes, &parameters)
    }
}

fn noise(shape: [usize; 4], rng: &mut ChaCha8Rng, device: &Device) -> Tensor<4> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| normal(rng)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A draw from N(0, [`NOISE`]) (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let [radius, angle] = [rng.random::<f64>(), rng.random::<f64>()];
    let radius = (-2.0 * (1.0 - radius).ln()).sqrt();
    (NOISE * radius * (std::f64::consts::TAU * angle).cos()) as f32
}
