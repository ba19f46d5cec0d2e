//! What a board that was asked has cost, in words, and whether tract answers the same.

use crate::conventions::FAILED;
use cortexscope_draw::number::grouped;
use cortexscope_present::documents::evolve::EvolveBoard;
use std::io::Write;
use std::process::ExitCode;

/// Prints what the board's answers have cost, and the first that tract computes otherwise.
pub(super) fn say_board(out: &mut impl Write, board: &EvolveBoard) -> std::io::Result<()> {
    writeln!(
        out,
        "  {}: {} answers compared with tract, {} differ; {} bytes sent, {} received, {} credits",
        board.name,
        grouped(board.queries_compared),
        grouped(board.mismatches),
        grouped(board.bytes_sent),
        grouped(board.bytes_received),
        board.credits
    )?;
    if let Some(first) = &board.first_mismatch {
        writeln!(
            out,
            "  query {}: the board says {}, the host {}",
            first.query, first.board, first.host
        )?;
    }
    Ok(())
}

/// How the command ends: it failed where a board answered otherwise than tract.
pub(super) fn exit_code(board: Option<&EvolveBoard>) -> ExitCode {
    let has_mismatch = board.is_some_and(|board| board.mismatches > 0);
    ExitCode::from(if has_mismatch { FAILED } else { 0 })
}
