//! The network of a budget: an architecture by its name, or the network in a file.

use std::path::{Path, PathBuf};

use cortexscope_budget::onnx::{self, NetworkError};
use cortexscope_budget::{Network, architecture};
use cortexscope_compile::model_files::ModelFilesError;
use cortexscope_net::RequestError;
use cortexscope_net::input::{ModelSpec, SpecError};
use cortexscope_net::onnx::Weights;
use cortexscope_net::onnx::constant::byte_count;
use cortexscope_net::reader::{self, Graph, Hint, ReadError};
use thiserror::Error;

use crate::results::SaveError;

/// Bytes of weights that are read: more than any board has flash for.
const MOST_WEIGHT_BYTES: u64 = 64 << 20;

/// Why there is no network to count.
#[derive(Debug, Error)]
pub enum BudgetError {
    /// It is neither a file nor an architecture.
    #[error(
        "no file and no architecture is called {name}: give an ONNX file or one of {}",
        architecture::NAMES.join(", ")
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The description beside the file cannot be used.
    #[error("could not use the description {}", path.display())]
    Description {
        /// The description.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<SpecError>,
    },
    /// The file is not a network that can be read.
    #[error("{model}")]
    Refused {
        /// The file.
        model: String,
        /// What is wrong with it.
        source: Box<ReadError>,
    },
    /// The system cannot read the file.
    #[error(transparent)]
    Read(Box<ReadError>),
    /// The network cannot be counted.
    #[error("{model}: {what}")]
    Network {
        /// The file.
        model: String,
        /// What is wrong with it.
        what: Box<NetworkError>,
    },
    /// The board image cannot be used.
    #[error(transparent)]
    Image(Box<ModelFilesError>),
    /// The lecture does not print this network.
    #[error("the lecture has no table of {network}: it has one of vgg16 and of lecture-lenet")]
    NoLecture {
        /// The network.
        network: String,
    },
    /// A picture of another kind was asked for.
    #[error("{} ends neither in .png nor in .svg", path.display())]
    PictureKind {
        /// The file.
        path: PathBuf,
    },
    /// The picture cannot be drawn or written.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl From<ModelFilesError> for BudgetError {
    fn from(error: ModelFilesError) -> Self {
        Self::Image(Box::new(error))
    }
}

impl RequestError for BudgetError {
    fn is_request(&self) -> bool {
        match self {
            Self::Unknown { .. }
            | Self::Refused { .. }
            | Self::Network { .. }
            | Self::NoLecture { .. }
            | Self::PictureKind { .. } => true,
            Self::Description { .. } | Self::Read(_) | Self::Image(_) | Self::Save(_) => false,
        }
    }
}

/// The architecture called `model`, or the network in the ONNX file at that path, whose
/// description may lie beside it; and what the reader found, for the user to read.
///
/// # Errors
/// [`BudgetError`].
pub fn network(model: &str, hint: Hint) -> Result<(Network, Vec<String>), BudgetError> {
    if let Some(network) = architecture::find(model) {
        return Ok((network, Vec::new()));
    }
    let path = Path::new(model);
    if !path.is_file() {
        let name = model.to_owned();
        return Err(BudgetError::Unknown { name });
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    // As `compile` takes it: the labels are in the board image.
    let spec = description(path)?;
    let hint = Hint {
        shape: spec.as_ref().map(|spec| spec.input.shape()),
        ..hint
    };
    let labels = spec.map_or_else(Vec::new, |spec| spec.output.labels);
    let graph = graph(path, &hint).map_err(|source| {
        if source.is_request() {
            BudgetError::Refused {
                model: model.to_owned(),
                source: Box::new(source),
            }
        } else {
            BudgetError::Read(Box::new(source))
        }
    })?;
    let network = onnx::network(&graph, &name, &labels);
    let network = network.map_err(|what| BudgetError::Network {
        model: model.to_owned(),
        what: Box::new(what),
    })?;
    Ok((network, graph.notes))
}

/// The description beside the file at `path`, where there is one.
fn description(path: &Path) -> Result<Option<ModelSpec>, BudgetError> {
    let path = path.with_extension("toml");
    if !path.is_file() {
        return Ok(None);
    }
    match ModelSpec::open(&path.clone().into()) {
        Ok(spec) => Ok(Some(spec)),
        Err(source) => Err(BudgetError::Description {
            path,
            source: Box::new(source),
        }),
    }
}

/// The graph of a file, with its weights where they are there and small enough for a board:
/// which kernels suit a layer depends on them.
fn graph(path: &Path, hint: &Hint) -> Result<Graph, ReadError> {
    let light = reader::open(&path.into(), Weights::Skip, hint)?;
    let sizes = light.constants().iter().map(byte_count);
    let bytes = sizes.sum::<Option<u64>>();
    if bytes.is_none_or(|bytes| bytes > MOST_WEIGHT_BYTES) {
        return Ok(light);
    }
    Ok(reader::open(&path.into(), Weights::Read, hint).unwrap_or(light))
}
