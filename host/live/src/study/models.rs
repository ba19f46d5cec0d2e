//! The float network that was opened last, for all threads that ask it.

use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::{FloatModel, FloatModelError, Overrides};
use cortexscope_explain::target::TargetError;
use cortexscope_net::resources::ResourcePath;
use std::sync::{Arc, Mutex, PoisonError};

/// Why the float network does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There is no method or preset of this name.
    #[error("there is no {what} {name:?}")]
    Unknown {
        /// Method or preset.
        what: &'static str,
        /// The name that was asked for.
        name: String,
    },
    /// The network cannot be used.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// It has no such layer, filter or class.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The work failed, or was ended.
    #[error(transparent)]
    Explain(#[from] ExplainError),
}

/// The float network that was opened last.
#[derive(Default)]
pub(super) struct Models {
    newest: Mutex<Option<Arc<FloatModel>>>,
}

impl Models {
    /// The float network of a board image; its ONNX file lies beside the image,
    /// as `compile` leaves it.
    ///
    /// # Errors
    /// The file cannot be read, or is not a network that can be used.
    pub(super) fn open(&self, image: &ResourcePath) -> Result<Arc<FloatModel>, FloatModelError> {
        let path = image.with_extension("onnx");
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let model = match newest.take().filter(|model| model.path == path) {
            Some(model) => model,
            None => Arc::new(FloatModel::load(path, &Overrides::default())?),
        };
        Ok(Arc::clone(newest.insert(model)))
    }
}
