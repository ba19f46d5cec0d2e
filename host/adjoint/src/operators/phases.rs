//! Convolutions with steps as convolutions with steps of one: what lies a step apart becomes a
//! channel of its own.
//!
//! With a step `s` the padded input's row `s Y + p` is row `Y` of phase `p`, and so are columns; tap
//! `s t + p` of the kernel is tap `t` of phase `p`. A channel becomes `s²` of them, and a kernel
//! `R × R` becomes one of `⌈R / s⌉ × ⌈R / s⌉`, with zeros where it ends early.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;

use super::pages::uninitialized;
use super::{ConvGeometry, Scratch, zeros};

/// The convolution with steps of one of the phases, if `geometry` has one step in both directions,
/// of more than one.
pub fn phased(geometry: ConvGeometry) -> Option<ConvGeometry> {
    let ([step, across], [rows, columns]) = (geometry.strides, geometry.kernel);
    let is_square = step == across && rows == columns;
    if !is_square || step < 2 || geometry.dilations != [1, 1] {
        return None;
    }
    let side = rows.div_ceil(step);
    Some(ConvGeometry {
        input: geometry.output.map(|size| size + side - 1),
        kernel: [side; 2],
        strides: [1; 2],
        before: [0; 2],
        inputs: geometry.inputs * step * step,
        ..geometry
    })
}

/// The kernel `[G · O, I, R, R]` of a convolution that has phases, for them: `[G · O, I · s², T, T]`.
///
/// # Errors
/// The kernel is of another type or shape.
pub fn phased_kernel(geometry: &ConvGeometry, kernel: &Tensor) -> TractResult<Tensor> {
    let (step, side) = (geometry.strides[0], geometry.kernel[0]);
    let taps = side.div_ceil(step);
    let outputs = geometry.groups * geometry.outputs;
    let mut phased = zeros(&[outputs, geometry.inputs * step * step, taps, taps])?;
    {
        let kernel = kernel.try_as_plain_ram()?;
        let kernel = kernel.as_slice::<f32>()?;
        ensure!(kernel.len() == outputs * geometry.taps());
        let mut phased = phased.try_as_plain_ram_mut()?;
        let phased = phased.as_slice_mut::<f32>()?;
        let pairs = kernel.chunks_exact(side * side);
        for (kernel, phased) in pairs.zip(phased.chunks_exact_mut(step * step * taps * taps)) {
            for (at, &weight) in kernel.iter().enumerate() {
                let (y, x) = (at / side, at % side);
                let phase = y % step * step + x % step;
                phased[phase * taps * taps + y / step * taps + x / step] = weight;
            }
        }
    }
    Ok(phased)
}

/// Which way values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the input `[N, G · I, H, W]` to its phases `[N, G · I · s², H', W']`.
    Apart,
    /// Back. What no phase has is zero.
    Together,
}

/// The phases of the input of a convolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phases {
    way: Way,
    /// Of the convolution that has steps.
    geometry: ConvGeometry,
    /// Rows and columns of a phase.
    sizes: [usize; 2],
    scratch: Scratch,
}

impl Phases {
    /// Phases of the input of a convolution, if it has any.
    pub fn of(way: Way, geometry: ConvGeometry, scratch: &Scratch) -> Option<Self> {
        let sizes = phased(geometry)?.input;
        Some(Self {
            way,
            geometry,
            sizes,
            scratch: scratch.clone(),
        })
    }

    /// Tells of every row of a channel's phases that lies in the input in part: its first number
    /// there among the phases', that in the input, and how many there are, a step apart.
    fn rows(&self, mut tell: impl FnMut(usize, usize, usize)) {
        let step = self.geometry.strides[0];
        let [height, width] = self.geometry.input;
        let [above, left] = self.geometry.before;
        let [rows, columns] = self.sizes;
        for phase in 0..step * step {
            let (down, across) = (phase / step, phase % step);
            let first = left.saturating_sub(across).div_ceil(step);
            let end = (width + left).saturating_sub(across).div_ceil(step);
            let count = end.min(columns).saturating_sub(first);
            for row in 0..rows {
                let y = (row * step + down).checked_sub(above);
                if let Some(y) = y.filter(|&y| y < height && count > 0) {
                    let from = y * width + first * step + across - left;
                    tell((phase * rows + row) * columns + first, from, count);
                }
            }
        }
    }

    fn apart(&self, plane: &[f32], phases: &mut [f32]) {
        let step = self.geometry.strides[0];
        phases.fill(0.0);
        self.rows(|to, from, count| {
            let (to, from) = (&mut phases[to..to + count], &plane[from..]);
            let mut at = 0;
            while at < count {
                to[at] = from[at * step];
                at += 1;
            }
        });
    }

    fn together(&self, phases: &[f32], plane: &mut [f32]) {
        let step = self.geometry.strides[0];
        plane.fill(0.0);
        self.rows(|from, to, count| {
            let (from, to) = (&phases[from..from + count], &mut plane[to..]);
            let mut at = 0;
            while at < count {
                to[at * step] = from[at];
                at += 1;
            }
        });
    }

    /// Channels and sizes of what comes out.
    fn image(&self) -> [usize; 3] {
        let ConvGeometry { groups, inputs, .. } = self.geometry;
        let step = self.geometry.strides[0];
        let ([height, width], channels) = match self.way {
            Way::Apart => (self.sizes, groups * inputs * step * step),
            Way::Together => (self.geometry.input, groups * inputs),
        };
        [channels, height, width]
    }

    fn shape(&self, batch: usize) -> TVec<usize> {
        let batch = self.geometry.has_batch.then_some(batch);
        batch.into_iter().chain(self.image()).collect()
    }
}

