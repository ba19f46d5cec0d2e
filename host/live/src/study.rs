//! The float network behind the board's: what it makes of the frame on the
//! screen, and what its filters answer to most. Each in a thread of its own, so
//! that neither frames nor the page wait.

pub(super) mod attribution;
pub(super) mod climb;

use super::station::Shared;
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::{FloatModel, FloatModelError, Overrides};
use cortexscope_explain::target::TargetError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Why the float network does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// There is nothing of this name.
    #[error("there is no {what} {name}")]
    Unknown {
        /// Method or preset.
        what: &'static str,
        /// As it was asked for.
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

/// Starts both threads; they end when their tasks are closed.
pub(super) fn start(shared: &Arc<Shared>) -> [JoinHandle<()>; 2] {
    let (attributions, climbs) = (Arc::clone(shared), Arc::clone(shared));
    [
        std::thread::spawn(move || attribution::run(&attributions)),
        std::thread::spawn(move || climb::run(&climbs)),
    ]
}

/// The float network that was opened last.
#[derive(Default)]
struct Opened {
    model: Option<FloatModel>,
}

impl Opened {
    /// The network in the ONNX file at `path`.
    fn open(&mut self, path: &Path) -> Result<&FloatModel, FloatModelError> {
        let model = match self.model.take().filter(|model| model.path == path) {
            Some(model) => model,
            None => FloatModel::open(&path.to_string_lossy(), &Overrides::default())?,
        };
        Ok(self.model.insert(model))
    }
}

/// Where the float network of a board image lies, as `compile` leaves it.
pub(super) fn onnx_beside(image: &Path) -> PathBuf {
    image.with_extension("onnx")
}
