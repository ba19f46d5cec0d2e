//! What was counted so far, row by row.

use serde::{Deserialize, Serialize};

use super::measured::{Count, Measured, Row};
use super::suite::Corruption;

/// Right answers of the rows that are done, over the inputs of a range: what a part of a
/// measurement holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Without a corruption, then one for each corruption and severity.
    pub(super) rows: Vec<Count>,
    /// The board's own name, where one is asked.
    pub board: Option<String>,
}

impl Counts {
    /// Nothing counted yet.
    pub fn begin(board: Option<String>) -> Self {
        let rows = Vec::new();
        Self { rows, board }
    }

    /// Whether every row of `corruptions` is there.
    pub fn is_whole(&self, corruptions: &[Corruption]) -> bool {
        self.rows.len() == rows_of(corruptions)
    }

    /// Whether they can be of `corruptions` and of so many `inputs`: what comes out of a file
    /// may not.
    pub fn fit(&self, corruptions: &[Corruption], inputs: usize) -> bool {
        self.rows.len() <= rows_of(corruptions)
            && self.rows.iter().all(|count| {
                let all = [Some(count.right), count.board_right, count.baseline_right];
                count.images == inputs
                    && all.into_iter().flatten().all(|right| right <= inputs)
                    && count.board_right.is_some() == self.board.is_some()
            })
    }

    /// Inputs of each row.
    pub fn inputs(&self) -> usize {
        self.rows.first().map_or(0, |count| count.images)
    }

    /// Adds what was counted of other inputs.
    pub fn join(&mut self, other: &Self) {
        let add = |right: &mut Option<usize>, other: Option<usize>| {
            *right = right.zip(other).map(|(right, other)| right + other);
        };
        for (count, other) in self.rows.iter_mut().zip(&other.rows) {
            count.images += other.images;
            count.right += other.right;
            add(&mut count.board_right, other.board_right);
            add(&mut count.baseline_right, other.baseline_right);
        }
    }

    /// The rows by their names, if all of them are there.
    pub fn measured(&self, corruptions: &[Corruption]) -> Option<Measured> {
        let (&clean, rows) = self.rows.split_first()?;
        let named = named(corruptions).zip(rows);
        self.is_whole(corruptions).then(|| Measured {
            clean,
            rows: named
                .map(|((kind, severity), &count)| Row {
                    kind,
                    severity,
                    count,
                })
                .collect(),
        })
    }
}

/// Kind and severity of every row but the first.
pub(super) fn named(
    corruptions: &[Corruption],
) -> impl Iterator<Item = (cortexscope_corrupt::Kind, u8)> {
    corruptions.iter().flat_map(|corruption| {
        let severities = corruption.severities.iter();
        severities.map(|&severity| (corruption.kind, severity))
    })
}

fn rows_of(corruptions: &[Corruption]) -> usize {
    named(corruptions).count() + 1
}
