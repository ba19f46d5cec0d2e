//! What is kept between epochs, so that an interrupted run goes on as if
//! nothing had happened.
//!
//! ```text
//! checkpoint/
//!   progress.json        recipe and finished epochs; names the two files below
//!   network-0007.bpk     weights after epoch 7, burnpack
//!   optimizer-0007.bpk   the optimiser's moments after epoch 7, burnpack
//! ```
//!
//! `progress.json` is replaced last and in one step: a run that is killed while
//! it saves still has the epoch before.

use std::{
    io,
    path::{Path, PathBuf},
};

use burn::{
    module::Module,
    optim::OptimizerRecord,
    store::{ModuleRecord, RecordError},
    tensor::Bytes,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    architecture::Architecture,
    recipe::Recipe,
    session::{EpochRecord, Session},
};

const PROGRESS: &str = "progress.json";

/// The directory of one run's checkpoint.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    dir: PathBuf,
}

/// Why a checkpoint cannot be written or gone on from.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// A file of the checkpoint cannot be read, written or removed.
    #[error("checkpoint file {path}")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// `progress.json` is not what this program writes.
    #[error("{path} is damaged: remove its directory to start over")]
    Progress {
        /// The file.
        path: PathBuf,
        /// Where it goes wrong.
        #[source]
        source: serde_json::Error,
    },
    /// Weights or moments cannot be taken out of their file.
    #[error("{path} is damaged: remove its directory to start over")]
    Record {
        /// The file.
        path: PathBuf,
        /// What burn said.
        #[source]
        source: RecordError,
    },
    /// The interrupted run was asked for something else.
    #[error(
        "{dir} holds a run with another seed, number of epochs or recipe: \
         give the same ones, or remove the directory to start over"
    )]
    OtherRecipe {
        /// The checkpoint's directory.
        dir: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
struct Progress {
    recipe: Recipe,
    history: Vec<EpochRecord>,
}

impl Checkpoint {
    /// The checkpoint in `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether there is a run to go on with.
    pub fn exists(&self) -> bool {
        self.dir.join(PROGRESS).exists()
    }

    /// Keeps `session` as it is after its last finished epoch.
    ///
    /// # Errors
    ///
    /// The disk's, with the path.
    pub fn save(&self, session: &Session) -> Result<(), CheckpointError> {
        let epoch = session.history.len();
        std::fs::create_dir_all(&self.dir).map_err(at(&self.dir))?;
        let path = self.network_path(epoch);
        let record = session.network.clone().into_record();
        write(&path, &record.into_bytes().map_err(damaged(&path))?)?;
        let path = self.optimizer_path(epoch);
        let record = session.optimizer.to_record();
        write(&path, &record.into_bytes().map_err(damaged(&path))?)?;

        let path = self.dir.join(PROGRESS);
        let progress = Progress {
            recipe: session.recipe.clone(),
            history: session.history.clone(),
        };
        let json =
            serde_json::to_vec_pretty(&progress).map_err(|source| CheckpointError::Progress {
                path: path.clone(),
                source,
            })?;
        let fresh = self.dir.join("progress.json.new");
        write(&fresh, &json)?;
        std::fs::rename(&fresh, &path).map_err(at(&path))?;
        self.remove_epoch(epoch.saturating_sub(1))
    }

    /// The run as it was saved last.
    ///
    /// # Errors
    ///
    /// Missing or damaged files, or a run with another recipe.
    pub fn resume(
        &self,
        recipe: Recipe,
        architecture: &Architecture,
    ) -> Result<Session, CheckpointError> {
        let path = self.dir.join(PROGRESS);
        let progress: Progress = serde_json::from_slice(&read(&path)?)
            .map_err(|source| CheckpointError::Progress { path, source })?;
        if progress.recipe != recipe {
            return Err(CheckpointError::OtherRecipe {
                dir: self.dir.clone(),
            });
        }
        let epoch = progress.history.len();
        let mut session = Session::start(recipe, architecture);
        session.history = progress.history;

        let path = self.network_path(epoch);
        session.network = ModuleRecord::from_bytes(Bytes::from_bytes_vec(read(&path)?))
            .and_then(|record| session.network.try_load_record(record))
            .map_err(damaged(&path))?;
        let path = self.optimizer_path(epoch);
        session.optimizer = OptimizerRecord::from_bytes(Bytes::from_bytes_vec(read(&path)?))
            .map(|record| session.optimizer.load_record(record))
            .map_err(damaged(&path))?;
        Ok(session)
    }

    /// Removes the checkpoint; nothing happens where there is none.
    ///
    /// # Errors
    ///
    /// The disk's, with the path.
    pub fn remove(&self) -> Result<(), CheckpointError> {
        match std::fs::remove_dir_all(&self.dir) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(at(&self.dir)(source)),
            _ => Ok(()),
        }
    }

    fn remove_epoch(&self, epoch: usize) -> Result<(), CheckpointError> {
        for path in [self.network_path(epoch), self.optimizer_path(epoch)] {
            match std::fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(at(&path)(source));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn network_path(&self, epoch: usize) -> PathBuf {
        self.dir.join(format!("network-{epoch:04}.bpk"))
    }

    fn optimizer_path(&self, epoch: usize) -> PathBuf {
        self.dir.join(format!("optimizer-{epoch:04}.bpk"))
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> CheckpointError + '_ {
    |source| CheckpointError::File {
        path: path.to_owned(),
        source,
    }
}

fn damaged(path: &Path) -> impl Fn(RecordError) -> CheckpointError + '_ {
    |source| CheckpointError::Record {
        path: path.to_owned(),
        source,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    std::fs::read(path).map_err(at(path))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    std::fs::write(path, bytes).map_err(at(path))
}