impl Op for Phases {
    fn name(&self) -> StaticName {
        "Phases".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Phases {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        // SAFETY: every plane is filled before anything else.
        let mut output = unsafe { uninitialized::<f32>(&self.shape(input.shape()[0]))? };
        {
            let input = input.try_as_plain_ram()?;
            let input = input.as_slice::<f32>()?;
            let mut output = output.try_as_plain_ram_mut()?;
            let output = output.as_slice_mut::<f32>()?;
            let step = self.geometry.strides[0];
            let plane = self.geometry.input_plane();
            let phases = step * step * self.sizes[0] * self.sizes[1];
            let (from, to) = match self.way {
                Way::Apart => (plane, phases),
                Way::Together => (phases, plane),
            };
            ensure!(from > 0 && to > 0 && input.len() / from == output.len() / to);
            let threads = self.scratch.threads(output.len() * MOVED);
            self.scratch.chunks(threads, output, to, |channel, output| {
                let input = &input[channel * from..][..from];
                match self.way {
                    Way::Apart => self.apart(input, output),
                    Way::Together => self.together(input, output),
                }
            });
        }
        Ok(tvec!(output.into_tvalue()))
    }
}

/// What a number that is moved costs, in multiplications of a matrix product.
const MOVED: usize = 8;

impl TypedOp for Phases {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let batch = inputs[0].shape.as_concrete().map_or(1, |shape| shape[0]);
        Ok(tvec!(f32::fact(&*self.shape(batch))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(step: usize, before: [usize; 2], input: [usize; 2]) -> ConvGeometry {
        let kernel = [7; 2];
        let size = |axis: usize| (input[axis] + before[axis] + 2 - kernel[axis]) / step + 1;
        ConvGeometry {
            input,
            output: [size(0), size(1)],
            kernel,
            strides: [step; 2],
            dilations: [1; 2],
            before,
            groups: 1,
            inputs: 2,
            outputs: 1,
            has_batch: true,
        }
    }

    /// The convolution, term by term, of whole numbers.
    fn convolved(geometry: &ConvGeometry, input: &[f32], kernel: &[f32]) -> Vec<f32> {
        let ([rows, columns], side) = (geometry.output, geometry.kernel[0]);
        let mut sums = Vec::new();
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            let mut sum = 0.0;
            for (at, weight) in kernel.iter().enumerate() {
                let (channel, tap) = (at / (side * side), at % (side * side));
                let place = |axis: usize, at: usize, tap: usize| {
                    let past = at * geometry.strides[axis] + tap;
                    let place = past.checked_sub(geometry.before[axis]);
                    place.filter(|&place| place < geometry.input[axis])
                };
                if let Some((y, x)) = place(0, y, tap / side).zip(place(1, x, tap % side)) {
                    let row = channel * geometry.input[0] + y;
                    sum += weight * input[row * geometry.input[1] + x];
                }
            }
            sums.push(sum);
        }
        sums
    }

    fn numbers(count: usize, step: usize) -> Vec<f32> {
        (0..count).map(|at| (at * step % 17) as f32 - 8.0).collect()
    }

    #[test]
    fn the_phases_have_the_same_convolution() {
        for (step, before, input) in [
            (2, [0, 3], [15, 16]),
            (3, [1, 2], [16, 13]),
            (4, [3, 0], [17, 20]),
        ] {
            let geometry = geometry(step, before, input);
            let ones = phased(geometry).unwrap();
            let values = numbers(2 * geometry.input_plane(), 31);
            let kernel = numbers(geometry.taps(), 37);
            let of = |shape: &[usize], values: &[f32]| Tensor::from_shape(shape, values).unwrap();
            let apart = Phases::of(Way::Apart, geometry, &Scratch::new(1)).unwrap();
            let context = EvalContext::out_of_plan();
            let image = of(&[1, 2, input[0], input[1]], &values).into_tvalue();
            let phases = apart.eval(&context, tvec![image]).unwrap().remove(0);
            let kernel_of_phases = phased_kernel(&geometry, &of(&[1, 2, 7, 7], &kernel)).unwrap();
            let slice = |tensor: &Tensor| -> Vec<f32> {
                let plain = tensor.try_as_plain_ram().unwrap();
                plain.as_slice::<f32>().unwrap().to_vec()
            };
            assert_eq!(
                convolved(&ones, &slice(&phases), &slice(&kernel_of_phases)),
                convolved(&geometry, &values, &kernel),
                "{geometry:?}"
            );
            // Together again: what no window reads is lost, the rest is as it was.
            let back = Phases::of(Way::Together, geometry, &Scratch::new(1)).unwrap();
            let back = slice(&back.eval(&context, tvec![phases]).unwrap()[0]);
            let reach = |axis: usize| (ones.input[axis] * step).saturating_sub(before[axis]);
            for (at, (have, want)) in back.iter().zip(&values).enumerate() {
                let (y, x) = (at / input[1] % input[0], at % input[1]);
                let is_read = y < reach(0) && x < reach(1);
                assert_eq!(
                    *have,
                    if is_read { *want } else { 0.0 },
                    "{geometry:?} {at}"
                );
            }
        }
    }

    #[test]
    fn convolutions_without_one_step_have_no_phases() {
        let with = geometry(2, [1, 1], [15, 15]);
        assert!(phased(with).is_some());
        for other in [
            ConvGeometry {
                strides: [1, 1],
                ..with
            },
            ConvGeometry {
                strides: [2, 3],
                ..with
            },
            ConvGeometry {
                kernel: [7, 5],
                ..with
            },
            ConvGeometry {
                dilations: [2, 2],
                ..with
            },
        ] {
            assert!(phased(other).is_none(), "{other:?}");
        }
    }
}
