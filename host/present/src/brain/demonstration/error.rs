//! Why a demonstration did not come to its end.

use crate::brain::autoencoders::AutoencodersError;
use crate::brain::encoding::FitError;
use crate::brain::evolution::EvolutionError;
use crate::brain::laboratory::DriveError;
use crate::brain::planting::PlantError;
use crate::brain::similarity::SimilarityError;
use crate::results::SaveError;
use cortexscope_brain::optimise::OptimiserError;
use cortexscope_explain::float_model::FloatModelError;
use cortexscope_net::RequestError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a demonstration did not come to its end.
#[derive(Debug, Error)]
pub enum DemonstrationError {
    /// There is no folder of data of this name.
    #[error("no such folder: {}", path.display())]
    NoFolder {
        /// What was named.
        path: PathBuf,
    },
    /// A file of the data is not there.
    #[error("{} is not there: --data names a folder with v4/, brain/ and models/", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A network cannot be opened.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The program lacks a search.
    #[error(transparent)]
    Optimiser(#[from] OptimiserError),
    /// No neurons were planted.
    #[error(transparent)]
    Plant(Box<PlantError>),
    /// Neurons were not fitted.
    #[error(transparent)]
    Fit(Box<FitError>),
    /// Neurons were not driven.
    #[error(transparent)]
    Drive(Box<DriveError>),
    /// No image was evolved.
    #[error(transparent)]
    Evolution(Box<EvolutionError>),
    /// Nothing was compared.
    #[error(transparent)]
    Similarity(Box<SimilarityError>),
    /// No auto-encoder was judged.
    #[error(transparent)]
    Autoencoders(Box<AutoencodersError>),
    /// The report cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl From<PlantError> for DemonstrationError {
    fn from(error: PlantError) -> Self {
        Self::Plant(Box::new(error))
    }
}

impl From<FitError> for DemonstrationError {
    fn from(error: FitError) -> Self {
        Self::Fit(Box::new(error))
    }
}

impl From<DriveError> for DemonstrationError {
    fn from(error: DriveError) -> Self {
        Self::Drive(Box::new(error))
    }
}

impl From<SimilarityError> for DemonstrationError {
    fn from(error: SimilarityError) -> Self {
        Self::Similarity(Box::new(error))
    }
}

impl From<AutoencodersError> for DemonstrationError {
    fn from(error: AutoencodersError) -> Self {
        Self::Autoencoders(Box::new(error))
    }
}

impl From<EvolutionError> for DemonstrationError {
    fn from(error: EvolutionError) -> Self {
        Self::Evolution(Box::new(error))
    }
}

impl RequestError for DemonstrationError {
    fn is_request(&self) -> bool {
        match self {
            Self::NoFolder { .. } | Self::Missing { .. } => true,
            Self::Model(error) => error.is_request(),
            Self::Optimiser(error) => error.is_request(),
            Self::Plant(error) => error.is_request(),
            Self::Fit(error) => error.is_request(),
            Self::Drive(error) => error.is_request(),
            Self::Evolution(error) => error.is_request(),
            Self::Similarity(error) => error.is_request(),
            Self::Autoencoders(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}
