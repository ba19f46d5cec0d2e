//! Grey from colours.

/// The luma of ITU-R BT.601, `0.299 R + 0.587 G + 0.114 B`, rounded: the grey of PIL,
/// OpenCV and most data sets.
pub const fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let weighted = 299 * red as u32 + 587 * green as u32 + 114 * blue as u32;
    ((weighted + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::luma;

    #[test]
    fn primaries_weigh_as_in_bt_601() {
        let primaries = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3]];
        assert_eq!(primaries.map(luma), [76, 150, 29, 255]);
        for level in 0..=255 {
            assert_eq!(luma([level; 3]), level);
        }
    }
}
