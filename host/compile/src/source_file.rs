//! A float network in a file, with the description beside it: what is compiled.

use super::Source;
use cortexscope_net::RequestError;
use cortexscope_net::input::{DigitFormError, ModelSpec, PreparationOverrides, SpecError};
use cortexscope_net::labels::{self, LabelsError};
use cortexscope_net::onnx::file;
use cortexscope_net::onnx::pb::ModelProto;
use cortexscope_net::reader::{self, Graph, Hint, ReadError};
use cortexscope_net::resources::ResourcePath;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A float network that was read, and how it wants its input.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// How it wants its input.
    pub spec: ModelSpec,
    /// The network.
    pub graph: Graph,
}

/// What a user says over the file and its description.
#[derive(Clone, Debug, Default)]
pub struct SourceOverrides {
    /// Which output of the network is read, and for which size of its input.
    pub hint: Hint,
    /// How pictures and arrays become inputs.
    pub preparation: PreparationOverrides,
    /// A text file with the name of one class on each line.
    pub labels: Option<PathBuf>,
}

/// Why there is no network to compile.
#[derive(Debug, Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("no such file: {}. Give a float ONNX", path.display())]
    Missing {
        /// What was asked for.
        path: PathBuf,
    },
    /// The file is not a network that can be read.
    #[error("{}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<ReadError>,
    },
    /// The system cannot read the file.
    #[error(transparent)]
    Read(Box<ReadError>),
    /// The description beside the file cannot be used.
    #[error("could not use the description {}", path.display())]
    Description {
        /// The description.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<SpecError>,
    },
    /// The names of the classes cannot be read.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// What was said of the preparation is not for this model.
    #[error(transparent)]
    Preparation(#[from] DigitFormError),
}

impl RequestError for SourceError {
    fn is_request(&self) -> bool {
        match self {
            Self::Missing { .. } | Self::Refused { .. } => true,
            Self::Preparation(error) => error.is_request(),
            Self::Read(_) | Self::Description { .. } | Self::Labels(_) => false,
        }
    }
}

impl SourceFile {
    /// Reads the float ONNX at `path`, and the description `MODEL.toml` beside it or what is
    /// assumed without one. `note` is told what was assumed and decided, as soon as it is.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn open(
        path: &Path,
        overrides: &SourceOverrides,
        note: &mut dyn FnMut(&str),
    ) -> Result<Self, SourceError> {
        if !path.is_file() {
            let path = path.to_owned();
            return Err(SourceError::Missing { path });
        }
        let refused = |error: ReadError| of_file(path, error);
        let at = ResourcePath::from(path);
        let onnx = file::bytes(&at).map_err(|error| refused(error.into()))?;
        let model = file::decode_at(&onnx, &at).map_err(|error| refused(error.into()))?;
        let spec = described(path, &model, overrides, note)?;
        let hint = Hint {
            shape: Some(spec.input.shape()),
            ..overrides.hint.clone()
        };
        let graph = reader::read(model, &hint).map_err(refused)?;
        graph.notes.iter().for_each(|said| note(said));
        Ok(Self {
            sha256: Sha256::digest(&onnx).into(),
            spec,
            graph,
        })
    }

    /// The network, as the compiler takes it.
    pub fn source(&self) -> Source<'_> {
        Source {
            graph: &self.graph,
            sha256: self.sha256,
        }
    }
}

/// Why the network in the file at `path` cannot be read: the file is named where it is what is
/// wrong.
fn of_file(path: &Path, error: ReadError) -> SourceError {
    let source = Box::new(error);
    if source.is_request() {
        let path = path.to_owned();
        SourceError::Refused { path, source }
    } else {
        SourceError::Read(source)
    }
}

/// The description beside the model, or what is assumed without one, and what the user says
/// over it.
fn described(
    path: &Path,
    model: &ModelProto,
    overrides: &SourceOverrides,
    note: &mut dyn FnMut(&str),
) -> Result<ModelSpec, SourceError> {
    let description = path.with_extension("toml");
    let is_described = description.is_file();
    let mut spec = if is_described {
        let opened = ModelSpec::open(&description.clone().into());
        opened.map_err(|source| SourceError::Description {
            path: description.clone(),
            source: Box::new(source),
        })?
    } else {
        let shape = reader::input_shape(model, &overrides.hint);
        ModelSpec::assumed(shape.map_err(|error| of_file(path, error))?)
    };
    overrides.preparation.apply(&mut spec.input)?;
    if let Some(file) = &overrides.labels {
        spec.output.labels = labels::read(file)?;
    }
    if !is_described {
        note(&format!(
            "there is no {}; the program assumes that the input is {}",
            description.display(),
            spec.input
        ));
    }
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_assumed_without_a_description_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.onnx");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/lenet5/lenet5.onnx");
        std::fs::copy(shipped, &path).unwrap();
        let mut notes = Vec::new();
        let mut note = |said: &str| notes.push(said.to_owned());
        let overrides = SourceOverrides::default();
        let opened = SourceFile::open(&path, &overrides, &mut note).unwrap();
        assert_eq!(opened.spec.input.shape(), [1, 28, 28]);
        assert!(notes[0].starts_with("there is no "), "{notes:?}");

        std::fs::write(path.with_extension("toml"), "size = 0").unwrap();
        let refused = SourceFile::open(&path, &overrides, &mut |_| {}).unwrap_err();
        assert!(matches!(refused, SourceError::Description { .. }));
    }

    #[test]
    fn who_names_a_file_that_is_not_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.onnx");
        let open = || SourceFile::open(&path, &SourceOverrides::default(), &mut |_| {});
        let missing = open().unwrap_err();
        assert!(missing.is_request() && missing.to_string().starts_with("no such file"));
        std::fs::write(&path, "not a network").unwrap();
        let refused = open().unwrap_err();
        assert!(matches!(refused, SourceError::Refused { .. }), "{refused}");
        assert!(refused.is_request());
    }
}
