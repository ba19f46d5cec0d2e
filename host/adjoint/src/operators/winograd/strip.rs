//! Some rows of tiles, from the input to the output.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::multiply::{CHANNELS, PANEL, Values, multiply, panels};
use super::transform::{LANES, POINTS, QUAD, of_values, to_outputs, together};
use super::{ConvGeometry, PRODUCTS, Scratch, side};

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

    /// Numbers that [`Strip::read`] writes.
    pub fn values(&self) -> usize {
        self.geometry.inputs.next_multiple_of(CHANNELS) * PRODUCTS * self.tiles()
    }

    /// Tiles of the input, transformed: `[I / 8, tiles / 16, 36, 8, 16]`.
    pub fn read(&self, input: &[f32], values: &mut [f32]) {
        let geometry = self.geometry;
        let side = side(geometry);
        let wide = self.columns * side + geometry.kernel[1] - 1;
        let high = self.rows.len() * side + geometry.kernel[0] - 1;
        let places = self.places(wide);
        let plane = geometry.input_plane();
        let groups = geometry.inputs.div_ceil(CHANNELS).div_ceil(self.threads);
        let length = groups * CHANNELS * PRODUCTS * self.tiles();
        self.scratch
            .chunks(self.threads, values, length, |part, values| {
                let planes = &input[part * groups * CHANNELS * plane..];
                self.scratch.with(high * wide, |padded| {
                    pulp::Arch::new().dispatch(There {
                        geometry,
                        first: self.rows.start * side,
                        wide,
                        places: &places,
                        planes,
                        padded,
                        values,
                    });
                });
            });
    }

    /// The output's rows, those of each channel, from the transformed tiles, some channels at
    /// a time: their products are still in a core's own cache when they are transformed back.
    pub fn write(&self, values: &[f32], kernel: &[f32], bias: &[f32], output: &mut [&mut [f32]]) {
        let per_panel = PRODUCTS * PANEL * self.tiles();
        let fitting = (CACHED / per_panel).max(1);
        let each = panels(output.len()).div_ceil(self.threads);
        let each = each.div_ceil(each.div_ceil(fitting));
        self.scratch
            .chunks(self.threads, output, each * PANEL, |part, output| {
                let count = panels(output.len());
                self.scratch.with(count * per_panel, |products| {
                    pulp::Arch::new().dispatch(Back {
                        strip: self,
                        values,
                        kernel,
                        panels: part * each..part * each + count,
                        bias: |channel| bias[(part * each * PANEL + channel) % bias.len()],
                        products,
                        output,
                    });
                });
            });
    }

    /// The products of some channels, transformed back, where their tiles lie.
    #[inline(always)]
    fn transform_back<S: Simd, const M: usize>(
        &self,
        simd: S,
        products: &[f32],
        bias: impl Fn(usize) -> f32,
        output: &mut [&mut [f32]],
    ) {
        let (products, _) = S::as_simd_f32s(products);
        let vectors = self.tiles() / S::F32_LANES;
        let per_product = products.len() / PRODUCTS;
        let mut square = [[simd.splat_f32s(0.0); POINTS]; POINTS];
        for (channel, rows) in output.iter_mut().enumerate() {
            let bias = simd.splat_f32s(bias(channel));
            for vector in 0..self.count().div_ceil(S::F32_LANES) {
                let at = channel * vectors + vector;
                let mut product = 0;
                while product < PRODUCTS {
                    square[product / POINTS][product % POINTS] =
                        products[product * per_product + at];
                    product += 1;
                }
                to_outputs::<S, M>(simd, &mut square);
                let mut y = 0;
                while y < M {
                    let mut x = 0;
                    while x < M {
                        square[y][x] = simd.add_f32s(square[y][x], bias);
                        x += 1;
                    }
                    self.place::<S, M>(simd, vector * S::F32_LANES, y, &square[y], rows);
                    y += 1;
                }
            }
        }
    }

    /// Puts row `y` of the tiles from `first` on where it belongs.
    #[inline(always)]
    fn place<S: Simd, const M: usize>(
        &self,
        simd: S,
        first: usize,
        y: usize,
        line: &[S::f32s; POINTS],
        rows: &mut [f32],
    ) {
        let width = self.geometry.output[1];
        let quads = together(simd, [line[0], line[1], line[2], line[3]]);
        // Only kernels of two taps have a fifth.
        let fifth = together(simd, [line[4]; QUAD]);
        let (mut row, mut column) = (first / self.columns * M + y, first % self.columns);
        let count = S::F32_LANES.min(self.count() - first);
        let mut lane = 0;
        while lane < count {
            let at = row * width + column * M;
            if at >= rows.len() {
                break;
            }
            let mut piece = [0.0; M];
            let mut x = 0;
            while x < M {
                piece[x] = if x < QUAD {
                    quads[lane][x]
                } else {
                    fifth[lane][0]
                };
                x += 1;
            }
            let within = M.min(width - column * M);
            if within == M {
                rows[at..at + M].copy_from_slice(&piece);
            } else {
                rows[at..at + within].copy_from_slice(&piece[..within]);
            }
            lane += 1;
            column += 1;
            if column == self.columns {
                (row, column) = (row + M, 0);
            }
        }
    }
}

