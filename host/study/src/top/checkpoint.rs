//! What a search had found when it was interrupted, in a file beside its results.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::ranking::Ranking;
use super::search::{Found, Search};
use crate::data::Data;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::hex;

/// A file that holds a search.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    /// What of the request decides the result.
    search: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    search: String,
    next: usize,
    rankings: Vec<Ranking>,
}

/// Why a checkpoint cannot be used.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// It cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is damaged, or of another search.
    #[error("{} is not of this search: delete it, or give another folder", path.display())]
    Other {
        /// The file.
        path: PathBuf,
    },
}

impl Checkpoint {
    /// The checkpoint of a search in the file at `path`; `network` says what runs the model.
    pub fn new(
        path: &Path,
        search: &Search,
        model: &FloatModel,
        data: &Data,
        network: &str,
    ) -> Self {
        let units: Vec<_> = search.units.iter().map(|unit| unit.name(model)).collect();
        let said = format!(
            "{} {network} {} {} {} {} {} {} {}",
            model.sha256_hex(),
            model.spec.input,
            data.argument,
            data.len(),
            search.images,
            search.keep,
            search.by.name(),
            units.join(" ")
        );
        Self {
            path: path.to_owned(),
            search: hex(&Sha256::digest(said)),
        }
    }

    /// What was found before, or nothing where the file is missing.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn load(&self, search: &Search) -> Result<Option<Found>, CheckpointError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(self.failed(source)),
        };
        let other = || CheckpointError::Other {
            path: self.path.clone(),
        };
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| other())?;
        let fits = stored.search == self.search
            && stored.rankings.len() == search.units.len()
            && stored.rankings.iter().all(|ranking| {
                let mut best = ranking.best.iter();
                ranking.best.len() <= search.keep && best.all(|e| e.input < stored.next)
            });
        fits.then_some(Found {
            next: stored.next,
            rankings: stored.rankings,
        })
        .map(Some)
        .ok_or_else(other)
    }

    /// Writes what is found, whole or not at all.
    ///
    /// # Errors
    /// [`CheckpointError::File`].
    pub fn save(&self, found: &Found) -> Result<(), CheckpointError> {
        let stored = Stored {
            search: self.search.clone(),
            next: found.next,
            rankings: found.rankings.clone(),
        };
        let write = || {
            let beside = self.path.with_added_extension("new");
            std::fs::write(&beside, serde_json::to_vec(&stored)?)?;
            std::fs::rename(beside, &self.path)
        };
        write().map_err(|source| self.failed(source))
    }

    /// Deletes the file of a search that is done.
    ///
    /// # Errors
    /// [`CheckpointError::File`].
    pub fn delete(&self) -> Result<(), CheckpointError> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    fn failed(&self, source: io::Error) -> CheckpointError {
        CheckpointError::File {
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ranking::Excitation;
    use super::super::unit::{By, Unit};
    use super::*;
    use crate::data::open_data;
    use cortexscope_explain::float_model::Overrides;

    #[test]
    fn what_was_found_comes_back_bit_for_bit_and_for_its_own_search_alone() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let data = open_data("mnist", &model).unwrap();
        let layer = model.find("pool1").unwrap();
        let search = |keep| Search {
            units: Unit::maps(&model, layer),
            by: By::Maximum,
            keep,
            images: 100,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("top.part.json");
        let (mine, other) = (search(3), search(4));
        let checkpoint = Checkpoint::new(&path, &mine, &model, &data, "float");
        assert_eq!(checkpoint.load(&mine).unwrap(), None);
        let mut found = mine.begin();
        found.next = 40;
        let excitation = Excitation {
            input: 7,
            value: 0.1 + f32::EPSILON,
            at: [3, 1],
        };
        found.rankings[2].offer(excitation, 3);
        checkpoint.save(&found).unwrap();
        assert_eq!(checkpoint.load(&mine).unwrap(), Some(found));
        let foreign = Checkpoint::new(&path, &other, &model, &data, "float");
        assert!(matches!(
            foreign.load(&other),
            Err(CheckpointError::Other { .. })
        ));
        std::fs::write(&path, "{").unwrap();
        assert!(matches!(
            checkpoint.load(&mine),
            Err(CheckpointError::Other { .. })
        ));
        checkpoint.delete().unwrap();
        assert_eq!(checkpoint.load(&mine).unwrap(), None);
    }
}
