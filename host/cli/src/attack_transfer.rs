//! `cortexscope attack` with `--board` or `--gradients int8`: do examples of one network fool
//! the other?

use super::beside::board_beside;
use super::common::{blame, wrong};
use super::progress;
use anyhow::Context;
use clap::{Args, ValueEnum};
use cortexscope_explain::attack::{Judge, MethodInfo, Norm, Request, Survey, Victim};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::hex;
use cortexscope_present::documents::attack as documents;
use cortexscope_record::RigChoice;
use cortexscope_rig::Rig;
use cortexscope_rig::session::Cancel;
use cortexscope_study::attack::queries::{Queries, QueryMethod};
use cortexscope_study::attack::{BoardJudge, Outcomes, Question, Work, transfer};
use cortexscope_study::data::Data;
use cortexscope_study::int8;
use std::ops::ControlFlow;

/// The board, and the attack by queries to it.
#[derive(Args, Clone)]
pub(super) struct TransferArgs {
    /// Judge the examples on this board's int8 network too, and make others on that: by
    /// straight-through gradients, and by queries to the board. The float model judges them.
    #[arg(long, requires = "data", help_heading = "Board")]
    pub board: Option<String>,
    /// The attack by queries.
    #[arg(long, value_enum, default_value_t, help_heading = "Board")]
    query_method: QueryMethodArg,
    /// Queries to the board for an input at most.
    #[arg(long, value_name = "N", default_value_t = 300, help_heading = "Board")]
    queries: u64,
}

/// The attacks by queries.
#[derive(Clone, Copy, Default, ValueEnum)]
enum QueryMethodArg {
    /// Squares of ±ε, kept where they help (Andriushchenko et al. 2020).
    #[default]
    Square,
    /// A gradient estimated from normally distributed changes (Ilyas et al. 2018).
    Nes,
    /// The same from changes of ±1 (Uesato et al. 2018).
    Spsa,
}

/// ε of the queries where the method on the float model is not measured by the greatest
/// change of a pixel.
const QUERY_EPS: f64 = 0.3;

/// The networks of an attack.
#[derive(Clone, Copy)]
pub(super) struct Networks<'a> {
    /// The float model.
    pub float: &'a FloatModel,
    /// The int8 network with straight-through gradients, where that is attacked.
    pub int8: Option<&'a FloatModel>,
}

impl<'a> Networks<'a> {
    /// The network that is attacked.
    pub fn attacked(self) -> &'a FloatModel {
        self.int8.unwrap_or(self.float)
    }
}

/// The examples that were made.
pub(super) struct Made<'a> {
    /// What became of the inputs.
    pub survey: &'a Survey,
    /// What was done with each.
    pub requests: &'a [Request],
    /// The set that they are of, from its first.
    pub data: &'a Data,
    /// Whether the method follows gradients.
    pub has_gradients: bool,
}

impl TransferArgs {
    /// The table for every ε: with a board, or where the int8 network was attacked. Where the
    /// method has gradients, the examples of the other network are made too.
    pub fn table(
        &self,
        networks: Networks<'_>,
        made: &Made<'_>,
        cancel: &Cancel,
    ) -> anyhow::Result<Option<documents::Transfer>> {
        let model = networks.float;
        if self.board.is_none() && networks.int8.is_none() {
            return Ok(None);
        }
        if self.queries == 0 {
            return Err(wrong("--queries: give a number from 1 up"));
        }
        let mut rig = match &self.board {
            Some(board) => Some(self.rig(board, model, cancel)?),
            None => None,
        };
        let of_board = match (&rig, networks.int8) {
            (Some(rig), None) if made.has_gradients => {
                Some(int8::of(model, &rig.model).map_err(blame)?)
            }
            _ => None,
        };
        let int8 = networks.int8.or(of_board.as_ref());
        let bar = progress::bar(1, "inputs");
        let other = match (networks.int8, int8) {
            (Some(_), _) => Some(survey(model, made, cancel, &bar)?),
            (None, Some(int8)) => Some(survey(int8, made, cancel, &bar)?),
            (None, None) => None,
        };
        let surveys = match (networks.int8, &other) {
            (Some(_), Some(by_float)) => Surveys {
                by_float,
                through: Some(made.survey),
            },
            _ => Surveys {
                by_float: made.survey,
                through: other.as_ref(),
            },
        };
        let asked = Asked {
            model,
            surveys,
            info: made.requests[0].method.info(),
            seed: made.requests[0].seed,
            bar: &bar,
        };
        let stop = || cancel.is_cancelled();
        let found = match (&mut rig, int8) {
            (Some(rig), _) => {
                let image = rig.model.hash_hex();
                let int8_onnx = hex(rig.model.image.model().onnx_hash());
                let found = self.rows(&asked, &mut BoardJudge::new(rig), true, &stop)?;
                Found {
                    image: Some(image),
                    int8_onnx,
                    ..found
                }
            }
            (None, Some(int8)) => {
                let mut judge = Victim::new(int8, &stop).map_err(blame)?;
                let found = self.rows(&asked, &mut judge, false, &stop)?;
                Found {
                    int8_onnx: int8.sha256_hex(),
                    ..found
                }
            }
            (None, None) => return Ok(None),
        };
        bar.finish_and_clear();
        let method = rig.is_some().then_some(self.method());
        Ok(Some(documents::Transfer {
            board: self.board.clone().unwrap_or_else(|| "host".to_owned()),
            model_sha256: found.image.as_ref().unwrap_or(&found.int8_onnx).clone(),
            image_sha256: found.image,
            int8_onnx_sha256: found.int8_onnx,
            method: method.map_or("none", QueryMethod::name).to_owned(),
            paper: method.map_or("", QueryMethod::paper).to_owned(),
            most_queries: self.queries,
            queries: found.queries,
            rows: found.rows,
        }))
    }

