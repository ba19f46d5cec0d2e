//! Where a kernel's outputs go.

use super::requantize::{clamp, to_int8};
use crate::arena::{accumulators, copy, int8};
use crate::image::Quantiser;

/// The outputs of a convolution or a dense layer. One kernel for both: what an output
/// costs is its sum.
#[derive(Debug)]
pub enum Output<'a> {
    /// Requantised.
    Int8(&'a mut [i8]),
    /// The sums themselves, as the last layer's logits are made of.
    Sums(&'a mut [i32]),
}

impl<'a> Output<'a> {
    /// The tensor in `bytes`; `None` where sums do not lie on a word boundary.
    pub(crate) fn of(bytes: &'a mut [u8], is_logits: bool) -> Option<Self> {
        Some(if is_logits {
            Self::Sums(accumulators(bytes)?)
        } else {
            Self::Int8(int8(bytes))
        })
    }

    /// What `channel` makes of `sum`, at `at`; nothing where that lies outside.
    #[inline(always)]
    pub(super) fn put(&mut self, at: usize, sum: i32, quantiser: &Quantiser<'_>, channel: usize) {
        self.put_all(at, &[sum], quantiser, channel);
    }

    /// The same of several channels, from `channel` on.
    #[cfg_attr(any(dsp, thumb1), inline(never))]
    pub(super) fn put_all(
        &mut self,
        at: usize,
        sums: &[i32],
        quantiser: &Quantiser<'_>,
        channel: usize,
    ) {
        match self {
            Self::Int8(values) => {
                let values = values.get_mut(at..).unwrap_or_default();
                let multipliers = quantiser.multipliers.get(channel..);
                let multipliers = multipliers.unwrap_or_default();
                for ((value, &sum), &multiplier) in values.iter_mut().zip(sums).zip(multipliers) {
                    *value = to_int8(sum, multiplier, quantiser.zero);
                }
            }
            Self::Sums(places) => copy(sums, places.get_mut(at..).unwrap_or_default()),
        }
    }

    /// Clamps int8 outputs to what the quantiser says.
    pub(super) fn clamp(&mut self, quantiser: &Quantiser<'_>) {
        if let Self::Int8(values) = self {
            clamp(quantiser, values);
        }
    }
}
