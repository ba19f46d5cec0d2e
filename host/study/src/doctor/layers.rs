//! What int8 does to each layer.

use super::float_answers::FloatAnswers;
use super::remedies::Outcome;
use super::{DoctorError, Noise, Patient, Report, Subject, interrupted};
use cortexscope_compile::float_net::{FloatLayer, FloatNet};
use cortexscope_compile::float_run::{FloatRest, FloatRun};
use cortexscope_net::described;
use cortexscope_net::scores::first_greatest;
use cortexscope_rig::Activation;
use cortexscope_rig::session::{Mode, TensorSet};

described! {
    /// What int8 does to one layer.
    pub struct LayerHealth {
        /// The layer's name.
        pub layer: String,
        /// Its ONNX operator.
        pub operator: String,
        /// Channels of what it writes.
        pub channels: usize,
        /// Signal to quantisation noise in decibels, of the board's bytes against the float
        /// network; `null` where nothing differs.
        pub sqnr_db: Option<f64>,
        /// Share of the float values that lie outside of what the int8 can say.
        pub saturated: f64,
        /// Channels whose bytes are the same for every place and every input.
        pub dead_channels: usize,
        /// The greatest float value of the widest channel, in those of the narrowest that is
        /// not all zero; `null` where there are not two.
        pub spread: Option<f64>,
        /// Inputs whose class changes if the float network goes on from the board's bytes of
        /// this layer.
        pub changed: usize,
        /// Right answers then; `null` where an input has no label.
        pub right: Option<usize>,
    }
}

/// What was found of the layers.
pub(super) struct LayerFindings {
    pub layers: Vec<LayerHealth>,
    pub float: FloatAnswers,
    pub outcome: Outcome,
}

/// Runs both networks on all inputs.
pub(super) fn examine(
    subject: &Subject<'_>,
    patient: &mut Patient,
    report: Report<'_>,
) -> Result<LayerFindings, DoctorError> {
    let float_net = patient.compiled.float.clone();
    let values: Vec<&String> = float_net.layers.iter().map(|layer| &layer.value).collect();
    let run = FloatRun::new(&float_net, &values)?;
    let rests = rests(subject, &float_net)?;
    let mut tallies: Vec<Tally> = float_net.layers.iter().map(Tally::new).collect();
    let mut float = FloatAnswers { logits: Vec::new() };
    let mut outcome = Outcome::new();
    let total = subject.inputs.len();
    for (index, case) in subject.inputs.iter().enumerate() {
        let mut expected = run.run(&case.values)?;
        let logits = expected.pop().unwrap_or_default();
        let class = first_greatest(&logits);
        float.logits.push(logits.clone());
        let input = patient.rig.model.quantise(&case.values);
        let recording = patient
            .rig
            .infer(&input, Mode::Tapped, TensorSet::ALL, &mut |_| {})?;
        for (at, (layer, mut expected)) in float_net.layers.iter().zip(expected).enumerate() {
            let board = recording.activations.iter();
            let Some(board) = board.clone().find(|found| found.tensor == at + 1) else {
                continue;
            };
            layer.apply(&mut expected);
            tallies[at].add(&expected, board);
            if let Some(rest) = &rests[at] {
                let resumed = rest.run(&unscaled(layer, board.real()), &case.values)?;
                tallies[at].answer(first_greatest(&resumed), class, case.label);
            }
        }
        if let Some(last) = tallies.last_mut() {
            for (&expected, &found) in logits.iter().zip(&recording.logits) {
                last.noise.add(expected, found);
            }
            last.answer(first_greatest(&recording.logits), class, case.label);
        }
        outcome.add(&logits, &recording.logits, case.label);
        interrupted(report("examining", index + 1, total))?;
    }
    let layers = tallies.into_iter().map(|tally| tally.health(total));
    Ok(LayerFindings {
        layers: layers.collect(),
        float,
        outcome,
    })
}

