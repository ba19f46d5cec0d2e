//! One inference and everything that was tapped of it.

use super::error::{SessionError, unexpected};
use super::expect::Limits;
use super::mode::Mode;
use super::open::Session;
use super::parts::{append, finite, words};
use cortexscope_wire::message::{CounterKind, Infer, Run, TensorSet, input_crc};
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
        let limits = self.limits()?;
        let tensors = limits.tensors();
        let taps = if ask.taps == TensorSet::ALL {
            ask.taps.below(tensors)
        } else {
            ask.taps
        };
        if let Some(tensor) = taps.iter().find(|&tensor| tensor >= tensors) {
            return Err(SessionError::UnknownTensor { tensor, tensors });
        }
        let request = Request::Infer(Infer {
            mode: ask.mode.into(),
            taps,
            paint: ask.paint,
            input_crc: input_crc(bytemuck::cast_slice(input)),
        });
        let has_counter = self.board().counter != CounterKind::None;
        self.request(|session| {
            session.send_input(input)?;
            progress(Progress::Begun);
            let mut collected = Collected::new(&limits, taps, has_counter);
            session
                .host_end
                .ask(&request, &mut |event| collected.take(event, progress))?;
            Ok(collected.finish()?)
        })
    }
}

/// An inference that is coming in. It never holds more than `limits` allow.
struct Collected<'a> {
    limits: &'a Limits,
    taps: TensorSet,
    inference: Inference,
    has_counter: bool,
    run: Option<Run>,
}

impl<'a> Collected<'a> {
    fn new(limits: &'a Limits, taps: TensorSet, has_counter: bool) -> Self {
        let inference = Inference {
            activations: vec![None; limits.tensors()],
            ..Inference::default()
        };
        Self {
            limits,
            taps,
            inference,
            has_counter,
            run: None,
        }
    }

    /// The tensor that the last layer writes: its accumulators and logits are sent, not
    /// its bytes.
    fn last(&self) -> usize {
        self.limits.tensors().saturating_sub(1)
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
                let most = self.limits.tensor_bytes.get(tensor).copied();
                let was_asked_for = self.taps.contains(tensor) && tensor != self.last();
                let slot = self.inference.activations.get_mut(tensor);
                let (Some(slot), Some(most), true) = (slot, most, was_asked_for) else {
                    return Err(SessionError::Protocol(
                        "it sends a tensor that was not asked for",
                    ));
                };
                let to = slot.get_or_insert_default();
                let offset = append(to, offset, bytes, "bytes of a tensor", most)?;
                progress(Progress::Activation {
                    tensor,
                    offset,
                    bytes,
                });
            }
            Event::Accumulators { first, values } => {
                if !self.taps.contains(self.last()) {
                    return Err(SessionError::Protocol(
                        "it sends accumulators that were not asked for",
                    ));
                }
                let values = words(values, i32::from_le_bytes)?;
                let to = self.inference.accumulators.get_or_insert_default();
                append(to, first, &values, "accumulators", self.limits.classes)?;
            }
            Event::Logits { first, values } => {
                let values = finite(values)?;
                let to = &mut self.inference.logits;
                append(to, first, &values, "logits", self.limits.classes)?;
            }
            Event::LayerDone {
                tensor,
                count,
                arena_bytes,
                stack_bytes,
            } => {
                let tensor = usize::from(tensor);
                let layers = &mut self.inference.layers;
                if tensor != layers.len() + 1 || tensor >= self.limits.tensors() {
                    return Err(SessionError::Protocol(
                        "it does not report the layers in their order",
                    ));
                }
                if layers.is_empty() {
                    complete(&self.inference.logits, self.limits.classes)?;
                    progress(Progress::Logits(&self.inference.logits));
                }
                self.inference.layers.push(LayerCost {
                    tensor,
                    count: self.has_counter.then_some(count),
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
    fn finish(self) -> Result<Inference, SessionError> {
        let last = self.last();
        let Self {
            limits,
            taps,
            mut inference,
            has_counter,
            run,
        } = self;
        let run = run.ok_or(SessionError::Protocol("its run has no end"))?;
        for tensor in taps.iter().filter(|&tensor| tensor < last) {
            let values = inference.activations.get(tensor).and_then(Option::as_ref);
            let bytes = values.map_or(0, Vec::len);
            if bytes == 0 || limits.are_exact && bytes != limits.tensor_bytes[tensor] {
                return Err(SessionError::Protocol("a tensor is missing or cut short"));
            }
        }
        if taps.contains(last) {
            let sums = inference.accumulators.as_deref().unwrap_or_default();
            complete(sums, limits.classes)?;
        }
        complete(&inference.logits, limits.classes)?;
        if inference.layers.len() != last {
            return Err(SessionError::Protocol("it does not report every layer"));
        }
        inference.count = has_counter.then_some(run.count);
        inference.arena_bytes = run.arena_bytes;
        inference.stack_bytes = run.stack_bytes;
        inference.heap_bytes = run.heap_bytes;
        Ok(inference)
    }
}

/// Refuses values that are not one for each class.
fn complete<T>(values: &[T], classes: usize) -> Result<(), SessionError> {
    if values.len() == classes {
        Ok(())
    } else {
        Err(SessionError::Protocol(
            "it sends fewer logits or accumulators than there are classes",
        ))
    }
}
