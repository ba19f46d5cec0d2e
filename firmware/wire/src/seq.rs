//! Sequence numbers that wrap at 2¹⁶.
//!
//! Comparisons hold while the numbers compared are less than 2¹⁵ apart, and a
//! send window is far smaller than that.

/// How far `to` lies after `from`, from 0 to 65,535.
pub const fn distance(from: u16, to: u16) -> u16 {
    to.wrapping_sub(from)
}

/// Whether `a` lies after `b`.
#[inline(never)]
pub const fn is_after(a: u16, b: u16) -> bool {
    a != b && distance(b, a) < 1 << 15
}

/// Whether resend round `a` lies after `b`. Rounds wrap at 2⁸.
pub const fn round_is_after(a: u8, b: u8) -> bool {
    a != b && a.wrapping_sub(b) < 1 << 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        assert!(is_after(0, u16::MAX));
        assert!(!is_after(u16::MAX, 0));
        assert!(!is_after(7, 7));
        assert!(round_is_after(1, 250));
        assert!(!round_is_after(250, 1));
        assert!(!round_is_after(9, 9));
        assert_eq!(distance(65_530, 4), 10);
    }
}
