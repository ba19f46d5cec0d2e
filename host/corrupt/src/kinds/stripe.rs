//! Stripe: the outer columns inverted.

use crate::picture::Picture;

/// Inverts the first and the last quarter of the columns: 7 of 28 on each side.
pub fn apply(picture: &Picture) -> Picture {
    let width = picture.size()[1];
    let quarter = width / 4;
    let mut columns = (0..width).cycle();
    picture.map(|level| match columns.next() {
        Some(x) if x < quarter || x >= width - quarter => 255.0 - level,
        _ => level,
    })
}
