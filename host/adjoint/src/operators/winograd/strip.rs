//! Some rows of tiles, from the input to the output.

use std::ops::Range;

use super::transform::{LANES, Lanes, POINTS, of_values, to_outputs};
use super::{ConvGeometry, PRODUCTS, Scratch, side};
use crate::matrix::{Matrix, product};

/// Numbers of the products that are worked on at once: what stays in a core's own cache.
const CACHED: usize = 1 << 17;

/// Rows of tiles of one group of channels of one image.
pub struct Strip<'a> {
    pub geometry: &'a ConvGeometry,
    pub scratch: &'a Scratch,
    pub threads: usize,
    /// Rows of tiles.
    pub rows: Range<usize>,
    /// Tiles of a row.
    pub columns: usize,
}

impl Strip<'_> {
    /// Tiles with those that fill up the lanes.
    pub fn tiles(&self) -> usize {
        self.count().next_multiple_of(LANES)
    }

    fn count(&self) -> usize {
        self.rows.len() * self.columns
    }

    /// Where each tile begins in rows `wide` apart; what fills up the lanes repeats the
    /// last one.
    fn places(&self, wide: usize) -> Vec<usize> {
        let side = side(self.geometry);
        let place = |tile: usize| {
            let tile = tile.min(self.count() - 1);
            (tile / self.columns * wide + tile % self.columns) * side
        };
        (0..self.tiles()).map(place).collect()
    }

    /// Tiles of the input, transformed: `[36, I, tiles]`.
    pub fn read(&self, input: &[f32], values: &mut [f32]) {
        let geometry = self.geometry;
        let (side, tiles) = (side(geometry), self.tiles());
        let wide = self.columns * side + geometry.kernel[1] - 1;
        let high = self.rows.len() * side + geometry.kernel[0] - 1;
        let first = self.rows.start * side;
        let places = self.places(wide);
        let channels = geometry.inputs.div_ceil(self.threads);
        // For each thread its channels of each product.
        let mut parts: Vec<Vec<&mut [f32]>> = Vec::new();
        parts.resize_with(geometry.inputs.div_ceil(channels), Vec::new);
        for product in values.chunks_exact_mut(geometry.inputs * tiles) {
            let own = product.chunks_mut(channels * tiles);
            parts
                .iter_mut()
                .zip(own)
                .for_each(|(part, own)| part.push(own));
        }
        let plane = geometry.input_plane();
        self.scratch
            .chunks(self.threads, &mut parts, 1, |part, products| {
                let products = &mut products[0];
                let planes = input[part * channels * plane..].chunks_exact(plane);
                let planes = planes.take(channels).enumerate();
                self.scratch.with(high * wide, |padded| {
                    pulp::Arch::new().dispatch(There {
                        geometry,
                        first,
                        wide,
                        places: &places,
                        planes,
                        padded,
                        products,
                    });
                });
            });
    }

    /// The output's rows from the transformed tiles, some channels at a time: their
    /// products are still in a core's own cache when they are transformed back.
    pub fn write(&self, values: &[f32], kernel: &[f32], bias: &[f32], output: &mut [f32]) {
        let geometry = self.geometry;
        let fitting = (CACHED / (PRODUCTS * self.tiles())).max(1);
        let each = geometry.outputs.div_ceil(self.threads);
        let channels = each.div_ceil(each.div_ceil(fitting));
        let length = channels * geometry.output_plane();
        self.scratch
            .chunks(self.threads, output, length, |part, output| {
                let first = part * channels;
                let channels = first..(first + channels).min(geometry.outputs);
                let products = PRODUCTS * channels.len() * self.tiles();
                self.scratch.with(products, |products| {
                    self.multiply(values, kernel, channels, products);
                    let bias = |channel: usize| bias[(first + channel) % bias.len()];
                    pulp::Arch::new().dispatch(Back {
                        strip: self,
                        products,
                        bias,
                        output,
                    });
                });
            });
    }

    /// For each of the products the matrix product across the channels, for some output
    /// channels: `[36, channels, tiles]`.
    fn multiply(
        &self,
        values: &[f32],
        kernel: &[f32],
        channels: Range<usize>,
        products: &mut [f32],
    ) {
        let ConvGeometry {
            inputs, outputs, ..
        } = *self.geometry;
        let tiles = self.tiles();
        let values = values.chunks_exact(inputs * tiles);
        let kernels = kernel.chunks_exact(outputs * inputs);
        let products = products.chunks_exact_mut(channels.len() * tiles);
        for ((values, kernel), into) in values.zip(kernels).zip(products) {
            let values = Matrix {
                numbers: values,
                sizes: [tiles, inputs],
                strides: [1, tiles],
            };
            let kernel = Matrix {
                numbers: &kernel[channels.start * inputs..],
                sizes: [inputs, channels.len()],
                strides: [1, inputs],
            };
            product(into, [1, tiles], false, values, kernel);
        }
    }

    /// The products of some channels, transformed back, where their tiles lie.
    #[inline(always)]
    fn transform_back<const M: usize>(
        &self,
        products: &[f32],
        bias: impl Fn(usize) -> f32,
        output: &mut [f32],
    ) {
        let [height, width] = self.geometry.output;
        let tiles = self.tiles();
        let per_product = products.len() / PRODUCTS;
        let mut square = [[Lanes::ZERO; POINTS]; POINTS];
        let planes = output.chunks_exact_mut(height * width);
        for (channel, plane) in planes.enumerate() {
            let bias = bias(channel);
            for block in (0..self.count()).step_by(LANES) {
                let at = channel * tiles + block;
                let lanes = square.as_flattened_mut().iter_mut();
                for (lanes, products) in lanes.zip(products.chunks_exact(per_product)) {
                    lanes.0.copy_from_slice(&products[at..at + LANES]);
                }
                to_outputs::<M>(&mut square);
                for lane in 0..LANES.min(self.count() - block) {
                    let tile = self.rows.start * self.columns + block + lane;
                    let (y, x) = (tile / self.columns * M, tile % self.columns * M);
                    let within = M.min(width - x);
                    for (y, from) in (y..height).zip(&square[..M]) {
                        let to = &mut plane[y * width + x..][..within];
                        let mut at = 0;
                        while at < within {
                            to[at] = from[at].0[lane] + bias;
                            at += 1;
                        }
                    }
                }
            }
        }
    }
}

