//! A unit of the int8 network on a board, or neurons that a fit reads from one of its layers,
//! asked over the board's link.
//!
//! The protocol answers one request after the other. What runs beside it is the host's own
//! check: while the board computes an image, another thread has tract run the same int8
//! network on the image before it and compares the rates.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_compile::{Judge, JudgeError, Trace};
use cortexscope_explain::float_model::LayerId;
use cortexscope_explain::target::{Aim, Quantity, Target};
use cortexscope_rig::session::{Mode, Statistics, TensorSet};
use cortexscope_rig::{Recording, Rig};

use super::{Neuron, NeuronError, check_population, check_sizes};
use crate::encode::{Pooling, Readout, Stored};
use crate::stimuli::values;

/// A unit of the network on a board, or a population that is read from a layer of it.
pub struct BoardNeuron {
    rig: Rig,
    unit: BoardUnit,
    begun: Statistics,
    queries: u64,
    /// `None` where nobody asks whether tract agrees.
    check: Option<Check>,
}

/// A unit of the network on a board: what is read of an answer to know its rate.
#[derive(Clone, Debug)]
pub struct BoardUnit {
    /// The tensor's number on the board.
    tensor: usize,
    is_logits: bool,
    scale: f32,
    zero: i8,
    reading: Reading,
}

/// What is read of a tensor.
#[derive(Clone, Debug)]
enum Reading {
    /// A class, a map or a unit.
    Unit(Aim),
    /// The neurons of a fit.
    Fit(Box<Read>),
}

/// How a fit reads a layer.
#[derive(Clone, Debug)]
struct Read {
    /// `[C, H, W]` of the layer, before it is pooled.
    shape: [usize; 3],
    pooling: Pooling,
    readout: Readout,
    words: String,
}

/// A query that board and host answered differently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mismatch {
    /// Its number, from 0.
    pub query: u64,
    /// The board's rate, of a population the first that differs.
    pub board: f64,
    /// The same rate by tract.
    pub host: f64,
}

/// What the check of a board's answers found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Answers that were compared.
    pub queries: u64,
    /// Answers that differ.
    pub mismatches: u64,
    /// The first of them.
    pub first: Option<Mismatch>,
}

impl BoardNeuron {
    /// The unit `target` of the network on the board of `rig`. A class is its logit.
    ///
    /// # Errors
    /// The board has no such unit, or tract cannot load its network.
    pub fn new(rig: Rig, target: &Target) -> Result<Self, NeuronError> {
        let unit = BoardUnit::of(&rig.model, target)?;
        Self::asking(rig, unit)
    }

    /// The neurons of `fit`, read from the int8 values of the board's tensor `tensor`, which
    /// holds what the fit's layer does.
    ///
    /// # Errors
    /// The tensor has another size, or tract cannot load the board's network.
    pub fn fitted(rig: Rig, tensor: usize, fit: &Stored) -> Result<Self, NeuronError> {
        let unit = BoardUnit::of_fit(&rig.model, tensor, fit)?;
        Self::asking(rig, unit)
    }

    fn asking(rig: Rig, unit: BoardUnit) -> Result<Self, NeuronError> {
        let judge = Judge::new(&rig.model.int8_onnx)?;
        Ok(Self {
            begun: rig.session.statistics(),
            check: Some(Check::start(judge, unit.clone())),
            rig,
            unit,
            queries: 0,
        })
    }

    /// The same without the check, for a board that stands in for another one: tract takes
    /// longer for an image than a board in this process does.
    #[must_use]
    pub fn unchecked(self) -> Self {
        Self {
            check: None,
            ..self
        }
    }

    /// The rig, for what else is to be known of the board.
    pub fn rig(&self) -> &Rig {
        &self.rig
    }

    /// Queries answered so far.
    pub fn queries(&self) -> u64 {
        self.queries
    }

