//! The range of values that a colour map spans.

use image::Rgb;

use super::colour::ColourMap;
use super::number::significant;

/// Values from `low` to `high` in one colour map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The value of the first colour.
    pub low: f32,
    /// The value of the last colour.
    pub high: f32,
    /// The colours between.
    pub map: ColourMap,
}

impl Range {
    /// From zero up for values that are not negative, otherwise as far below
    /// zero as above.
    pub fn activation(values: &[f32]) -> Self {
        let (low, high) = extent(values);
        if low < 0.0 {
            let reach = high.max(-low);
            Self {
                low: -reach,
                high: reach,
                map: ColourMap::Signed,
            }
        } else {
            Self {
                low: 0.0,
                high,
                map: ColourMap::Activation,
            }
        }
    }

    /// From black at the least to white at the greatest value.
    pub fn grey(values: &[f32]) -> Self {
        let (low, high) = extent(values);
        Self {
            low,
            high,
            map: ColourMap::Grey,
        }
    }

    /// The same reach in the colours of another range, whose sign it takes on.
    pub fn in_colours_of(self, other: Self) -> Self {
        let low = match other.map {
            ColourMap::Signed => -self.high,
            _ => self.low,
        };
        Self {
            low,
            map: other.map,
            ..self
        }
    }

    /// The colour of a value; a range without extent is all its lowest colour,
    /// or zero's where it is signed.
    pub fn colour(self, value: f32) -> Rgb<u8> {
        let extent = self.high - self.low;
        if extent > 0.0 {
            self.map.at((value - self.low) / extent)
        } else if self.map == ColourMap::Signed {
            self.map.at(0.5)
        } else {
            self.map.at(0.0)
        }
    }

    /// `0 … 3.21`.
    pub fn text(self) -> String {
        if self.low == self.high {
            format!("all values are {}", significant(self.low))
        } else {
            format!("{} … {}", significant(self.low), significant(self.high))
        }
    }
}

/// Least and greatest of the finite values; zeros where there is none.
fn extent(values: &[f32]) -> (f32, f32) {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    finite
        .fold(None, |extent: Option<(f32, f32)>, value| {
            let (low, high) = extent.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
        .unwrap_or((0.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_layer_has_zero_in_the_middle() {
        let range = Range::activation(&[-1.0, 0.0, 4.0]);
        assert_eq!((range.low, range.high), (-4.0, 4.0));
        assert_eq!(range.colour(0.0), ColourMap::Signed.at(0.5));
    }

    #[test]
    fn a_layer_without_negatives_begins_at_zero() {
        let range = Range::activation(&[0.5, 2.0]);
        assert_eq!((range.low, range.high), (0.0, 2.0));
        assert_eq!(range.map, ColourMap::Activation);
    }

    #[test]
    fn a_silent_layer_is_dark_and_says_so() {
        let range = Range::activation(&[0.0; 4]);
        assert_eq!(range.colour(0.0), ColourMap::Activation.at(0.0));
        assert_eq!(range.text(), "all values are 0");
    }

    #[test]
    fn what_is_not_finite_does_not_stretch_the_range() {
        let range = Range::activation(&[f32::NAN, f32::INFINITY, 2.0]);
        assert_eq!((range.low, range.high), (0.0, 2.0));
    }
}
