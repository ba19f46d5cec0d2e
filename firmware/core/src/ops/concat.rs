//! Channels of several tensors, one after the other.

use crate::arena::copy;

/// Copies the pixels of one input, `channels` elements each, to where they
/// belong in pixels of `output_channels`: from `first_channel` on.
pub fn place(
    input: &[i8],
    channels: usize,
    first_channel: usize,
    output_channels: usize,
    output: &mut [i8],
) {
    let mut parts = input.chunks_exact(channels.max(1));
    for pixel in output.chunks_exact_mut(output_channels.max(1)) {
        let place = pixel.get_mut(first_channel..first_channel + channels);
        let (Some(part), Some(place)) = (parts.next(), place) else {
            return;
        };
        copy(part, place);
    }
}
