//! Whether an example that was made on one network fools the other.

use cortexscope_explain::attack::{Goal, Judge};
use cortexscope_net::random::Random;
use cortexscope_net::scores::first_greatest;

use super::queries::{Queries, search};

/// On which network an example was made, or by which it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleNetwork {
    /// The float model.
    Float,
    /// The int8 network on the board: asked, where examples were made on it.
    Board,
    /// The int8 network, by straight-through gradients.
    StraightThrough,
}

impl ExampleNetwork {
    /// As a table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Board => "int8",
            Self::StraightThrough => "int8 by straight-through",
        }
    }
}

/// One input, and the examples that were made of it with gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The input, in 8 bits, `[C, H, W]`.
    pub original: Vec<u8>,
    /// The picture that was changed on the float model, in 8 bits.
    pub changed: Vec<u8>,
    /// The picture that was changed by straight-through gradients of the int8 network, in 8
    /// bits, where one was.
    pub through: Option<Vec<u8>>,
    /// The input's class.
    pub truth: usize,
    /// Where the picture was to go.
    pub goal: Goal,
}

/// Examples made on one network and judged by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransferRow {
    /// On which they were made.
    pub made_on: ExampleNetwork,
    /// By which they were judged.
    pub judged_by: ExampleNetwork,
    /// Inputs that both networks had right before, and of which the network that they were
    /// made on was fooled.
    pub examples: usize,
    /// Those of them that fool the judge, too.
    pub fooled: usize,
}

/// What became of the examples of both.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferTable {
    /// Inputs.
    pub images: usize,
    /// Inputs that both networks had right before; only these count.
    pub right_on_both: usize,
    /// float → float, float → int8; int8 → int8, int8 → float where examples were made by
    /// queries; then the same two of examples by straight-through gradients, where there are
    /// such.
    pub rows: Vec<TransferRow>,
    /// Queries to the int8 network.
    pub queries: u64,
}

