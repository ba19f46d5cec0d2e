//! The functions of `cortexscope-digit`.

use cortexscope_digit::{FormError, Found, form, luma, scratch_bytes};

use crate::linked;

pub fn keep() {
    linked! {
        form => fn(
            &mut [u8], [usize; 2], &mut [u8], &mut [u8], [usize; 2],
        ) -> Result<Found, FormError>,
        scratch_bytes => fn([usize; 2], [usize; 2]) -> Option<usize>,
        luma => fn([u8; 3]) -> u8,
    }
}
