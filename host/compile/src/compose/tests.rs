mod around;

use super::compose;
use cortexscope_net::onnx::Engine;
use cortexscope_net::onnx::builder::{GraphBuilder, Size, float, int, ints, text};
use cortexscope_net::reader::{self, Graph, Hint};
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::prelude::*;

/// Numbers of both signs, none equal to another.
fn values(count: usize) -> Vec<f32> {
    let numbers = (0..count).map(|at| (at * 37 % 101) as f32 / 50.0 - 1.0 + at as f32 * 1e-4);
    numbers.collect()
}

/// What tract computes as the output.
fn run(graph: &Graph) -> Vec<f32> {
    let [channels, height, width] = graph.shape;
    let input = values(channels * height * width);
    let input = Tensor::from_shape(&[1, channels, height, width], &input).expect("an input");
    let engine = Engine::new(&graph.model, &[&graph.output]).expect("a graph");
    let output = engine.run(tvec![input.into()]).expect("values");
    let output = output[0].to_plain_array_view::<f32>().expect("floats");
    output.iter().copied().collect()
}

/// The network that `build` writes from `x`, [1, 4, 6, 5], to `y` means the same when it
/// is composed, and can be taken apart then but not before.
fn check(what: &str, build: impl FnOnce(&mut GraphBuilder)) {
    let mut graph = GraphBuilder::new("composed");
    graph.input("in", DataType::Float, &[1, 4, 6, 5].map(Size::Fixed));
    graph.f32s("w", &[4, 4, 1, 1], &values(16));
    graph.node("Conv", &["in", "w"], "x", vec![]);
    build(&mut graph);
    graph.output("y", DataType::Float, &[Size::Batch]);
    let graph = reader::read(graph.model(13), &Hint::default()).expect("a network");
    let before = crate::import::import(&graph).and_then(crate::fuse::fuse);
    assert!(before.is_err(), "{what} is not a composition");
    let composed = compose(&graph);
    let taken_apart = crate::import(&graph).map(|_| ());
    assert!(taken_apart.is_ok(), "{what}: {taken_apart:?}");
    let (expected, got) = (run(&graph), run(&composed));
    assert_eq!(expected.len(), got.len(), "{what}");
    for (expected, got) in expected.iter().zip(&got) {
        // Some ten roundings of sums of at most 120 products.
        let bound = 1e-4 * (1.0 + expected.abs());
        assert!((expected - got).abs() < bound, "{what}: {expected} {got}");
    }
}

#[test]
fn a_slope_for_each_channel() {
    check("PRelu", |graph| {
        graph.f32s("slope", &[4, 1, 1], &[0.5, -1.0, 0.0, 2.0]);
        graph.node("PRelu", &["x", "slope"], "y", vec![]);
    });
}

#[test]
fn a_map_and_its_gate() {
    for operator in ["Mul", "Add", "Sub"] {
        check(operator, |graph| {
            graph.node("GlobalAveragePool", &["x"], "mean", vec![]);
            graph.node("Sigmoid", &["mean"], "gate", vec![]);
            graph.node(operator, &["x", "gate"], "y", vec![]);
        });
    }
    check("a gate for each place", |graph| {
        graph.f32s("one", &[1, 4, 1, 1], &values(4));
        graph.node("Conv", &["x", "one"], "gate", vec![]);
        graph.node("Mul", &["gate", "x"], "y", vec![]);
    });
    check("a gate that is expanded", |graph| {
        graph.node("GlobalMaxPool", &["x"], "gate", vec![]);
        graph.i64s("sizes", &[4], &[1, 4, 6, 5]);
        graph.node("Expand", &["gate", "sizes"], "spread", vec![]);
        graph.node("Mul", &["x", "spread"], "y", vec![]);
    });
    check("rows and columns", |graph| {
        graph.node(
            "MaxPool",
            &["x"],
            "rows",
            vec![ints("kernel_shape", &[1, 5])],
        );
        graph.node(
            "MaxPool",
            &["x"],
            "columns",
            vec![ints("kernel_shape", &[6, 1])],
        );
        graph.node("Add", &["rows", "columns"], "y", vec![]);
    });
}

