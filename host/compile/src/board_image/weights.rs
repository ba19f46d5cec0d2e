//! From ONNX order, channels first, to kernel order, channels last.

/// `[O, I, KH, KW]` to `[O, KH, KW, I]`; a dense layer's `[O, C, H, W]` alike.
///
/// # Panics
/// If `weights` is not a whole number of `[I, KH, KW]`.
pub(super) fn channels_last(weights: &[i8], shape: [usize; 3]) -> Vec<i8> {
    let [channels, rows, columns] = shape;
    let plane = rows * columns;
    let filter = channels * plane;
    assert_eq!(
        weights.len() % filter.max(1),
        0,
        "weights come in whole filters"
    );
    weights
        .chunks_exact(filter.max(1))
        .flat_map(|filter| {
            (0..plane).flat_map(move |at| (0..channels).map(move |c| filter[c * plane + at]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_filters_of_two_channels() {
        let onnx = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16];
        let kernel = [1, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16];
        assert_eq!(channels_last(&onnx, [2, 1, 3]), kernel);
    }
}
