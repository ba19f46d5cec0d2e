//! Convolutions with small kernels and steps of one, with fewer multiplications: by
//! Winograd's minimal filtering.
//!
//! Tiles of 6 × 6 values are transformed, multiplied with transformed kernels and
//! transformed back to `M × M` outputs, where `M = 7 − R` for kernels `R × R`: 36
//! multiplications instead of `M² R²`, a quarter for 3 × 3. Across the channels the
//! products are matrix products, one for each of the 36. Source: A. Lavin and S. Gray,
//! "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
//!
//! The transforms cost accuracy: larger values cancel. The tests derive a bound.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

use super::conv_forward::convolve;
use super::phases::{Phases, Way, phased};
use super::{ConvGeometry, Scratch, zeros};

mod multiply;
mod strip;
#[cfg(test)]
mod tests;
mod transform;

use multiply::{PANEL, panels};
use strip::Strip;
use transform::{LANES, POINTS, of_kernel};

/// Products of two transformed values for each tile.
const PRODUCTS: usize = POINTS * POINTS;

/// Tiles that a thread works on at once where there are strips for all threads: what is read
/// and written stays in its core's own cache.
const TILES: usize = 2 * LANES;

/// Tiles that all threads work on at once elsewhere: enough for each weight that is read to be
/// worth reading.
const ALL_TILES: usize = 7 * LANES;

/// Strips for each thread, and strips at least, from which threads take whole ones.
const MANY: [usize; 2] = [2, 4];

/// Multiplications from which the transforms are worth setting up.
const WORTH_TAKING: usize = 1 << 20;

/// What the transform of a tile of one channel costs, in tiles of a pair of channels
/// that are multiplied: some 8 ns beside 0.5 ns, measured on one core of a Xeon.
const TRANSFORM: usize = 16;

/// From the input `[N, I, H, W]`, the transformed kernel `[G, 36, O / 8, I, 8]` of
/// [`Winograd::transformed`] and the bias, one number or `[O]`: the convolution
/// `[N, O, H', W']`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Winograd {
    geometry: ConvGeometry,
    scratch: Scratch,
}

impl Winograd {
    /// A convolution of these sizes, if it has fewer multiplications this way.
    pub fn if_worth(geometry: ConvGeometry, scratch: &Scratch) -> Option<Self> {
        Self::instead(geometry, geometry.multiplications(), scratch)
    }

    /// The derivative with respect to the input of a convolution of these sizes, which is
    /// a convolution of what arrived with the kernels turned round, if it has fewer
    /// multiplications this way.
    pub fn back_if_worth(geometry: ConvGeometry, scratch: &Scratch) -> Option<Self> {
        Self::instead(turned_round(geometry)?, geometry.multiplications(), scratch)
    }

    /// A convolution of these sizes with steps, by the phases of its input, if it has fewer
    /// multiplications this way. Its kernel is that of [`phased_kernel`](super::phased_kernel).
    pub fn phased_if_worth(geometry: ConvGeometry, scratch: &Scratch) -> Option<(Phases, Self)> {
        let phases = Phases::of(Way::Apart, geometry, scratch)?;
        let own = Self::instead(phased(geometry)?, geometry.multiplications(), scratch)?;
        Some((phases, own))
    }

    /// The derivative of such a convolution with respect to its input: that with respect to the
    /// phases, and what puts them together.
    pub fn phased_back_if_worth(
        geometry: ConvGeometry,
        scratch: &Scratch,
    ) -> Option<(Self, Phases)> {
        let phases = Phases::of(Way::Together, geometry, scratch)?;
        let back = turned_round(phased(geometry)?)?;
        let own = Self::instead(back, geometry.multiplications(), scratch)?;
        Some((own, phases))
    }

    /// A convolution of these sizes instead of so many multiplications.
    fn instead(geometry: ConvGeometry, direct: usize, scratch: &Scratch) -> Option<Self> {
        let ConvGeometry {
            inputs, outputs, ..
        } = geometry;
        let [rows, columns] = geometry.kernel;
        let is_plain = geometry.strides == [1, 1] && geometry.dilations == [1, 1];
        if !is_plain || rows != columns || !(2..POINTS).contains(&rows) {
            return None;
        }
        let count = tiles(&geometry).iter().product::<usize>();
        let pairs = inputs * outputs + TRANSFORM * (inputs + outputs);
        let multiplications = geometry.groups * PRODUCTS * count.next_multiple_of(LANES) * pairs;
        let is_worth = direct >= WORTH_TAKING && multiplications < direct;
        (is_worth && geometry.input_plane() > 0).then(|| Self {
            geometry,
            scratch: scratch.clone(),
        })
    }

    /// The kernel `[G · O, I, R, R]` transformed: `[G, 36, O / 8, I, 8]`, zeros where 8 do not
    /// divide `O`.
    ///
    /// # Errors
    /// The kernel is of another type or shape.
    pub fn transformed(&self, kernel: &Tensor) -> TractResult<Tensor> {
        let inputs = self.geometry.inputs;
        self.transform(kernel, |output, input| output * inputs + input, |tap| tap)
    }

    /// As [`Winograd::transformed`], from the kernel `[G · I, O, R, R]` of the convolution
    /// whose derivative this is.
    ///
    /// # Errors
    /// As [`Winograd::transformed`].
    pub fn transformed_back(&self, kernel: &Tensor) -> TractResult<Tensor> {
        let ConvGeometry {
            outputs,
            kernel: [side, _],
            ..
        } = self.geometry;
        let turned = |tap| side * side - 1 - tap;
        self.transform(kernel, |output, input| input * outputs + output, turned)
    }

