//! How often a model is right on corrupted pictures: curves and the document.

use crate::documents::robustness::{Count, Robustness, Row};
use crate::results::{ResultFolder, SaveError};
use crate::scene::robustness::charts;
use cortexscope_draw::curves;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_rig::Rig;
use cortexscope_study::robustness::{
    self as study, Counts, Measured, Network, Progress, RobustnessError, RobustnessStudy, Suite,
    mce, mean_error,
};
use cortexscope_study::shard::{Parts, ShareEnd, ShareRequest};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

/// The file of the curves.
const PICTURE: &str = "robustness.png";
/// The file of the document.
const DOCUMENT: &str = "robustness.json";
/// Sides of an input from which on ImageNet-C leaves something to see.
const PHOTOGRAPH: usize = 64;

/// Why robustness cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum RobustnessResultError {
    /// It cannot be measured.
    #[error(transparent)]
    Study(#[from] RobustnessError),
    /// Rows are missing.
    #[error(
        "some corruptions were not measured: run the command again, it goes on from what is there"
    )]
    Unmeasured,
    /// The curves or the document cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for RobustnessResultError {
    fn is_request(&self) -> bool {
        match self {
            Self::Study(error) => error.is_request(),
            Self::Unmeasured => false,
            Self::Save(error) => error.is_request(),
        }
    }
}

