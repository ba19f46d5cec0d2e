//! What the reader of a table of auto-encoders has to know.

use crate::documents::brain_autoencode::{ArmRow, ComponentRow};
use cortexscope_brain::autoencode::{Session, TEST, TRAINING};

pub(super) fn notes(
    session: &Session,
    rows: &[ArmRow],
    components: &[ComponentRow],
) -> Vec<String> {
    let mut notes = Vec::new();
    if let Session::Planted(_) = session {
        notes.push(format!(
            "shipped arms: trained on digits {}..{}, and those up to {} said when to stop; they are \
             in the manner of the papers, and smaller than theirs",
            TRAINING.start, TRAINING.end, TEST.start
        ));
    }
    for row in rows {
        let code = row.seeds.first().and_then(|seed| seed.code);
        let fair = components
            .iter()
            .find(|component| Some(component.code) == code);
        if let (Some(own), Some(fair)) = (row.mse, fair.and_then(|fair| fair.mse))
            && row.arm == "DAE"
        {
            let verdict = if own < fair { "beats" } else { "does not beat" };
            notes.push(format!(
                "{} {verdict} as many principal components as its code has values ({}): MSE \
                 {own:.4} and {fair:.4}",
                row.arm,
                code.unwrap_or_default()
            ));
        }
        if row.seeds.len() == 1 {
            notes.push(format!("{}: one seed has no interval", row.arm));
        }
    }
    notes
}
