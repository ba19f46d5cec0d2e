//! The examples of a survey, judged by the float model and by the int8 network beside it.

use std::ops::ControlFlow;

use thiserror::Error;

use super::board_judge::BoardJudge;
use super::outcomes::{Outcomes, SurveyError, Work};
use super::queries::{Queries, QueryMethod};
use super::transfer::{Question, TransferRow, transfer};
use crate::data::Data;
use crate::int8::{self, Int8Error};
use cortexscope_explain::attack::{Judge, Norm, Request, Survey, Victim};
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::{RequestError, hex};
use cortexscope_rig::Rig;
use cortexscope_rig::session::SessionError;

/// ε of the queries where the method on the float model is not measured by the greatest
/// change of a pixel.
const QUERY_EPS: f64 = 0.3;

/// The networks of an attack.
#[derive(Clone, Copy)]
pub struct AttackedNetworks<'a> {
    /// The float model.
    pub float: &'a FloatModel,
    /// The int8 network with straight-through gradients, where that is attacked.
    pub int8: Option<&'a FloatModel>,
}

impl<'a> AttackedNetworks<'a> {
    /// The network that is attacked.
    pub fn attacked(self) -> &'a FloatModel {
        self.int8.unwrap_or(self.float)
    }
}

/// Examples that were made on one network, to be judged by both.
#[derive(Clone, Copy)]
pub struct TransferRequest<'a> {
    /// The networks.
    pub networks: AttackedNetworks<'a>,
    /// What was done with each input; at least one request, and the outcomes keep pictures.
    pub requests: &'a [Request],
    /// The set that the inputs are of, from its first.
    pub data: &'a Data,
    /// What became of the inputs.
    pub survey: &'a Survey,
    /// The attack by queries to a board.
    pub query_method: QueryMethod,
    /// Queries to the board for an input at most.
    pub most_queries: u64,
}

/// Examples of one size, made on one network and judged by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizedRow {
    /// ε of the examples that were made with gradients; `None` for a method that takes none.
    pub eps: Option<f64>,
    /// ε of the examples by queries, as the greatest change of a pixel.
    pub query_eps: f64,
    /// Inputs that both networks had right before.
    pub right_on_both: usize,
    /// What became of the examples.
    pub row: TransferRow,
}

/// What became of the examples of both networks, at every size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SurveyTransfer {
    /// The rows of each ε, as [`transfer`] gives them.
    pub rows: Vec<SizedRow>,
    /// Queries to the int8 network.
    pub queries: u64,
    /// SHA-256 of the board image from byte 48 on, in hexadecimal, where a board answered.
    pub image_sha256: Option<String>,
    /// SHA-256 of the int8 ONNX file, in hexadecimal.
    pub int8_onnx_sha256: String,
}

/// Why examples cannot be judged by both networks.
#[derive(Debug, Error)]
pub enum TransferError {
    /// No query is allowed.
    #[error("--queries: give a number from 1 up")]
    NoQueries,
    /// The int8 network cannot be differentiated.
    #[error(transparent)]
    Int8(#[from] Int8Error),
    /// The examples of the other network cannot be made.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// A model cannot be asked, or the work was ended.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The board does not answer as it should.
    #[error(transparent)]
    Board(#[from] SessionError),
}

impl RequestError for TransferError {
    fn is_request(&self) -> bool {
        match self {
            Self::NoQueries => true,
            Self::Int8(error) => error.is_request(),
            Self::Survey(error) => error.is_request(),
            Self::Explain(error) => error.is_request(),
            Self::Board(_) => false,
        }
    }
}

/// The examples of both networks.
#[derive(Clone, Copy)]
struct Surveys<'a> {
    by_float: &'a Survey,
    /// By straight-through gradients of the int8 network.
    through: Option<&'a Survey>,
}

/// The int8 network as a judge.
enum Int8Judge<'a> {
    /// On a board.
    Board(BoardJudge<'a>),
    /// In this program.
    Host(Box<Victim<'a>>),
}

impl Judge for Int8Judge<'_> {
    type Error = TransferError;

    fn logits_of(&mut self, levels: &[u8]) -> Result<Vec<f32>, TransferError> {
        Ok(match self {
            Self::Board(board) => board.logits_of(levels)?,
            Self::Host(victim) => victim.logits_of(levels)?,
        })
    }
}

impl TransferRequest<'_> {
    /// Checks that a board may be asked at all, before it is reached.
    ///
    /// # Errors
    /// [`TransferError::NoQueries`].
    pub fn check(&self) -> Result<(), TransferError> {
        match self.most_queries {
            0 => Err(TransferError::NoQueries),
            _ => Ok(()),
        }
    }

