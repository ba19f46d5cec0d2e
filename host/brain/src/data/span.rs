//! A range of images, as a user writes it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::DataError;

/// Images from the first number up to, without, the second: `0..600`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first image.
    pub start: usize,
    /// Behind the last image.
    pub end: usize,
}

impl Span {
    /// The images as a range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether an image is in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Checks that all its images are among `images`.
    ///
    /// # Errors
    /// [`DataError::SpanOutside`].
    pub fn within(self, images: usize) -> Result<(), DataError> {
        if self.end <= images {
            Ok(())
        } else {
            Err(DataError::SpanOutside {
                span: self.to_string(),
                images,
            })
        }
    }
}

impl FromStr for Span {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let refused = || DataError::Span {
            text: text.to_owned(),
        };
        let (start, end) = text.split_once("..").ok_or_else(refused)?;
        let start: usize = start.trim().parse().map_err(|_| refused())?;
        let end: usize = end.trim().parse().map_err(|_| refused())?;
        if start < end {
            Ok(Self { start, end })
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_first_image_and_an_end() {
        let span: Span = "0..600".parse().unwrap();
        assert_eq!((span.start, span.end), (0, 600));
        assert!(span.within(600).is_ok() && span.within(599).is_err());
        for text in ["", "5", "5..", "..5", "5..5", "6..5", "-1..5", "0..=5"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn neighbours_do_not_overlap() {
        let span = |text: &str| text.parse::<Span>().unwrap();
        assert!(!span("0..600").overlaps(span("600..1200")));
        assert!(span("0..601").overlaps(span("600..1200")));
    }
}
