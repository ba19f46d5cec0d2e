//! Where activations leave the engine, before their buffer is reused.

use core::ops::Range;

/// Receives what the neurons do, while the network runs.
///
/// Tensors are numbered as in [`crate::Model`]: 0 is the input.
pub trait Tap {
    /// Why a tap may stop the run.
    type Error;

    /// The layer that writes `tensor` begins.
    fn begin(&mut self, tensor: usize) {
        let _ = tensor;
    }

    /// The layer that writes `tensor` has ended.
    fn end(&mut self, tensor: usize) {
        let _ = tensor;
    }

    /// A part of a layer is done, and others are to come: a moment for what must not wait
    /// for the layer's end.
    fn between_rows(&mut self) {}

    /// Whether [`Tap::free`] and [`Tap::stepped`] are to be called.
    fn watches_arena(&self) -> bool {
        false
    }

    /// A step is about to begin, and `part` of the arena holds nothing that it or
    /// a later one needs. Called for each such part, from the arena's beginning
    /// to its end; the tap may write to it.
    fn free(&mut self, part: &mut [u8]) {
        let _ = part;
    }

    /// The step that wrote `tensors` has ended; `arena` is all that was given.
    fn stepped(&mut self, tensors: Range<usize>, arena: &[u8]) {
        let _ = (tensors, arena);
    }

    /// Whether [`Tap::activation`] is to be called for `tensor`.
    ///
    /// For the logits it also decides about [`Tap::accumulators`].
    fn wants(&self, tensor: usize) -> bool;

    /// Bytes of `tensor`, `[H, W, C]`, starting `offset` bytes into it.
    ///
    /// A materialised tensor comes in one call, a fused one row by row.
    ///
    /// # Errors
    /// Stops the run; the error is handed to the caller.
    fn activation(&mut self, tensor: usize, offset: usize, bytes: &[i8])
    -> Result<(), Self::Error>;

    /// The last layer's accumulators, bias included.
    ///
    /// # Errors
    /// Stops the run; the error is handed to the caller.
    fn accumulators(&mut self, values: &[i32]) -> Result<(), Self::Error> {
        let _ = values;
        Ok(())
    }

    /// The logits, one per class; called in every run.
    ///
    /// # Errors
    /// Stops the run; the error is handed to the caller.
    fn logits(&mut self, values: &[f32]) -> Result<(), Self::Error> {
        let _ = values;
        Ok(())
    }
}

/// A tap that nobody asked for: it costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTap;

impl Tap for NoTap {
    type Error = core::convert::Infallible;

    fn wants(&self, _tensor: usize) -> bool {
        false
    }

    fn activation(&mut self, _: usize, _: usize, _: &[i8]) -> Result<(), Self::Error> {
        Ok(())
    }
}