    /// Judges the examples by both networks: with `rig`, which has the int8 network, or where
    /// that was attacked; otherwise there is nothing to judge by. Where the method has
    /// gradients, the examples of the other network are made too. `report` is told how far the
    /// work is, and of how much; `stop` may end it.
    ///
    /// # Errors
    /// [`TransferError`].
    pub fn judge(
        &self,
        rig: Option<&mut Rig>,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut dyn FnMut(usize, usize),
    ) -> Result<Option<SurveyTransfer>, TransferError> {
        let model = self.networks.float;
        if rig.is_none() && self.networks.int8.is_none() {
            return Ok(None);
        }
        self.check()?;
        let has_gradients = self.requests[0].method.info().has_gradients;
        let of_board = match (&rig, self.networks.int8) {
            (Some(rig), None) if has_gradients => Some(int8::of(model, &rig.model)?),
            _ => None,
        };
        let int8 = self.networks.int8.or(of_board.as_ref());
        let other = match (self.networks.int8, int8) {
            (Some(_), _) => Some(self.survey(model, stop, report)?),
            (None, Some(int8)) => Some(self.survey(int8, stop, report)?),
            (None, None) => None,
        };
        let surveys = match (self.networks.int8, &other) {
            (Some(_), Some(by_float)) => Surveys {
                by_float,
                through: Some(self.survey),
            },
            _ => Surveys {
                by_float: self.survey,
                through: other.as_ref(),
            },
        };
        let mut judged = SurveyTransfer::default();
        let mut judge = match (rig, int8) {
            (Some(rig), _) => {
                judged.image_sha256 = Some(rig.model.hash_hex());
                judged.int8_onnx_sha256 = hex(rig.model.image.model().onnx_hash());
                Int8Judge::Board(BoardJudge::new(rig))
            }
            (None, Some(int8)) => {
                judged.int8_onnx_sha256 = int8.sha256_hex();
                Int8Judge::Host(Box::new(Victim::new(int8, stop)?))
            }
            (None, None) => return Ok(None),
        };
        self.rows(surveys, &mut judge, stop, report, &mut judged)?;
        Ok(Some(judged))
    }

    /// Adds the rows of every ε. A board is attacked by queries too.
    fn rows(
        &self,
        surveys: Surveys<'_>,
        int8: &mut Int8Judge<'_>,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut dyn FnMut(usize, usize),
        judged: &mut SurveyTransfer,
    ) -> Result<(), TransferError> {
        let by_queries = matches!(int8, Int8Judge::Board(_));
        let mut float = Victim::new(self.networks.float, stop)?;
        let rows = &surveys.by_float.rows;
        let inputs = surveys.by_float.outcomes.len();
        let all = rows.len() * inputs;
        let first = &self.requests[0];
        for (column, row) in rows.iter().enumerate() {
            let queries = Queries {
                method: self.query_method,
                most: self.most_queries,
                eps: match (row.eps, first.method.info().norm) {
                    (Some(eps), Norm::Greatest) => eps,
                    _ => QUERY_EPS,
                },
            };
            let before = column * inputs;
            let table = transfer::<_, _, TransferError>(
                &mut float,
                int8,
                self.networks.float.input_shape(),
                &surveys.questions(column),
                by_queries.then_some(&queries),
                first.seed,
                &mut |done| report(before + done, all),
            )?;
            judged.queries += table.queries;
            judged.rows.extend(table.rows.iter().map(|&one| SizedRow {
                eps: row.eps,
                query_eps: queries.eps,
                right_on_both: table.right_on_both,
                row: one,
            }));
        }
        Ok(())
    }

    /// The same attack on another network.
    fn survey(
        &self,
        model: &FloatModel,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut dyn FnMut(usize, usize),
    ) -> Result<Survey, SurveyError> {
        let inputs = self.survey.outcomes.len();
        let work = Work {
            model,
            requests: self.requests,
            data: self.data,
            inputs: 0..inputs,
            piece: inputs,
        };
        let all = inputs * self.requests.len();
        let mut outcomes = Outcomes::begin(self.requests);
        let mut report = |done| report(done, all);
        let mut keep = |_: &Outcomes| ControlFlow::Continue(());
        outcomes.go_on(&work, stop, &mut report, &mut keep)?;
        outcomes.survey(self.requests).ok_or(SurveyError::NoEps)
    }
}

impl Surveys<'_> {
    /// Every input with the examples of the ε of number `column`.
    fn questions(self, column: usize) -> Vec<Question> {
        let outcomes = self.by_float.outcomes.iter().enumerate();
        let questions = outcomes.map(|(at, outcome)| {
            let through = self.through;
            let through = through.map(|survey| &survey.outcomes[at].attempts[column]);
            Question {
                original: outcome.levels.clone(),
                changed: outcome.attempts[column].levels.clone(),
                through: through.map(|attempt| attempt.levels.clone()),
                truth: outcome.truth,
                goal: outcome.goal,
            }
        });
        questions.collect()
    }
}