    /// What the link carried for these queries: frames and bytes to and from the board.
    pub fn link_cost(&self) -> Statistics {
        let now = self.rig.session.statistics();
        let begun = self.begun;
        Statistics {
            frames_sent: now.frames_sent - begun.frames_sent,
            frames_received: now.frames_received - begun.frames_received,
            bytes_sent: now.bytes_sent - begun.bytes_sent,
            bytes_received: now.bytes_received - begun.bytes_received,
            ..now
        }
    }

    /// Waits for the check of all answers so far; none were compared of an
    /// [`unchecked`](Self::unchecked) board.
    ///
    /// # Errors
    /// tract failed on one of the images.
    pub fn agreement(&mut self) -> Result<Agreement, NeuronError> {
        match &mut self.check {
            Some(check) => Ok(check.settle()?),
            None => Ok(Agreement::default()),
        }
    }
}

impl Neuron for BoardNeuron {
    fn shape(&self) -> [usize; 3] {
        self.rig.model.spec.input.shape()
    }

    fn description(&self) -> String {
        let board = &self.rig.session.board().name;
        format!("{} on {board}", self.unit.words())
    }

    fn neurons(&self) -> usize {
        match &self.unit.reading {
            Reading::Unit(_) => 1,
            Reading::Fit(read) => read.readout.neurons(),
        }
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        check_sizes(images, self.shape())?;
        let taps = self.unit.taps();
        let mut rates = Vec::with_capacity(images.len() * self.neurons());
        for image in images {
            let input = self
                .rig
                .model
                .quantise(&values(&self.rig.model.spec.input, image));
            let recording = self.rig.infer(&input, Mode::Fused, taps, &mut |_| {})?;
            let answer = self.unit.rates(&recording);
            rates.extend(&answer);
            if let Some(check) = &self.check {
                check.compare(Query {
                    number: self.queries,
                    input,
                    rates: answer,
                });
            }
            self.queries += 1;
        }
        check_population(rates, self.neurons())
    }
}

impl BoardUnit {
    /// The unit `target` of the network of `files`. A class is its logit.
    ///
    /// # Errors
    /// The network has no such unit.
    pub fn of(files: &ModelFiles, target: &Target) -> Result<Self, NeuronError> {
        let model = files.image.model();
        let missing = || NeuronError::NotOnBoard {
            what: target.to_string(),
            layers: layers(files),
        };
        let last = model.tensor_count().saturating_sub(1);
        let (tensor, channel, position) = match target {
            Target::Class(class) => {
                let labels = model.logits().shape.elements();
                let by_label = || (0..labels).find(|&index| files.label(index) == *class);
                let index = class.parse().ok().or_else(by_label).ok_or_else(missing)?;
                (last, index, None)
            }
            Target::Channel { layer, channel } => {
                (named(files, layer).ok_or_else(missing)?, *channel, None)
            }
            Target::Neuron {
                layer,
                at: [channel, y, x],
            } => (
                named(files, layer).ok_or_else(missing)?,
                *channel,
                Some([*y, *x]),
            ),
        };
        let view = model.tensor(tensor).ok_or_else(missing)?;
        let shape = [view.shape.channels, view.shape.height, view.shape.width];
        let outside = position.is_some_and(|[y, x]| y >= shape[1] || x >= shape[2]);
        if channel >= shape[0] || outside {
            return Err(missing());
        }
        let what = match position {
            Some([y, x]) => Quantity::Value((channel * shape[1] + y) * shape[2] + x),
            None if shape[1] * shape[2] > 1 => Quantity::Sum(channel),
            None => Quantity::Value(channel),
        };
        Ok(Self {
            tensor,
            is_logits: tensor == last,
            scale: view.scale,
            zero: view.zero,
            reading: Reading::Unit(Aim {
                layer: LayerId(tensor),
                shape,
                what,
                words: format!("{target}, int8"),
            }),
        })
    }

