//! Whether an example that was made on one network fools the other.

use cortexscope_explain::attack::{Goal, Judge};
use cortexscope_net::random::Random;
use cortexscope_net::scores::first_greatest;

use super::queries::{Queries, search};

/// On which network an example was made, or by which it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The float model.
    Float,
    /// The int8 network on the board.
    Board,
}

impl Made {
    /// As a table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Board => "int8",
        }
    }
}

/// One input, and the example that was made of it on the float model.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The input, in 8 bits, `[C, H, W]`.
    pub original: Vec<u8>,
    /// The changed picture, in 8 bits.
    pub changed: Vec<u8>,
    /// The input's class.
    pub truth: usize,
    /// Where the picture was to go.
    pub goal: Goal,
}

/// Examples made on one network and judged by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransferRow {
    /// On which they were made.
    pub made_on: Made,
    /// By which they were judged.
    pub judged_by: Made,
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
    /// float → float, float → int8, int8 → int8, int8 → float.
    pub rows: Vec<TransferRow>,
    /// Queries to the board.
    pub queries: u64,
}

/// Judges the float model's examples on the board, and makes examples by queries to the
/// board, which the float model judges. `progress` is told how many inputs are done.
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
    queries: &Queries,
    seed: u64,
    progress: &mut dyn FnMut(usize),
) -> Result<TransferTable, E>
where
    F: Judge,
    B: Judge,
    E: From<F::Error> + From<B::Error>,
{
    let pairs = [
        (Made::Float, Made::Float),
        (Made::Float, Made::Board),
        (Made::Board, Made::Board),
        (Made::Board, Made::Float),
    ];
    let mut table = TransferTable {
        images: questions.len(),
        right_on_both: 0,
        rows: pairs
            .map(|(made_on, judged_by)| TransferRow {
                made_on,
                judged_by,
                examples: 0,
                fooled: 0,
            })
            .to_vec(),
        queries: 0,
    };
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
                table.count(0, true);
                table.count(1, fools_board);
            }
            let mut random = Random::new(seed ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let found = search(board, shape, &question.original, goal, queries, &mut random)?;
            table.queries += found.queries;
            if found.is_reached {
                table.count(2, true);
                table.count(3, goal.is_reached(class(float, &found.levels)?));
            }
        }
        progress(index + 1);
    }
    Ok(table)
}

impl TransferTable {
    fn count(&mut self, row: usize, is_fooled: bool) {
        self.rows[row].examples += 1;
        self.rows[row].fooled += usize::from(is_fooled);
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
            &queries,
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
}