/// The way there of some channels of the input. What the processor has decides how it is compiled:
/// only what is always inlined is compiled so.
struct There<'a> {
    geometry: &'a ConvGeometry,
    /// The first output row.
    first: usize,
    /// From a padded row to the next.
    wide: usize,
    places: &'a [usize],
    /// From the first channel on.
    planes: &'a [f32],
    padded: &'a mut [f32],
    /// Of each 8 channels, of each block of tiles.
    values: &'a mut [f32],
}

impl WithSimd for There<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        const LINE: usize = CHANNELS * LANES;
        let blocks = self.places.len() / LANES;
        let planes = self.planes.chunks_exact(self.geometry.input_plane());
        let mut pieces = [[[[0.0; QUAD]; LANES]; 2]; POINTS];
        for (channel, plane) in planes.enumerate() {
            let group = channel / CHANNELS * blocks;
            if group * PRODUCTS * LINE >= self.values.len() {
                break;
            }
            pad(self.geometry, self.first, plane, self.wide, self.padded);
            let mut tile = 0;
            while tile < self.places.len() {
                let places = &self.places[tile..];
                let square = of_values(simd, self.padded, self.wide, places, &mut pieces);
                let block = group + tile / LANES;
                let at = channel % CHANNELS * LANES + tile % LANES;
                let values = &mut self.values[block * PRODUCTS * LINE..][..PRODUCTS * LINE];
                let mut product = 0;
                while product < PRODUCTS {
                    let to = &mut values[product * LINE + at..][..S::F32_LANES];
                    S::as_mut_simd_f32s(to).0[0] = square[product / POINTS][product % POINTS];
                    product += 1;
                }
                tile += S::F32_LANES;
            }
        }
    }
}

/// The way back of some panels of the output, compiled as the way there is.
struct Back<'a, 'p, B> {
    strip: &'a Strip<'a>,
    values: &'a [f32],
    /// `[36, panels, I, 8]`.
    kernel: &'a [f32],
    panels: Range<usize>,
    bias: B,
    /// `[36, panels · 8, tiles]`.
    products: &'a mut [f32],
    /// The rows of each channel.
    output: &'a mut [&'p mut [f32]],
}

impl<B: Fn(usize) -> f32> WithSimd for Back<'_, '_, B> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (strip, products, output) = (self.strip, self.products, self.output);
        let inputs = strip.geometry.inputs;
        let each = inputs * PANEL;
        let panels = self.panels.start * each..self.panels.end * each;
        let kernels = self.kernel.chunks_exact(self.kernel.len() / PRODUCTS);
        let sums = products.chunks_exact_mut(products.len() / PRODUCTS);
        let values = Values {
            inputs,
            blocks: strip.tiles() / LANES,
            numbers: self.values,
        };
        for (product, (kernels, sums)) in kernels.zip(sums).enumerate() {
            multiply(simd, values, product, &kernels[panels.clone()], sums);
        }
        match side(strip.geometry) {
            2 => strip.transform_back::<S, 2>(simd, products, self.bias, output),
            3 => strip.transform_back::<S, 3>(simd, products, self.bias, output),
            4 => strip.transform_back::<S, 4>(simd, products, self.bias, output),
            _ => strip.transform_back::<S, 5>(simd, products, self.bias, output),
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
