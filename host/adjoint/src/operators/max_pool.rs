//! Max-pooling that remembers where the greatest value was.

use tract_ndarray::Dimension;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cnn::PoolSpec;

use super::Scratch;
use super::pages::uninitialized;

mod across;

use across::Across;

/// Greatest value of each window, and its switch: where it lies in its channel's
/// plane, counted in memory order. Of equal values the first by rows is taken; a
/// window without any value has the switch 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchMaxPool {
    pool: PoolSpec,
    scratch: Scratch,
}

impl SwitchMaxPool {
    /// The windows of `pool`, channels before positions.
    pub fn new(pool: PoolSpec, scratch: Scratch) -> Self {
        Self { pool, scratch }
    }
}

impl Op for SwitchMaxPool {
    fn name(&self) -> StaticName {
        "SwitchMaxPool".into()
    }

    op_as_typed_op!();
}

/// What a comparison costs, in multiplications of a matrix product.
const COMPARISON: usize = 8;

/// Positions of one axis: where the window begins and how much of it is inside.
struct Reach {
    /// First position in the input, for each position of the window.
    start: Vec<usize>,
    /// Values inside the input from there, at the distance of the dilation.
    count: Vec<usize>,
}

fn reaches(pool: &PoolSpec, sizes: &[usize]) -> Vec<Reach> {
    let computed = pool.computed_padding(sizes);
    let axes = computed.iter().enumerate().map(|(axis, padding)| {
        let (stride, dilation) = (pool.stride(axis), pool.dilation(axis));
        let (kernel, before) = (pool.kernel_shape[axis], padding.pad_before);
        let mut reach = Reach {
            start: Vec::new(),
            count: Vec::new(),
        };
        for position in 0..padding.convoluted {
            let inside = (0..kernel)
                .map(|tap| position * stride + tap * dilation)
                .filter(|&at| at >= before && at < before + sizes[axis]);
            reach
                .start
                .push(inside.clone().next().map_or(0, |at| at - before));
            reach.count.push(inside.count());
        }
        reach
    });
    axes.collect()
}

impl EvalOp for SwitchMaxPool {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let shape = self.pool.data_format.shape(input.shape())?;
        let output_shape = self.pool.output_shape(input.shape())?;
        // SAFETY: each window has a value and a switch, and nobody reads one before.
        let mut values = unsafe { uninitialized::<f32>(&output_shape.shape)? };
        // SAFETY: as above.
        let mut switches = unsafe { uninitialized::<i32>(&output_shape.shape)? };
        {
            let input = input.try_as_plain_ram()?;
            let input = input.as_slice::<f32>()?;
            let mut values = values.try_as_plain_ram_mut()?;
            let mut switches = switches.try_as_plain_ram_mut()?;
            let values = values.as_slice_mut::<f32>()?;
            let switches = switches.as_slice_mut::<i32>()?;
            let plane: usize = shape.hw_dims().iter().product();
            let positions: usize = output_shape.hw_dims().iter().product();
            let reaches = reaches(&self.pool, shape.hw_dims());
            let threads = self.scratch.threads(self.multiplications(values.len()));
            let each = values
                .len()
                .div_ceil(positions.max(1))
                .div_ceil(threads)
                .max(1);
            let mut parts: Vec<_> = input
                .chunks((each * plane).max(1))
                .zip(values.chunks_mut((each * positions).max(1)))
                .zip(switches.chunks_mut((each * positions).max(1)))
                .collect();
            self.scratch.chunks(threads, &mut parts, 1, |_, part| {
                for ((input, values), switches) in part {
                    let planes = input.chunks_exact(plane.max(1));
                    let values = values.chunks_exact_mut(positions.max(1));
                    let switches = switches.chunks_exact_mut(positions.max(1));
                    for ((plane, values), switches) in planes.zip(values).zip(switches) {
                        self.pool(plane, shape.hw_dims(), &reaches, values, switches);
                    }
                }
            });
        }
        Ok(tvec!(values.into_tvalue(), switches.into_tvalue()))
    }
}

fn pool_plane(
    plane: &[f32],
    width: usize,
    [rows, columns]: [&Reach; 2],
    dilations: [usize; 2],
    values: &mut [f32],
    switches: &mut [i32],
) {
    let per_row = columns.start.len();
    let across = Across::of(plane, width, [rows, columns], dilations);
    let done = across.map_or(0..0, |across| across.pool(values, switches));
    for (row, (&top, &high)) in rows.start.iter().zip(&rows.count).enumerate() {
        for (column, (&left, &wide)) in columns.start.iter().zip(&columns.count).enumerate() {
            if high > 0 && done.contains(&column) {
                continue;
            }
            let first = top * width + left;
            // The first value is taken even if nothing is less.
            let mut best = if high * wide > 0 {
                (plane[first], first)
            } else {
                (f32::NEG_INFINITY, 0)
            };
            // Counted by hand: with little optimisation a `for` is a call for each value.
            let mut y = 0;
            while y < high {
                let mut x = 0;
                while x < wide {
                    let at = first + y * dilations[0] * width + x * dilations[1];
                    let value = plane[at];
                    // Without branches: which is greatest cannot be foreseen.
                    let is_greater = value > best.0;
                    best.0 = if is_greater { value } else { best.0 };
                    best.1 = if is_greater { at } else { best.1 };
                    x += 1;
                }
                y += 1;
            }
            values[row * per_row + column] = best.0;
            switches[row * per_row + column] = best.1 as i32;
        }
    }
}

impl SwitchMaxPool {
    /// How many multiplications take as long as pooling to this many values.
    fn multiplications(&self, values: usize) -> usize {
        values * self.pool.kernel_shape.iter().product::<usize>() * COMPARISON
    }

