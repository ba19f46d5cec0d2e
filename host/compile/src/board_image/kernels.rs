//! Which kernel each layer gets, and its weights in the order in which that reads them.

use super::weights::channels_last;
use crate::layout::core_window;
use crate::network::{Network, Op};
use cortexscope_core::image::Window;
use cortexscope_core::image::format::kernel;
use cortexscope_core::ops::conv2d::{polynomials, sums};

/// The kernel of layer `layer`, one of [`kernel`], and its words.
pub(super) fn packed(network: &Network, layer: usize) -> (u8, Vec<u32>) {
    if let Some(words) = polynomial_words(network, layer) {
        (kernel::POLYNOMIALS, words)
    } else if is_sum(network, layer) {
        (kernel::SUMS, Vec::new())
    } else {
        (kernel::GENERAL, Vec::new())
    }
}

/// Whether a layer is an average pool, or a convolution of equal weights that comes to the same.
/// Of neighbouring windows of 3×3 taps the kernel that turns columns is the faster.
fn is_sum(network: &Network, layer: usize) -> bool {
    let layer = &network.layers[layer];
    let Op::Conv {
        window,
        groups,
        weights,
        ..
    } = &layer.op
    else {
        return false;
    };
    let [channels, ..] = network.tensor(layer.inputs[0]).shape;
    let [outputs, _, width] = layer.output.shape;
    let window = core_window(window);
    let is_turned = [window.kernel_h, window.kernel_w, window.dilation_w] == [3, 3, 1] && width > 1;
    sums::suits(&window, [channels, outputs, *groups]) && sums::are_equal(weights) && !is_turned
}

/// The words of a convolution before a max-pool whose sums all fit; `None` for any other
/// layer.
pub(super) fn polynomial_words(network: &Network, layer: usize) -> Option<Vec<u32>> {
    let (window, pool) = pooled(network, layer)?;
    let Op::Conv {
        groups, weights, ..
    } = &network.layers[layer].op
    else {
        return None;
    };
    if !polynomials::suits(&window, *groups, &pool) {
        return None;
    }
    let source = network.tensor(network.layers[layer].inputs[0]);
    let [channels, ..] = source.shape;
    let order = [channels, window.kernel_h, window.kernel_w];
    let weights = channels_last(weights, order);
    let filters = weights.chunks_exact(order.iter().product());
    filters.clone().all(polynomials::fits).then(|| {
        filters
            .flat_map(|filter| polynomials::words(filter, &window, channels, source.zero))
            .collect()
    })
}

/// The windows of a convolution that nothing but the max-pool after it reads, and of that.
pub(super) fn pooled(network: &Network, layer: usize) -> Option<(Window, Window)> {
    let tensor = layer + 1;
    let readers = network.layers.iter();
    let readers = readers.filter(|other| other.inputs.contains(&tensor));
    let next = network.layers.get(layer + 1)?;
    match (&network.layers[layer].op, &next.op) {
        (Op::Conv { window, .. }, Op::MaxPool(pool))
            if next.inputs == [tensor] && readers.count() == 1 =>
        {
            Some((core_window(window), core_window(pool)))
        }
        _ => None,
    }
}