#[test]
fn a_value_and_advantages() {
    check("vectors", |graph| {
        graph.node("Flatten", &["x"], "flat", vec![]);
        graph.f32s("one", &[120, 1], &values(120));
        graph.f32s("four", &[120, 4], &values(480));
        graph.node("MatMul", &["flat", "one"], "value", vec![]);
        graph.node("MatMul", &["flat", "four"], "advantage", vec![]);
        graph.node(
            "ReduceMean",
            &["advantage"],
            "mean",
            vec![ints("axes", &[1])],
        );
        graph.node("Sub", &["advantage", "mean"], "centred", vec![]);
        graph.node("Add", &["value", "centred"], "y", vec![]);
    });
}

#[test]
fn a_difference_and_the_greater_of_two() {
    for operator in ["Sub", "Max", "Min"] {
        check(operator, |graph| {
            graph.f32s("other_w", &[4, 4, 1, 1], &values(17)[1..]);
            graph.node("Conv", &["in", "other_w"], "other", vec![]);
            graph.node(operator, &["x", "other"], "y", vec![]);
        });
    }
}

#[test]
fn parts() {
    let part = |starts: &[i64], ends: &[i64], axes: &[i64], steps: &[i64]| {
        let what = format!("{starts:?} to {ends:?} of {axes:?} by {steps:?}");
        check(&what, |graph| {
            for (name, numbers) in [("s", starts), ("e", ends), ("a", axes), ("t", steps)] {
                graph.i64s(name, &[numbers.len()], numbers);
            }
            graph.node("Slice", &["x", "s", "e", "a", "t"], "y", vec![]);
        });
    };
    part(&[1], &[3], &[1], &[1]);
    part(&[0], &[4], &[1], &[3]);
    part(&[0, 0], &[6, 5], &[2, 3], &[2, 2]);
    part(&[1, 0], &[6, 5], &[2, 3], &[2, 2]);
    part(&[1, 1], &[6, 5], &[2, 3], &[2, 3]);
    part(&[0], &[-2], &[3], &[1]);
    part(&[-1], &[6], &[2], &[1]);
    part(&[2, 1, 0], &[4, 5, 4], &[1, 2, 3], &[1, 3, 1]);
    check("Split", |graph| {
        graph.i64s("sizes", &[2], &[3, 1]);
        graph.node("Split", &["x", "sizes"], "y", vec![int("axis", 1)]);
    });
}

#[test]
fn zeros_around_a_map() {
    for pads in [
        [0, 0, 1, 2, 0, 0, 3, 1],
        [0, 1, 0, 0, 0, 2, 0, 0],
        [0, 2, 2, 0, 0, 0, 0, 1],
    ] {
        check(&format!("{pads:?}"), |graph| {
            graph.i64s("pads", &[8], &pads);
            graph.node("Pad", &["x", "pads"], "y", vec![]);
        });
    }
}

#[test]
fn a_constant_map() {
    for operator in ["Add", "Sub", "Mul", "Div"] {
        for dims in [[1, 4, 6, 5], [1, 1, 6, 5]] {
            let count = dims.iter().product();
            check(&format!("{operator} {dims:?}"), |graph| {
                graph.f32s("map", &dims, &values(count));
                graph.node(operator, &["x", "map"], "y", vec![]);
            });
        }
    }
    check("of a constant map", |graph| {
        graph.i64s("sizes", &[4], &[1, 4, 6, 5]);
        graph.node("Reshape", &["x", "sizes"], "same", vec![]);
        graph.f32s("whole", &[4, 6, 5], &values(120));
        graph.node("Sub", &["whole", "same"], "y", vec![]);
    });
}

#[test]
fn averages_at_the_edge() {
    let pool = |attributes: Vec<tract_onnx::pb::AttributeProto>| {
        check(&format!("{attributes:?}"), |graph| {
            graph.node("AveragePool", &["x"], "y", attributes);
        });
    };
    let kernel = |side: usize| ints("kernel_shape", &[side, side]);
    pool(vec![kernel(3), ints("pads", &[1, 1, 1, 1])]);
    pool(vec![
        kernel(3),
        ints("strides", &[2, 2]),
        ints("pads", &[0, 0, 1, 1]),
    ]);
    pool(vec![
        kernel(2),
        ints("strides", &[2, 2]),
        int("ceil_mode", 1),
    ]);
    pool(vec![
        kernel(3),
        ints("strides", &[2, 2]),
        ints("pads", &[1, 1, 1, 1]),
        int("ceil_mode", 1),
    ]);
    pool(vec![
        kernel(3),
        ints("strides", &[3, 3]),
        ints("pads", &[1, 1, 0, 0]),
        int("ceil_mode", 1),
        int("count_include_pad", 1),
    ]);
}

