//! The document of `cortexscope brain fit`, which is also its receipt.

use super::Document;
use cortexscope_brain::encode::{
    DataTerm, Fit, Geometry, Lambda, Method, Request, ceiling_formula,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::described;

described! {
    /// Readouts of a layer's features, fitted to recorded neurons and judged on images that they
    /// have not seen.
    pub struct BrainFit {
        /// Version of the program.
        pub version: String,
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The layer whose features are read.
        pub layer: String,
        /// Rows and columns of the windows that features are averaged in; 1 leaves them as they are.
        pub window: usize,
        /// Channels, rows and columns of the features.
        pub features: [usize; 3],
        /// Where in the input the cells look; `null` where that is not known.
        pub receptive_field: Option<ReceptiveField>,
        /// The images as they were named.
        pub images: String,
        /// SHA-256 over the pixels of all images, in hexadecimal.
        pub images_sha256: String,
        /// The responses as they were named.
        pub responses: String,
        /// First training image, and the one behind the last.
        pub train: [usize; 2],
        /// First test image, and the one behind the last.
        pub test: [usize; 2],
        /// Training images with responses of all neurons.
        pub train_images: usize,
        /// Test images with responses of all neurons.
        pub test_images: usize,
        /// `ridge` or `factorised`.
        pub readout: String,
        /// The error that was made small, in words.
        pub error: String,
        /// Seed of folds, first weights, batches and halves of repeats.
        pub seed: u64,
        /// One entry for each neuron.
        pub neurons: Vec<NeuronFit>,
        /// The median of r over the neurons.
        pub median_r: f64,
        /// The median of `explained_variance` over the neurons.
        pub median_explained_variance: f64,
        /// The median of `explained_variance_unbiased`; `null` without repeats.
        pub median_explained_variance_unbiased: Option<f64>,
        /// The median signal-to-noise ratio; `null` without repeats.
        pub signal_to_noise: Option<f64>,
        /// How well any model could do; `null` without repeats.
        pub ceiling: Option<CeilingValue>,
        /// This layer and those of `--also`.
        pub layers: Vec<LayerScore>,
        /// What the reader has to know.
        pub notes: Vec<String>,
        /// Path of the PNG file with the masks.
        pub picture: String,
        /// The folder with the readouts and with the predictions for all images.
        pub folder: String,
        /// Seconds that the fit took, features and other layers included.
        pub seconds: f64,
    }

    /// Receptive fields: cell m reads `size` pixels from `start` + m · `stride`.
    pub struct ReceptiveField {
        /// First row and column of the first cell; negative where padding is.
        pub start: [i32; 2],
        /// Rows and columns from a cell to the next.
        pub stride: [i32; 2],
        /// Rows and columns of a cell.
        pub size: [i32; 2],
    }

    /// How well one neuron is predicted.
    pub struct NeuronFit {
        /// Its number in the responses, from 0.
        pub index: usize,
        /// Pearson's r of prediction and mean response over the test images; 0 where either is
        /// constant.
        pub r: f64,
        /// r²/SB with SB the neuron's `ceiling`; r² without repeats, where noise counts as
        /// unexplained; 0 for a negative r. It is not clipped at 1.
        pub explained_variance: f64,
        /// The share of the explainable variance by the unbiased estimator r²_ER of Pospisil and
        /// Bair (2021), over the test images; `null` without repeats.
        pub explained_variance_unbiased: Option<f64>,
        /// The reliability SB of the mean response; `null` without repeats.
        pub ceiling: Option<f64>,
        /// The mean correlation of two halves of the repeats; `null` without repeats.
        pub split_half: Option<f64>,
        /// Variance of the signal over that of one trial's noise; `null` without repeats.
        pub signal_to_noise: Option<f64>,
        /// α of a ridge regression, relative to the mean square length of an image's features;
        /// `null` for a factorised readout.
        pub alpha: Option<f64>,
        /// Weights of the penalties of a factorised readout: mask, channels, Laplacian; `null` for
        /// ridge.
        pub lambda: Option<[f64; 3]>,
        /// Passes over the images before the weights of a factorised readout; `null` for ridge.
        pub epochs: Option<usize>,
    }

    /// How well any model could do.
    pub struct CeilingValue {
        /// How it is computed.
        pub formula: String,
        /// Its value.
        pub value: f64,
        /// The median over the neurons of the mean correlation of two halves of the repeats.
        pub split_half: f64,
    }

    /// How well a layer predicts the neurons.
    pub struct LayerScore {
        /// The layer.
        pub layer: String,
        /// Channels, rows and columns of its features.
        pub features: [usize; 3],
        /// The median of r over the neurons.
        pub median_r: f64,
        /// The median of `explained_variance` over the neurons.
        pub median_explained_variance: f64,
    }
}

impl Document for BrainFit {
    const NAME: &'static str = "brain-fit";
}

impl From<Geometry> for ReceptiveField {
    fn from(field: Geometry) -> Self {
        // A side is at most 4,096 pixels, so these are small.
        let narrow = |pixels: [i64; 2]| pixels.map(|at| at as i32);
        Self {
            start: narrow(field.start),
            stride: narrow(field.stride),
            size: narrow(field.size),
        }
    }
}

/// The document of a fit of `model`; what the fit itself does not know is empty.
pub fn fit_document(fit: &Fit, model: &FloatModel, request: &Request) -> BrainFit {
    let neurons = fit
        .scores
        .iter()
        .enumerate()
        .map(|(index, score)| NeuronFit {
            index,
            r: score.r,
            explained_variance: score.explained_variance,
            explained_variance_unbiased: score.unbiased,
            ceiling: score.ceiling.map(|ceiling| ceiling.spearman_brown),
            split_half: score.ceiling.map(|ceiling| ceiling.split_half),
            signal_to_noise: score.signal_to_noise,
            alpha: score.alpha,
            lambda: score.lambda.map(
                |Lambda {
                     space,
                     depth,
                     laplace,
                 }| [space, depth, laplace],
            ),
            epochs: score.epochs,
        });
    let ceiling = fit.median_of(|score| score.ceiling.map(|ceiling| ceiling.spearman_brown));
    let halves = fit.median_of(|score| score.ceiling.map(|ceiling| ceiling.split_half));
    let error = match &request.method {
        Method::Ridge(_) => "sum of squares".to_owned(),
        Method::Factorised(settings) => match settings.data_term {
            DataTerm::MeanSquares => "mean of squares over a batch".to_owned(),
            DataTerm::Norm => "root of the sum of squares over a batch".to_owned(),
        },
    };
    BrainFit {
        version: String::new(),
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        preprocessing: model.spec.input.to_string(),
        layer: String::new(),
        window: 1,
        features: fit.readout.shape,
        receptive_field: None,
        images: String::new(),
        images_sha256: String::new(),
        responses: String::new(),
        train: [request.train.start, request.train.end],
        test: [request.test.start, request.test.end],
        train_images: fit.train_images,
        test_images: fit.test_images,
        readout: fit.readout.kind().name().to_owned(),
        error,
        seed: request.seed,
        neurons: neurons.collect(),
        median_r: fit.median_r(),
        median_explained_variance: fit
            .median_of(|score| Some(score.explained_variance))
            .unwrap_or(0.0),
        median_explained_variance_unbiased: fit.median_of(|score| score.unbiased),
        signal_to_noise: fit.median_of(|score| score.signal_to_noise),
        ceiling: ceiling.zip(halves).map(|(value, split_half)| CeilingValue {
            formula: ceiling_formula(),
            value,
            split_half,
        }),
        layers: Vec::new(),
        notes: fit.notes.clone(),
        picture: String::new(),
        folder: String::new(),
        seconds: 0.0,
    }
}
