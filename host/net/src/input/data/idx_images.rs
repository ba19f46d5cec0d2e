//! The images of an IDX file, read one after the other.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::DataError;
use crate::file::{self, FileFault};
use crate::input::array::{Element, Number};
use crate::input::idx::IdxError;
use crate::input::spec::{InputSpec, Polarity};

/// Bytes that one image may have.
const MAX_IMAGE_BYTES: usize = 1 << 26;

/// An IDX file of images, bytes `[N, H, W]`.
#[derive(Clone, Debug)]
pub(super) struct IdxImages {
    path: PathBuf,
    sizes: [usize; 3],
}

/// Its images from the first on.
pub(super) struct IdxReader {
    images: IdxImages,
    bytes: Box<dyn Read + Send>,
}

/// Reads the header of an IDX file of images.
pub(super) fn open(path: &Path) -> Result<IdxImages, DataError> {
    let mut bytes = stream(path)?;
    let sizes = sizes::<3>(&mut bytes).map_err(|source| DataError::Unknown {
        path: path.to_owned(),
        source,
    })?;
    Ok(IdxImages {
        path: path.to_owned(),
        sizes,
    })
}

impl IdxImages {
    /// The file.
    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    pub(super) fn count(&self) -> usize {
        let [count, height, width] = self.sizes;
        if height * width == 0 { 0 } else { count }
    }

    pub(super) fn reader(&self) -> Result<IdxReader, DataError> {
        let mut bytes = stream(&self.path)?;
        self.read(|| sizes::<3>(&mut bytes).map(drop))?;
        Ok(IdxReader {
            images: self.clone(),
            bytes,
        })
    }

    fn read<T>(&self, mut read: impl FnMut() -> Result<T, IdxError>) -> Result<T, DataError> {
        read().map_err(|source| DataError::Unknown {
            path: self.path.clone(),
            source,
        })
    }
}

impl IdxReader {
    pub(super) fn skip_one(&mut self) -> Result<(), DataError> {
        self.image().map(drop)
    }

    pub(super) fn next_input(&mut self, spec: &InputSpec) -> Result<Vec<f32>, DataError> {
        let [_, height, width] = self.images.sizes;
        let pixels = self.image()?;
        Ok(spec.grey_input(&pixels, [height, width], Some(Polarity::LightOnDark)))
    }

    fn image(&mut self) -> Result<Vec<u8>, DataError> {
        let [_, height, width] = self.images.sizes;
        let mut pixels = vec![0; height * width];
        let Self { images, bytes } = self;
        images.read(|| Ok(bytes.read_exact(&mut pixels)?))?;
        Ok(pixels)
    }
}

/// The bytes of a file, unpacked where it is gzipped.
pub(super) fn stream(path: &Path) -> Result<Box<dyn Read + Send>, DataError> {
    let read_error = |source| DataError::Read {
        path: path.to_owned(),
        source,
    };
    let file = file::open(path).map_err(read_error)?;
    let mut head = Vec::new();
    (&file)
        .take(512)
        .read_to_end(&mut head)
        .map_err(read_error)?;
    if let Some(fault) = FileFault::of(&head) {
        return Err(read_error(fault.into()));
    }
    let is_gzipped = head.starts_with(&[0x1f, 0x8b]);
    let whole = BufReader::new(std::io::Cursor::new(head).chain(file));
    Ok(if is_gzipped {
        Box::new(MultiGzDecoder::new(whole))
    } else {
        Box::new(whole)
    })
}

/// The sizes in a header of unsigned bytes of `RANK` dimensions.
pub(super) fn sizes<const RANK: usize>(bytes: &mut dyn Read) -> Result<[usize; RANK], IdxError> {
    // The header's words have their most significant byte first.
    let word = Element::new(Number::Unsigned, 4, true);
    let mut next = || {
        let mut bytes_of_word = [0; 4];
        bytes.read_exact(&mut bytes_of_word)?;
        let value = word.map_or(0.0, |word| word.value(&bytes_of_word));
        Ok::<_, std::io::Error>(value as u32)
    };
    let expected = 0x0800 | RANK as u32;
    let found = next()?;
    if found != expected {
        return Err(IdxError::Magic { found, expected });
    }
    let mut sizes = [0; RANK];
    for size in &mut sizes {
        *size = next()? as usize;
    }
    let one = sizes[1..]
        .iter()
        .try_fold(1_usize, |a, &b| a.checked_mul(b));
    match one {
        Some(bytes) if bytes <= MAX_IMAGE_BYTES => Ok(sizes),
        _ => Err(IdxError::TooLarge {
            sizes: sizes.to_vec(),
        }),
    }
}
