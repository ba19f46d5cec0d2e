//! A fit in a file, so that one that was stopped goes on.
//!
//! The first line says which fit it is. After it come the numbers of the fit as they were before
//! a pass, little-endian, and the SHA-256 of all that. Random numbers are not in it: they are
//! drawn anew from the seed, so that a fit that went on ends with the same bytes as one that was
//! not stopped.

use std::path::{Path, PathBuf};

use cortexscope_net::output;
use sha2::{Digest, Sha256};

use super::Weights;
use super::adam::Adam;
use crate::encode::CheckpointError;

/// Where a fit is kept.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
}

/// One λ before a pass.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Training {
    /// Passes that were made.
    pub epoch: usize,
    /// Weights of the neurons that are still fitted.
    pub weights: Weights,
    /// Their moments.
    pub adam: Adam,
    /// Those neurons: row i of `weights` is neuron `active[i]`.
    pub active: Vec<usize>,
    /// What was found of every neuron.
    pub found: Best,
}

/// The best weights of every neuron so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best {
    /// The weights.
    pub weights: Weights,
    /// The mean squared error on the held images.
    pub errors: Vec<f64>,
    /// Passes before them.
    pub epochs: Vec<usize>,
    /// Which of the λ.
    pub lambdas: Vec<usize>,
}

/// A whole fit before a pass.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    /// The λ that is tried.
    pub lambda: usize,
    /// How far it is.
    pub training: Training,
    /// What the λ before it found; `None` at the first.
    pub chosen: Option<Best>,
}

/// Bytes of a digest.
const DIGEST: usize = 32;
/// Bytes that are read: a thousand neurons of the largest layer that fits into memory.
const MOST_BYTES: u64 = 8 << 30;

impl Checkpoint {
    /// The fit that is kept at `path`, or will be.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// What the file has of the fit `identity` of so many neurons and λ to features `[C, H, W]`;
    /// `None` where no such file is.
    pub(super) fn load(
        &self,
        identity: &[u8; DIGEST],
        [neurons, lambdas]: [usize; 2],
        shape: [usize; 3],
    ) -> Result<Option<State>, CheckpointError> {
        let path = || self.path.clone();
        let read = |source| CheckpointError::Read {
            path: path(),
            source,
        };
        match self.path.metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(read(source)),
            Ok(about) if about.len() > MOST_BYTES => {
                return Err(CheckpointError::Another { path: path() });
            }
            Ok(_) => {}
        }
        let bytes = std::fs::read(&self.path).map_err(read)?;
        if !bytes.starts_with(&head(identity)) {
            return Err(CheckpointError::Another { path: path() });
        }
        let damaged = || CheckpointError::Damaged { path: path() };
        let (body, digest) = bytes.split_last_chunk::<DIGEST>().ok_or_else(damaged)?;
        if Sha256::digest(body).as_slice() != digest {
            return Err(damaged());
        }
        let rest = body.get(head(identity).len()..).unwrap_or_default();
        let mut numbers = Numbers { rest };
        let state = State::read(&mut numbers).ok_or_else(damaged)?;
        if numbers.rest.is_empty() && state.is_of(neurons, lambdas, shape) {
            Ok(Some(state))
        } else {
            Err(damaged())
        }
    }

    /// Writes the fit: the λ that is tried, how far it is, and what the λ before it found. The
    /// file has its name only once it is whole.
    pub(super) fn save(
        &self,
        identity: &[u8; DIGEST],
        lambda: usize,
        training: &Training,
        chosen: Option<&Best>,
    ) -> Result<(), CheckpointError> {
        let mut bytes = head(identity);
        let steps = usize::try_from(training.adam.steps).unwrap_or_default();
        put(&mut bytes, &[lambda, training.epoch, steps]);
        put(&mut bytes, &[usize::from(chosen.is_some())]);
        training.weights.write(&mut bytes);
        for moments in training.adam.moments.iter().flatten() {
            put_floats(&mut bytes, moments);
        }
        put_list(&mut bytes, &training.active);
        training.found.write(&mut bytes);
        if let Some(chosen) = chosen {
            chosen.write(&mut bytes);
        }
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        output::write(&self.path, &bytes)?;
        Ok(())
    }
}

fn head(identity: &[u8; DIGEST]) -> Vec<u8> {
    format!("cortexscope-fit-1 {}\n", cortexscope_net::hex(identity)).into_bytes()
}