#[test]
fn a_mean_and_a_sum_over_channels() {
    check("ReduceMean", |graph| {
        graph.node("ReduceMean", &["x"], "y", vec![ints("axes", &[1])]);
    });
    check("ReduceSum", |graph| {
        graph.i64s("axes", &[1], &[1]);
        graph.node("ReduceSum", &["x", "axes"], "y", vec![]);
    });
    check("ReduceL2", |graph| {
        graph.node("ReduceL2", &["x"], "y", vec![ints("axes", &[1])]);
    });
    check("over everything", |graph| {
        let axes = vec![ints("axes", &[1, 2, 3])];
        graph.node("ReduceMean", &["x"], "mean", axes);
        graph.node("Add", &["x", "mean"], "y", vec![]);
    });
}

#[test]
fn normalisation_by_the_input_itself() {
    let parameters = |graph: &mut GraphBuilder, count: usize| {
        graph.f32s("scale", &[count], &values(count));
        graph.f32s("shift", &[count], &values(count + 1)[1..]);
    };
    check("of each channel", |graph| {
        parameters(graph, 4);
        graph.node(
            "InstanceNormalization",
            &["x", "scale", "shift"],
            "y",
            vec![float("epsilon", 1e-3)],
        );
    });
    check("of groups", |graph| {
        parameters(graph, 2);
        graph.i64s("grouped", &[3], &[1, 2, -1]);
        graph.i64s("whole", &[4], &[1, 4, 6, 5]);
        graph.node("Reshape", &["x", "grouped"], "groups", vec![]);
        graph.node(
            "InstanceNormalization",
            &["groups", "scale", "shift"],
            "normal",
            vec![],
        );
        graph.node("Reshape", &["normal", "whole"], "y", vec![]);
    });
    check("of a vector", |graph| {
        parameters(graph, 6);
        graph.node("Flatten", &["x"], "flat", vec![]);
        graph.f32s("six", &[120, 6], &values(720));
        graph.node("MatMul", &["flat", "six"], "vector", vec![]);
        graph.node(
            "LayerNormalization",
            &["vector", "scale", "shift"],
            "y",
            vec![float("epsilon", 1e-3)],
        );
    });
    for size in [2, 3, 5] {
        check(&format!("of {size} neighbours"), |graph| {
            let attributes = vec![int("size", size), float("alpha", 0.9), float("bias", 1.5)];
            graph.node("LRN", &["x"], "y", attributes);
        });
    }
}

#[test]
fn a_quotient() {
    check("of two", |graph| {
        graph.f32s("other_w", &[4, 4, 1, 1], &values(17)[1..]);
        graph.node("Conv", &["in", "other_w"], "other", vec![]);
        graph.node("Abs", &["other"], "size", vec![]);
        graph.f32s("one", &[], &[1.0]);
        graph.node("Add", &["size", "one"], "below", vec![]);
        graph.node("Div", &["x", "below"], "y", vec![]);
    });
    check("of all", |graph| {
        graph.node("Sigmoid", &["x"], "share", vec![]);
        graph.node("GlobalAveragePool", &["share"], "mean", vec![]);
        graph.node("Div", &["share", "mean"], "y", vec![]);
    });
}

/// The output of a detector: its boxes one after the other.
#[test]
fn values_that_are_moved_at_the_end() {
    let mut graph = GraphBuilder::new("detector");
    graph.input("in", DataType::Float, &[1, 4, 6, 5].map(Size::Fixed));
    graph.f32s("w", &[4, 4, 1, 1], &values(16));
    graph.node("Conv", &["in", "w"], "maps", vec![]);
    graph.node(
        "Transpose",
        &["maps"],
        "last",
        vec![ints("perm", &[0, 2, 3, 1])],
    );
    graph.i64s("boxes", &[3], &[1, -1, 2]);
    graph.node("Reshape", &["last", "boxes"], "pairs", vec![]);
    graph.node("Softmax", &["pairs"], "y", vec![int("axis", 2)]);
    graph.output("y", DataType::Float, &[Size::Batch]);
    let graph = reader::read(graph.model(13), &Hint::default()).expect("a network");
    let composed = compose(&graph);
    assert_eq!(composed.output, "maps");
    let net = crate::import(&graph).expect("a network that boards run");
    assert_eq!(net.layers.len(), 1);
    assert!(
        net.notes.iter().any(|note| note.contains("Transpose")),
        "{:?}",
        net.notes
    );
}