    fn of_fit(files: &ModelFiles, tensor: usize, fit: &Stored) -> Result<Self, NeuronError> {
        let model = files.image.model();
        let layer = fit.model.layer(fit.layer);
        let view = model.tensor(tensor);
        let view = view.filter(|view| view.shape.elements() == layer.elements());
        let view = view.ok_or_else(|| NeuronError::NotOnBoard {
            what: format!("{} {:?}", layer.name, layer.shape),
            layers: layers(files),
        })?;
        Ok(Self {
            tensor,
            is_logits: tensor == model.tensor_count().saturating_sub(1),
            scale: view.scale,
            zero: view.zero,
            reading: Reading::Fit(Box::new(Read {
                shape: layer.shape,
                pooling: fit.pooling,
                readout: fit.readout.clone(),
                words: format!(
                    "{} neurons fitted to {}, int8",
                    fit.readout.neurons(),
                    layer.name
                ),
            })),
        })
    }

    /// The unit in words, for a picture.
    pub fn words(&self) -> &str {
        match &self.reading {
            Reading::Unit(aim) => &aim.words,
            Reading::Fit(read) => &read.words,
        }
    }

    /// What the board is asked to send beside the logits.
    pub fn taps(&self) -> TensorSet {
        if self.is_logits {
            TensorSet::default()
        } else {
            [self.tensor].into_iter().collect()
        }
    }

    /// The rate from an answer to a request with [`BoardUnit::taps`].
    pub fn rate(&self, recording: &Recording) -> f64 {
        self.rates(recording).first().copied().unwrap_or(0.0)
    }

    /// The same of a population: the rate of each of its neurons.
    fn rates(&self, recording: &Recording) -> Vec<f64> {
        if self.is_logits {
            return self.of_real(recording.logits.clone());
        }
        let mut tapped = recording.activations.iter();
        let tapped = tapped.find(|tapped| tapped.tensor == self.tensor);
        self.of_int8(tapped.map_or(&[], |tapped| &tapped.values))
    }

    /// The rates from the tensor's int8 values, `[C, H, W]`.
    fn of_int8(&self, values: &[i8]) -> Vec<f64> {
        let zero = i32::from(self.zero);
        let real = values
            .iter()
            .map(|&q| (i32::from(q) - zero) as f32 * self.scale);
        self.of_real(real.collect())
    }

    /// The rates from the tensor's real values, `[C, H, W]`.
    fn of_real(&self, values: Vec<f32>) -> Vec<f64> {
        match &self.reading {
            Reading::Unit(aim) => vec![aim.value(&values)],
            Reading::Fit(read) => {
                let cells = read.pooling.pool(values, read.shape);
                read.readout.predict(&cells)
            }
        }
    }

    /// The rates from what tract computed.
    fn of_trace(&self, trace: &Trace) -> Vec<f64> {
        if self.is_logits {
            return self.of_real(trace.logits.clone());
        }
        let layer = self
            .tensor
            .checked_sub(1)
            .and_then(|layer| trace.activations.get(layer));
        self.of_int8(layer.map(Vec::as_slice).unwrap_or_default())
    }
}

/// The board's layers and their shapes, for a message.
fn layers(files: &ModelFiles) -> Vec<String> {
    let tensors = files.image.model().tensors().skip(1);
    let words = tensors.map(|tensor| {
        let shape = tensor.shape;
        let sizes = [shape.channels, shape.height, shape.width];
        format!("{} {sizes:?}", tensor.name)
    });
    words.collect()
}

fn named(files: &ModelFiles, layer: &str) -> Option<usize> {
    let model = files.image.model();
    let found = model.tensors().position(|tensor| tensor.name == layer);
    found.filter(|&tensor| tensor > 0)
}

/// One answer of the board.
struct Query {
    number: u64,
    input: Vec<i8>,
    rates: Vec<f64>,
}

/// What the checking thread is told.
enum Task {
    Compare(Query),
    Settle(SyncSender<Result<Agreement, JudgeError>>),
}

/// Answers that may wait for the check.
const WAITING: usize = 64;

/// A thread that compares the board's answers with tract's.
struct Check {
    tasks: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Check {
    fn start(judge: Judge, unit: BoardUnit) -> Self {
        let (tasks, receiver) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || compare(&judge, &unit, &receiver));
        Self {
            tasks: Some(tasks),
            thread: Some(thread),
        }
    }

