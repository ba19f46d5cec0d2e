//! A folder of results: pictures, arrays and receipts that appear in it together or not at
//! all.

use crate::documents::Document;
use cortexscope_draw::{Drawing, Theme};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_net::output::{self, OutputError, StagedFolder};
use image::{DynamicImage, ImageError, ImageFormat};
use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Why results cannot be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// A folder or a file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The results cannot be drawn.
    #[error(transparent)]
    Draw(#[from] cortexscope_draw::PictureError),
    /// A picture cannot be encoded.
    #[error("cannot encode {}", path.display())]
    Encode {
        /// The file that it was for.
        path: PathBuf,
        /// Why.
        source: ImageError,
    },
    /// The receipt cannot be written as JSON.
    #[error(transparent)]
    Document(#[from] serde_json::Error),
}

impl RequestError for SaveError {
    fn is_request(&self) -> bool {
        match self {
            Self::Output(error) => error.is_request(),
            Self::Draw(_) | Self::Encode { .. } | Self::Document(_) => false,
        }
    }
}

/// A folder that results are saved into. They lie in it once [`ResultFolder::commit`] moved
/// them there; without it nothing of them is left.
///
/// A name of a file may begin with folders, which are made. Every function gives the path at
/// which the file lies in the end.
#[derive(Debug)]
pub struct ResultFolder {
    staged: StagedFolder,
}

/// What the names of files end in before the kind of the file: `.int8` for the results of an
/// int8 network, so that those of the float model stay.
pub fn network_suffix(model: &FloatModel) -> &'static str {
    if model.is_straight_through() {
        ".int8"
    } else {
        ""
    }
}

impl ResultFolder {
    /// Begins to save into `folder`, which is made.
    ///
    /// # Errors
    /// It is a file, is named like one, or cannot be made.
    pub fn begin(folder: &Path) -> Result<Self, SaveError> {
        Ok(Self {
            staged: StagedFolder::begin(folder)?,
        })
    }

    /// Where a file of this name lies in the end.
    pub fn path(&self, name: &str) -> PathBuf {
        self.staged.folder().join(name)
    }

    /// Where the files lie until they are complete, for whoever writes by other means.
    pub fn staging(&self) -> &Path {
        self.staged.path()
    }

    /// Saves a file of these bytes.
    ///
    /// # Errors
    /// The system refuses.
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, SaveError> {
        output::write(&self.staged(name)?, bytes)?;
        Ok(self.path(name))
    }

    /// Makes a file that is written to bit by bit.
    ///
    /// # Errors
    /// The system refuses.
    pub fn create(&self, name: &str) -> Result<File, SaveError> {
        let path = self.staged(name)?;
        let created = File::create(&path);
        Ok(created.map_err(|source| OutputError::Write { path, source })?)
    }

    /// Saves a drawing as a PNG file, `density` pixels to each of its own.
    ///
    /// # Errors
    /// It cannot be encoded, or the system refuses.
    pub fn drawing(
        &self,
        name: &str,
        drawing: &Drawing,
        density: u32,
    ) -> Result<PathBuf, SaveError> {
        let png = drawing.png(Theme::Light, density);
        self.bytes(name, &png.map_err(|source| self.encode(name, source))?)
    }

    /// Saves a picture as a PNG file.
    ///
    /// # Errors
    /// It cannot be encoded, or the system refuses.
    pub fn picture(
        &self,
        name: &str,
        picture: impl Into<DynamicImage>,
    ) -> Result<PathBuf, SaveError> {
        let mut png = Cursor::new(Vec::new());
        picture
            .into()
            .write_to(&mut png, ImageFormat::Png)
            .map_err(|source| self.encode(name, source))?;
        self.bytes(name, &png.into_inner())
    }

    /// Saves an array in C order as a `.npy` file; `shape` has its sizes, slowest first.
    ///
    /// # Errors
    /// The system refuses.
    pub fn array<T: output::ArrayValue>(
        &self,
        name: &str,
        shape: &[usize],
        values: &[T],
    ) -> Result<PathBuf, SaveError> {
        let shape: Vec<u64> = shape.iter().map(|&size| size as u64).collect();
        output::npy(&self.staged(name)?, &shape, values)?;
        Ok(self.path(name))
    }

    /// Saves a document as JSON.
    ///
    /// # Errors
    /// The system refuses.
    pub fn receipt(&self, name: &str, document: &impl Document) -> Result<PathBuf, SaveError> {
        self.bytes(name, document.to_text()?.as_bytes())
    }

    /// Moves all files into the folder, in place of those of the same names.
    ///
    /// # Errors
    /// The system refuses.
    pub fn commit(self) -> Result<(), SaveError> {
        Ok(self.staged.commit()?)
    }

    /// Where a file is written to, until all are complete.
    fn staged(&self, name: &str) -> Result<PathBuf, SaveError> {
        let path = self.staged.path().join(name);
        if let Some(folder) = path.parent() {
            // A folder of results may be called like an input, and an input like a file.
            std::fs::create_dir_all(folder).map_err(|source| OutputError::MakeFolder {
                path: folder.to_owned(),
                source,
            })?;
        }
        Ok(path)
    }

    /// The error that a picture for the file `name` cannot be encoded.
    pub(crate) fn encode(&self, name: &str, source: ImageError) -> SaveError {
        let path = self.path(name);
        SaveError::Encode { path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    #[test]
    fn results_appear_together_at_the_paths_that_were_given() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("out");
        let results = ResultFolder::begin(&folder).unwrap();
        let grey = GrayImage::from_pixel(2, 3, Luma([7]));
        let picture = results.picture("frames/0.png", grey.clone()).unwrap();
        let array = results.array("a.npy", &[2], &[1.0_f32, 2.0]).unwrap();
        assert!(!picture.exists() && !array.exists());
        results.commit().unwrap();
        // A grey picture stays one.
        let read = image::open(&picture).unwrap();
        assert_eq!(read.as_luma8().unwrap(), &grey);
        assert!(array.starts_with(&folder) && array.is_file());
        drop(ResultFolder::begin(&dir.path().join("other")).unwrap());
        assert!(!dir.path().join("other").exists());
        let named = ResultFolder::begin(&dir.path().join("map.png"));
        assert!(named.unwrap_err().is_request());
    }
}
