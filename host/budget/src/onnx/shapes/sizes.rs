//! Sizes of tensors.

/// Most elements of a tensor, so that no sum of bytes over a graph overflows.
const MOST_ELEMENTS: usize = 0x7FFF_FFFF;

/// Elements of a tensor of `sizes`; `None` where there are none, or too many.
pub(super) fn elements(sizes: &[usize]) -> Option<usize> {
    let all = sizes
        .iter()
        .try_fold(1_usize, |all, &size| all.checked_mul(size));
    all.filter(|all| (1..=MOST_ELEMENTS).contains(all))
}

pub(super) fn beyond(shape: &[usize]) -> String {
    format!("an output of the sizes {shape:?}, which is empty or too large")
}

/// `[C, H, W]` of a map.
pub(super) fn square(sizes: &[usize]) -> Option<[usize; 3]> {
    <[usize; 3]>::try_from(sizes).ok()
}

/// `[C, H, W]` of a map or of features.
pub(super) fn three(sizes: &[usize]) -> Option<[usize; 3]> {
    match *sizes {
        [features] => Some([features, 1, 1]),
        _ => square(sizes),
    }
}

/// The sizes that `to` means for a tensor of `from`: 0 keeps one, −1 takes the rest.
pub(super) fn resolve(to: &[i64], from: &[usize]) -> Vec<usize> {
    let kept = to.iter().enumerate().map(|(at, &size)| match size {
        0 => from.get(at).copied().unwrap_or(1),
        size => usize::try_from(size).unwrap_or(1),
    });
    let mut sizes: Vec<usize> = kept.collect();
    if let Some(open) = to.iter().position(|&size| size == -1) {
        let all = |sizes: &[usize]| {
            sizes
                .iter()
                .fold(1_usize, |all, &size| all.saturating_mul(size))
        };
        sizes[open] = all(from) / all(&sizes).max(1);
    }
    sizes
}
