//! The functions of `cortexscope-core`.

use core::ops::Range;

use cortexscope_core::image::{Add, Dense, MaxPool, Mul, Quantiser, Window};
use cortexscope_core::ops::conv2d::wide::Packing;
use cortexscope_core::ops::conv2d::{polynomials, wide, winograd};
use cortexscope_core::ops::{
    self, InputRows, Output, add, concat, conv2d, dense, lookup, max_pool, mul, requantize,
};
use cortexscope_core::plan::LogitsError;
use cortexscope_core::rows::{self, Link, Row, Schedule};
use cortexscope_core::sharing;
use cortexscope_core::{
    Accelerator, ImageError, Layer, Mode, Model, NoTap, Occluder, OcclusionError, OcclusionReport,
    Op, Plan, Step, Tap, Tensor, image, occlude, occlude_by_inferences, occlusion_arena_bytes, run,
    run_with, softmax_probability,
};

use crate::linked;

type Conv2d<'a> = image::Conv2d<'a>;
type Shape = image::Shape;

pub fn keep() {
    the_image();
    the_run();
    the_kernels();
}

fn the_image() {
    linked! {
        Model::check => fn(&'static [u8]) -> Result<Model<'static>, ImageError>,
        Model::name => fn(&Model<'static>) -> &'static str,
        Model::hash => fn(&Model<'static>) -> &'static [u8; 32],
        Model::onnx_hash => fn(&Model<'static>) -> &'static [u8; 32],
        Model::image_bytes => fn(&Model<'static>) -> usize,
        Model::label => fn(&Model<'static>, usize) -> Option<&'static str>,
        Model::tensor_count => fn(&Model<'static>) -> usize,
        Model::layer_count => fn(&Model<'static>) -> usize,
        Model::tensor => fn(&Model<'static>, usize) -> Option<Tensor<'static>>,
        (|model, at| model.tensors().nth(at))
            => fn(&Model<'static>, usize) -> Option<Tensor<'static>>,
        Model::input => fn(&Model<'static>) -> Tensor<'static>,
        Model::logits => fn(&Model<'static>) -> Tensor<'static>,
        Model::layer => fn(&Model<'static>, usize) -> Option<Layer<'static>>,
        (|model, at| model.layers().nth(at))
            => fn(&Model<'static>, usize) -> Option<Layer<'static>>,
        Model::plan => fn(&Model<'static>, Mode) -> Option<Plan<'static>>,
        Model::macs => fn(&Model<'static>) -> u64,
        Tensor::bytes => fn(&Tensor<'static>) -> usize,
        Shape::elements => fn(Shape) -> usize,
        Shape::row_elements => fn(Shape) -> usize,
        Layer::input => fn(&Layer<'static>) -> usize,
        Op::quantiser => fn(&Op<'static>) -> Option<Quantiser<'static>>,
        Quantiser::scale => fn(&Quantiser<'static>, usize) -> (f32, i8),
        Op::macs => fn(&Op<'static>) -> u64,
        Conv2d::group_channels => fn(&Conv2d<'static>) -> usize,
        Conv2d::weights_per_output => fn(&Conv2d<'static>) -> usize,
        Conv2d::weights => fn(&Conv2d<'static>) -> &'static [i8],
        Dense::inputs => fn(&Dense<'static>) -> usize,
        Dense::weights => fn(&Dense<'static>) -> &'static [i8],
    }
}

fn the_run() {
    linked! {
        Plan::mode => fn(&Plan<'static>) -> Mode,
        Plan::arena_bytes => fn(&Plan<'static>) -> usize,
        (|plan, at| plan.steps().nth(at)) => fn(&Plan<'static>, usize) -> Option<Step>,
        Step::is_fused => fn(&Step) -> bool,
        Step::output => fn(&Step) -> usize,
        Plan::place => fn(&Plan<'static>, usize) -> Option<Range<usize>>,
        Plan::in_use_bytes => fn(&Plan<'static>, &Model<'static>, usize) -> usize,
        Plan::logits => for<'a> fn(&Plan<'static>, &'a [u8]) -> Result<&'a [f32], LogitsError>,
        sharing::first_row => fn(Shape, &Window, usize) -> usize,
        sharing::lag_bytes => fn(Shape, Shape, &Window) -> usize,
        sharing::fused_lag_bytes => fn(Shape, &Window, Shape, &Window, Shape) -> usize,
        Window::first_row => fn(&Window, usize) -> usize,
        Link::by_element => fn(Shape) -> Link,
        Link::needed_rows => fn(&Link, usize) -> usize,
        Link::held_rows => fn(&Link) -> usize,
        Link::held_bytes => fn(&Link) -> usize,
        Link::needs_all_rows => fn(&Link) -> bool,
        (|links, at| Schedule::new(links).nth(at)) => fn(&'static [Link], usize) -> Option<Row>,
        (|links, link| Schedule::new(links).made(link)) => fn(&'static [Link], usize) -> usize,
        rows::lag_bytes => fn(&[Link], u32) -> usize,
        (|model, plan, arena, input| run(model, plan, arena, input, &mut NoTap).is_ok())
            => fn(&Model<'static>, &Plan<'static>, &mut [u8], &[i8]) -> bool,
        (|model, plan, arena, input| run(model, plan, arena, input, &mut EveryTap).is_ok())
            => fn(&Model<'static>, &Plan<'static>, &mut [u8], &[i8]) -> bool,
        (|model, plan, arena, input| {
            run_with(model, plan, arena, input, &mut NoTap, &mut Half).is_ok()
        }) => fn(&Model<'static>, &Plan<'static>, &mut [u8], &[i8]) -> bool,
        softmax_probability => fn(&[f32], usize) -> f32,
        Occluder::positions => fn(&Occluder, Shape) -> Option<(usize, usize)>,
        occlusion_arena_bytes => fn(&Model<'static>, usize, usize) -> usize,
        occlusion
            => fn(&Model<'static>, &mut [u8], &[i8], &Occluder)
                -> Result<OcclusionReport, OcclusionError<()>>,
        occlusion_by_inferences
            => fn(&Model<'static>, &mut [u8], &[i8], &Occluder)
                -> Result<OcclusionReport, OcclusionError<()>>,
    }
}

fn the_kernels() {
    linked! {
        ops::scratch_bytes => fn(&Op<'static>) -> usize,
        ops::fused_scratch_bytes => fn(&Op<'static>, usize, &MaxPool) -> usize,
        ops::fused => fn(usize, usize, usize) -> usize,
        polynomials::suits => fn(&Window, usize, &Window) -> bool,
        polynomials::fits => fn(&[i8]) -> bool,
        polynomials::filter_words => fn(&Window, usize) -> usize,
        polynomials::scratch_bytes => fn(Shape, &Window, Shape) -> usize,
        (|filter, window, channels, zero, at| {
            polynomials::words(filter, window, channels, zero).nth(at)
        }) => fn(&'static [i8], &Window, usize, i8, usize) -> Option<u32>,
        wide::suits => fn(usize) -> bool,
        (|filters, taps, at| Packing::of_taps(taps).words(filters).nth(at))
            => fn(&'static [i8], usize, usize) -> Option<u32>,
        winograd::suits => fn(Shape, Shape, &Window, usize) -> bool,
        winograd::fits => fn(&[i8]) -> bool,
        winograd::scratch_bytes => fn(usize) -> usize,
        (|filters, channels, at| Packing::of_winograd(channels).words(filters).nth(at))
            => fn(&'static [i8], usize, usize) -> Option<u32>,
        conv2d::scratch_bytes => fn(Shape, Shape, &Window, usize) -> usize,
        conv2d::row
            => fn(&Conv2d<'static>, InputRows<'_>, usize, Range<usize>, &mut [u32], Output<'_>),
        InputRows::all => fn(&'static [i8]) -> InputRows<'static>,
        InputRows::from => fn(usize, &'static [i8]) -> InputRows<'static>,
        dense::outputs => fn(&Dense<'static>, &[i8], Output<'_>),
        dense::accumulate_change
            => fn(&Dense<'static>, usize, &[i8], &[i8], &mut [i32]),
        dense::requantize_all => fn(&Dense<'static>, &[i32], &mut [i8]),
        max_pool::row => fn(&MaxPool, InputRows<'_>, usize, Range<usize>, &mut [i8]),
        max_pool::include => fn(&MaxPool, &[i8], usize, &mut [i8]),
        lookup::apply => fn(&[i8], &[i8], &mut [i8]),
        lookup::entry => fn(&[i8], i8) -> i8,
        add::apply => fn(&Add<'static>, &[i8], &[i8], &mut [i8]),
        mul::apply => fn(&Mul<'static>, &[i8], &[i8], &mut [i8]),
        concat::place => fn(&[i8], usize, usize, usize, &mut [i8]),
        requantize::to_int8 => fn(i32, f32, i8) -> i8,
        requantize::clamp => fn(&Quantiser<'static>, &mut [i8]),
    }
}

fn occlusion(
    model: &Model<'static>,
    arena: &mut [u8],
    input: &[i8],
    occluder: &Occluder,
) -> Result<OcclusionReport, OcclusionError<()>> {
    let found = |total: &mut f32, _: usize, probability| {
        *total += probability;
        Ok(())
    };
    occlude(model, arena, input, occluder, &mut 0.0, found, found)
}

fn occlusion_by_inferences(
    model: &Model<'static>,
    arena: &mut [u8],
    input: &[i8],
    occluder: &Occluder,
) -> Result<OcclusionReport, OcclusionError<()>> {
    let found = |_: &mut EveryTap, at: usize, probability| {
        if at > 100 && probability > 0.5 {
            Err(())
        } else {
            Ok(())
        }
    };
    occlude_by_inferences(model, arena, input, occluder, &mut EveryTap, found, found)
}

/// A tap that wants everything.
struct EveryTap;

impl Tap for EveryTap {
    type Error = ();

    fn watches_arena(&self) -> bool {
        true
    }

    fn free(&mut self, part: &mut [u8]) {
        part.fill(0x55);
    }

    fn wants(&self, _tensor: usize) -> bool {
        true
    }

    fn activation(&mut self, tensor: usize, _offset: usize, _bytes: &[i8]) -> Result<(), ()> {
        if tensor > 100 { Err(()) } else { Ok(()) }
    }
}

/// Computes every other layer.
struct Half;

impl Accelerator for Half {
    fn computes(&self, layer: usize, _pooled: bool) -> bool {
        layer.is_multiple_of(2)
    }

    fn take(&mut self, _layer: usize, _input: &[i8]) {}

    fn row(&mut self, _y: usize, output: Output<'_>) {
        match output {
            Output::Int8(values) => values.fill(1),
            Output::Sums(sums) => sums.fill(1),
        }
    }

    fn pooled_row(&mut self, _y: usize, output: &mut [i8]) {
        output.fill(1);
    }
}
