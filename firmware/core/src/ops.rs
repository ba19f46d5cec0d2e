//! The kernels. The unit is a run of output pixels in one row, so that whole
//! layers, fused rows and the patches of an occlusion use the same code.
//!
//! Each operator's module walks over rows, pixels and channels. What it does
//! most of the time, sums of products and maxima, comes from one of three modules
//! with the same functions, chosen when the crate is built:
//!
//! | module | for |
//! |---|---|
//! | `dsp` | Cortex-M cores with the DSP extension: two products an instruction |
//! | `thumb1` | Cortex-M cores of ARMv6-M: one byte and one product an instruction |
//! | `portable` | everything else: small cores, and hosts, whose compilers vectorise it |
//!
//! All give the same bytes and need the same scratch.

pub mod add;
pub mod concat;
pub mod conv2d;
pub mod dense;
pub mod depth_to_space;
mod input;
pub mod lookup;
pub mod max_pool;
pub mod mul;
mod operands;
mod output;
mod packed;
mod pair;
#[cfg_attr(
    thumb1,
    allow(dead_code, reason = "`conv2d::bytes` computes these layers there")
)]
mod polynomial;
pub mod requantize;

#[cfg(any(dsp, test))]
mod dsp;
#[cfg(any(not(dsp), test))]
#[cfg_attr(thumb1, allow(dead_code, reason = "`thumb1` takes a part of it"))]
mod portable;
#[cfg(test)]
mod reference_kernels;
#[cfg(any(thumb1, test))]
mod thumb1;

#[cfg(dsp)]
use dsp as kernels;
#[cfg(not(any(dsp, thumb1)))]
use portable as kernels;
#[cfg(thumb1)]
use thumb1 as kernels;

pub use input::InputRows;
pub use output::Output;

use crate::arena::copy;
use crate::image::{MaxPool, Op};
use core::ops::Range;

/// Bytes of arena that the kernel of `op` needs beside its input and its output:
/// a multiple of 4, on a word boundary. A whole layer writes to every one of them.
pub fn scratch_bytes(op: &Op<'_>) -> usize {
    match op {
        Op::Conv2d(conv) => conv2d::needed_scratch_bytes(conv),
        Op::Dense(_)
        | Op::MaxPool(_)
        | Op::Lookup(_)
        | Op::Concat
        | Op::Add(_)
        | Op::Mul(_)
        | Op::DepthToSpace(_) => 0,
    }
}

/// Bytes of scratch of a step that makes rows of `op`, of `row_bytes` each, and pools them
/// by `pool`: a multiple of 4. The row buffer after the scratch serves both ways of
/// computing that the step may have.
pub fn fused_scratch_bytes(op: &Op<'_>, row_bytes: usize, pool: &MaxPool) -> usize {
    let rows = scratch_bytes(op);
    let Op::Conv2d(conv) = op else {
        return rows;
    };
    let polynomials = conv2d::polynomials::needs(conv, pool);
    fused(rows, row_bytes, polynomials)
}

/// The same, from what rows need and what polynomials do.
pub fn fused(rows: usize, row_bytes: usize, polynomials: usize) -> usize {
    rows.max(polynomials.saturating_sub(row_bytes).next_multiple_of(4))
}

/// Output pixels `columns` of row `y` of a layer that slides a window; `None` for any
/// other. `scratch` has [`scratch_bytes`] at least.
pub(crate) fn slide(
    op: &Op<'_>,
    input: InputRows<'_>,
    y: usize,
    columns: Range<usize>,
    scratch: &mut [u32],
    output: Output<'_>,
) -> Option<()> {
    match (op, output) {
        (Op::Conv2d(conv), output) => conv2d::row(conv, input, y, columns, scratch, output),
        (Op::MaxPool(pool), Output::Int8(output)) => {
            max_pool::row(pool, input, y, columns, output);
        }
        (Op::DepthToSpace(map), Output::Int8(output)) => {
            depth_to_space::row(map, input, y, output);
        }
        _ => return None,
    }
    Some(())
}

/// Elements of a layer that combines two tensors one by one; `None` for any other.
pub(crate) fn combine(op: &Op<'_>, [a, b]: [&[i8]; 2], y: &mut [i8]) -> Option<()> {
    match op {
        Op::Add(sum) => add::apply(sum, a, b, y),
        Op::Mul(product) => mul::apply(product, a, b, y),
        _ => return None,
    }
    Some(())
}

/// Elements that are combined at once where one operand makes room for the output.
const PART: usize = 32;

/// The same with the first operand where the output goes.
pub(crate) fn combine_with(op: &Op<'_>, b: &[i8], a_and_y: &mut [i8]) -> Option<()> {
    let mut a = [0; PART];
    for (y, b) in a_and_y.chunks_mut(PART).zip(b.chunks(PART)) {
        copy(y, &mut a);
        combine(op, [&a, b], y)?;
    }
    Some(())
}
