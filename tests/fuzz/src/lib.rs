//! What the fuzz targets share.

/// A board image of every operator, a few hundred bytes of records. The
/// end-to-end tests write it, and fail where it is not current.
pub const TINY_IMAGE: &[u8] = include_bytes!("../tiny.ctx");

/// A copy of `bytes` on a word boundary, the last word filled with zeros.
pub fn aligned(bytes: &[u8]) -> Vec<u32> {
    let mut words = vec![0; bytes.len().div_ceil(4)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}