    fn transform(
        &self,
        kernel: &Tensor,
        pair: impl Fn(usize, usize) -> usize,
        tap: impl Fn(usize) -> usize,
    ) -> TractResult<Tensor> {
        let ConvGeometry {
            inputs,
            outputs,
            groups,
            kernel: [side, _],
            ..
        } = self.geometry;
        let (taps, pairs) = (side * side, outputs * inputs);
        let kernel = kernel.try_as_plain_ram()?;
        let kernel = kernel.as_slice::<f32>()?;
        ensure!(kernel.len() == groups * pairs * taps);
        let panels = panels(outputs);
        let mut transformed = zeros(&[groups, PRODUCTS, panels, inputs, PANEL])?;
        {
            let mut transformed = transformed.try_as_plain_ram_mut()?;
            let transformed = transformed.as_slice_mut::<f32>()?;
            let per_product = panels * inputs * PANEL;
            let groups = kernel.chunks_exact((pairs * taps).max(1));
            let to = transformed.chunks_exact_mut((PRODUCTS * per_product).max(1));
            for (kernel, to) in groups.zip(to) {
                for (output, input) in (0..outputs).flat_map(|o| (0..inputs).map(move |i| (o, i))) {
                    let weights = &kernel[pair(output, input) * taps..][..taps];
                    let values = of_kernel(side, |y, x| f64::from(weights[tap(y * side + x)]));
                    let at = (output / PANEL * inputs + input) * PANEL + output % PANEL;
                    let to = to[at..].iter_mut().step_by(per_product);
                    let values = values.as_flattened().iter();
                    to.zip(values).for_each(|(to, &value)| *to = value as f32);
                }
            }
        }
        Ok(transformed)
    }

    /// One group of one image.
    fn group(&self, input: &[f32], kernel: &[f32], bias: &[f32], output: &mut [f32]) {
        let geometry = &self.geometry;
        let [rows, columns] = tiles(geometry);
        let threads = self.scratch.threads(geometry.multiplications());
        let low = rows.div_ceil((TILES / columns.max(1)).max(1));
        let are_many = low >= (MANY[0] * threads).max(MANY[1]);
        let (count, within, together) = if are_many {
            (low.next_multiple_of(threads).min(rows), 1, threads)
        } else {
            let high = ALL_TILES.div_ceil(columns.max(1));
            (rows.div_ceil(high), threads, 1)
        };
        // Where each strip begins: as many rows for each, give or take one.
        let top = |strip: usize| strip * rows / count;
        let mut strips =
            rows_of_strips(output, geometry, &(1..=count).map(top).collect::<Vec<_>>());
        self.scratch
            .chunks(together, &mut strips, 1, |strip, output| {
                let strip = Strip {
                    geometry,
                    scratch: &self.scratch,
                    threads: within,
                    rows: top(strip)..top(strip + 1),
                    columns,
                };
                self.scratch.with(strip.values(), |values| {
                    strip.read(input, values);
                    strip.write(values, kernel, bias, &mut output[0]);
                });
            });
    }
}

/// Of each strip, which ends at a row of tiles, the rows of each channel of the output.
fn rows_of_strips<'a>(
    output: &'a mut [f32],
    geometry: &ConvGeometry,
    ends: &[usize],
) -> Vec<Vec<&'a mut [f32]>> {
    let mut strips: Vec<Vec<&mut [f32]>> = Vec::new();
    strips.resize_with(ends.len(), Vec::new);
    for mut plane in output.chunks_exact_mut(geometry.output_plane()) {
        let mut begin = 0;
        for (strip, &end) in strips.iter_mut().zip(ends) {
            let length = (end - begin) * side(geometry) * geometry.output[1];
            let (rows, rest) = plane.split_at_mut(length.min(plane.len()));
            strip.push(rows);
            (plane, begin) = (rest, end);
        }
    }
    strips
}

/// Outputs along one side of a tile.
fn side(geometry: &ConvGeometry) -> usize {
    POINTS + 1 - geometry.kernel[0]
}

/// Rows and columns of tiles.
fn tiles(geometry: &ConvGeometry) -> [usize; 2] {
    geometry.output.map(|size| size.div_ceil(side(geometry)))
}

/// The convolution with turned kernels that leads back through one with steps of one,
/// if the padding is narrower than the kernel.
fn turned_round(geometry: ConvGeometry) -> Option<ConvGeometry> {
    let mut before = [0; 2];
    for (axis, before) in before.iter_mut().enumerate() {
        *before = geometry.kernel[axis].checked_sub(geometry.before[axis] + 1)?;
    }
    Some(ConvGeometry {
        input: geometry.output,
        output: geometry.input,
        inputs: geometry.outputs,
        outputs: geometry.inputs,
        before,
        ..geometry
    })
}

impl Op for Winograd {
    fn name(&self) -> StaticName {
        "Winograd".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Winograd {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let geometry = &self.geometry;
        convolve(geometry, inputs, |input, kernel, bias, output| {
            let inputs = input.chunks_exact(geometry.inputs * geometry.input_plane());
            let outputs = output.chunks_exact_mut(geometry.outputs * geometry.output_plane());
            let per_group = PRODUCTS * panels(geometry.outputs) * PANEL * geometry.inputs;
            assert!(kernel.len() == geometry.groups * per_group);
            let kernels = kernel.chunks_exact(per_group);
            let biases = bias.chunks(geometry.outputs);
            let groups = kernels.zip(biases.cycle()).cycle();
            for ((input, output), (kernel, bias)) in inputs.zip(outputs).zip(groups) {
                self.group(input, kernel, bias, output);
            }
        })
    }
}

impl TypedOp for Winograd {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let batch = inputs[0].shape.as_concrete().map_or(1, |shape| shape[0]);
        Ok(tvec!(f32::fact(&*self.geometry.output_shape(batch))))
    }
}
