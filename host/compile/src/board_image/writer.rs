//! Appends the parts of an image and remembers where they went.

use bytemuck::{NoUninit, bytes_of, cast_slice};
use cortexscope_core::image::format::{HASHED_FROM, Header, Span};
use sha2::{Digest, Sha256};

/// An image in the making; the header comes last.
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn new() -> Self {
        Self {
            bytes: vec![0; size_of::<Header>()],
        }
    }

    /// Appends `elements` on a 4-byte boundary.
    pub fn put<T: NoUninit>(&mut self, elements: &[T]) -> Span {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(cast_slice(elements));
        Span {
            offset,
            count: elements.len() as u32,
        }
    }

    /// Appends UTF-8 text.
    pub fn text(&mut self, text: &str) -> Span {
        self.put(text.as_bytes())
    }

    /// Completes `header` with length and hash and puts it at the start.
    pub fn finish(mut self, mut header: Header) -> Vec<u8> {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        header.image_bytes = self.bytes.len() as u32;
        self.bytes[..size_of::<Header>()].copy_from_slice(bytes_of(&header));
        header.hash = Sha256::digest(&self.bytes[HASHED_FROM..]).into();
        self.bytes[..size_of::<Header>()].copy_from_slice(bytes_of(&header));
        self.bytes
    }
}
