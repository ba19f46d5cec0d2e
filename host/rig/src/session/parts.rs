//! Results that come in parts: each begins where the one before ended, and all
//! together are no more than can come.

use super::error::SessionError;

/// Adds `values`, which must begin where `to` ends, up to `most` in all; gives where
/// they begin. A part without values is refused: a board could send them for ever.
pub(super) fn append<T: Copy>(
    to: &mut Vec<T>,
    first: u32,
    values: &[T],
    what: &'static str,
    most: usize,
) -> Result<usize, SessionError> {
    let at = to.len();
    if first as usize != at {
        return Err(SessionError::Protocol(
            "a part does not begin where the part before it ended",
        ));
    }
    if values.is_empty() {
        return Err(SessionError::Protocol("a part has nothing in it"));
    }
    if values.len() > most.saturating_sub(at) {
        return Err(SessionError::TooMuch { what, most });
    }
    to.extend_from_slice(values);
    Ok(at)
}

/// Little-endian words.
pub(super) fn words<T>(
    bytes: &[u8],
    from_bytes: impl Fn([u8; 4]) -> T,
) -> Result<Vec<T>, SessionError> {
    match bytes.as_chunks() {
        (words, []) => Ok(words.iter().map(|&word| from_bytes(word)).collect()),
        _ => Err(SessionError::Protocol("a number is cut in two")),
    }
}

/// Little-endian numbers, none of them infinite and each one a number.
pub(super) fn finite(bytes: &[u8]) -> Result<Vec<f32>, SessionError> {
    let values = words(bytes, f32::from_le_bytes)?;
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(SessionError::Protocol("a logit is not a finite number"))
    }
}

/// Little-endian probabilities.
pub(super) fn probabilities(bytes: &[u8]) -> Result<Vec<f32>, SessionError> {
    let values = words(bytes, f32::from_le_bytes)?;
    for &value in &values {
        probability(value)?;
    }
    Ok(values)
}

/// `value`, if it can be a probability.
pub(super) fn probability(value: f32) -> Result<f32, SessionError> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(SessionError::Protocol("a probability is not from 0 to 1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_up_to_the_limit() {
        let mut all = Vec::new();
        assert_eq!(append(&mut all, 0, &[1, 2], "numbers", 3).unwrap(), 0);
        for (first, part) in [(1, &[3][..]), (3, &[3]), (2, &[])] {
            let error = append(&mut all, first, part, "numbers", 3).unwrap_err();
            assert!(matches!(error, SessionError::Protocol(_)), "{error:?}");
        }
        let error = append(&mut all, 2, &[3, 4], "numbers", 3).unwrap_err();
        assert!(matches!(error, SessionError::TooMuch { most: 3, .. }));
        assert_eq!(append(&mut all, 2, &[3], "numbers", 3).unwrap(), 2);
    }

    #[test]
    fn numbers_are_whole_finite_and_probable() {
        assert!(words(&[0; 7], i32::from_le_bytes).is_err());
        for wrong in [f32::NAN, f32::INFINITY, -0.1, 1.1] {
            assert!(probabilities(&wrong.to_le_bytes()).is_err(), "{wrong}");
        }
        assert!(finite(&f32::NAN.to_le_bytes()).is_err());
        assert_eq!(finite(&7.5_f32.to_le_bytes()).unwrap(), [7.5]);
    }
}