    fn pool(
        &self,
        plane: &[f32],
        sizes: &[usize],
        reaches: &[Reach],
        values: &mut [f32],
        switches: &mut [i32],
    ) {
        if let ([_, width], [rows, columns]) = (sizes, reaches) {
            let dilations = [self.pool.dilation(0), self.pool.dilation(1)];
            pool_plane(plane, *width, [rows, columns], dilations, values, switches);
        } else {
            self.pool_any(plane, sizes, reaches, values, switches);
        }
    }

    /// Any number of axes.
    fn pool_any(
        &self,
        plane: &[f32],
        sizes: &[usize],
        reaches: &[Reach],
        values: &mut [f32],
        switches: &mut [i32],
    ) {
        let positions: Vec<usize> = reaches.iter().map(|axis| axis.start.len()).collect();
        let places = tract_ndarray::indices(&*positions);
        for ((place, value), switch) in places.into_iter().zip(values).zip(switches) {
            let place = place.slice();
            let counts: Vec<usize> = reaches
                .iter()
                .zip(place)
                .map(|(axis, &at)| axis.count[at])
                .collect();
            let mut best = None;
            for tap in tract_ndarray::indices(&*counts) {
                let at = tap.slice().iter().enumerate().fold(0, |at, (axis, &tap)| {
                    let start = reaches[axis].start[place[axis]];
                    at * sizes[axis] + start + tap * self.pool.dilation(axis)
                });
                if best.is_none_or(|(greatest, _)| plane[at] > greatest) {
                    best = Some((plane[at], at));
                }
            }
            let (greatest, at) = best.unwrap_or((f32::NEG_INFINITY, 0));
            *value = greatest;
            *switch = at as i32;
        }
    }
}

impl TypedOp for SwitchMaxPool {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let values = self.pool.output_facts(inputs)?.remove(0);
        let switches = i32::fact(values.shape.clone());
        Ok(tvec!(values, switches))
    }
}

#[cfg(test)]
mod tests {
    use tract_onnx::tract_core::ops::cnn::PaddingSpec;
    use tract_onnx::tract_core::ops::nn::DataFormat;

    use super::*;

    /// Values and switches of each window of a plane, tap by tap as the definition says.
    fn slowly(
        pool: &PoolSpec,
        plane: &[f32],
        sizes: &[usize],
        before: &[usize],
        windows: &[usize],
    ) -> (Vec<f32>, Vec<i32>) {
        let places = tract_ndarray::indices(windows).into_iter().map(|window| {
            let mut best = (f32::NEG_INFINITY, None);
            for tap in tract_ndarray::indices(&*pool.kernel_shape) {
                let mut index = Some(0);
                for axis in 0..sizes.len() {
                    let at = window.slice()[axis] * pool.stride(axis)
                        + tap.slice()[axis] * pool.dilation(axis);
                    let inside = at.checked_sub(before[axis]).filter(|&at| at < sizes[axis]);
                    index = index
                        .zip(inside)
                        .map(|(index, at)| index * sizes[axis] + at);
                }
                if let Some(index) = index
                    && (best.1.is_none() || plane[index] > best.0)
                {
                    best = (plane[index], Some(index));
                }
            }
            (best.0, best.1.unwrap_or(0) as i32)
        });
        places.unzip()
    }

    #[test]
    fn windows_have_the_greatest_value_and_where_it_is() {
        type Case<'a> = (&'a [usize], &'a [usize], &'a [usize], &'a [usize], usize);
        let cases: [Case<'_>; 6] = [
            // Sizes, kernel, strides, dilations, padding on every side.
            (&[7, 6], &[2, 3], &[2, 1], &[1, 1], 1),
            (&[9, 8], &[3, 2], &[1, 2], &[2, 3], 0),
            (&[8, 9], &[2, 2], &[2, 2], &[3, 2], 2),
            // The outermost windows are in the padding alone.
            (&[3, 4], &[1, 2], &[1, 1], &[1, 1], 3),
            (&[9], &[3], &[2], &[2], 1),
            (&[4, 5, 6], &[2, 2, 3], &[1, 2, 1], &[2, 1, 2], 1),
        ];
        for (sizes, kernel, strides, dilations, padding) in cases {
            let padding: TVec<usize> = sizes.iter().map(|_| padding).collect();
            let pool = PoolSpec::new(
                DataFormat::NCHW,
                kernel.into(),
                PaddingSpec::Explicit(padding.clone(), padding.clone()),
                Some(dilations.into()),
                Some(strides.into()),
                2,
                2,
            );
            let plane: usize = sizes.iter().product();
            // Few values, so that there are ties; the second plane is all below zero.
            let numbers: Vec<f32> = (0..2 * plane)
                .map(|at| (at * 7 % 5) as f32 - if at < plane { 2.0 } else { 9.0 })
                .collect();
            let shape: TVec<usize> = [1, 2].iter().chain(sizes).copied().collect();
            let input = Tensor::from_shape(&shape, &numbers).unwrap();
            let op = SwitchMaxPool::new(pool.clone(), Scratch::new(1));
            let found = op
                .eval(&EvalContext::out_of_plan(), tvec!(input.into_tvalue()))
                .unwrap();
            let (values, switches): (Vec<_>, Vec<_>) = numbers
                .chunks(plane)
                .map(|part| slowly(&pool, part, sizes, &padding, &found[0].shape()[2..]))
                .unzip();
            let shape = found[0].shape();
            let values = Tensor::from_shape(shape, &values.concat()).unwrap();
            let switches = Tensor::from_shape(shape, &switches.concat()).unwrap();
            assert_eq!(*found[0], values, "{sizes:?} {kernel:?}");
            assert_eq!(*found[1], switches, "{sizes:?} {kernel:?}");
        }
    }
}
