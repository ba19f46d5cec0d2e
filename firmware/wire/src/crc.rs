//! CRC-32/ISO-HDLC, as in Ethernet and zip.

#[cfg(not(any(unix, windows)))]
pub(crate) use half_bytes::checksum;

/// The CRC of `bytes`, by what the host's processor has for it.
#[cfg(any(unix, windows))]
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// Half a byte at a time, because a table for whole bytes is 1 KB of flash.
#[cfg(any(not(any(unix, windows)), test))]
mod half_bytes {
    /// The reflected polynomial.
    const POLYNOMIAL: u32 = 0xEDB8_8320;

    /// What four zero bits make of each remainder of four bits.
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut index = 0;
        while index < table.len() {
            let mut remainder = index as u32;
            let mut bit = 0;
            while bit < 4 {
                let taken = if remainder & 1 == 1 { POLYNOMIAL } else { 0 };
                remainder = remainder >> 1 ^ taken;
                bit += 1;
            }
            table[index] = remainder;
            index += 1;
        }
        table
    };

    /// The CRC of `bytes`.
    #[inline(never)]
    pub fn checksum(bytes: &[u8]) -> u32 {
        let mut remainder = !0;
        for &byte in bytes {
            remainder ^= u32::from(byte);
            for _ in 0..2 {
                remainder = TABLE[(remainder & 15) as usize] ^ remainder >> 4;
            }
        }
        !remainder
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{checksum, half_bytes};
    use crc::{CRC_32_ISO_HDLC, Crc};
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn it_is_the_catalogues(bytes: Vec<u8>) {
            let catalogue = Crc::<u32>::new(&CRC_32_ISO_HDLC);
            prop_assert_eq!(checksum(&bytes), catalogue.checksum(&bytes));
            prop_assert_eq!(half_bytes::checksum(&bytes), catalogue.checksum(&bytes));
        }
    }
}