#[test]
fn a_vector_that_becomes_a_map() {
    for (is_turned, function) in [(0, "Relu"), (1, "Tanh")] {
        check(function, |graph| {
            graph.node("GlobalAveragePool", &["x"], "mean", vec![]);
            graph.node("Flatten", &["mean"], "flat", vec![]);
            let dims = if is_turned == 1 { [27, 4] } else { [4, 27] };
            graph.f32s("d", &dims, &values(108));
            graph.f32s("b", &[27], &values(27));
            let attributes = vec![int("transB", is_turned)];
            graph.node("Gemm", &["flat", "d", "b"], "dense", attributes);
            graph.f32s("s", &[1, 27], &values(27));
            graph.node("Add", &["s", "dense"], "sum", vec![]);
            graph.node(function, &["sum"], "vector", vec![]);
            graph.i64s("sizes", &[4], &[-1, 3, 3, 3]);
            graph.node("Reshape", &["vector", "sizes"], "map", vec![]);
            graph.f32s("k", &[2, 3, 2, 2], &values(24));
            graph.node("Conv", &["map", "k"], "y", vec![]);
        });
    }
}

#[test]
fn the_greatest_of_all_channels() {
    for channels in [4, 5, 9] {
        check(&format!("of {channels}"), |graph| {
            graph.f32s("k", &[channels, 4, 1, 1], &values(4 * channels));
            graph.node("Conv", &["x", "k"], "map", vec![]);
            let attributes = vec![ints("axes", &[1]), int("keepdims", 1)];
            graph.node("ReduceMax", &["map"], "y", attributes);
        });
    }
}

#[test]
fn channels_in_another_order() {
    check("shuffle", |graph| {
        graph.f32s("six_w", &[6, 4, 1, 1], &values(24));
        graph.node("Conv", &["x", "six_w"], "six", vec![]);
        graph.i64s("apart", &[5], &[1, 2, 3, 6, 5]);
        graph.i64s("whole", &[4], &[1, 6, 6, 5]);
        graph.node("Reshape", &["six", "apart"], "groups", vec![]);
        graph.node(
            "Transpose",
            &["groups"],
            "turned",
            vec![ints("perm", &[0, 2, 1, 3, 4])],
        );
        graph.node("Reshape", &["turned", "whole"], "y", vec![]);
    });
}

#[test]
fn channels_by_their_numbers() {
    check("Gather", |graph| {
        graph.i64s("order", &[5], &[3, 0, 2, 2, -3]);
        graph.node("Gather", &["x", "order"], "y", vec![int("axis", 1)]);
    });
}

