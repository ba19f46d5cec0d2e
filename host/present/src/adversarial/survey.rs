//! An attack over a set of inputs: accuracy against ε, and whether examples of one network fool
//! the other.

use crate::documents::attack as documents;
use crate::results::{ResultFolder, SaveError, network_suffix};
use crate::scene::attack as scene;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_draw::accuracy_curves;
use cortexscope_explain::attack::{Request, Survey};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_record::{ChoiceError, RigChoice};
use cortexscope_rig::Rig;
use cortexscope_rig::session::Cancel;
use cortexscope_study::attack::queries::QueryMethod;
use cortexscope_study::attack::{
    AttackStudy, AttackedNetworks, SizedRow, SurveyError, SurveyTransfer, TransferError,
    TransferRequest,
};
use cortexscope_study::data::Data;
use cortexscope_study::shard::{Parts, ShareEnd, ShareRequest};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What the transfer calls the network that judges where no board does.
const HOST: &str = "host";

/// An attack over the first inputs of a set, whose results belong into one receipt.
#[derive(Clone, Copy)]
pub struct AttackSetRequest<'a> {
    /// What is attacked.
    pub networks: AttackedNetworks<'a>,
    /// The attacks, all by one method.
    pub requests: &'a [Request],
    /// The set.
    pub data: &'a Data,
    /// How many inputs of it, from the first; `None` for all.
    pub images: Option<usize>,
    /// The board that judges the examples too. A share has none.
    pub board: Option<&'a AttackBoard>,
    /// How the board is attacked.
    pub queries: QueryChoice,
    /// The folder that all files go into.
    pub folder: &'a Path,
}

/// A board with the int8 network of the float model. It is reached when the examples are made.
#[derive(Clone)]
pub struct AttackBoard {
    /// The board.
    pub choice: RigChoice,
    /// The compiled model.
    pub files: ModelFiles,
    /// Ends what is asked of it.
    pub cancel: Cancel,
}

/// An attack by queries alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryChoice {
    /// How the next picture is chosen.
    pub method: QueryMethod,
    /// Queries for an input at most.
    pub most: u64,
}

/// What a survey came to.
#[derive(Clone, Debug)]
pub struct SavedSurvey {
    /// The receipt, as it was written.
    pub document: documents::Attack,
    /// The picture of accuracy against ε, where there is an ε.
    pub picture: Option<PathBuf>,
    /// The file of the receipt.
    pub receipt: PathBuf,
}

