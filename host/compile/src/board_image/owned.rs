//! A board image in memory, aligned so that it can be read in place.

use cortexscope_core::Model;
use cortexscope_core::image::ImageError;

/// A checked board image.
#[derive(Clone, Debug)]
pub struct BoardImage {
    words: Vec<u32>,
    bytes: usize,
}

impl BoardImage {
    /// Checks `bytes` and keeps a copy on a word boundary.
    ///
    /// # Errors
    /// What the engine's check says.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ImageError> {
        let mut words = vec![0; bytes.len().div_ceil(4)];
        bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
        let image = Self {
            words,
            bytes: bytes.len(),
        };
        Model::check(image.bytes())?;
        Ok(image)
    }

    /// The image as it goes to a board.
    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.bytes]
    }

    /// The network in it.
    pub fn model(&self) -> Model<'_> {
        Model::check(self.bytes()).expect("the image was checked when it was made")
    }
}
