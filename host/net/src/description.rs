//! How a model wants its input: the description beside it, what flags say, or
//! what has to be assumed.

use std::path::PathBuf;

use thiserror::Error;

use crate::input::{Channels, ModelSpec, Polarity, SpecError};
use crate::labels::{self, LabelsError};
use crate::request::RequestError;
use crate::resources::ResourcePath;

/// What a user says of a model, over what its description says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// A description to read instead of the one beside the model.
    pub spec: Option<PathBuf>,
    /// Rows and columns of the input.
    pub size: Option<[usize; 2]>,
    /// Colours and their order.
    pub channels: Option<Channels>,
    /// What pixel 0 and pixel 255 become.
    pub range: Option<[f32; 2]>,
    /// Subtracted after the range.
    pub mean: Option<Vec<f32>>,
    /// Divided by.
    pub std: Option<Vec<f32>>,
    /// Whether ink is light or dark.
    pub polarity: Option<Polarity>,
    /// A text file with one class a line.
    pub labels: Option<PathBuf>,
    /// The output that is taken, where it is not the first.
    pub output: Option<String>,
}

/// A description and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// How the model wants its input, and its labels.
    pub spec: ModelSpec,
    /// What was read, assumed or overridden, for the user to read.
    pub notes: Vec<String>,
}

/// Why it cannot be said how a model wants its input.
#[derive(Debug, Error)]
pub enum DescriptionError {
    /// The description cannot be used.
    #[error("could not use the description{}", of_file(path, source))]
    Spec {
        /// The file.
        path: ResourcePath,
        /// What is wrong with it.
        source: Box<SpecError>,
    },
    /// The flags and the description together cannot be used.
    #[error("{0}")]
    Overrides(Box<SpecError>),
    /// The file of labels cannot be used.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// The input is not an image.
    #[error(
        "{path}: the model's input is {dims:?}, but only [N, C, H, W] with 1 or 3 channels works (-1 is a size that the file leaves open)"
    )]
    InputDims {
        /// The model.
        path: ResourcePath,
        /// Its sizes in the file; -1 where one is open.
        dims: Vec<i64>,
    },
    /// Rows and columns are open and nothing says what they should be.
    #[error(
        "{path}: the model leaves its input's rows and columns open: give --size HxW or a description with --spec"
    )]
    OpenSize {
        /// The model.
        path: ResourcePath,
    },
}

impl RequestError for DescriptionError {
    fn is_request(&self) -> bool {
        !matches!(self, Self::Labels(LabelsError::Read { .. }))
    }
}

/// The file of a description, where what is wrong with it does not name the file.
fn of_file(path: &ResourcePath, source: &SpecError) -> String {
    match source {
        SpecError::Read { .. } => String::new(),
        _ => format!(" {path}"),
    }
}

impl Overrides {
    /// The description of the model at `path`, whose input has `dims` in the
    /// file (-1 where one is open).
    ///
    /// # Errors
    /// A file that cannot be used, or an input that is not an image.
    pub fn describe(
        &self,
        path: &ResourcePath,
        dims: &[i64],
    ) -> Result<Description, DescriptionError> {
        let mut notes = Vec::new();
        let beside = path.with_extension("toml");
        let file = match &self.spec {
            Some(file) => Some(file.clone().into()),
            None if beside.is_file() => Some(beside.clone()),
            None => shipped_description(path).filter(ResourcePath::is_file),
        };
        let mut spec = match &file {
            Some(file) => {
                // What is shipped is described by what is shipped with it.
                let is_shipped = matches!(path, ResourcePath::Shipped(_));
                if *file != beside && (self.spec.is_some() || !is_shipped) {
                    notes.push(format!("described by {file}"));
                }
                ModelSpec::open(file).map_err(|source| DescriptionError::Spec {
                    path: file.clone(),
                    source: Box::new(source),
                })?
            }
            None => ModelSpec::assumed(self.shape_in(path, dims)?),
        };
        self.apply(&mut spec)?;
        spec.input
            .check()
            .map_err(|source| DescriptionError::Overrides(Box::new(source)))?;
        if file.is_none() {
            notes.push(format!("no {beside}: assumed {}", spec.input));
        }
        let [channels, ..] = spec.input.shape();
        if let [_, found, _, _] = dims
            && *found != channels as i64
            && *found != -1
        {
            let model = [*found, dims[2], dims[3]].map(|size| size.max(0) as usize);
            let spec = spec.input.shape();
            let source = SpecError::Shape { model, spec };
            return Err(DescriptionError::Overrides(Box::new(source)));
        }
        Ok(Description { spec, notes })
    }

