//! A fit in a folder: what a later command needs to run it again.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cortexscope_explain::float_model::{FloatModel, FloatModelError, LayerId, Overrides};
use cortexscope_net::RequestError;
use cortexscope_net::file;
use cortexscope_net::input::ModelSpec;
use cortexscope_net::output::{self, OutputError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Fit, Pooling, Readout, ReadoutWeights};
use crate::data::{DataError, NumberArray};

/// The file that says what the others are; it is written last, so that a folder which has
/// it is whole.
const FILE: &str = "encoding.json";
/// Bytes of it: numbers of a million neurons.
const MAX_BYTES: u64 = 1 << 26;

/// A fit that was kept.
#[derive(Debug)]
pub struct Stored {
    /// The network whose features are read.
    pub model: FloatModel,
    /// The layer.
    pub layer: LayerId,
    /// How its features are pooled.
    pub pooling: Pooling,
    /// The readouts.
    pub readout: Readout,
    /// Predictions `[neurons][images]` for all images of the session.
    pub predictions: Vec<Vec<f64>>,
    /// What else was kept.
    pub about: About,
}

/// What a stored fit says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The network, by name or path.
    pub model: String,
    /// SHA-256 of its file.
    pub model_sha256: String,
    /// The layer's name.
    pub layer: String,
    /// Rows and columns of a pooling window.
    pub window: usize,
    /// `[C, H, W]` of the pooled features.
    pub shape: [usize; 3],
    /// `ridge` or `factorised`.
    pub readout: String,
    /// The images, as the user named them.
    pub images: String,
    /// Mean response of each neuron over the training images.
    pub means: Vec<f64>,
    /// Standard deviation of each neuron's responses over the training images.
    pub deviations: Vec<f64>,
    /// Constant of each neuron's readout.
    pub bias: Vec<f64>,
}

/// Why a fit cannot be kept or used again.
#[derive(Debug, Error)]
pub enum StoredError {
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] OutputError),
    /// The folder has no fit.
    #[error("{} has no fit: make one with `brain fit … -o DIR`", folder.display())]
    None {
        /// The folder.
        folder: PathBuf,
    },
    /// A file of the folder says something else than the others.
    #[error("{}: {what}; fit again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The network's file is another one now.
    #[error("{model} is not the network that was fitted; fit again")]
    OtherModel {
        /// The network.
        model: String,
    },
    /// An array cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network cannot be opened.
    #[error(transparent)]
    Model(#[from] FloatModelError),
}

impl RequestError for StoredError {
    fn is_request(&self) -> bool {
        match self {
            Self::None { .. } | Self::OtherModel { .. } => true,
            Self::Model(error) => error.is_request(),
            Self::Write(_) | Self::Damaged { .. } | Self::Data(_) => false,
        }
    }
}

/// Keeps a fit in `folder`, which exists.
///
/// # Errors
/// A file cannot be written.
pub fn save(folder: &Path, fit: &Fit, spec: &ModelSpec, about: &About) -> Result<(), StoredError> {
    let readout = &fit.readout;
    let neurons = readout.neurons() as u64;
    let [channels, height, width] = readout.shape.map(|size| size as u64);
    let at = |name: &str| folder.join(name);
    match &readout.weights {
        ReadoutWeights::Ridge(weights) => output::npy(
            &at("weights.npy"),
            &[neurons, channels, height, width],
            weights,
        )?,
        ReadoutWeights::Factorised {
            masks,
            channels: depth,
        } => {
            output::npy(&at("masks.npy"), &[neurons, height, width], masks)?;
            output::npy(&at("channels.npy"), &[neurons, channels], depth)?;
        }
    }
    let images = fit.predictions.first().map_or(0, Vec::len) as u64;
    let all: Vec<f64> = fit.predictions.iter().flatten().copied().collect();
    output::npy(&at("predictions.npy"), &[neurons, images], &all)?;
    output::write(&at("model.toml"), spec.to_string().as_bytes())?;
    let text = serde_json::to_string_pretty(about).map_err(|error| OutputError::Write {
        path: at(FILE),
        source: error.into(),
    })?;
    output::write(&at(FILE), text.as_bytes())?;
    Ok(())
}

impl Stored {
    /// Whether there is a fit in `folder`.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }

    /// Opens the fit that [`save`] kept in `folder`, and its network.
    ///
    /// # Errors
    /// There is none, its files do not go together, or the network changed.
    pub fn open(folder: &Path) -> Result<Self, StoredError> {
        let path = folder.join(FILE);
        let damaged = |path: &Path, what: String| StoredError::Damaged {
            path: path.to_owned(),
            what,
        };
        let text = file::read(&path, MAX_BYTES).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => damaged(&path, error.to_string()),
            _ => StoredError::None {
                folder: folder.to_owned(),
            },
        })?;
        let about: About =
            serde_json::from_slice(&text).map_err(|error| damaged(&path, error.to_string()))?;
        let overrides = Overrides {
            spec: Some(folder.join("model.toml")),
            ..Overrides::default()
        };
        let model = FloatModel::open(&about.model, &overrides)?;
        if model.sha256_hex() != about.model_sha256 {
            let model = about.model.clone();
            return Err(StoredError::OtherModel { model });
        }
        let layer = model.find(&about.layer)?;
        let pooling = Pooling {
            window: about.window.max(1),
        };
        let shape = pooling.shape(model.layer(layer).shape);
        if shape != about.shape {
            let what = format!("the layer gives {shape:?}, the fit reads {:?}", about.shape);
            return Err(damaged(&path, what));
        }
        let neurons = about.bias.len();
        let [channels, height, width] = shape;
        let array = |name: &str, wanted: &[usize]| -> Result<Vec<f64>, StoredError> {
            let path = folder.join(name);
            let array = NumberArray::open(&path.display().to_string())?;
            if array.shape == wanted {
                Ok(array.values)
            } else {
                let what = format!("the array is {:?}; {wanted:?} is wanted", array.shape);
                Err(damaged(&path, what))
            }
        };
        let narrow = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        let weights = if about.readout == "ridge" {
            let weights = array("weights.npy", &[neurons, channels, height, width])?;
            ReadoutWeights::Ridge(narrow(weights))
        } else {
            ReadoutWeights::Factorised {
                masks: narrow(array("masks.npy", &[neurons, height, width])?),
                channels: narrow(array("channels.npy", &[neurons, channels])?),
            }
        };
        let path = folder.join("predictions.npy");
        let predictions = NumberArray::open(&path.display().to_string())?;
        let images = match *predictions.shape {
            [have, images] if have == neurons && images > 0 => images,
            _ => {
                return Err(damaged(
                    &path,
                    format!("the array is {:?}", predictions.shape),
                ));
            }
        };
        if about.means.len() != neurons || about.deviations.len() != neurons {
            let what = "means, deviations and constants of other numbers of neurons".to_owned();
            return Err(damaged(&folder.join(FILE), what));
        }
        Ok(Self {
            layer,
            pooling,
            readout: Readout {
                shape,
                bias: about.bias.clone(),
                weights,
            },
            predictions: predictions
                .values
                .chunks_exact(images)
                .map(<[f64]>::to_vec)
                .collect(),
            model,
            about,
        })
    }
}
