//! How an array's axes stand for a model's inputs.

/// Where a value of one input lies in an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `[C, H, W]`, or one axis of all values.
    ChannelsFirst,
    /// `[H, W, C]`.
    ChannelsLast,
}

/// What an array holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Inputs; an array of one input counts one.
    pub(super) count: usize,
    pub(super) order: Order,
}

impl Layout {
    /// What an array of `found` holds for a model with input `[C, H, W]`; `None` if it
    /// fits neither one input nor a stack of them.
    ///
    /// Axes of size one may be missing or too many.
    pub(super) fn of(found: &[usize], shape: [usize; 3]) -> Option<Self> {
        let one = |order| Layout { count: 1, order };
        if let Some(order) = order(found, shape) {
            return Some(one(order));
        }
        let (&count, rest) = found.split_first()?;
        let order = order(rest, shape)?;
        Some(Self { count, order })
    }
}

/// The order in which axes hold one input.
fn order(found: &[usize], [channels, height, width]: [usize; 3]) -> Option<Order> {
    let wide =
        |axes: &[usize]| -> Vec<usize> { axes.iter().copied().filter(|&axis| axis != 1).collect() };
    let found = wide(found);
    if found == wide(&[channels, height, width]) || found == wide(&[channels * height * width]) {
        Some(Order::ChannelsFirst)
    } else if found == wide(&[height, width, channels]) {
        Some(Order::ChannelsLast)
    } else {
        None
    }
}

/// The shapes that one input may have, for people.
pub(super) fn accepted([channels, height, width]: [usize; 3]) -> String {
    match [channels, height, width] {
        [1, 1, features] | [features, 1, 1] => format!("[{features}]"),
        [1, height, width] => format!("[{height}, {width}]"),
        _ => format!("[{channels}, {height}, {width}] (or [{height}, {width}, {channels}])"),
    }
}

/// Puts one input in the order `[C, H, W]`.
pub(super) fn channels_first(values: Vec<f32>, order: Order, shape: [usize; 3]) -> Vec<f32> {
    let [channels, height, width] = shape;
    match order {
        Order::ChannelsFirst => values,
        Order::ChannelsLast => {
            let pixels = height * width;
            (0..channels * pixels)
                .map(|at| values[at % pixels * channels + at / pixels])
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_and_single_inputs_are_told_apart() {
        let count = |found: &[usize], shape| Layout::of(found, shape).map(|layout| layout.count);
        assert_eq!(count(&[2, 3], [1, 2, 3]), Some(1));
        assert_eq!(count(&[4, 2, 3], [1, 2, 3]), Some(4));
        assert_eq!(count(&[4, 1, 2, 3], [1, 2, 3]), Some(4));
        assert_eq!(count(&[4, 2, 3, 1], [1, 2, 3]), Some(4));
        assert_eq!(count(&[3, 2, 3], [3, 2, 3]), Some(1));
        assert_eq!(count(&[1, 3, 2, 3], [3, 2, 3]), Some(1));
        assert_eq!(count(&[9, 6], [1, 2, 3]), Some(9));
        assert_eq!(count(&[40, 6], [6, 1, 1]), Some(40));
        assert_eq!(count(&[6], [1, 1, 6]), Some(1));
        assert_eq!(count(&[0, 2, 3], [1, 2, 3]), Some(0));
        for (found, shape) in [
            (&[2, 3][..], [3, 2, 3]),
            (&[7], [1, 2, 3]),
            (&[2, 2, 2, 3], [1, 2, 3]),
        ] {
            assert_eq!(count(found, shape), None, "{found:?} {shape:?}");
        }
    }

    #[test]
    fn channels_last_become_channels_first() {
        let shape = [3, 1, 2];
        let layout = Layout::of(&[5, 1, 2, 3], shape).unwrap();
        assert_eq!((layout.count, layout.order), (5, Order::ChannelsLast));
        let pixels = vec![1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
        assert_eq!(
            channels_first(pixels, layout.order, shape),
            [1.0, 10.0, 2.0, 20.0, 3.0, 30.0]
        );
    }
}
