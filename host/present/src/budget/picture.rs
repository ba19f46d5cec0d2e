//! The arena of a budget as a picture.

use super::Budget;
use super::open::BudgetError;
use crate::results::SaveError;
use crate::scene::{self, SHARP_PAGE_PX, page_density};
use cortexscope_budget::Mode;
use cortexscope_draw::{Theme, arena_plan};
use cortexscope_net::output;
use std::path::Path;

/// Pixels of a step of the picture in which a layer's name can be read.
const STEP_WIDTH_PX: u32 = 90;

/// Draws the int8 arena in `mode`, step by step, into the `.png` or `.svg` file at `path`.
///
/// # Errors
/// [`BudgetError`]: the file is of another kind, or cannot be written.
pub(super) fn save_picture(budget: &Budget, mode: Mode, path: &Path) -> Result<(), BudgetError> {
    let plan = scene::memory::planned_arena(budget.int8(mode));
    // A network of few steps is drawn sharp; a long one takes the page's whole width.
    let fits = plan.steps.len() as u32 * STEP_WIDTH_PX <= SHARP_PAGE_PX;
    let width = SHARP_PAGE_PX * if fits { 1 } else { 2 };
    let drawing = arena_plan(&plan, width).map_err(SaveError::from)?;
    let path = path.to_owned();
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => match drawing.png(Theme::Light, page_density(&drawing)) {
            Ok(png) => png,
            Err(source) => return Err(SaveError::Encode { path, source }.into()),
        },
        Some("svg") => drawing.svg().into_bytes(),
        _ => return Err(BudgetError::PictureKind { path }),
    };
    Ok(output::write(&path, &bytes).map_err(SaveError::from)?)
}
