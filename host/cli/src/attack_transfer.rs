//! `cortexscope attack --board`: do examples of one network fool the other?

use super::board_of_model::{board_rig, image_of};
use super::common::{blame, wrong};
use super::progress;
use anyhow::ensure;
use clap::{Args, ValueEnum};
use cortexscope_explain::attack::{MethodInfo, Norm, Survey, Victim};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::resources::ResourcePath;
use cortexscope_present::documents::attack as documents;
use cortexscope_rig::session::Cancel;
use cortexscope_study::attack::queries::{Queries, QueryMethod};
use cortexscope_study::attack::{BoardJudge, Question, transfer};

/// The board, and the attack by queries to it.
#[derive(Args, Clone)]
pub(super) struct TransferArgs {
    /// Judge the examples on this board's int8 network too, and make others by queries to
    /// the board, which the float model judges.
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

impl TransferArgs {
    /// The table for every ε of `survey`; `None` without a board.
    pub fn table(
        &self,
        model: &FloatModel,
        info: MethodInfo,
        survey: &Survey,
        seed: u64,
        cancel: &Cancel,
    ) -> anyhow::Result<Option<documents::Transfer>> {
        let Some(board) = &self.board else {
            return Ok(None);
        };
        if self.queries == 0 {
            return Err(wrong("--queries: give a number from 1 up"));
        }
        let mut rig = board_rig(board, &image_of(&named(&model.path)), cancel.clone())?;
        ensure!(
            rig.model.spec.input == model.spec.input,
            "the board's network wants another input than the float model: {} and {}",
            rig.model.spec.input,
            model.spec.input
        );
        let model_sha256 = rig.model.hash_hex();
        let stop = || cancel.is_cancelled();
        let mut float = Victim::new(model, &stop).map_err(blame)?;
        let mut on_board = BoardJudge::new(&mut rig);
        let method = match self.query_method {
            QueryMethodArg::Square => QueryMethod::Square,
            QueryMethodArg::Nes => QueryMethod::Nes,
            QueryMethodArg::Spsa => QueryMethod::Spsa,
        };
        let bar = progress::bar(survey.rows.len() * survey.outcomes.len(), "inputs");
        let mut queries = 0;
        let mut rows = Vec::new();
        for (column, row) in survey.rows.iter().enumerate() {
            let questions = survey.outcomes.iter().map(|outcome| Question {
                original: outcome.levels.clone(),
                changed: outcome.attempts[column].levels.clone(),
                through: None,
                truth: outcome.truth,
                goal: outcome.goal,
            });
            let questions: Vec<Question> = questions.collect();
            let by_queries = Queries {
                method,
                most: self.queries,
                eps: match (row.eps, info.norm) {
                    (Some(eps), Norm::Greatest) => eps,
                    _ => QUERY_EPS,
                },
            };
            let before = column * questions.len();
            let table = transfer::<_, _, anyhow::Error>(
                &mut float,
                &mut on_board,
                model.input_shape(),
                &questions,
                Some(&by_queries),
                seed,
                &mut |done| bar.set_position((before + done) as u64),
            )?;
            queries += table.queries;
            rows.extend(table.rows.iter().map(|found| documents::TransferRow {
                eps: row.eps,
                query_eps: by_queries.eps,
                made_on: found.made_on.name().to_owned(),
                judged_by: found.judged_by.name().to_owned(),
                right_on_both: table.right_on_both,
                examples: found.examples,
                fooled: found.fooled,
            }));
        }
        bar.finish_and_clear();
        Ok(Some(documents::Transfer {
            board: board.clone(),
            model_sha256,
            method: method.name().to_owned(),
            paper: method.paper().to_owned(),
            most_queries: self.queries,
            queries,
            rows,
        }))
    }
}

/// The model as the command line names it: a shipped one by its name.
fn named(path: &ResourcePath) -> String {
    match path {
        ResourcePath::Shipped(_) => path.stem().unwrap_or_default(),
        ResourcePath::Disk(path) => path.display().to_string(),
    }
}