/// Measures the `share` of `study` that is asked for, and makes the document of a whole one;
/// with a folder it is written there as `robustness.json`, with the curves `robustness.png`.
/// `board` is the one of the study. `watch` sees how far it is, and may end it.
///
/// # Errors
/// [`RobustnessResultError`].
pub fn robustness(
    study: &RobustnessStudy<'_>,
    share: &ShareRequest,
    board: Option<&mut Rig>,
    folder: Option<&Path>,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<ShareEnd<Robustness>, RobustnessResultError> {
    let begun = Instant::now();
    let counts = match study.run(share, board, watch)? {
        ShareEnd::Part(part) => return Ok(ShareEnd::Part(part)),
        ShareEnd::Whole(counts) => counts,
    };
    let seconds = Some(begun.elapsed().as_secs_f64());
    let picture = folder.map(|folder| folder.join(PICTURE).display().to_string());
    let document = finished(study, &counts, seconds, folder, picture)?;
    Ok(ShareEnd::Whole(document))
}

/// Joins the parts of `study` and makes the document, as [`robustness`] does for a whole one. It
/// names the curves without the folder and says no time, so that it depends neither on the place
/// nor on the number of the parts.
///
/// # Errors
/// [`RobustnessResultError`].
pub fn joined_robustness(
    study: &RobustnessStudy<'_>,
    parts: &Parts,
    folder: &Path,
) -> Result<Robustness, RobustnessResultError> {
    let counts = study.join(parts)?;
    let picture = Some(PICTURE.to_owned());
    finished(study, &counts, None, Some(folder), picture)
}

/// Makes the document, and writes it into the folder, if there is one.
fn finished(
    study: &RobustnessStudy<'_>,
    counts: &Counts,
    seconds: Option<f64>,
    folder: Option<&Path>,
    picture: Option<String>,
) -> Result<Robustness, RobustnessResultError> {
    let measured = counts.measured(&study.chosen.corruptions);
    let measured = measured.ok_or(RobustnessResultError::Unmeasured)?;
    let mut document = document(study, counts, &measured);
    document.seconds = seconds;
    if let Some(folder) = folder {
        let charts = charts(&document, &measured, &study.chosen.corruptions);
        let drawing = curves(&charts).map_err(SaveError::from)?;
        let files = ResultFolder::begin(folder)?;
        files.drawing(PICTURE, &drawing, 2)?;
        document.picture = picture;
        files.receipt(DOCUMENT, &document)?;
        files.commit()?;
    }
    Ok(document)
}

fn document(study: &RobustnessStudy<'_>, counts: &Counts, measured: &Measured) -> Robustness {
    let request = &study.request;
    let model = request.model;
    let rows = &measured.rows;
    let mut notes = Vec::new();
    let mut compared = |network| {
        mce(rows, network).unwrap_or_else(|kind| {
            notes.push(format!(
                "no mCE: the baseline makes no error with {kind}; take more images or other severities"
            ));
            None
        })
    };
    let (own, of_board) = (compared(Network::Float), compared(Network::Board));
    notes.dedup();
    let is_small = model.spec.input.size.iter().any(|&side| side < PHOTOGRAPH);
    if is_small && study.chosen.suite == Suite::ImageNetC.name() {
        notes.push(
            "ImageNet-C's sizes are in pixels of 224×224 pictures: on small ones its blurs leave \
             nothing to see"
                .to_owned(),
        );
    }
    Robustness {
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        preprocessing: model.spec.input.to_string(),
        data: request.data.argument.clone(),
        images: counts.inputs(),
        suite: study.chosen.suite.to_owned(),
        variant: request.variant.name().to_owned(),
        seed: request.seed,
        baseline: request
            .baseline
            .map(|baseline: &FloatModel| baseline.name.clone()),
        board: counts.board.clone(),
        clean: (&measured.clean).into(),
        rows: rows.iter().map(Into::into).collect(),
        mean_error: mean_error(rows, Network::Float).unwrap_or_default(),
        board_mean_error: mean_error(rows, Network::Board),
        baseline_mean_error: mean_error(rows, Network::Baseline),
        mce: own,
        board_mce: of_board,
        notes,
        picture: None,
        seconds: None,
    }
}

impl From<&study::Count> for Count {
    fn from(count: &study::Count) -> Self {
        Self {
            images: count.images,
            right: count.right,
            board_right: count.board_right,
            baseline_right: count.baseline_right,
        }
    }
}

impl From<&study::Row> for Row {
    fn from(row: &study::Row) -> Self {
        Self {
            corruption: row.kind.name().to_owned(),
            severity: row.severity,
            count: (&row.count).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Document;
    use cortexscope_corrupt::{Kind, Variant};
    use cortexscope_explain::float_model::Overrides;
    use cortexscope_study::data::open_data;
    use cortexscope_study::robustness::{CorruptionChoice, RobustnessRequest};

    /// A program without the command line: shares that are joined say what the whole does, but
    /// for its time and its place.
    #[test]
    fn joined_shares_are_the_whole() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let data = open_data("mnist", &model).unwrap();
        let corruptions = CorruptionChoice {
            kinds: vec![Kind::ShotNoise],
            severities: vec![5],
            ..CorruptionChoice::default()
        };
        let study = RobustnessStudy::new(RobustnessRequest {
            model: &model,
            data: &data,
            images: Some(5),
            corruptions: &corruptions,
            seed: 3,
            variant: Variant::Definition,
            baseline: None,
            board: None,
        });
        let study = study.unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let [whole, parts, joined] =
            ["whole", "parts", "joined"].map(|name| temporary.path().join(name));
        let measured = |share: &ShareRequest, folder: Option<&Path>| {
            let mut on = |_: Progress| ControlFlow::Continue(());
            robustness(&study, share, None, folder, &mut on).unwrap()
        };
        let ShareEnd::Whole(mut document) = measured(&ShareRequest::whole(), Some(&whole)) else {
            panic!("no share was asked for");
        };
        let paths = ["1/2", "0/2"].map(|shard| {
            let share = ShareRequest {
                shard: shard.parse().ok(),
                folder: Some(parts.clone()),
                ..ShareRequest::whole()
            };
            match measured(&share, None) {
                ShareEnd::Part(part) => part.path,
                ShareEnd::Whole(_) => panic!("a share was asked for"),
            }
        });
        let all = Parts::open(&paths).unwrap();
        let found = joined_robustness(&study, &all, &joined).unwrap();
        let picture = whole.join(PICTURE);
        assert_eq!(document.picture, Some(picture.display().to_string()));
        assert!(document.seconds.is_some());
        document.seconds = None;
        document.picture = Some(PICTURE.to_owned());
        assert_eq!(found.to_text().unwrap(), document.to_text().unwrap());
        let bytes = |path: &Path| std::fs::read(path).unwrap();
        assert_eq!(bytes(&joined.join(PICTURE)), bytes(&picture));
        assert_eq!(found.rows.len(), 1);
    }
}
