//! A file for a picture, checked before the picture is computed.

use cortexscope_net::RequestError;
use cortexscope_net::output::{self, OutputError};
use image::{DynamicImage, ImageError, ImageFormat};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// A place for a picture, in a format that its name chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFile {
    path: PathBuf,
    format: ImageFormat,
}

/// Why a picture cannot be written to a file.
#[derive(Debug, thiserror::Error)]
pub enum PictureFileError {
    /// The name does not end in a format that can be written.
    #[error(
        "cannot write {}: its name must end in .png, .jpg, .bmp, .gif, .webp or .ppm",
        path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// There is a folder of that name.
    #[error("cannot write {}: it is a folder; name a file in it", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is not there.
    #[error("cannot write {}: there is no folder {}", path.display(), folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The folder that it was to lie in.
        folder: PathBuf,
    },
    /// The format cannot hold the picture.
    #[error("cannot write {}", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ImageError,
    },
    /// The system refuses.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl RequestError for PictureFileError {
    fn is_request(&self) -> bool {
        !matches!(self, Self::Encode { .. } | Self::Output(_))
    }
}

impl PictureFile {
    /// The file at `path`; nothing is written yet.
    ///
    /// # Errors
    /// [`PictureFileError`], but for what only writing shows.
    pub fn new(path: &Path) -> Result<Self, PictureFileError> {
        let path = path.to_owned();
        if path.is_dir() {
            return Err(PictureFileError::Folder { path });
        }
        let format = ImageFormat::from_path(&path).ok();
        let Some(format) = format.filter(ImageFormat::writing_enabled) else {
            return Err(PictureFileError::UnknownFormat { path });
        };
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let folder = folder.to_owned();
            return Err(PictureFileError::NoFolder { path, folder });
        }
        Ok(Self { path, format })
    }

    /// Writes `picture`, whole or not at all. A grey picture stays one where the format knows
    /// grey pictures.
    ///
    /// # Errors
    /// [`PictureFileError::Encode`] or [`PictureFileError::Output`].
    pub fn save(&self, picture: impl Into<DynamicImage>) -> Result<(), PictureFileError> {
        let mut picture = picture.into();
        if matches!(self.format, ImageFormat::Gif | ImageFormat::Pnm) {
            picture = picture.into_rgb8().into();
        }
        let mut bytes = Cursor::new(Vec::new());
        let encoded = picture.write_to(&mut bytes, self.format);
        encoded.map_err(|source| PictureFileError::Encode {
            path: self.path.clone(),
            source,
        })?;
        Ok(output::write(&self.path, &bytes.into_inner())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_is_named_before_anything_is_computed() {
        for (path, words) in [
            ("map.xyz", "its name must end in"),
            ("map", "its name must end in"),
            ("/no/such/folder/map.png", "no folder /no/such/folder"),
            ("src", "it is a folder"),
        ] {
            let text = PictureFile::new(Path::new(path)).unwrap_err().to_string();
            assert!(text.contains(words) && text.contains(path), "{text}");
        }
        PictureFile::new(Path::new("map.png")).unwrap();
    }

    #[test]
    fn grey_pictures_stay_grey_and_every_format_takes_them() {
        let dir = tempfile::tempdir().unwrap();
        let grey = image::GrayImage::from_fn(8, 8, |x, y| image::Luma([(x * 9 + y * 20) as u8]));
        for (ending, is_grey) in [
            ("png", true),
            ("bmp", false),
            ("webp", false),
            ("gif", false),
            ("ppm", false),
            ("jpg", true),
        ] {
            let path = dir.path().join(format!("grey.{ending}"));
            PictureFile::new(&path).unwrap().save(grey.clone()).unwrap();
            let read = image::open(&path).unwrap();
            // The others give grey back as three equal colours.
            assert_eq!(read.color().has_color(), !is_grey, "{ending}");
            if ending != "jpg" {
                assert_eq!(read.into_luma8(), grey, "{ending}");
            }
        }
    }
}