    /// The board with the int8 network of `model`.
    fn rig(&self, board: &str, model: &FloatModel, cancel: &Cancel) -> anyhow::Result<Rig> {
        board_beside(model, &RigChoice::of(board, &model.name), cancel.clone())
    }

    fn method(&self) -> QueryMethod {
        match self.query_method {
            QueryMethodArg::Square => QueryMethod::Square,
            QueryMethodArg::Nes => QueryMethod::Nes,
            QueryMethodArg::Spsa => QueryMethod::Spsa,
        }
    }

    /// The rows for every ε; `int8` judges as the int8 network, and is attacked by queries
    /// where that is asked for.
    fn rows<J: Judge>(
        &self,
        asked: &Asked<'_>,
        int8: &mut J,
        by_queries: bool,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> anyhow::Result<Found>
    where
        J::Error: std::error::Error + Send + Sync + 'static,
    {
        let mut float = Victim::new(asked.model, stop).map_err(blame)?;
        let Surveys { by_float, through } = asked.surveys;
        let inputs = by_float.outcomes.len();
        asked.bar.set_length((by_float.rows.len() * inputs) as u64);
        let mut found = Found::default();
        for (column, row) in by_float.rows.iter().enumerate() {
            let questions = by_float.outcomes.iter().enumerate().map(|(at, outcome)| {
                let through = through.map(|survey| &survey.outcomes[at].attempts[column]);
                Question {
                    original: outcome.levels.clone(),
                    changed: outcome.attempts[column].levels.clone(),
                    through: through.map(|attempt| attempt.levels.clone()),
                    truth: outcome.truth,
                    goal: outcome.goal,
                }
            });
            let questions: Vec<Question> = questions.collect();
            let queries = Queries {
                method: self.method(),
                most: self.queries,
                eps: match (row.eps, asked.info.norm) {
                    (Some(eps), Norm::Greatest) => eps,
                    _ => QUERY_EPS,
                },
            };
            let before = column * inputs;
            let table = transfer::<_, _, anyhow::Error>(
                &mut float,
                int8,
                asked.model.input_shape(),
                &questions,
                by_queries.then_some(&queries),
                asked.seed,
                &mut |done| asked.bar.set_position((before + done) as u64),
            )?;
            found.queries += table.queries;
            let rows = table.rows.iter().map(|one| documents::TransferRow {
                eps: row.eps,
                query_eps: queries.eps,
                made_on: one.made_on.name().to_owned(),
                judged_by: one.judged_by.name().to_owned(),
                right_on_both: table.right_on_both,
                examples: one.examples,
                fooled: one.fooled,
            });
            found.rows.extend(rows);
        }
        Ok(found)
    }
}

/// The examples of both networks.
#[derive(Clone, Copy)]
struct Surveys<'a> {
    by_float: &'a Survey,
    /// By straight-through gradients of the int8 network.
    through: Option<&'a Survey>,
}

/// What the rows are made of.
struct Asked<'a> {
    model: &'a FloatModel,
    surveys: Surveys<'a>,
    info: MethodInfo,
    seed: u64,
    bar: &'a progress::Bar,
}

/// The rows, and what they cost.
#[derive(Default)]
struct Found {
    rows: Vec<documents::TransferRow>,
    queries: u64,
    /// SHA-256 of the board image, where a board answered.
    image: Option<String>,
    /// SHA-256 of the int8 ONNX file.
    int8_onnx: String,
}

/// The same attack on another network.
fn survey(
    model: &FloatModel,
    made: &Made<'_>,
    cancel: &Cancel,
    bar: &progress::Bar,
) -> anyhow::Result<Survey> {
    let inputs = made.survey.outcomes.len();
    bar.set_length((inputs * made.requests.len()) as u64);
    let work = Work {
        model,
        requests: made.requests,
        data: made.data,
        inputs: 0..inputs,
        piece: inputs,
    };
    let mut outcomes = Outcomes::begin(made.requests);
    let result = outcomes.go_on(
        &work,
        &|| cancel.is_cancelled(),
        &mut |done| bar.set_position(done as u64),
        &mut |_| ControlFlow::Continue(()),
    );
    result.map_err(blame)?;
    outcomes
        .survey(made.requests)
        .context("no ε was given, so there is nothing to attack with: give --eps")
}
