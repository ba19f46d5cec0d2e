//! Why a session cannot go on.

use crate::link::LinkError;
use cortexscope_digit::SIDE_MAX;
use cortexscope_wire::Event;
use cortexscope_wire::message::BoardError;
use std::time::Duration;

/// Why a session cannot be opened or a request not be done, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The link cannot be used any more, nor opened again.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Nothing that speaks the protocol is at the other end, or it hangs.
    #[error(
        "no answer from {link} in {} s ({damaged} damaged frames): check that the board has power \
         and runs Cortexscope's firmware, that the port and its baud rate are right, and that no \
         debugger has stopped it; then reset it",
        patience.as_secs_f32()
    )]
    Silent {
        /// [`crate::link::Link::describe`].
        link: String,
        /// How long was waited.
        patience: Duration,
        /// Frames that came and were damaged: a sign of a wrong baud rate.
        damaged: u64,
    },
    /// The board answered before, and then nothing came that belongs to the request.
    #[error(
        "the board at {link} stopped answering: nothing that belongs to the request came in {} s \
         ({damaged} damaged frames); reset the board and try again",
        patience.as_secs_f32()
    )]
    Stuck {
        /// [`crate::link::Link::describe`].
        link: String,
        /// How long was waited.
        patience: Duration,
        /// Frames that came and were damaged.
        damaged: u64,
    },
    /// The board's firmware makes no inputs of pictures.
    #[error(
        "the board's firmware makes no inputs of pictures: have the host make them, without \
         --on-board, or build the firmware with the feature `digit` of cortexscope-rt"
    )]
    NoDigits,
    /// The network's input is not one that a board makes of a picture.
    #[error(
        "a board makes inputs of pictures for networks alone that see grey from 0 to 1, at most \
         {SIDE_MAX} rows and columns, and this one's input is another: have the host make it, \
         without --on-board"
    )]
    NotForDigits,
    /// A picture has more rows or columns than a board makes digits of.
    #[error(
        "a picture of {height}×{width} pixels is too large for a board, which takes {SIDE_MAX} rows \
         and columns at most: scale it down"
    )]
    PictureSize {
        /// Its rows.
        height: u32,
        /// Its columns.
        width: u32,
    },
    /// The board was reset, or the link lost, again and again.
    #[error(
        "gave up after {attempts} attempts: the board was reset, or the link was lost, each time: \
         check power supply and cable, then look for a panic in the board's log"
    )]
    TooManyResets {
        /// How often the request was begun.
        attempts: u32,
    },
    /// The firmware speaks another version of the protocol.
    #[error(
        "the firmware speaks protocol {board_version} ({board_schema}), this program \
         {host_version} ({host_schema}): build both from the same source and flash the board with \
         `cortexscope flash`"
    )]
    Version {
        /// The board's protocol version.
        board_version: u16,
        /// The hash of the board's messages.
        board_schema: String,
        /// This program's protocol version.
        host_version: u16,
        /// The hash of this program's messages.
        host_schema: String,
    },
    /// Another ELF file runs than the one at hand.
    #[error(
        "the board runs the firmware build {board}, not {expected}: flash it with `cortexscope \
         flash`, or name the ELF file that it runs"
    )]
    AnotherFirmware {
        /// Build id of what runs.
        board: String,
        /// Build id of what was expected.
        expected: String,
    },
    /// The board holds another model than the one asked for.
    #[error(
        "the board holds the model {board}, not {expected}: flash it with `cortexscope flash \
         --model`, or name the model that it holds with `--model`"
    )]
    AnotherModel {
        /// Hash of the image on the board.
        board: String,
        /// Hash of the image asked for.
        expected: String,
    },
    /// The board names the right model, and describes another one.
    #[error(
        "the board says that its model has {board} {what}; the model with this hash has \
         {expected}: the firmware is wrong, flash it again with `cortexscope flash`"
    )]
    FalseModel {
        /// What differs, in the plural.
        what: &'static str,
        /// How many there are by the board's word.
        board: usize,
        /// How many there are.
        expected: usize,
    },
    /// After a reset, the board is not what it was before.
    #[error("the board was reset and came back with another firmware or model: start again")]
    BoardChanged,
    /// The board holds no model, or none that it can use.
    #[error("{0}: flash one with `cortexscope flash --model`")]
    NoUsableModel(BoardError),
    /// The board refused the request.
    #[error("the board refused: {0}")]
    Board(#[from] BoardError),
    /// The input is not as long as the model's.
    #[error("the input has {have_bytes} bytes, the model reads {need_bytes}")]
    InputLength {
        /// What the model reads.
        need_bytes: usize,
        /// What was given.
        have_bytes: usize,
    },
    /// A tap on a tensor that the model does not have.
    #[error("the model has {tensors} tensors, none with index {tensor}")]
    UnknownTensor {
        /// As asked for.
        tensor: usize,
        /// How many there are.
        tensors: usize,
    },
    /// The board sent more than the request can give.
    #[error(
        "the board sent more than the {most} {what} that there are: its firmware is wrong, flash \
         it again with `cortexscope flash`"
    )]
    TooMuch {
        /// What it sent, in the plural.
        what: &'static str,
        /// How many there are.
        most: usize,
    },
    /// The board answered what it never should.
    #[error(
        "the board breaks the protocol: {0}; flash its firmware again with `cortexscope flash`, \
         and report this if it goes on"
    )]
    Protocol(&'static str),
    /// [`super::Cancel`] was used.
    #[error("cancelled")]
    Cancelled,
}

/// The error of an event that does not answer the request.
pub(super) fn unexpected(event: &Event<'_>) -> SessionError {
    match *event {
        Event::Error(error @ (BoardError::NoModel | BoardError::BadModel(_))) => {
            SessionError::NoUsableModel(error)
        }
        Event::Error(error) => SessionError::Board(error),
        _ => SessionError::Protocol("it answers another request"),
    }
}