/// What of the float network comes after each layer; `None` for the last.
fn rests(subject: &Subject<'_>, net: &FloatNet) -> Result<Vec<Option<FloatRest>>, DoctorError> {
    let last = net.layers.len() - 1;
    let rest = |(at, layer): (usize, &FloatLayer)| {
        let dims = subject.source.graph.sizes.get(&layer.value);
        let Some(dims) = dims.filter(|_| at < last) else {
            return Ok(None);
        };
        Ok(Some(FloatRest::after(net, &layer.value, dims)?))
    };
    net.layers.iter().enumerate().map(rest).collect()
}

/// Values in the units of the file, which equalisation may have left.
fn unscaled(layer: &FloatLayer, mut values: Vec<f32>) -> Vec<f32> {
    let [_, height, width] = layer.shape;
    let channels = values.chunks_mut((height * width).max(1));
    for (channel, scale) in channels.zip(&layer.channel_scales) {
        channel.iter_mut().for_each(|value| *value /= scale);
    }
    values
}

/// Sums over the inputs.
struct Tally {
    layer: String,
    operator: String,
    plane: usize,
    noise: Noise,
    values: usize,
    outside: usize,
    /// Each channel's first byte, while no other was seen.
    first: Vec<Option<i8>>,
    is_alive: Vec<bool>,
    /// The greatest float magnitude of each channel.
    reach: Vec<f32>,
    changed: usize,
    right: usize,
    labelled: usize,
}

impl Tally {
    fn new(layer: &FloatLayer) -> Self {
        let [channels, height, width] = layer.shape;
        Self {
            layer: layer.name.clone(),
            operator: layer.operator.clone(),
            plane: height * width,
            noise: Noise::default(),
            values: 0,
            outside: 0,
            first: vec![None; channels],
            is_alive: vec![false; channels],
            reach: vec![0.0; channels],
            changed: 0,
            right: 0,
            labelled: 0,
        }
    }

    /// A layer's float values, and the board's.
    fn add(&mut self, expected: &[f32], board: &Activation) {
        let real = |byte: f32| (byte - f32::from(board.zero)) * board.scale;
        let (low, high) = (real(-128.5), real(127.5));
        self.values += expected.len();
        for (&expected, real) in expected.iter().zip(board.real()) {
            self.noise.add(expected, real);
            self.outside += usize::from(expected < low || expected > high);
        }
        let plane = self.plane.max(1);
        let channels = expected.chunks(plane).zip(board.values.chunks(plane));
        for (channel, (expected, bytes)) in channels.enumerate() {
            let first = *self.first[channel].get_or_insert(bytes[0]);
            self.is_alive[channel] |= bytes.iter().any(|&byte| byte != first);
            let reach = &mut self.reach[channel];
            *reach = expected
                .iter()
                .fold(*reach, |most, value| most.max(value.abs()));
        }
    }

    fn answer(&mut self, found: Option<usize>, class: Option<usize>, label: Option<usize>) {
        self.changed += usize::from(found != class);
        if let Some(label) = label {
            self.labelled += 1;
            self.right += usize::from(found == Some(label));
        }
    }

    fn health(self, inputs: usize) -> LayerHealth {
        let live = self.reach.iter().copied().filter(|&reach| reach > 0.0);
        let ends = live
            .clone()
            .fold([f32::INFINITY, 0.0], |[least, most], reach| {
                [least.min(reach), most.max(reach)]
            });
        let has_bytes = self.values > 0;
        let dead = self.is_alive.iter().filter(|&&is_alive| !is_alive).count();
        LayerHealth {
            layer: self.layer,
            operator: self.operator,
            channels: self.reach.len(),
            sqnr_db: self.noise.decibels(),
            saturated: self.outside as f64 / self.values.max(1) as f64,
            dead_channels: if has_bytes { dead } else { 0 },
            spread: (live.count() > 1).then(|| f64::from(ends[1]) / f64::from(ends[0])),
            changed: self.changed,
            right: (self.labelled == inputs).then_some(self.right),
        }
    }
}