#[test]
fn what_is_known_stays_as_it_is() {
    let mut graph = GraphBuilder::new("plain");
    graph.input("x", DataType::Float, &[1, 4, 6, 5].map(Size::Fixed));
    graph.f32s("w", &[4, 4, 1, 1], &values(16));
    graph.node("Conv", &["x", "w"], "map", vec![]);
    graph.node("LeakyRelu", &["map"], "leaky", vec![float("alpha", 0.1)]);
    graph.node("Add", &["map", "leaky"], "y", vec![]);
    graph.output("y", DataType::Float, &[Size::Batch]);
    let graph = reader::read(graph.model(13), &Hint::default()).expect("a network");
    assert!(matches!(compose(&graph), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn transposed_convolutions() {
    // Kernel, stride, padding, output padding, groups.
    let forms = [
        (2, 2, 0, 0, 1),
        (3, 2, 1, 1, 1),
        (3, 2, 1, 0, 1),
        (4, 2, 1, 0, 1),
        (3, 2, 0, 0, 1),
        (3, 1, 1, 0, 1),
        (5, 3, 1, 0, 1),
        (2, 3, 0, 1, 1),
        (4, 2, 1, 0, 2),
        (4, 2, 1, 0, 4),
    ];
    for (kernel, stride, pad, more, groups) in forms {
        let what = format!("{kernel}x{kernel}, stride {stride}, {pad}, {more}, {groups} groups");
        check(&what, |graph| {
            let dims = [4, 4 / groups, kernel, kernel];
            graph.f32s("k", &dims, &values(dims.iter().product()));
            graph.f32s("b", &[4], &values(4));
            let attributes = vec![
                ints("strides", &[stride; 2]),
                ints("pads", &[pad; 4]),
                ints("output_padding", &[more; 2]),
                int("group", groups as i64),
            ];
            graph.node("ConvTranspose", &["x", "k", "b"], "y", attributes);
        });
    }
}

#[test]
fn maps_that_are_made_larger() {
    let modes = [
        ("nearest", "asymmetric", "floor", 3.0),
        ("nearest", "half_pixel", "round_prefer_floor", 2.0),
        ("linear", "half_pixel", "floor", 2.0),
        ("linear", "half_pixel", "floor", 3.0),
    ];
    for (mode, coordinates, rounding, times) in modes {
        check(&format!("{mode}, {times} times"), |graph| {
            graph.f32s("scales", &[4], &[1.0, 1.0, times, times]);
            let attributes = vec![
                text("mode", mode),
                text("coordinate_transformation_mode", coordinates),
                text("nearest_mode", rounding),
            ];
            graph.node("Resize", &["x", "", "scales"], "y", attributes);
        });
    }
    check("channels as blocks", |graph| {
        graph.f32s("k", &[8, 4, 1, 1], &values(32));
        graph.node("Conv", &["x", "k"], "deep", vec![]);
        let attributes = vec![int("blocksize", 2), text("mode", "CRD")];
        graph.node("DepthToSpace", &["deep"], "y", attributes);
    });
    check("channels as blocks, written out", |graph| {
        graph.i64s("apart", &[6], &[1, 1, 2, 2, 6, 5]);
        graph.i64s("whole", &[4], &[1, 1, 12, 10]);
        graph.node("Reshape", &["x", "apart"], "blocks", vec![]);
        let order = vec![ints("perm", &[0, 1, 4, 2, 5, 3])];
        graph.node("Transpose", &["blocks"], "turned", order);
        graph.node("Reshape", &["turned", "whole"], "y", vec![]);
    });
}

/// A dense layer of the four means of `x`, [1, 5], and what `build` makes of it.
fn left_off(build: impl FnOnce(&mut GraphBuilder)) -> cortexscope_net::reader::Graph {
    let mut graph = GraphBuilder::new("ends");
    graph.input("x", DataType::Float, &[1, 4, 6, 5].map(Size::Fixed));
    graph.node("GlobalAveragePool", &["x"], "mean", vec![]);
    graph.node("Flatten", &["mean"], "flat", vec![]);
    graph.f32s("d", &[4, 6], &values(24));
    graph.node("Gemm", &["flat", "d"], "features", vec![]);
    build(&mut graph);
    graph.output("y", DataType::Float, &[Size::Batch]);
    let graph = reader::read(graph.model(13), &Hint::default()).expect("a network");
    let net = crate::import(&graph).expect("a network that boards run");
    assert!(net.notes.iter().any(|note| note.contains("left off")));
    compose(&graph).into_owned()
}

#[test]
fn a_vector_that_is_cut_into_rows_at_the_end() {
    let graph = left_off(|graph| {
        graph.i64s("sizes", &[3], &[-1, 2, 3]);
        graph.node("Reshape", &["features", "sizes"], "rows", vec![]);
        graph.node("Softmax", &["rows"], "y", vec![int("axis", 2)]);
    });
    assert_eq!(graph.output, "features");
}

#[test]
fn features_of_length_one() {
    let graph = left_off(|graph| {
        let attributes = vec![ints("axes", &[1]), int("keepdims", 1)];
        graph.node("ReduceL2", &["features"], "length", attributes);
        graph.f32s("least", &[], &[1e-12]);
        graph.node("Clip", &["length", "least"], "bounded", vec![]);
        graph.i64s("sizes", &[2], &[1, 6]);
        graph.node("Expand", &["bounded", "sizes"], "spread", vec![]);
        graph.node("Div", &["features", "spread"], "y", vec![]);
    });
    assert_eq!(graph.output, "features");
}
