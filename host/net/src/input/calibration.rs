//! Inputs to calibrate with: a folder of pictures, a stack, a set of digits.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::idx::{self, IdxError};
use super::npy::{Array, NpyError};
use super::picture::{self, PictureError};
use super::spec::{InputSpec, Polarity};

/// Why calibration data cannot be used.
#[derive(Debug, Error)]
pub enum CalibrationError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is nothing in it.
    #[error("{} has no inputs to calibrate with", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
    },
    /// A stack that does not fit.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// A picture that cannot be decoded.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A file that is neither a `.npy` array nor an IDX file.
    #[error("{} is neither a folder of pictures, a .npy stack nor an IDX file", path.display())]
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it as an IDX file.
        source: IdxError,
    },
}

impl InputSpec {
    /// Inputs `[C, H, W]` from a folder of pictures, a `.npy` stack
    /// `[N, C, H, W]` (taken as it is) or an IDX file of images.
    ///
    /// Where there are more than `limit`, they are picked at equal distances
    /// over all of them, pictures in the order of their names: the same data
    /// always gives the same inputs.
    ///
    /// # Errors
    /// Data that cannot be read, does not fit the model, or is empty.
    pub fn calibration(
        &self,
        path: &Path,
        limit: usize,
    ) -> Result<Vec<Vec<f32>>, CalibrationError> {
        let inputs = if path.is_dir() {
            self.pictures(path, limit)?
        } else if path.extension().is_some_and(|extension| extension == "npy") {
            let stack = Array::open(path)?.into_inputs(self.shape(), path)?;
            let picked = spread(stack.len(), limit);
            picked.filter_map(|at| stack.get(at).cloned()).collect()
        } else {
            self.digits(path, limit)?
        };
        if inputs.is_empty() {
            return Err(CalibrationError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(inputs)
    }

    fn pictures(&self, folder: &Path, limit: usize) -> Result<Vec<Vec<f32>>, CalibrationError> {
        let read_error = |source| CalibrationError::Read {
            path: folder.to_owned(),
            source,
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(read_error)? {
            let path = entry.map_err(read_error)?.path();
            if image::ImageFormat::from_path(&path).is_ok() {
                files.push(path);
            }
        }
        files.sort();
        spread(files.len(), limit)
            .filter_map(|at| files.get(at))
            .map(|path| Ok(self.prepare(&picture::open(path)?).values))
            .collect()
    }

    fn digits(&self, path: &Path, limit: usize) -> Result<Vec<Vec<f32>>, CalibrationError> {
        let bytes = std::fs::read(path).map_err(|source| CalibrationError::Read {
            path: path.to_owned(),
            source,
        })?;
        let set = idx::parse::<3>(&bytes).map_err(|source| CalibrationError::Idx {
            path: path.to_owned(),
            source,
        })?;
        let [count, height, width] = set.sizes;
        let size = height * width;
        let image = |at: usize| {
            let pixels = set.values.get(at * size..(at + 1) * size)?;
            Some(self.grey_input(pixels, [height, width], Some(Polarity::LightOnDark)))
        };
        Ok(spread(if size == 0 { 0 } else { count }, limit)
            .filter_map(image)
            .collect())
    }
}

/// At most `limit` of `count` positions, at equal distances.
fn spread(count: usize, limit: usize) -> impl Iterator<Item = usize> {
    let picked = count.min(limit);
    (0..picked).map(move |at| (at as u128 * count as u128 / picked as u128) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ModelSpec;

    #[test]
    fn positions_are_spread_over_everything() {
        assert_eq!(spread(10, 3).collect::<Vec<_>>(), [0, 3, 6]);
        assert_eq!(spread(2, 5).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(spread(0, 5).count(), 0);
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_names() {
        let dir = tempfile::tempdir().unwrap();
        for (name, shade) in [("b.png", 51), ("a.png", 0), ("c.png", 102)] {
            let picture = image::GrayImage::from_pixel(2, 2, image::Luma([shade]));
            picture.save(dir.path().join(name)).unwrap();
        }
        std::fs::write(dir.path().join("notes.txt"), "not a picture").unwrap();
        let spec = ModelSpec::assumed([1, 2, 2]).input;
        let inputs = spec.calibration(dir.path(), 10).unwrap();
        let firsts: Vec<f32> = inputs.iter().map(|input| input[0]).collect();
        assert_eq!(firsts, [0.0, 0.2, 0.4]);
        assert_eq!(spec.calibration(dir.path(), 1).unwrap().len(), 1);
    }

    #[test]
    fn emptiness_and_other_files_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let spec = ModelSpec::assumed([1, 2, 2]).input;
        let empty = spec.calibration(dir.path(), 10).unwrap_err();
        assert!(matches!(empty, CalibrationError::Empty { .. }));
        let path = dir.path().join("data.bin");
        std::fs::write(&path, b"what is this?").unwrap();
        let error = spec.calibration(&path, 10).unwrap_err();
        assert!(matches!(error, CalibrationError::Idx { .. }));
    }
}
