//! A board image in memory, aligned so that it can be read in place.

use cortexscope_core::Model;
use cortexscope_core::image::ImageError;
use self_cell::self_cell;
use std::sync::Arc;

self_cell!(
    /// The image's words and the network that was read from them.
    struct Checked {
        owner: Vec<u32>,
        #[covariant]
        dependent: Model,
    }

    impl {Debug}
);

/// A checked board image. Clones share the bytes and the parsed network.
#[derive(Clone, Debug)]
pub struct BoardImage {
    checked: Arc<Checked>,
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
        let checked = Checked::try_new(words, |words| {
            Model::check(&bytemuck::cast_slice(words)[..bytes.len()])
        })?;
        Ok(Self {
            checked: Arc::new(checked),
            bytes: bytes.len(),
        })
    }

    /// The image as it goes to a board.
    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(self.checked.borrow_owner())[..self.bytes]
    }

    /// The network in it, as it was read when the image was checked.
    pub fn model(&self) -> Model<'_> {
        *self.checked.borrow_dependent()
    }
}
