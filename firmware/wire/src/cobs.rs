//! Consistent overhead byte stuffing, in place, for at most 254 bytes: so short
//! that the overhead is always one byte in front.
//!
//! Source: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", 1999.

/// Stuffs the bytes after the first of `frame`, at most 254; its first byte becomes
/// the code. Afterwards no byte of it is 0.
pub(crate) fn encode_in_place(frame: &mut [u8]) {
    debug_assert!(
        (1..=255).contains(&frame.len()),
        "one code byte and at most 254 others"
    );
    let Some((first, bytes)) = frame.split_first_mut() else {
        return;
    };
    // Going backwards, `code` is the distance to the zero, or to the end, behind.
    let mut code: u8 = 0;
    for byte in bytes.iter_mut().rev() {
        code = code.wrapping_add(1);
        if *byte == 0 {
            *byte = code;
            code = 0;
        }
    }
    *first = code.wrapping_add(1);
}

/// Undoes the stuffing of `frame`, code byte included and delimiter not; gives
/// the bytes, or nothing if a code points outside.
pub(crate) fn decode_in_place(frame: &mut [u8]) -> Option<&mut [u8]> {
    let (first, bytes) = frame.split_first_mut()?;
    // `code` more steps lead to the next stuffed zero, or to the end.
    let mut code = *first;
    for byte in bytes.iter_mut() {
        code = code.checked_sub(1)?;
        if code == 0 {
            code = core::mem::take(byte);
        }
    }
    (code == 1).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_encoding_is_that_of_the_cobs_crate(
            data in prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..=254),
        ) {
            let mut ours = [0; 255];
            let frame = &mut ours[..=data.len()];
            frame[1..].copy_from_slice(&data);
            encode_in_place(frame);
            let mut theirs = [0; 260];
            let length = cobs::encode(&data, &mut theirs);
            // A run of exactly 254 may be closed by one more code byte.
            prop_assert_eq!(&frame[..], &theirs[..length.min(frame.len())]);
            prop_assert_eq!(decode_in_place(frame), Some(&mut data.clone()[..]));
        }

        #[test]
        fn hostile_bytes_decode_to_nothing_or_to_what_encodes_to_them(
            data in prop::collection::vec(1..=u8::MAX, 0..=255),
        ) {
            let mut copy = data.clone();
            if let Some(bytes) = decode_in_place(&mut copy).map(|bytes| bytes.to_vec()) {
                let mut again = [&[0], &bytes[..]].concat();
                encode_in_place(&mut again);
                prop_assert_eq!(again, data);
            }
        }
    }
}
