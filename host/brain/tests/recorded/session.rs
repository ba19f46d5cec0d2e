//! Session 190923 of V4: 33 neurons, 1,200 images, and what AlexNet's layers predict of them.

use std::sync::LazyLock;

use cortexscope_brain::data::{Images, NumberArray, Responses, Span};
use cortexscope_brain::encode::{
    About, Factorised, Features, Fit, Lambda, Method, Pooling, Request, Ridge, Stored, fit,
};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::random::Random;

use crate::{go_on, median, outside};

pub const LAYERS: [&str; 5] = ["relu1", "relu2", "relu3", "relu4", "relu5"];
pub const NEURONS: usize = 33;
/// The layer that neurons are driven through.
const THIRD: usize = 2;
/// Cells a side that pooling leaves at most.
pub const CELLS: usize = 13;

/// The session, fitted.
pub struct V4 {
    /// The median r over the neurons of a ridge regression on the third layer.
    pub ridge: f64,
    /// The same where responses are those to other images.
    pub shuffled: f64,
    /// The median r of the factorised readout of each layer.
    pub factorised: [f64; 5],
    /// That of the third.
    pub fit: Stored,
}

/// The natural images.
pub static IMAGES: LazyLock<Images> =
    LazyLock::new(|| Images::open(&outside("v4/images_190923.zip")).unwrap());

/// The mean responses `[neurons, images]`.
pub fn responses() -> NumberArray {
    NumberArray::open(&outside("v4/responses_190923.npy")).unwrap()
}

/// Each image passes the network once for all tests.
pub static V4: LazyLock<V4> = LazyLock::new(V4::fitted);

pub fn alexnet() -> FloatModel {
    let path = outside("models/alexnet_conv.onnx");
    FloatModel::open(&path, &Overrides::default()).unwrap()
}

/// The first half of the session is fitted to, and the second judged on.
fn request(method: Method) -> Request {
    Request {
        train: Span { start: 0, end: 600 },
        test: Span {
            start: 600,
            end: 1200,
        },
        method,
        seed: 1,
    }
}

impl V4 {
    fn fitted() -> Self {
        let model = alexnet();
        let array = responses();
        let both = with_shuffled(&array);
        let layers = LAYERS.map(|name| model.find(name).unwrap());
        let all = Features::compute(&model, &layers, CELLS, &IMAGES, &mut go_on).unwrap();
        let by_ridge = request(Method::Ridge(Ridge::new(1)));
        let third = all[THIRD].clone();
        let found = fit(third, &both, &by_ridge, None, &mut go_on).unwrap();
        let r: Vec<f64> = found.scores.iter().map(|score| score.r).collect();
        let own = Responses::new(array, None).unwrap();
        let mut settings = Factorised::new(1);
        settings.lambdas = vec![Lambda {
            space: 0.3,
            depth: 0.3,
            laplace: 0.1,
        }];
        let by_mask = request(Method::Factorised(settings));
        let fits = all.into_iter().map(|features| {
            let found = fit(features, &own, &by_mask, None, &mut go_on);
            found.unwrap()
        });
        let mut fits: Vec<Fit> = fits.collect();
        let medians: Vec<f64> = fits.iter().map(Fit::median_r).collect();
        Self {
            ridge: median(&r[..NEURONS]),
            shuffled: median(&r[NEURONS..]),
            factorised: medians.try_into().unwrap(),
            fit: stored(model, fits.swap_remove(THIRD)),
        }
    }
}

/// The neurons, and once more with the responses of each half in another order of its images.
fn with_shuffled(array: &NumberArray) -> Responses {
    let images = array.shape[1];
    let mut random = Random::new(5);
    let [mut first, mut second] = [0, 1].map(|half| -> Vec<usize> {
        let half = half * images / 2..(half + 1) * images / 2;
        half.collect()
    });
    random.shuffle(&mut first);
    random.shuffle(&mut second);
    let order = [first, second].concat();
    let rows = array.values.chunks_exact(images);
    let moved = rows.flat_map(|row| order.iter().map(move |&image| row[image]));
    let values = array.values.iter().copied().chain(moved).collect();
    let shape = vec![2 * array.shape[0], images];
    let both = NumberArray {
        shape,
        values,
        ..array.clone()
    };
    Responses::new(both, None).unwrap()
}

fn stored(model: FloatModel, fit: Fit) -> Stored {
    let layer = model.find(LAYERS[THIRD]).unwrap();
    let pooling = Pooling::to_cells(model.layer(layer).shape, CELLS);
    let [means, deviations] = [0, 1].map(|at| fit.scales.iter().map(|scale| scale[at]).collect());
    Stored {
        layer,
        pooling,
        predictions: fit.predictions,
        about: About {
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            layer: LAYERS[THIRD].to_owned(),
            window: pooling.window,
            shape: fit.readout.shape,
            readout: "factorised".to_owned(),
            images: String::new(),
            means,
            deviations,
            bias: fit.readout.bias.clone(),
        },
        readout: fit.readout,
        model,
    }
}
