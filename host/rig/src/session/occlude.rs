//! An occlusion map, computed on the board.

use super::error::{SessionError, unexpected};
use super::open::Session;
use super::parts::{append, probabilities, probability};
use cortexscope_core::image::Shape;
use cortexscope_wire::message::{CounterKind, Occlude, input_crc};
use cortexscope_wire::{Event, Request};

/// Height and width of the lecture's patch in pixels, the default of what a board computes.
pub const LECTURE_PATCH: u16 = 7;

/// Rows and columns of a square patch of `side` on an input of that shape: where the input
/// has fewer, the patch is as large as the input.
pub fn patch_for(shape: Shape, side: u16) -> [u16; 2] {
    [shape.height, shape.width].map(|size| u16::try_from(size).map_or(side, |size| side.min(size)))
}

/// The patch that hides a part of the input, and the class to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OccludeRequest {
    /// Height and width of the patch in pixels.
    pub window: [u16; 2],
    /// Rows and columns between two positions.
    pub stride: [u16; 2],
    /// The int8 value that the patch is filled with.
    pub fill: i8,
    /// The class to watch; the winner of the clean input if none.
    pub class: Option<u16>,
}

impl OccludeRequest {
    /// Rows and columns of positions that the patch has on an input of `size`, height and
    /// width; `None` where it does not fit, is empty or never moves.
    pub fn positions(&self, size: [usize; 2]) -> Option<[usize; 2]> {
        let along = |axis: usize| {
            let [side, stride] = [self.window[axis], self.stride[axis]].map(usize::from);
            let room = size[axis].checked_sub(side).filter(|_| side > 0)?;
            Some(room.checked_div(stride)? + 1)
        };
        Some([along(0)?, along(1)?])
    }
}

/// The watched class's probability for every position of the patch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OcclusionMap {
    /// The class that was watched.
    pub class: u16,
    /// Its probability for the clean input.
    pub base_probability: f32,
    /// Its probability for each position, row by row.
    pub probabilities: Vec<f32>,
    /// Multiplications done.
    pub macs_done: u64,
    /// Multiplications that full inferences would have taken.
    pub macs_full: u64,
    /// What it took, in the board's [`CounterKind`].
    pub count: Option<u64>,
    /// Bytes of arena from its beginning to the last one written, if painted.
    pub arena_bytes: Option<u32>,
    /// Bytes of stack in use at the deepest, if painted and the board can tell.
    pub stack_bytes: Option<u32>,
}

/// What an occlusion map gives while it grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MapProgress<'a> {
    /// The clean input's answer. Comes again if the board was reset: what came
    /// before is void.
    Begun {
        /// The class that is watched.
        class: u16,
        /// Its probability.
        probability: f32,
        /// How many positions will follow.
        positions: usize,
    },
    /// Probabilities of consecutive positions, row by row.
    Positions {
        /// Index of the first.
        first: usize,
        /// The watched class's probabilities.
        probabilities: &'a [f32],
    },
}

impl Session {
    /// Slides a patch over `input`, int8 `[H, W, C]`, and gives the watched
    /// class's probability for every position; `progress` sees it grow.
    ///
    /// # Errors
    /// [`SessionError::InputLength`], what the board refuses, and what the link
    /// cannot repair.
    pub fn occlude(
        &mut self,
        input: &[i8],
        ask: &OccludeRequest,
        progress: &mut dyn FnMut(MapProgress<'_>),
    ) -> Result<OcclusionMap, SessionError> {
        self.occlude_in(input, ask, None, progress)
    }

    /// The same with the board's free memory filled with `paint` first, to measure
    /// what is used.
    ///
    /// # Errors
    /// As [`Session::occlude`].
    pub fn occlude_painted(
        &mut self,
        input: &[i8],
        ask: &OccludeRequest,
        paint: u8,
    ) -> Result<OcclusionMap, SessionError> {
        self.occlude_in(input, ask, Some(paint), &mut |_| {})
    }

    fn occlude_in(
        &mut self,
        input: &[i8],
        ask: &OccludeRequest,
        paint: Option<u8>,
        progress: &mut dyn FnMut(MapProgress<'_>),
    ) -> Result<OcclusionMap, SessionError> {
        let request = Request::Occlude(Occlude {
            window_h: ask.window[0],
            window_w: ask.window[1],
            stride_y: ask.stride[0],
            stride_x: ask.stride[1],
            fill: ask.fill,
            class: ask.class,
            paint,
            input_crc: input_crc(bytemuck::cast_slice(input)),
        });
        let has_counter = self.board().counter != CounterKind::None;
        let classes = usize::from(self.model()?.classes);
        // Where the input's shape is not known, a patch has a position for each byte at
        // most.
        let known = self.expect.model.as_ref().map(|model| {
            let [rows, columns] = ask.positions(model.input_size).unwrap_or_default();
            rows * columns
        });
        let most = known.unwrap_or(input.len());
        self.request(|session| {
            session.send_input(input)?;
            let mut map = OcclusionMap::default();
            let mut expected = None;
            session.host_end.ask(&request, &mut |event| {
                match *event {
                    Event::OcclusionBase { .. } if expected.is_some() => {
                        return Err(SessionError::Protocol("its map begins twice"));
                    }
                    Event::OcclusionBase {
                        class,
                        probability: base,
                        positions,
                    } => {
                        let positions = positions as usize;
                        if positions > most || known.is_some_and(|known| known != positions) {
                            return Err(SessionError::Protocol(
                                "its map has more or fewer positions than the patch has",
                            ));
                        }
                        if usize::from(class) >= classes || ask.class.is_some_and(|c| c != class) {
                            return Err(SessionError::Protocol(
                                "its map is of a class that was not asked for",
                            ));
                        }
                        map.class = class;
                        map.base_probability = probability(base)?;
                        expected = Some(positions);
                        progress(MapProgress::Begun {
                            class,
                            probability: base,
                            positions,
                        });
                    }
                    Event::Positions {
                        first,
                        probabilities: bytes,
                    } => {
                        let most =
                            expected.ok_or(SessionError::Protocol("its map has no beginning"))?;
                        let values = &probabilities(bytes)?;
                        let to = &mut map.probabilities;
                        let first = append(to, first, values, "positions", most)?;
                        progress(MapProgress::Positions {
                            first,
                            probabilities: values,
                        });
                    }
                    Event::OcclusionDone {
                        macs_done,
                        macs_full,
                        count,
                        arena_bytes,
                        stack_bytes,
                    } => {
                        map.macs_done = macs_done;
                        map.macs_full = macs_full;
                        map.count = has_counter.then_some(count);
                        map.arena_bytes = arena_bytes;
                        map.stack_bytes = stack_bytes;
                    }
                    ref other => return Err(unexpected(other)),
                }
                Ok(())
            })?;
            if expected != Some(map.probabilities.len()) {
                return Err(SessionError::Protocol("its map is not complete").into());
            }
            Ok(map)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_must_fit() {
        let patch = |side, stride| OccludeRequest {
            window: [side; 2],
            stride: [stride; 2],
            fill: 0,
            class: None,
        };
        assert_eq!(patch(7, 1).positions([28, 28]), Some([22, 22]));
        assert_eq!(patch(28, 9).positions([28, 28]), Some([1, 1]));
        let long = OccludeRequest {
            window: [5, 9],
            stride: [3, 2],
            ..patch(1, 1)
        };
        assert_eq!(long.positions([28, 30]), Some([8, 11]));
        for (side, stride) in [(29, 1), (0, 1), (7, 0)] {
            assert_eq!(patch(side, stride).positions([28, 28]), None);
        }
    }
}