/// Why a set is not attacked.
#[derive(Debug, thiserror::Error)]
pub enum AttackSetError {
    /// The attack cannot be made, or the work was ended.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// The board cannot be reached.
    #[error(transparent)]
    Board(#[from] ChoiceError),
    /// The examples cannot be judged by both networks.
    #[error(transparent)]
    Transfer(#[from] Box<TransferError>),
    /// The results cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for AttackSetError {
    fn is_request(&self) -> bool {
        match self {
            Self::Survey(error) => error.is_request(),
            Self::Board(error) => error.is_request(),
            Self::Transfer(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

/// Attacks the `share` of a set that is asked for. For a whole one the examples are judged by
/// both networks, where there are two, and accuracy against ε is drawn and saved with the
/// receipt, as `attack.METHOD.png` and `.json`. `stop` may end the work at any run of a model;
/// `report` is told how much is done and how much there is, once for each of the surveys.
///
/// # Errors
/// [`AttackSetError`].
///
/// # Panics
/// There is no request.
pub fn attack_set(
    request: &AttackSetRequest<'_>,
    share: &ShareRequest,
    stop: &(dyn Fn() -> bool + Sync),
    report: &mut dyn FnMut(usize, usize),
) -> Result<ShareEnd<SavedSurvey>, AttackSetError> {
    let begun = Instant::now();
    let networks = request.networks;
    let is_whole = share.shard.is_none();
    // Pictures are judged again by the other network.
    let keep = is_whole && (request.board.is_some() || networks.int8.is_some());
    let requests = request.requests.iter().cloned();
    let requests: Vec<Request> = requests.map(|one| Request { keep, ..one }).collect();
    let study = AttackStudy::new(networks.attacked(), &requests, request.data, request.images)?;
    // A part is a file that outlives this process; only the whole is staged.
    let results = is_whole.then(|| ResultFolder::begin(request.folder));
    let results = results.transpose()?;
    let survey = match study.run(share, stop, report)? {
        ShareEnd::Part(part) => return Ok(ShareEnd::Part(part)),
        ShareEnd::Whole(survey) => survey,
    };
    let judged = transfer(request, &study, &survey, stop, report)?;
    let results = results.map_or_else(|| ResultFolder::begin(request.folder), Ok)?;
    let seconds = Some(begun.elapsed().as_secs_f64());
    let saved = save(&study, &survey, judged, seconds, results)?;
    Ok(ShareEnd::Whole(saved))
}

/// Joins the parts of a set and saves the results, as [`attack_set`] does for a whole one. The
/// receipt names its picture without the folder and says no time, so that it depends neither on
/// the place nor on the number of the parts.
///
/// # Errors
/// [`AttackSetError`].
///
/// # Panics
/// There is no request.
pub fn joined_attack(
    request: &AttackSetRequest<'_>,
    parts: &Parts,
) -> Result<SavedSurvey, AttackSetError> {
    let model = request.networks.attacked();
    let study = AttackStudy::new(model, request.requests, request.data, request.images)?;
    let survey = study.join(parts)?;
    let results = ResultFolder::begin(request.folder)?;
    Ok(save(&study, &survey, None, None, results)?)
}

/// Judges the examples by both networks, where there are two.
fn transfer(
    request: &AttackSetRequest<'_>,
    study: &AttackStudy<'_>,
    survey: &Survey,
    stop: &(dyn Fn() -> bool + Sync),
    report: &mut dyn FnMut(usize, usize),
) -> Result<Option<documents::Transfer>, AttackSetError> {
    let QueryChoice { method, most } = request.queries;
    let both = TransferRequest {
        networks: request.networks,
        requests: study.requests,
        data: study.data,
        survey,
        query_method: method,
        most_queries: most,
    };
    let mut rig: Option<Rig> = match request.board {
        Some(AttackBoard {
            choice,
            files,
            cancel,
        }) => {
            both.check().map_err(Box::new)?;
            Some(choice.open(files.clone(), cancel.clone())?)
        }
        None => None,
    };
    let judged = both.judge(rig.as_mut(), stop, report);
    let judged = judged.map_err(Box::new)?;
    Ok(judged.map(|judged| document(request, judged)))
}

fn document(request: &AttackSetRequest<'_>, judged: SurveyTransfer) -> documents::Transfer {
    let board = request.board.map(|board| board.choice.board.as_str());
    let method = board.map(|_| request.queries.method);
    documents::Transfer {
        board: board.unwrap_or(HOST).to_owned(),
        model_sha256: judged
            .image_sha256
            .as_ref()
            .unwrap_or(&judged.int8_onnx_sha256)
            .clone(),
        image_sha256: judged.image_sha256,
        int8_onnx_sha256: judged.int8_onnx_sha256,
        method: method.map_or("none", QueryMethod::name).to_owned(),
        paper: method.map_or("", QueryMethod::paper).to_owned(),
        most_queries: request.queries.most,
        queries: judged.queries,
        rows: judged.rows.iter().map(Into::into).collect(),
    }
}

impl From<&SizedRow> for documents::TransferRow {
    fn from(sized: &SizedRow) -> Self {
        Self {
            eps: sized.eps,
            query_eps: sized.query_eps,
            made_on: sized.row.made_on.name().to_owned(),
            judged_by: sized.row.judged_by.name().to_owned(),
            right_on_both: sized.right_on_both,
            examples: sized.row.examples,
            fooled: sized.row.fooled,
        }
    }
}

/// Draws accuracy against ε, and saves it with the receipt in `results`.
fn save(
    study: &AttackStudy<'_>,
    survey: &Survey,
    transfer: Option<documents::Transfer>,
    seconds: Option<f64>,
    results: ResultFolder,
) -> Result<SavedSurvey, SaveError> {
    let (model, first): (&FloatModel, &Request) = (study.model, &study.requests[0]);
    let info = first.method.info();
    let base = format!("attack.{}{}", info.name, network_suffix(model));
    let name = format!("{base}.png");
    let picture = match scene::curve(model, info, survey) {
        Some(curve) => Some(results.drawing(&name, &accuracy_curves(&curve)?, 2)?),
        None => None,
    };
    let named = picture.as_ref().map(|path| match seconds {
        Some(_) => path.display().to_string(),
        None => name,
    });
    let document = documents::Attack {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        setup: documents::Setup::of(model, first),
        data: study.data.argument.clone(),
        picture: named,
        results: survey.rows.iter().map(Into::into).collect(),
        smallest: survey.smallest(),
        inputs: survey.outcomes.iter().map(Into::into).collect(),
        transfer,
        notes: documents::survey_notes(survey),
        seconds,
    };
    let receipt = results.receipt(&format!("{base}.json"), &document)?;
    results.commit()?;
    Ok(SavedSurvey {
        document,
        picture,
        receipt,
    })
}