    /// `[C, H, W]` of an input that nothing but the file describes.
    fn shape_in(&self, path: &ResourcePath, dims: &[i64]) -> Result<[usize; 3], DescriptionError> {
        let refused = || DescriptionError::InputDims {
            path: path.clone(),
            dims: dims.to_vec(),
        };
        let [_, channels, height, width] = *dims else {
            return Err(refused());
        };
        let channels = match (channels, self.channels) {
            (1.., _) => channels as usize,
            (-1, Some(channels)) => channels.count(),
            _ => return Err(refused()),
        };
        let side = |axis: usize, size: i64| match self.size {
            Some(size) => Ok(size[axis]),
            None => {
                usize::try_from(size).map_err(|_| DescriptionError::OpenSize { path: path.clone() })
            }
        };
        Ok([channels, side(0, height)?, side(1, width)?])
    }

    fn apply(&self, spec: &mut ModelSpec) -> Result<(), DescriptionError> {
        let input = &mut spec.input;
        input.size = self.size.unwrap_or(input.size);
        input.channels = self.channels.unwrap_or(input.channels);
        input.range = self.range.unwrap_or(input.range);
        if let Some(mean) = &self.mean {
            input.mean.clone_from(mean);
        }
        if let Some(std) = &self.std {
            input.std.clone_from(std);
        }
        input.polarity = self.polarity.or(input.polarity);
        if let Some(path) = &self.labels {
            spec.output.labels = labels::read(path)?;
        }
        Ok(())
    }
}

/// Where the description of a shipped model that has none of its own would lie: `neuro/neuro.toml`
/// for `neuro/dae-0.onnx`; and that of a well-known model that is not shipped.
fn shipped_description(path: &ResourcePath) -> Option<ResourcePath> {
    let description = match path {
        ResourcePath::Shipped(path) => {
            let (folder, _) = path.split_once('/')?;
            format!("{folder}/{folder}.toml")
        }
        ResourcePath::Disk(_) => format!("descriptions/{}.toml", path.stem()?),
    };
    Some(ResourcePath::Shipped(description))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere() -> ResourcePath {
        PathBuf::from("no/such/folder/model.onnx").into()
    }

    #[test]
    fn what_is_open_has_to_be_said() {
        let describe = |overrides: &Overrides| overrides.describe(&elsewhere(), &[-1, 3, -1, -1]);
        let error = describe(&Overrides::default()).unwrap_err();
        assert!(matches!(error, DescriptionError::OpenSize { .. }));
        let sized = Overrides {
            size: Some([20, 30]),
            ..Overrides::default()
        };
        let described = describe(&sized).unwrap();
        assert_eq!(described.spec.input.shape(), [3, 20, 30]);
        assert!(described.notes[0].contains("assumed RGB 20×30"));
    }

    #[test]
    fn flags_win_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model.onnx");
        let text = ModelSpec::assumed([3, 8, 8]).to_string();
        std::fs::write(model.with_extension("toml"), text).unwrap();
        std::fs::write(folder.path().join("names.txt"), "cat, felis\ndog\n").unwrap();
        let overrides = Overrides {
            channels: Some(Channels::Bgr),
            range: Some([0.0, 255.0]),
            mean: Some(vec![104.0, 117.0, 123.0]),
            labels: Some(folder.path().join("names.txt")),
            ..Overrides::default()
        };
        let described = overrides.describe(&model.into(), &[1, 3, 8, 8]).unwrap();
        assert_eq!(described.spec.input.value(0, 255), 151.0);
        assert_eq!(described.spec.output.labels, ["cat, felis", "dog"]);
        assert!(described.notes.is_empty());
    }

    #[test]
    fn labels_that_cannot_be_read_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let labels = folder.path().join("labels.txt");
        let overrides = Overrides {
            labels: Some(labels.clone()),
            ..Overrides::default()
        };
        let describe = || overrides.describe(&elsewhere(), &[1, 3, 8, 8]).unwrap_err();
        assert!(matches!(describe(), DescriptionError::Labels(_)));
        assert!(!describe().is_request());
        std::fs::write(&labels, b"\xff").unwrap();
        assert!(describe().is_request());
        assert!(describe().to_string().contains("UTF-8"));
    }

    #[test]
    fn channels_that_contradict_the_file_are_refused() {
        let grey = Overrides {
            channels: Some(Channels::Grey),
            ..Overrides::default()
        };
        let error = grey.describe(&elsewhere(), &[1, 3, 8, 8]);
        assert!(matches!(error, Err(DescriptionError::Overrides(_))));
        let short = Overrides {
            mean: Some(vec![1.0, 2.0]),
            ..Overrides::default()
        };
        let error = short.describe(&elsewhere(), &[1, 3, 8, 8]);
        assert!(error.unwrap_err().to_string().contains("input.mean has 2"));
        let flat = Overrides::default().describe(&elsewhere(), &[1, 784]);
        assert!(matches!(flat, Err(DescriptionError::InputDims { .. })));
    }
}
