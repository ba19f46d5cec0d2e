//! Which inputs a shard has.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;

/// One of several shares of the inputs, as even as they can be, in order and without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

/// Why a text names no shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ShardParseError {
    /// It has another form.
    #[error("write I/N, such as 0/8 for the first of eight")]
    Form,
    /// The shards are counted from 0.
    #[error("of {count} shards, I is from 0 to {}", count - 1)]
    Index {
        /// How many shards there are.
        count: usize,
    },
}

impl Shard {
    /// All inputs.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// The inputs of this shard, of `inputs` in all; none where there are more shards than
    /// inputs and this one has no share.
    pub fn range(self, inputs: usize) -> Range<usize> {
        // A quotient of at most `inputs`, which is a usize.
        let at = |index: usize| (inputs as u128 * index as u128 / self.count as u128) as usize;
        at(self.index)..at(self.index + 1)
    }
}

impl FromStr for Shard {
    type Err = ShardParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (index, count) = text.split_once('/').ok_or(ShardParseError::Form)?;
        let number = |text: &str| text.parse().map_err(|_| ShardParseError::Form);
        let (index, count) = (number(index)?, number(count)?);
        match count {
            0 => Err(ShardParseError::Form),
            _ if index >= count => Err(ShardParseError::Index { count }),
            _ => Ok(Self { index, count }),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: of ten inputs, four shards have two or three.
    #[test]
    fn shards_are_even_and_leave_no_gap() {
        let of = |text: &str, inputs| text.parse::<Shard>().unwrap().range(inputs);
        let four = ["0/4", "1/4", "2/4", "3/4"].map(|text| of(text, 10));
        assert_eq!(four, [0..2, 2..5, 5..7, 7..10]);
        assert_eq!(
            ["0/3", "1/3", "2/3"].map(|text| of(text, 1)),
            [0..0, 0..0, 0..1]
        );
        assert_eq!(Shard::WHOLE.range(7), 0..7);
        assert_eq!(of("1/2", usize::MAX).end, usize::MAX);
    }

    #[test]
    fn what_names_no_shard_is_refused() {
        for text in ["", "1", "0/0", "-1/2", "a/2", "1/2/3", "0.5/2"] {
            assert_eq!(
                text.parse::<Shard>(),
                Err(ShardParseError::Form),
                "{text:?}"
            );
        }
        let error = "8/8".parse::<Shard>().unwrap_err();
        assert_eq!(error.to_string(), "of 8 shards, I is from 0 to 7");
    }
}