    fn compare(&self, query: Query) {
        if let Some(tasks) = &self.tasks {
            // Where the thread is gone, `settle` says so.
            let _ = tasks.send(Task::Compare(query));
        }
    }

    fn settle(&mut self) -> Result<Agreement, JudgeError> {
        let (reply, answer) = sync_channel(1);
        if let Some(tasks) = &self.tasks {
            let _ = tasks.send(Task::Settle(reply));
        }
        match answer.recv() {
            Ok(agreement) => agreement,
            Err(_) => match self.thread.take().map(JoinHandle::join) {
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                _ => Ok(Agreement::default()),
            },
        }
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn compare(judge: &Judge, unit: &BoardUnit, tasks: &Receiver<Task>) {
    let mut agreement = Agreement::default();
    let mut failed = None;
    for task in tasks {
        match task {
            Task::Compare(query) => match judge.run(&query.input) {
                Ok(trace) => {
                    agreement.queries += 1;
                    let host = unit.of_trace(&trace);
                    let mut both = query.rates.iter().copied().zip(host);
                    if let Some((board, host)) = both.find(|(a, b)| a.to_bits() != b.to_bits()) {
                        agreement.mismatches += 1;
                        agreement.first.get_or_insert(Mismatch {
                            query: query.number,
                            board,
                            host,
                        });
                    }
                }
                Err(error) => failed = failed.or(Some(error)),
            },
            Task::Settle(reply) => {
                let answer = failed.take().map_or_else(|| Ok(agreement.clone()), Err);
                let _ = reply.send(answer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_compile::model_files::ModelFiles;
    use cortexscope_rig::board::{Engine, FarEnd, find};
    use cortexscope_rig::session::Cancel;

    fn neuron(target: &str) -> Result<BoardNeuron, NeuronError> {
        let here = FarEnd::Here { sensor: Vec::new() };
        let model = ModelFiles::open("lenet5").unwrap();
        let native = find("native").unwrap();
        let rig = Rig::open(native, Engine::Static, model, here, Cancel::default()).unwrap();
        BoardNeuron::new(rig, &target.parse().unwrap())
    }

    #[test]
    fn board_and_host_agree_on_a_class_a_map_and_a_unit() {
        let image: Vec<f32> = (0..784).map(|at| (at % 19) as f32 / 19.0).collect();
        for target in ["class:3", "conv1:2", "conv1:2:5:4"] {
            let mut neuron = neuron(target).unwrap();
            let size: usize = neuron.shape().iter().product();
            let images = [&image[..size], &vec![0.0; size]];
            let rates = neuron.rates(&images).unwrap();
            let agreement = neuron.agreement().unwrap();
            assert_eq!(
                (agreement.queries, agreement.mismatches),
                (2, 0),
                "{target}"
            );
            assert_ne!(rates[0], rates[1], "{target}");
            assert_eq!(neuron.queries(), 2);
            assert!(neuron.link_cost().bytes_sent > 2 * size as u64);
            let mut twin = self::neuron(target).unwrap().unchecked();
            assert_eq!(twin.rates(&images).unwrap(), rates);
            assert_eq!(twin.agreement().unwrap(), Agreement::default());
        }
    }

    #[test]
    fn a_rate_that_differs_is_found_and_the_first_is_kept() {
        let mut neuron = neuron("class:3").unwrap();
        let input = vec![0; 784];
        for number in 0..3 {
            neuron.check.as_ref().unwrap().compare(Query {
                number,
                input: input.clone(),
                rates: vec![1e9],
            });
        }
        let agreement = neuron.agreement().unwrap();
        assert_eq!((agreement.queries, agreement.mismatches), (3, 3));
        assert_eq!(agreement.first.unwrap().query, 0);
    }

    #[test]
    fn a_unit_that_the_board_has_not_is_refused_with_its_layers() {
        for target in ["class:10", "relu9:0", "conv1:99", "conv1:0:99:0"] {
            let error = neuron(target).err().expect("it is refused").to_string();
            assert!(error.contains("conv1 ["), "{error}");
        }
    }
}