/// The way there of some channels of the input. What the processor has decides how it is compiled:
/// only what is always inlined is compiled so.
struct There<'a, 'p, P> {
    geometry: &'a ConvGeometry,
    /// The first output row.
    first: usize,
    /// From a padded row to the next.
    wide: usize,
    places: &'a [usize],
    /// Each channel's place and its values.
    planes: P,
    padded: &'a mut [f32],
    products: &'a mut [&'p mut [f32]],
}

impl<'p, P: Iterator<Item = (usize, &'p [f32])>> pulp::NullaryFnOnce for There<'_, '_, P> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut square = [[Lanes::ZERO; POINTS]; POINTS];
        for (channel, plane) in self.planes {
            pad(self.geometry, self.first, plane, self.wide, self.padded);
            for (block, places) in self.places.as_chunks().0.iter().enumerate() {
                of_values(self.padded, self.wide, places, &mut square);
                let at = channel * self.places.len() + block * LANES;
                let lanes = square.as_flattened().iter();
                for (to, lanes) in self.products.iter_mut().zip(lanes) {
                    to[at..at + LANES].copy_from_slice(&lanes.0);
                }
            }
        }
    }
}

/// The way back of some channels of the output, compiled as the way there is.
struct Back<'a, B> {
    strip: &'a Strip<'a>,
    products: &'a [f32],
    bias: B,
    output: &'a mut [f32],
}

impl<B: Fn(usize) -> f32> pulp::NullaryFnOnce for Back<'_, B> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (strip, products, output) = (self.strip, self.products, self.output);
        match side(strip.geometry) {
            2 => strip.transform_back::<2>(products, self.bias, output),
            3 => strip.transform_back::<3>(products, self.bias, output),
            4 => strip.transform_back::<4>(products, self.bias, output),
            _ => strip.transform_back::<5>(products, self.bias, output),
        }
    }
}

/// The rows of an input that tiles from output row `first` on read, `wide` values each,
/// with zeros outside.
#[inline(always)]
fn pad(geometry: &ConvGeometry, first: usize, plane: &[f32], wide: usize, padded: &mut [f32]) {
    let [height, width] = geometry.input;
    let [above, left] = geometry.before;
    let within = width.min(wide.saturating_sub(left));
    for (y, to) in padded.chunks_exact_mut(wide).enumerate() {
        let row = (first + y).checked_sub(above).filter(|&row| row < height);
        let Some(row) = row else {
            to.fill(0.0);
            continue;
        };
        to[..left].fill(0.0);
        to[left..left + within].copy_from_slice(&plane[row * width..][..within]);
        to[left + within..].fill(0.0);
    }
}
