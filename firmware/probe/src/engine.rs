//! What runs the network.

use cortexscope_core::Tap;
use cortexscope_wire::message::{BoardError, HeapPhase, Mode, ModelIdentity, Occlude};

/// An engine with its model, its arena and its input.
pub trait Engine {
    /// Name and version, at most 32 bytes.
    fn name(&self) -> &str;

    /// The model that it holds.
    ///
    /// # Errors
    /// Why it holds none.
    fn model(&self) -> Result<ModelIdentity, BoardError>;

    /// Bytes of the region that the model lies in.
    fn model_region_bytes(&self) -> u32;

    /// Bytes of arena, those of the input included.
    fn arena_bytes(&self) -> u32;

    /// Where the input is kept between requests, `[H, W, C]`; empty without a model.
    fn input(&mut self) -> &mut [u8];

    /// Where a picture becomes an input; nothing on an engine that takes none.
    fn picture_room(&mut self) -> Option<PictureRoom<'_>> {
        None
    }

    /// Fills the arena with `paint`, apart from the input.
    fn paint_arena(&mut self, paint: u8);

    /// Bytes from the arena's beginning to the last one that is not `paint`, the
    /// input not looked at.
    fn arena_high_water_bytes(&self, paint: u8) -> u32;

    /// What phase `index` of the engine's life took of the heap; none past the
    /// last one, and on an engine without a heap.
    fn heap_phase(&self, index: usize) -> Option<HeapPhase<'_>> {
        let _ = index;
        None
    }

    /// Bytes of heap in use at the fullest since the last inference began; none
    /// without a heap.
    fn heap_high_water_bytes(&self) -> Option<u32> {
        None
    }

    /// Runs the network once on the input.
    ///
    /// # Errors
    /// What the engine refuses, and what stopped the tap.
    fn infer<T: Tap>(&mut self, mode: Mode, tap: &mut T) -> Result<(), Refusal<T::Error>>;

    /// Makes an occlusion map of the input.
    ///
    /// # Errors
    /// What the engine refuses, and what stopped the map.
    fn occlude<M: MapSink>(
        &mut self,
        ask: &Occlude,
        map: &mut M,
    ) -> Result<Macs, Refusal<M::Error>>;
}

/// Memory that a picture becomes an input in, of a network that takes grey pictures.
pub struct PictureRoom<'a> {
    /// Free between requests.
    pub room: &'a mut [u8],
    /// The input, one byte for each pixel.
    pub input: &'a mut [u8],
    /// Rows and columns of the input.
    pub size: [usize; 2],
}

/// Receives an occlusion map. As a tap it hears of the inferences that an engine makes for
/// it, and wants none of their tensors.
pub trait MapSink: Tap {
    /// The clean input: `class` is watched, `positions` will follow.
    ///
    /// # Errors
    /// Stops the map.
    fn base(&mut self, class: u16, probability: f32, positions: u32) -> Result<(), Self::Error>;

    /// The class's probability with the patch at position `index`, row by row.
    ///
    /// # Errors
    /// Stops the map.
    fn position(&mut self, index: u32, probability: f32) -> Result<(), Self::Error>;
}

/// Multiplications of an occlusion map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Macs {
    /// Done.
    pub done: u64,
    /// That one full inference for each position would have taken.
    pub full: u64,
}

impl Macs {
    /// Those of an engine that recomputes everything at each of `positions`: beside these
    /// inferences it makes one of the clean input, which a map needs in any case.
    pub fn of_whole_inferences(inference: u64, positions: u32) -> Self {
        Self {
            done: inference * (u64::from(positions) + 1),
            full: inference * u64::from(positions),
        }
    }
}

/// Why an engine did not finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<E> {
    /// It cannot do what was asked.
    Board(BoardError),
    /// The receiver cancelled.
    Stopped(E),
}

impl<E> From<BoardError> for Refusal<E> {
    fn from(error: BoardError) -> Self {
        Self::Board(error)
    }
}

#[cfg(test)]
mod tests {
    use super::Macs;

    #[test]
    fn a_map_in_full_is_an_inference_for_each_position_and_none_more() {
        let macs = Macs::of_whole_inferences(7, 4);
        assert_eq!((macs.full, macs.done), (28, 35));
    }
}
