//! What is inside of a map repeated around it, blocks of pixels, and shares over channels.

use super::check;
use cortexscope_net::onnx::builder::{int, ints, text};

#[test]
fn what_is_inside_repeated_around_it() {
    for (mode, pads) in [
        ("reflect", [1, 2, 3, 1]),
        ("reflect", [0, 0, 2, 0]),
        ("reflect", [5, 4, 0, 0]),
        ("edge", [1, 0, 2, 3]),
        ("edge", [7, 1, 0, 9]),
    ] {
        let [top, left, bottom, right] = pads;
        check(&format!("{mode} {pads:?}"), |graph| {
            let pads = [0, 0, top, left, 0, 0, bottom, right];
            graph.i64s("pads", &[8], &pads);
            graph.node("Pad", &["x", "pads"], "y", vec![text("mode", mode)]);
        });
    }
}

#[test]
fn blocks_of_pixels() {
    let cut = |graph: &mut cortexscope_net::onnx::GraphBuilder| {
        graph.i64s("none", &[1], &[0]);
        graph.i64s("four", &[1], &[4]);
        graph.i64s("last", &[1], &[3]);
        graph.node("Slice", &["x", "none", "four", "last"], "even", vec![]);
    };
    check("SpaceToDepth", |graph| {
        cut(graph);
        let block = vec![int("blocksize", 2)];
        graph.node("SpaceToDepth", &["even"], "y", block);
    });
    check("pixel unshuffle", |graph| {
        cut(graph);
        graph.i64s("apart", &[6], &[1, 4, 3, 2, 2, 2]);
        graph.i64s("whole", &[4], &[1, 16, 3, 2]);
        graph.node("Reshape", &["even", "apart"], "blocks", vec![]);
        let order = vec![ints("perm", &[0, 1, 3, 5, 2, 4])];
        graph.node("Transpose", &["blocks"], "turned", order);
        graph.node("Reshape", &["turned", "whole"], "pixels", vec![]);
        graph.node("Neg", &["pixels"], "y", vec![]);
    });
}

#[test]
fn shares_over_channels() {
    check("Softmax", |graph| {
        graph.node("Softmax", &["x"], "shares", vec![int("axis", 1)]);
        graph.node("Relu", &["shares"], "y", vec![]);
    });
}

#[test]
fn maps_below_each_other_and_side_by_side() {
    for axis in [2, 3] {
        check(&format!("axis {axis}"), |graph| {
            graph.f32s("other_w", &[4, 4, 1, 1], &super::values(17)[1..]);
            graph.node("Conv", &["in", "other_w"], "other", vec![]);
            let axis = vec![int("axis", axis)];
            graph.node("Concat", &["x", "other", "x"], "y", axis);
        });
    }
}

#[test]
fn a_vector_that_becomes_rows() {
    check("rows", |graph| {
        graph.node("Flatten", &["x"], "flat", vec![]);
        graph.f32s("d", &[120, 12], &super::values(1440));
        graph.node("MatMul", &["flat", "d"], "dense", vec![]);
        graph.node("Relu", &["dense"], "vector", vec![]);
        graph.i64s("sizes", &[4], &[1, 2, 2, 3]);
        graph.node("Reshape", &["vector", "sizes"], "rows", vec![]);
        graph.node("Neg", &["rows"], "y", vec![]);
    });
}
