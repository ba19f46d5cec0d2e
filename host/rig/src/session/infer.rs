//! One inference and everything that was tapped of it.

use super::error::SessionError;
use super::open::{Session, unexpected};
use cortexscope_wire::message::{CounterKind, Infer, Mode, Run, TensorSet, input_crc};
use cortexscope_wire::{Event, Request};

/// What to run and what to send of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InferRequest {
    /// The plan to run.
    pub mode: Mode,
    /// The tensors to send; [`TensorSet::ALL`] stands for those that there are.
    /// The last one stands for its i32 accumulators.
    pub taps: TensorSet,
    /// Fill the board's free memory with this byte first, to measure what is used.
    pub paint: Option<u8>,
}

/// What one inference gave. Activations are `[H, W, C]`, as they lie on the board.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inference {
    /// The int8 tensors that were tapped, by index; none where not asked for, and
    /// for the last tensor.
    pub activations: Vec<Option<Vec<i8>>>,
    /// The last layer's accumulators, bias included, if it was tapped.
    pub accumulators: Option<Vec<i32>>,
    /// The logits, one per class.
    pub logits: Vec<f32>,
    /// What each layer took, in order of execution.
    pub layers: Vec<LayerCost>,
    /// What the whole took, in the board's [`CounterKind`].
    pub count: Option<u64>,
    /// Bytes of arena from its beginning to the last one in use, if painted.
    pub arena_bytes: Option<u32>,
    /// Bytes of stack in use at the deepest, if painted and the board can tell.
    pub stack_bytes: Option<u32>,
    /// Bytes of heap in use at the fullest, on an engine that has one.
    pub heap_bytes: Option<u32>,
}

/// What one layer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerCost {
    /// The tensor that it wrote.
    pub tensor: usize,
    /// In the board's [`CounterKind`]; none if it has no counter.
    pub count: Option<u64>,
    /// Bytes of arena from its beginning to the last one in use while the layer's
    /// step ran, if painted.
    pub arena_bytes: Option<u32>,
    /// Bytes of stack in use at the deepest, if painted and the board can tell.
    pub stack_bytes: Option<u32>,
}

/// What an inference gives while it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress<'a> {
    /// The run begins, for the first time or again after a reset: what came
    /// before is void.
    Begun,
    /// Bytes of a tensor, `[H, W, C]`; they come in order.
    Activation {
        /// Which tensor.
        tensor: usize,
        /// Where in it the bytes begin.
        offset: usize,
        /// The bytes.
        bytes: &'a [i8],
    },
    /// All logits.
    Logits(&'a [f32]),
}

impl Session {
    /// Runs the model on `input`, int8 `[H, W, C]`, and gives all that was asked
    /// for; `progress` sees it as it comes.
    ///
    /// # Errors
    /// [`SessionError::InputLength`], [`SessionError::UnknownTensor`], what the
    /// board refuses, and what the link cannot repair.
    pub fn infer(
        &mut self,
        input: &[i8],
        ask: &InferRequest,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Inference, SessionError> {
        let tensors = usize::from(self.model()?.tensors);
        let classes = usize::from(self.model()?.classes);
        let taps = if ask.taps == TensorSet::ALL {
            ask.taps.below(tensors)
        } else {
            ask.taps
        };
        if let Some(tensor) = taps.iter().find(|&tensor| tensor >= tensors) {
            return Err(SessionError::UnknownTensor { tensor, tensors });
        }
        let request = Request::Infer(Infer {
            mode: ask.mode,
            taps,
            paint: ask.paint,
            input_crc: input_crc(bytemuck::cast_slice(input)),
        });
        let has_counter = self.board().counter != CounterKind::None;
        self.request(|session| {
            session.send_input(input)?;
            progress(Progress::Begun);
            let mut collected = Collected::new(tensors, has_counter);
            session
                .connection
                .ask(&request, &mut |event| collected.take(event, progress))?;
            let inference = collected.finish(taps, classes)?;
            check_lengths(&inference, session.expect.tensor_bytes.as_deref())?;
            Ok(inference)
        })
    }
}

/// An inference that is coming in.
struct Collected {
    inference: Inference,
    has_counter: bool,
    run: Option<Run>,
}

impl Collected {
    fn new(tensors: usize, has_counter: bool) -> Self {
        let inference = Inference {
            activations: vec![None; tensors],
            ..Inference::default()
        };
        Self {
            inference,
            has_counter,
            run: None,
        }
    }

