//! What the fuzz targets share: what they begin with, and what they do with it.
//!
//! The bodies of the targets of the host, `onnx_files`, `array_files` and `record_files`, know
//! nothing of a fuzzer: the end-to-end tests run them over some thousand changed files too.

pub mod array_files;
mod crc32;
mod input;
pub mod onnx_files;
pub mod record_files;

use crc32::crc32;
pub use input::{Change, Input};

/// A board image of every operator, a few hundred bytes of records. The
/// end-to-end tests write it, and fail where it is not current.
pub const TINY_IMAGE: &[u8] = include_bytes!("../tiny.ctx");

/// A copy of `bytes` on a word boundary, the last word filled with zeros.
pub fn aligned(bytes: &[u8]) -> Vec<u32> {
    let mut words = vec![0; bytes.len().div_ceil(4)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}
