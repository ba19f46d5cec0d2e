//! Adversarial examples for a board, and their transfer between board and float model.

mod asked;
mod board_judge;
mod outcomes;
pub mod queries;
mod square;
mod transfer;

pub use board_judge::BoardJudge;
pub use outcomes::{Outcomes, SurveyError, Work};
pub use transfer::{Made, Question, TransferRow, TransferTable, transfer};
