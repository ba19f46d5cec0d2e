//! Adversarial examples for a board, and their transfer between board and float model.

mod between;
mod board_judge;
mod counted_judge;
mod outcomes;
pub mod queries;
mod square;
mod study;
mod transfer;

pub use between::{AttackedNetworks, SizedRow, SurveyTransfer, TransferError, TransferRequest};
pub use board_judge::BoardJudge;
pub use outcomes::{Outcomes, SurveyError, Work};
pub use study::AttackStudy;
pub use transfer::{ExampleNetwork, Question, TransferRow, TransferTable, transfer};
