//! What must be at the other end, and how much an honest board can send.

use super::error::SessionError;
use super::identity::BoardIdentity;
use cortexscope_core::Model;
use cortexscope_net::hex;
use cortexscope_wire::message::{ModelIdentity, OFFSET_MAX, TAP_BYTES_MAX};

/// Pixels that a board's camera may have.
const CAMERA_PIXELS_MAX: usize = 1 << 24;

/// Bytes of the longest tensor that the protocol has offsets for.
const TENSOR_BYTES_MAX: usize = OFFSET_MAX as usize + TAP_BYTES_MAX;

/// What must be at the other end. Nothing is checked that is not given.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// The model that the board must hold.
    pub model: Option<ExpectedModel>,
    /// GNU build id of the ELF file. A board without one passes.
    pub elf_build_id: Option<Vec<u8>>,
}

/// A model, as far as a board's answers can be checked against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedModel {
    /// SHA-256 of the board image.
    pub hash: [u8; 32],
    /// Bytes of each int8 tensor, the input first.
    pub tensor_bytes: Vec<usize>,
    /// Number of logits.
    pub classes: usize,
    /// Rows and columns of the input.
    pub input_size: [usize; 2],
}

impl ExpectedModel {
    /// What a board with `model` must say and send.
    pub fn of(model: &Model<'_>) -> Self {
        let input = model.input().shape;
        Self {
            hash: *model.hash(),
            tensor_bytes: model.tensors().map(|tensor| tensor.bytes()).collect(),
            classes: model.logits().shape.elements(),
            input_size: [input.height, input.width],
        }
    }
}

impl Expectations {
    /// Refuses a board that is not the expected one, or that cannot be what it says.
    pub(super) fn check(&self, board: &BoardIdentity) -> Result<(), SessionError> {
        if let (Some(found), Some(expected)) = (&board.elf_build_id, &self.elf_build_id)
            && found != expected
        {
            return Err(SessionError::AnotherFirmware {
                board: hex(found),
                expected: hex(expected),
            });
        }
        if let Some(camera) = board.camera {
            let pixels = usize::from(camera.height) * usize::from(camera.width);
            if !(1..=CAMERA_PIXELS_MAX).contains(&pixels) {
                return Err(SessionError::Protocol(
                    "its camera has no pixels, or more than 16 million",
                ));
            }
        }
        let Some(expected) = &self.model else {
            return Ok(());
        };
        let model = board.model.map_err(SessionError::NoUsableModel)?;
        if model.hash != expected.hash {
            return Err(SessionError::AnotherModel {
                board: hex(&model.hash),
                expected: hex(&expected.hash),
            });
        }
        let input_bytes = expected.tensor_bytes.first().copied().unwrap_or(0);
        for (what, board, expected) in [
            ("tensors", model.tensors.into(), expected.tensor_bytes.len()),
            ("classes", model.classes.into(), expected.classes),
            ("input bytes", model.input_bytes as usize, input_bytes),
        ] {
            if board != expected {
                return Err(SessionError::FalseModel {
                    what,
                    board,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// The most that can come of a board that says that it holds `model`.
    pub(super) fn limits(&self, model: &ModelIdentity) -> Limits {
        let tensors = usize::from(model.tensors);
        Limits {
            classes: model.classes.into(),
            tensor_bytes: match &self.model {
                Some(expected) => expected.tensor_bytes.clone(),
                None => vec![TENSOR_BYTES_MAX; tensors],
            },
            are_exact: self.model.is_some(),
        }
    }
}

/// The most that an honest board sends of each thing.
pub(super) struct Limits {
    /// Number of logits, and of accumulators.
    pub(super) classes: usize,
    /// Bytes of each tensor, the input first.
    pub(super) tensor_bytes: Vec<usize>,
    /// Whether a tensor must have all of them.
    pub(super) are_exact: bool,
}

impl Limits {
    /// Number of tensors.
    pub(super) fn tensors(&self) -> usize {
        self.tensor_bytes.len()
    }
}
