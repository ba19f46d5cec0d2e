//! What a user asks of a network's budget, answered.

use super::Budget;
use super::open::{BudgetError, network};
use super::picture::save_picture;
use crate::documents;
use cortexscope_budget::lecture::{self, Lecture};
use cortexscope_budget::{Mode, architecture};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::reader::Hint;
use std::path::Path;

/// What is counted, and how it is shown.
#[derive(Clone, Debug)]
pub struct BudgetRequest<'a> {
    /// The name of an architecture, or an ONNX file.
    pub model: &'a str,
    /// What is said of the network beside its file.
    pub hint: Hint,
    /// The board image that was compiled of it, if there is one: a shipped model, or a path.
    pub image: Option<&'a str>,
    /// The plan that table and picture show.
    pub mode: Mode,
    /// Whether the lecture's rows are shown beside the exact ones.
    pub lecture: bool,
    /// The `.png` or `.svg` file for a picture of the arena, if one is drawn.
    pub picture: Option<&'a Path>,
}

/// What a network costs, as it was asked for.
pub struct BudgetAnswer {
    /// The name of an architecture, or an ONNX file, as it was asked for.
    pub model: String,
    /// Whether it is an architecture.
    pub is_architecture: bool,
    /// What the network costs.
    pub budget: Budget,
    /// The plan that is shown.
    pub mode: Mode,
    /// The lecture's table, where it was asked for.
    pub lecture: Option<&'static Lecture>,
}

/// Counts a network, and draws its arena where that is asked for. `note` is told what the
/// reader found.
///
/// # Errors
/// [`BudgetError`].
pub fn budget(
    request: &BudgetRequest<'_>,
    note: &mut dyn FnMut(&str),
) -> Result<BudgetAnswer, BudgetError> {
    let (network, notes) = network(request.model, request.hint.clone())?;
    notes.iter().for_each(|said| note(said));
    let is_architecture = architecture::find(request.model).is_some();
    let image = match request.image {
        Some(path) => Some(ModelFiles::open(path)?),
        // Shipped networks have theirs.
        None if is_architecture => ModelFiles::open(request.model).ok(),
        None => None,
    };
    let budget = Budget::new(network, image.as_ref());
    let table = lecture::find(&budget.network.name);
    if request.lecture && table.is_none() {
        let network = budget.network.name;
        return Err(BudgetError::NoLecture { network });
    }
    if let Some(path) = request.picture {
        save_picture(&budget, request.mode, path)?;
    }
    Ok(BudgetAnswer {
        model: request.model.to_owned(),
        is_architecture,
        budget,
        mode: request.mode,
        lecture: table.filter(|_| request.lecture),
    })
}

impl BudgetAnswer {
    /// The same as one JSON document.
    pub fn document(&self) -> documents::budget::Budget {
        self.budget.document(self.lecture)
    }
}
