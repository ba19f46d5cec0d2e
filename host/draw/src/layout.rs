//! How much room a picture has, and how maps are arranged in it.

use super::maps::ActivationMaps;

/// Space around the marks of a picture.
pub(super) const MARGIN_PX: u32 = 16;
const LARGEST_MAP_PX: usize = 140;

/// How much room a grid has and how large a value is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridLayout {
    /// Widest the picture may become, in pixels.
    pub max_width: u32,
    /// Side of the square that a value becomes. The same in every layer of a
    /// network, so that a 24×24 map looks twice a 12×12 one.
    pub px_per_value: u32,
}

impl GridLayout {
    /// One enlargement for all layers of a network: the largest map becomes
    /// about 140 pixels wide, and no value less than one pixel.
    pub fn for_network<'a>(
        layers: impl IntoIterator<Item = &'a ActivationMaps>,
        max_width: u32,
    ) -> Self {
        let largest = layers
            .into_iter()
            .map(|maps| maps.height.max(maps.width))
            .max();
        let px_per_value = LARGEST_MAP_PX / largest.unwrap_or(1).max(1);
        Self {
            max_width,
            px_per_value: px_per_value.clamp(1, 16) as u32,
        }
    }
}

/// At most `most` columns, fewer where that makes all rows equally long
/// without adding half as many rows again.
pub(super) fn balanced_columns(count: usize, most: usize) -> usize {
    let most = most.clamp(1, count);
    let rows = count.div_ceil(most);
    (rows..=rows + rows.div_ceil(2))
        .find(|rows| count.is_multiple_of(*rows))
        .map_or(count.div_ceil(rows), |rows| count / rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_equally_long_where_that_costs_little() {
        assert_eq!(balanced_columns(20, 10), 10);
        assert_eq!(balanced_columns(20, 9), 5);
        assert_eq!(balanced_columns(50, 22), 10);
        assert_eq!(balanced_columns(1, 8), 1);
        assert_eq!(balanced_columns(53, 20), 18);
        assert_eq!(balanced_columns(7, 0), 1);
    }
}