impl State {
    /// Whether its lists have the lengths of such a fit.
    fn is_of(&self, neurons: usize, lambdas: usize, shape: [usize; 3]) -> bool {
        let Training {
            weights,
            adam,
            active,
            found,
            ..
        } = &self.training;
        let moments = adam
            .moments
            .each_ref()
            .map(|both| both.each_ref().map(Vec::len));
        let is_whole = |best: &Best| {
            best.weights.are_of(neurons, shape)
                && [best.errors.len(), best.epochs.len(), best.lambdas.len()] == [neurons; 3]
                && best.lambdas.iter().all(|&lambda| lambda < lambdas)
        };
        self.lambda < lambdas
            && weights.are_of(active.len(), shape)
            && moments == weights.parts().map(|part| [part.len(); 2])
            && active.iter().all(|&neuron| neuron < neurons)
            && is_whole(found)
            && self.chosen.as_ref().is_none_or(is_whole)
    }

    fn read(from: &mut Numbers<'_>) -> Option<Self> {
        let [lambda, epoch, steps, has_chosen] = [(); 4].map(|()| from.number());
        let weights = Weights::read(from)?;
        let mut moment = || Some([from.floats()?, from.floats()?]);
        let moments = [moment()?, moment()?, moment()?];
        let training = Training {
            epoch: epoch?,
            weights,
            adam: Adam {
                steps: i32::try_from(steps?).ok()?,
                moments,
            },
            active: from.list()?,
            found: Best::read(from)?,
        };
        let chosen = match has_chosen? {
            0 => None,
            _ => Some(Best::read(from)?),
        };
        Some(Self {
            lambda: lambda?,
            training,
            chosen,
        })
    }
}

impl Best {
    fn write(&self, to: &mut Vec<u8>) {
        self.weights.write(to);
        put(to, &[self.errors.len()]);
        for error in &self.errors {
            to.extend_from_slice(&error.to_le_bytes());
        }
        put_list(to, &self.epochs);
        put_list(to, &self.lambdas);
    }

    fn read(from: &mut Numbers<'_>) -> Option<Self> {
        let weights = Weights::read(from)?;
        let count = from.number()?;
        let bytes = from.bytes(count.checked_mul(8)?)?;
        let errors = bytes.as_chunks::<8>().0.iter();
        Some(Self {
            weights,
            errors: errors.map(|bytes| f64::from_le_bytes(*bytes)).collect(),
            epochs: from.list()?,
            lambdas: from.list()?,
        })
    }
}

impl Weights {
    fn are_of(&self, neurons: usize, [channels, height, width]: [usize; 3]) -> bool {
        let sizes = [height * width, channels, 1].map(|size| neurons * size);
        self.parts().map(<[f32]>::len) == sizes
    }

    fn write(&self, to: &mut Vec<u8>) {
        for part in self.parts() {
            put_floats(to, part);
        }
    }

    fn read(from: &mut Numbers<'_>) -> Option<Self> {
        Some(Self {
            masks: from.floats()?,
            channels: from.floats()?,
            bias: from.floats()?,
        })
    }
}

fn put(to: &mut Vec<u8>, numbers: &[usize]) {
    for &number in numbers {
        to.extend_from_slice(&(number as u64).to_le_bytes());
    }
}

fn put_list(to: &mut Vec<u8>, numbers: &[usize]) {
    put(to, &[numbers.len()]);
    put(to, numbers);
}

fn put_floats(to: &mut Vec<u8>, numbers: &[f32]) {
    put(to, &[numbers.len()]);
    for number in numbers {
        to.extend_from_slice(&number.to_le_bytes());
    }
}

/// What is still to be read.
struct Numbers<'a> {
    rest: &'a [u8],
}

impl<'a> Numbers<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    fn number(&mut self) -> Option<usize> {
        let (bytes, rest) = self.rest.split_first_chunk::<8>()?;
        self.rest = rest;
        usize::try_from(u64::from_le_bytes(*bytes)).ok()
    }

    fn list(&mut self) -> Option<Vec<usize>> {
        let count = self.number()?;
        if count > self.rest.len() / 8 {
            return None;
        }
        (0..count).map(|_| self.number()).collect()
    }

    fn floats(&mut self) -> Option<Vec<f32>> {
        let count = self.number()?;
        let bytes = self.bytes(count.checked_mul(4)?)?;
        let floats = bytes.as_chunks::<4>().0.iter();
        Some(floats.map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}
