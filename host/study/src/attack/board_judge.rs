//! A board that says what pictures are taken for.

use cortexscope_explain::attack::{Judge, Pixels};
use cortexscope_rig::Rig;
use cortexscope_rig::session::{Mode, SessionError, TensorSet};

/// The int8 network on a board. A picture becomes steps of the model's input, as it does
/// for every command, and the board sends the logits alone.
pub struct BoardJudge<'a> {
    rig: &'a mut Rig,
    pixels: Pixels,
}

impl<'a> BoardJudge<'a> {
    /// The board at the other end of `rig`.
    pub fn new(rig: &'a mut Rig) -> Self {
        let pixels = Pixels::of(&rig.model.spec.input);
        Self { rig, pixels }
    }
}

impl Judge for BoardJudge<'_> {
    type Error = SessionError;

    fn logits_of(&mut self, levels: &[u8]) -> Result<Vec<f32>, SessionError> {
        let steps = self.rig.model.quantise(&self.pixels.values(levels));
        let recording = self
            .rig
            .infer(&steps, Mode::Fused, TensorSet::NONE, &mut |_| ())?;
        Ok(recording.logits)
    }
}
