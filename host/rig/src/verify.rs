//! Every byte that a board computes, held against tract.
//!
//! What is compared, with `==`: the int8 input, every layer's output, the last
//! layer's i32 accumulators, and the bits of the f32 logits.

use crate::session::{Mode, SessionError, TensorSet};
use crate::{Activation, Recording, Rig};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_compile::{Judge, JudgeError};

/// One layer's bytes, over all images so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerTally {
    /// The layer's name.
    pub name: String,
    /// Bytes per image: for the last layer accumulators and logits.
    pub bytes: u64,
    /// Bytes that differed.
    pub mismatches: u64,
}

/// What was compared so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Inputs compared.
    pub images: u64,
    /// Bytes compared.
    pub bytes: u64,
    /// Bytes that differed.
    pub mismatches: u64,
    /// Inputs whose class is known.
    pub labelled: u64,
    /// Right classes, by the board's logits, of the inputs whose class is known.
    pub right: u64,
    /// Instructions or cycles of all inferences; none if the board cannot count.
    pub count: Option<u64>,
    /// The input, and one for each layer.
    pub layers: Vec<LayerTally>,
}

/// Why a verification cannot go on. Differing bytes are no error.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// tract cannot run the int8 ONNX.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// The board does not answer as it should.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The board left a tensor out.
    #[error(
        "the board did not send {0}: its firmware may be of another version; flash it again and \
         repeat the command"
    )]
    Missing(String),
}

/// tract, ready to judge a model.
pub struct Verifier {
    judge: Judge,
    tally: Tally,
}

/// Compares every input with what tract makes of it: `[C, H, W]` in the float model's
/// units, and its class where that is known. `progress` sees the tally after each.
///
/// # Errors
/// [`VerifyError`].
pub fn verify(
    rig: &mut Rig,
    mode: Mode,
    inputs: impl IntoIterator<Item = (Vec<f32>, Option<usize>)>,
    progress: &mut dyn FnMut(&Tally),
) -> Result<Tally, VerifyError> {
    let mut verifier = Verifier::new(&rig.model)?;
    for (input, class) in inputs {
        verifier.compare(rig, mode, &input, class)?;
        progress(verifier.tally());
    }
    Ok(verifier.tally)
}

/// The tensors that the steps of `mode` leave, where these are not all: a layer that is
/// not tapped may be computed in another way.
pub fn left_by_steps(rig: &Rig, mode: Mode) -> Option<TensorSet> {
    let model = rig.model.image.model();
    let plan = model.plan(mode.into())?;
    let tensors = 0..model.tensor_count();
    let is_left = |&tensor: &usize| plan.place(tensor).is_some();
    let left = tensors.clone().filter(is_left);
    (left.clone().count() < tensors.len()).then(|| left.fold(TensorSet::NONE, TensorSet::with))
}

impl Verifier {
    /// Loads the int8 ONNX of `model` into tract.
    ///
    /// # Errors
    /// [`JudgeError`].
    pub fn new(model: &ModelFiles) -> Result<Self, JudgeError> {
        let judge = Judge::new(&model.int8_onnx)?;
        let view = model.image.model();
        let layers = view.tensors().map(|tensor| {
            let elements = tensor.shape.elements() as u64;
            let bytes = if tensor.is_logits {
                8 * elements
            } else {
                elements
            };
            LayerTally {
                name: tensor.name.to_owned(),
                bytes,
                mismatches: 0,
            }
        });
        let layers = layers.collect();
        let tally = Tally {
            images: 0,
            bytes: 0,
            mismatches: 0,
            labelled: 0,
            right: 0,
            count: None,
            layers,
        };
        Ok(Self { judge, tally })
    }

    /// Runs one input, `[C, H, W]` in the float model's units, on the board and
    /// in tract, and compares.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn compare(
        &mut self,
        rig: &mut Rig,
        mode: Mode,
        input: &[f32],
        label: Option<usize>,
    ) -> Result<(), VerifyError> {
        let quantised = rig.model.quantise(input);
        let recording = rig.infer(&quantised, mode, TensorSet::ALL, &mut |_| {})?;
        self.judge_recording(input, &recording)?;
        if let Some(left) = left_by_steps(rig, mode) {
            let again = rig.infer(&quantised, mode, left, &mut |_| {})?;
            self.hold_against(&recording, &again);
        }
        self.tally.labelled += u64::from(label.is_some());
        self.tally.right += u64::from(label == Some(recording.predicted()));
        if let Some(count) = recording.count {
            let total = self.tally.count.get_or_insert(0);
            // The board's word: it must not overflow.
            *total = total.saturating_add(count);
        }
        Ok(())
    }

    /// What was compared so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Compares one recording of `input` with what tract makes of it.
    fn judge_recording(&mut self, input: &[f32], recording: &Recording) -> Result<(), VerifyError> {
        let input = self.judge.quantise(input);
        let trace = self.judge.run(&input)?;
        let last = self.tally.layers.len() - 1;
        for tensor in 0..last {
            let expected = match tensor.checked_sub(1) {
                None => &input,
                Some(layer) => &trace.activations[layer],
            };
            let got = recording
                .activations
                .iter()
                .find(|tapped| tapped.tensor == tensor);
            let got = got.ok_or_else(|| self.missing(tensor))?;
            self.count(
                tensor,
                bytemuck::cast_slice(expected),
                bytemuck::cast_slice(&got.values),
            );
        }
        let sums = recording
            .accumulators
            .as_ref()
            .ok_or_else(|| self.missing(last))?;
        self.count(
            last,
            bytemuck::cast_slice(&trace.accumulators),
            bytemuck::cast_slice(sums),
        );
        let (expected, got) = (&trace.logits, &recording.logits);
        self.count(
            last,
            bytemuck::cast_slice(expected),
            bytemuck::cast_slice(got),
        );
        self.tally.images += 1;
        Ok(())
    }

    /// Compares what another run of the same input left with what the first one did. The
    /// bytes are those that are counted already; those that differ now are added.
    fn hold_against(&mut self, first: &Recording, again: &Recording) {
        let bytes = self.tally.bytes;
        for tapped in &again.activations {
            let same = |other: &&Activation| other.tensor == tapped.tensor;
            if let Some(other) = first.activations.iter().find(same) {
                let [expected, got] = [other, tapped].map(|tapped| &tapped.values[..]);
                let (expected, got) = (bytemuck::cast_slice(expected), bytemuck::cast_slice(got));
                self.count(tapped.tensor, expected, got);
            }
        }
        let last = self.tally.layers.len() - 1;
        let [expected, got] = [first, again].map(|recording| &recording.logits[..]);
        self.count(
            last,
            bytemuck::cast_slice(expected),
            bytemuck::cast_slice(got),
        );
        self.tally.bytes = bytes;
    }

    fn missing(&self, tensor: usize) -> VerifyError {
        VerifyError::Missing(self.tally.layers[tensor].name.clone())
    }

    fn count(&mut self, tensor: usize, expected: &[u8], got: &[u8]) {
        let differing = expected.iter().zip(got).filter(|(a, b)| a != b).count();
        let missing = expected.len().abs_diff(got.len());
        let mismatches = (differing + missing) as u64;
        self.tally.bytes += got.len() as u64;
        self.tally.mismatches += mismatches;
        self.tally.layers[tensor].mismatches += mismatches;
    }
}