/// Judges the float model's examples by the int8 network of `board`, and what was made on that
/// by the float model: by straight-through gradients, and by `queries` to it, where those are
/// given. `progress` is told how many inputs are done.
///
/// Errors are those of the judges, `E` of both.
///
/// # Errors
/// A judge cannot be asked.
pub fn transfer<F, B, E>(
    float: &mut F,
    board: &mut B,
    shape: [usize; 3],
    questions: &[Question],
    queries: Option<&Queries>,
    seed: u64,
    progress: &mut dyn FnMut(usize),
) -> Result<TransferTable, E>
where
    F: Judge,
    B: Judge,
    E: From<F::Error> + From<B::Error>,
{
    let mut table = TransferTable {
        images: questions.len(),
        right_on_both: 0,
        rows: Vec::new(),
        queries: 0,
    };
    table.begin(
        ExampleNetwork::Float,
        [ExampleNetwork::Float, ExampleNetwork::Board],
    );
    if queries.is_some() {
        table.begin(
            ExampleNetwork::Board,
            [ExampleNetwork::Board, ExampleNetwork::Float],
        );
    }
    if questions.iter().any(|question| question.through.is_some()) {
        table.begin(
            ExampleNetwork::StraightThrough,
            [ExampleNetwork::Board, ExampleNetwork::Float],
        );
    }
    for (index, question) in questions.iter().enumerate() {
        let truth = question.truth;
        let by_float = class(float, &question.original)?;
        let by_board = class(board, &question.original)?;
        table.queries += 1;
        if by_float == truth && by_board == truth {
            table.right_on_both += 1;
            let goal = question.goal;
            let fools_float = goal.is_reached(class(float, &question.changed)?);
            if fools_float {
                let fools_board = goal.is_reached(class(board, &question.changed)?);
                table.queries += 1;
                table.count(ExampleNetwork::Float, [true, fools_board]);
            }
            if let Some(through) = &question.through {
                table.queries += 1;
                if goal.is_reached(class(board, through)?) {
                    let fools_float = goal.is_reached(class(float, through)?);
                    table.count(ExampleNetwork::StraightThrough, [true, fools_float]);
                }
            }
            let Some(queries) = queries else {
                progress(index + 1);
                continue;
            };
            let mut random = Random::new(seed ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let found = search(board, shape, &question.original, goal, queries, &mut random)?;
            table.queries += found.queries;
            if found.is_reached {
                let fools_float = goal.is_reached(class(float, &found.levels)?);
                table.count(ExampleNetwork::Board, [true, fools_float]);
            }
        }
        progress(index + 1);
    }
    Ok(table)
}

impl TransferTable {
    /// Adds two empty rows.
    fn begin(&mut self, made_on: ExampleNetwork, judges: [ExampleNetwork; 2]) {
        self.rows.extend(judges.map(|judged_by| TransferRow {
            made_on,
            judged_by,
            examples: 0,
            fooled: 0,
        }));
    }

    /// Counts an example in the two rows of `made_on`.
    fn count(&mut self, made_on: ExampleNetwork, are_fooled: [bool; 2]) {
        let rows = self.rows.iter_mut();
        let rows = rows.filter(|row| row.made_on == made_on);
        for (row, is_fooled) in rows.zip(are_fooled) {
            row.examples += 1;
            row.fooled += usize::from(is_fooled);
        }
    }
}

fn class<J: Judge>(judge: &mut J, levels: &[u8]) -> Result<usize, J::Error> {
    Ok(first_greatest(&judge.logits_of(levels)?).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::queries::QueryMethod;
    use super::*;
    use std::convert::Infallible;

    /// Class 0 where the first pixel is above a level.
    struct Above(u8);

    impl Judge for Above {
        type Error = Infallible;

        fn logits_of(&mut self, levels: &[u8]) -> Result<Vec<f32>, Infallible> {
            Ok(vec![f32::from(levels[0]) - f32::from(self.0), 0.5])
        }
    }

    #[test]
    fn examples_are_judged_by_the_other() {
        let question = |original: u8, changed: u8| Question {
            original: vec![original],
            changed: vec![changed],
            through: None,
            truth: 0,
            goal: Goal::Away(0),
        };
        // The float model's boundary is at 100, the board's at 90.
        let questions = [
            question(120, 95),
            question(120, 80),
            question(120, 110),
            question(95, 80),
        ];
        let queries = Queries {
            method: QueryMethod::Square,
            most: 40,
            eps: 50.0 / 255.0,
        };
        let mut done = 0;
        let table: Result<_, Infallible> = transfer(
            &mut Above(100),
            &mut Above(90),
            [1, 1, 1],
            &questions,
            Some(&queries),
            1,
            &mut |at| done = at,
        );
        let Ok(table) = table;
        assert_eq!((table.images, table.right_on_both, done), (4, 3, 4));
        let counts: Vec<_> = table
            .rows
            .iter()
            .map(|row| (row.examples, row.fooled))
            .collect();
        // Whatever falls 50 levels, to 70, fools both.
        assert_eq!(counts, [(2, 2), (2, 1), (3, 3), (3, 3)]);
        assert!(table.queries > 9);
    }

    #[test]
    fn examples_by_straight_through_gradients_have_rows_of_their_own() {
        let question = |changed: u8, through: u8| Question {
            original: vec![120],
            changed: vec![changed],
            through: Some(vec![through]),
            truth: 0,
            goal: Goal::Away(0),
        };
        // The float model's boundary is at 90 now, the int8 network's at 100.
        let questions = [question(110, 95), question(80, 80), question(95, 110)];
        let table: Result<_, Infallible> = transfer(
            &mut Above(90),
            &mut Above(100),
            [1, 1, 1],
            &questions,
            None,
            1,
            &mut |_| (),
        );
        let Ok(table) = table;
        let rows = table.rows.iter();
        let rows: Vec<_> = rows
            .map(|row| {
                (
                    row.made_on.name(),
                    row.judged_by.name(),
                    row.examples,
                    row.fooled,
                )
            })
            .collect();
        let through = "int8 by straight-through";
        assert_eq!(
            rows,
            [
                ("float", "float", 1, 1),
                ("float", "int8", 1, 1),
                (through, "int8", 2, 2),
                (through, "float", 2, 1),
            ]
        );
        // One for each original, one for each example of the float model and of the int8
        // network.
        assert_eq!(table.queries, 3 + 1 + 3);
    }
}
