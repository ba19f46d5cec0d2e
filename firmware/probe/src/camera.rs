//! A board's own camera.

/// A camera that a board has. The crate of a board with a sensor implements it, and
/// hands it to the probe through [`Board::camera`](crate::Board::camera).
pub trait Camera {
    /// Rows and columns of its pictures.
    fn size(&self) -> [u16; 2];

    /// Takes a picture and hands it to `sink`: grey levels, 0 black, row by row
    /// from the top, in pieces of any length.
    fn capture(&mut self, sink: &mut dyn FnMut(&[u8]));
}
