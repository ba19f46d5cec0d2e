//! Steps that write over their input while they read it.
//!
//! A step that slides a window works from the top row to the bottom. What it has
//! left behind it does not read again, so its output may lie there:
//!
//! ```text
//! before row y   | output rows 0 … y-1 |  free  | input rows still to be read … |
//! after row y    | output rows 0 … y      | free   | input rows still to be …   |
//! ```
//!
//! The output has to begin far enough before the input for this to hold in
//! every row: its lag. The planner keeps it, and the image's check asks for it.

use crate::image::{Model, Op, Shape, Sliding, Window};
use crate::plan::Step;
use crate::rows::{HAS_CHAINS, Links};

/// The first input row under the windows of output row `y`.
#[inline(never)]
pub fn first_row(input: Shape, window: &Window, y: usize) -> usize {
    window.first_row(y).min(input.height)
}

/// Bytes by which the output of an int8 layer that slides `window` must begin
/// before its input, for the two to overlap.
pub fn lag_bytes(input: Shape, output: Shape, window: &Window) -> usize {
    largest_lag(input, window, output, None, output)
}

/// The same for a convolution by `window` into `made`, whose rows are pooled into
/// `pooled` by `pool` as they are made: row `y` of the output is written from the
/// first row in its window on, after that row is made.
pub fn fused_lag_bytes(
    input: Shape,
    window: &Window,
    made: Shape,
    pool: &Window,
    pooled: Shape,
) -> usize {
    largest_lag(input, window, made, Some(pool), pooled)
}

/// The largest lag of the rows of `output`, each of which is one of `made`, or pooled
/// of these.
fn largest_lag(
    input: Shape,
    window: &Window,
    made: Shape,
    pool: Option<&Window>,
    output: Shape,
) -> usize {
    let (mut written, mut largest) = (0, 0);
    for y in 0..output.height {
        written += output.row_elements();
        // The row of `made` that is still to be computed when this one is written.
        let next = pool.map_or(y, |pool| first_row(made, pool, y) + 1);
        let left_behind = if next < made.height {
            first_row(input, window, next)
        } else {
            input.height
        };
        largest = written
            .saturating_sub(left_behind * input.row_elements())
            .max(largest);
    }
    largest
}

/// The lag of a step of `model` against `tensor`, which it reads; `None` where its output
/// must not overlap that.
pub(crate) fn step_lag_bytes(model: &Model<'_>, step: &Step, tensor: usize) -> Option<usize> {
    let output = model.shape(step.output())?;
    if model.is_last(step.output()) {
        return None;
    }
    if HAS_CHAINS && step.is_chain {
        let mut links = Links::NONE;
        links.take(model, step.layers.clone())?;
        return Some(links.lag_bytes(model, step.layers.start, tensor));
    }
    let last = model.layer(step.output() - 1);
    let pool = match &last.as_ref()?.op {
        Op::MaxPool(pool) if step.is_fused() => Some(&pool.window),
        _ => None,
    };
    let first = model.layer(step.layers.start);
    let op = &first.as_ref()?.op;
    match (op.sliding(), op) {
        (
            Some(Sliding {
                input,
                window,
                output: made,
            }),
            _,
        ) => Some(largest_lag(*input, window, *made, pool, output)),
        (None, Op::Lookup(_) | Op::Add(_) | Op::Mul(_)) => Some(0),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn shape(height: usize, width: usize, channels: usize) -> Shape {
        Shape {
            height,
            width,
            channels,
        }
    }

    #[test]
    fn a_pool_runs_one_row_ahead() {
        let lag = lag_bytes(
            shape(24, 24, 20),
            shape(12, 12, 20),
            &Window::square(2, 2, 0),
        );
        assert_eq!(lag, 12 * 20);
    }

    #[test]
    fn a_padded_convolution_keeps_the_rows_above() {
        let same = shape(8, 8, 4);
        assert_eq!(lag_bytes(same, same, &Window::square(3, 1, 1)), 2 * 32);
    }

    #[test]
    fn a_growing_output_lags_most_at_its_end() {
        let lag = lag_bytes(
            shape(28, 28, 1),
            shape(24, 24, 20),
            &Window::square(5, 1, 0),
        );
        assert_eq!(lag, 24 * 24 * 20 - 23 * 28);
    }

    #[test]
    fn a_fused_step_frees_two_rows_for_each_it_writes() {
        // The lecture LeNet's second convolution: rows of 240 bytes in, 250 out.
        let lag = fused_lag_bytes(
            shape(12, 12, 20),
            &Window::square(3, 1, 0),
            shape(10, 10, 50),
            &Window::square(2, 2, 0),
            shape(5, 5, 50),
        );
        assert_eq!(lag, 250 - 240);
    }
}
