//! Saturate: colours too pale or too strong.

use super::brightness::by_colour;
use crate::picture::Picture;
use crate::settings::{CorruptError, Settings};

/// Scales and raises the saturation.
///
/// # Errors
/// The picture is grey.
pub fn apply(picture: &Picture, settings: &Settings) -> Result<Picture, CorruptError> {
    let constants = [(0.3, 0.0), (0.1, 0.0), (2.0, 0.0), (5.0, 0.1), (20.0, 0.2)];
    let (factor, offset) = settings.pick(constants);
    if picture.channels() == 1 {
        return Err(CorruptError::Grey { kind: "saturate" });
    }
    Ok(by_colour(picture, |[hue, saturation, value]| {
        [hue, (saturation * factor + offset).clamp(0.0, 1.0), value]
    }))
}