    fn take(
        &mut self,
        event: &Event<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), SessionError> {
        match *event {
            Event::Tap {
                tensor,
                offset,
                bytes,
            } => {
                let tensor = usize::from(tensor);
                let bytes = bytemuck::cast_slice(bytes);
                let slot = self.inference.activations.get_mut(tensor);
                let slot = slot.ok_or(SessionError::Protocol("a tensor that there is not"))?;
                let offset = append(slot.get_or_insert_default(), offset, bytes)?;
                progress(Progress::Activation {
                    tensor,
                    offset,
                    bytes,
                });
            }
            Event::Accumulators { first, values } => {
                let values = words(values, i32::from_le_bytes)?;
                append(
                    self.inference.accumulators.get_or_insert_default(),
                    first,
                    &values,
                )?;
            }
            Event::Logits { first, values } => {
                append(
                    &mut self.inference.logits,
                    first,
                    &words(values, f32::from_le_bytes)?,
                )?;
            }
            Event::LayerDone {
                tensor,
                count,
                arena_bytes,
                stack_bytes,
            } => {
                if self.inference.layers.is_empty() {
                    progress(Progress::Logits(&self.inference.logits));
                }
                let count = self.has_counter.then_some(count);
                let tensor = tensor.into();
                self.inference.layers.push(LayerCost {
                    tensor,
                    count,
                    arena_bytes,
                    stack_bytes,
                });
            }
            Event::Done(run) => self.run = Some(run),
            ref other => return Err(unexpected(other)),
        }
        Ok(())
    }

    /// The inference, if nothing is missing of it.
    fn finish(self, taps: TensorSet, classes: usize) -> Result<Inference, SessionError> {
        let Self {
            mut inference,
            has_counter,
            run,
        } = self;
        let run = run.ok_or(SessionError::Protocol("no end of the run"))?;
        let last = inference.activations.len().saturating_sub(1);
        let is_there = |tensor| match tensor {
            _ if tensor == last => inference.accumulators.is_some(),
            _ => inference
                .activations
                .get(tensor)
                .is_some_and(Option::is_some),
        };
        if !taps.iter().all(is_there) {
            return Err(SessionError::Protocol("a tensor was left out"));
        }
        let sums = inference.accumulators.as_ref().map(Vec::len);
        if inference.logits.len() != classes || sums.is_some_and(|sums| sums != classes) {
            return Err(SessionError::Protocol("a wrong number of logits"));
        }
        inference.count = has_counter.then_some(run.count);
        inference.arena_bytes = run.arena_bytes;
        inference.stack_bytes = run.stack_bytes;
        inference.heap_bytes = run.heap_bytes;
        Ok(inference)
    }
}

/// Refuses tensors that are not as long as the model's.
fn check_lengths(
    inference: &Inference,
    tensor_bytes: Option<&[usize]>,
) -> Result<(), SessionError> {
    let Some(tensor_bytes) = tensor_bytes else {
        return Ok(());
    };
    let mut tapped = inference.activations.iter().zip(tensor_bytes);
    if tapped.all(|(tensor, &bytes)| tensor.as_ref().is_none_or(|tensor| tensor.len() == bytes)) {
        Ok(())
    } else {
        Err(SessionError::Protocol("a tensor of another length"))
    }
}

/// Adds `values`, which must begin where `to` ends; gives where that is.
pub(super) fn append<T: Copy>(
    to: &mut Vec<T>,
    first: u32,
    values: &[T],
) -> Result<usize, SessionError> {
    let at = to.len();
    if first as usize != at {
        return Err(SessionError::Protocol("a gap between two parts"));
    }
    to.extend_from_slice(values);
    Ok(at)
}

/// Little-endian words.
pub(super) fn words<T>(
    bytes: &[u8],
    from_bytes: impl Fn([u8; 4]) -> T,
) -> Result<Vec<T>, SessionError> {
    match bytes.as_chunks() {
        (words, []) => Ok(words.iter().map(|&word| from_bytes(word)).collect()),
        _ => Err(SessionError::Protocol("a part of a number")),
    }
}
