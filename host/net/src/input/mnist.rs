//! MNIST and sets in its form: grey digits and their classes.

use std::path::Path;
use std::sync::OnceLock;

use thiserror::Error;

use super::idx::{self, IdxArray, IdxError};
use super::spec::{InputSpec, Polarity};
use crate::resources::ResourcePath;

/// Digits with their classes.
#[derive(Clone, Debug)]
pub struct MnistSet {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

/// Why a set cannot be used.
#[derive(Debug, Error)]
pub enum MnistError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: ResourcePath,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}")]
    Idx {
        /// The file.
        path: ResourcePath,
        /// What is wrong with it.
        source: IdxError,
    },
    /// As many labels as images are needed.
    #[error("{images} images and {labels} labels")]
    Counts {
        /// Images in the one file.
        images: usize,
        /// Labels in the other.
        labels: usize,
    },
}

impl MnistSet {
    /// Reads a set from its two IDX files, gzipped or not.
    ///
    /// # Errors
    /// A file that cannot be read, is no IDX file, or counts that differ.
    pub fn open(images: &Path, labels: &Path) -> Result<Self, MnistError> {
        Self::read(images.into(), labels.into())
    }

    /// The 10,000 test digits of MNIST, which are shipped. They are unpacked once.
    ///
    /// # Errors
    /// As [`MnistSet::open`].
    pub fn test_digits() -> Result<&'static Self, MnistError> {
        static DIGITS: OnceLock<MnistSet> = OnceLock::new();
        if let Some(digits) = DIGITS.get() {
            return Ok(digits);
        }
        let file = |name: &str| ResourcePath::Shipped(format!("mnist/t10k-{name}-ubyte.gz"));
        let digits = Self::read(file("images-idx3"), file("labels-idx1"))?;
        Ok(DIGITS.get_or_init(|| digits))
    }

    fn read(images: ResourcePath, labels: ResourcePath) -> Result<Self, MnistError> {
        Self::from_arrays(read::<3>(images)?, read::<1>(labels)?)
    }

    /// The set of `images`, `[N, H, W]`, and their `labels`, `[N]`.
    ///
    /// # Errors
    /// [`MnistError::Counts`].
    pub fn from_arrays(images: IdxArray<3>, labels: IdxArray<1>) -> Result<Self, MnistError> {
        let [count, height, width] = images.sizes;
        let pixels = height.saturating_mul(width).saturating_mul(count);
        if count != labels.values.len() || pixels != images.values.len() {
            return Err(MnistError::Counts {
                images: count,
                labels: labels.values.len(),
            });
        }
        Ok(Self {
            height,
            width,
            pixels: images.values,
            labels: labels.values,
        })
    }

    /// Number of digits.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no digit.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Rows and columns of every digit.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// Pixels `[H, W]` of digit `index`, light ink on a dark ground.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        let size = self.height * self.width;
        let start = index.checked_mul(size)?;
        self.pixels.get(start..start.checked_add(size)?)
    }

    /// Class of digit `index`.
    pub fn label(&self, index: usize) -> Option<u8> {
        self.labels.get(index).copied()
    }

    /// The pixels and the class of digit `index`.
    pub fn digit(&self, index: usize) -> Option<(&[u8], u8)> {
        Some((self.image(index)?, self.label(index)?))
    }

    /// The first `count` digits, or all where there are fewer, and the rest.
    #[must_use]
    pub fn split_at(mut self, count: usize) -> (Self, Self) {
        let count = count.min(self.len());
        let rest = Self {
            pixels: self.pixels.split_off(count * self.height * self.width),
            labels: self.labels.split_off(count),
            ..self
        };
        (self, rest)
    }

    /// Digit `index` as the model wants it, `[C, H, W]`.
    pub fn input(&self, index: usize, spec: &InputSpec) -> Option<Vec<f32>> {
        let pixels = self.image(index)?;
        Some(spec.grey_input(pixels, self.size(), Some(Polarity::LightOnDark)))
    }
}

fn read<const RANK: usize>(path: ResourcePath) -> Result<IdxArray<RANK>, MnistError> {
    let bytes = match path.read() {
        Ok(bytes) => bytes,
        Err(source) => return Err(MnistError::Read { path, source }),
    };
    idx::parse(&bytes).map_err(|source| MnistError::Idx { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_digits_are_shipped() {
        let digits = MnistSet::test_digits().unwrap();
        assert_eq!((digits.len(), digits.size()), (10_000, [28, 28]));
        assert_eq!(digits.label(18), Some(3));
    }

    #[test]
    fn counts_must_agree() {
        let dir = tempfile::tempdir().unwrap();
        let (images, labels) = (dir.path().join("images"), dir.path().join("labels"));
        std::fs::write(
            &images,
            [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 9, 8],
        )
        .unwrap();
        std::fs::write(&labels, [0, 0, 8, 1, 0, 0, 0, 1, 3]).unwrap();
        assert!(matches!(
            MnistSet::open(&images, &labels),
            Err(MnistError::Counts {
                images: 2,
                labels: 1
            })
        ));
        std::fs::write(&labels, [0, 0, 8, 1, 0, 0, 0, 2, 3, 4]).unwrap();
        let set = MnistSet::open(&images, &labels).unwrap();
        assert_eq!(set.image(1), Some(&[8][..]));
        assert_eq!((set.label(1), set.label(2)), (Some(4), None));
        assert_eq!(set.image(usize::MAX), None);
        let (first, rest) = set.split_at(1);
        assert_eq!((first.digit(0), first.len()), (Some((&[9][..], 3)), 1));
        assert_eq!((rest.digit(0), rest.len()), (Some((&[8][..], 4)), 1));
        assert_eq!(rest.split_at(5).0.len(), 1);
    }
}
