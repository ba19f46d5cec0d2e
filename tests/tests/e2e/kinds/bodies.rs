//! What people put between convolutions, as ONNX and its exporters write it.

use cortexscope_net::onnx::builder::{float, int, ints, text};

use super::writer::Writer;

/// Writes the nodes from the map to the tensor `made`.
pub type Body = fn(&mut Writer);

/// Operators and blocks that ONNX has a name for.
pub const NAMED: [(&str, Body); 43] = [
    ("Relu", |w| w.function("Relu")),
    ("Sigmoid", |w| w.function("Sigmoid")),
    ("Tanh", |w| w.function("Tanh")),
    ("Elu", |w| w.function("Elu")),
    ("Selu", |w| w.function("Selu")),
    ("Softplus", |w| w.function("Softplus")),
    ("Softsign", |w| w.function("Softsign")),
    ("HardSwish", |w| w.function("HardSwish")),
    ("HardSigmoid", |w| w.function("HardSigmoid")),
    ("Mish", |w| w.function("Mish")),
    ("LeakyRelu", |w| w.function("LeakyRelu")),
    ("Sin", |w| w.function("Sin")),
    ("Cos", |w| w.function("Cos")),
    ("InstanceNormalization", |w| {
        w.each("scale", &[w.channels], 1.0);
        w.each("shift", &[w.channels], 0.1);
        w.node("InstanceNormalization", &["map", "scale", "shift"], "made");
    }),
    ("LRN", |w| {
        let attributes = vec![int("size", 5), float("alpha", 1e-2)];
        w.graph.node("LRN", &["map"], "made", attributes);
    }),
    ("PRelu per channel", |w| {
        w.each("slope", &[w.channels, 1, 1], 0.25);
        w.node("PRelu", &["map", "slope"], "made");
    }),
    ("residual sum", |w| {
        w.branch();
        w.node("Add", &["map", "branch"], "sum");
        w.node("Relu", &["sum"], "made");
    }),
    ("difference", |w| {
        w.branch();
        w.node("Sub", &["map", "branch"], "made");
    }),
    ("greater of two", |w| {
        w.branch();
        w.node("Max", &["map", "branch"], "made");
    }),
    ("Concat", |w| {
        w.branch();
        let axis = vec![int("axis", 1)];
        w.graph.node("Concat", &["map", "branch"], "made", axis);
    }),
    ("gate by Sigmoid", |w| w.gate("Sigmoid")),
    ("gate by HardSigmoid", |w| w.gate("HardSigmoid")),
    ("depthwise", |w| {
        w.weights("depthwise", &[w.channels, 1, 3, 3]);
        let attributes = vec![int("group", w.channels as i64), ints("pads", &[1; 4])];
        w.graph
            .node("Conv", &["map", "depthwise"], "made", attributes);
    }),
    ("dilated", |w| {
        w.weights("dilated", &[4, w.channels, 3, 3]);
        let attributes = vec![ints("dilations", &[2, 2]), ints("pads", &[2; 4])];
        w.graph
            .node("Conv", &["map", "dilated"], "made", attributes);
    }),
    ("padded below and right", |w| {
        w.weights("strided", &[4, w.channels, 3, 3]);
        let attributes = vec![ints("strides", &[2, 2]), ints("pads", &[0, 0, 1, 1])];
        w.graph
            .node("Conv", &["map", "strided"], "made", attributes);
    }),
    ("average at the edge", |w| {
        let attributes = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1; 4])];
        w.graph.node("AveragePool", &["map"], "made", attributes);
    }),
    ("MaxPool with ceil_mode", |w| {
        let attributes = vec![
            ints("kernel_shape", &[3, 3]),
            ints("strides", &[2, 2]),
            int("ceil_mode", 1),
        ];
        w.graph.node("MaxPool", &["map"], "made", attributes);
    }),
    ("GlobalMaxPool", |w| w.function("GlobalMaxPool")),
    ("mean over channels", |w| {
        w.over_channels("ReduceMean", "made");
    }),
    ("maximum over channels", |w| {
        w.over_channels("ReduceMax", "made");
    }),
    ("transposed, 2×2", |w| w.transposed(2, 0, 0)),
    ("transposed, 3×3", |w| w.transposed(3, 1, 1)),
    ("transposed, 4×4", |w| w.transposed(4, 1, 0)),
    ("nearest", |w| w.resize("nearest", "asymmetric")),
    ("linear", |w| w.resize("linear", "half_pixel")),
    ("linear with align_corners", |w| {
        w.resize("linear", "align_corners");
    }),
    ("pixel shuffle", |w| {
        let attributes = vec![int("blocksize", 2), text("mode", "CRD")];
        w.graph.node("DepthToSpace", &["map"], "made", attributes);
    }),
    ("SpaceToDepth", |w| {
        let attributes = vec![int("blocksize", 2)];
        w.graph.node("SpaceToDepth", &["map"], "made", attributes);
    }),
    ("pad by reflection", |w| w.pad("reflect", [1, 2, 1, 2])),
    ("pad by repetition", |w| w.pad("edge", [2, 0, 1, 1])),
    ("pad with zeros", |w| w.pad("constant", [1, 1, 1, 1])),
    ("Softmax over channels", |w| {
        w.graph
            .node("Softmax", &["map"], "made", vec![int("axis", 1)]);
    }),
    ("Identity and Dropout", |w| {
        w.node("Dropout", &["map"], "kept");
        w.node("Identity", &["kept"], "made");
    }),
];

/// Functions of one value and blocks that exporters take apart.
pub const TAKEN_APART: [(&str, Body); 27] = [
    ("x · sigmoid(x)", |w| {
        w.node("Sigmoid", &["map"], "share");
        w.node("Mul", &["map", "share"], "made");
    }),
    ("x − tanh(x)", |w| {
        w.node("Tanh", &["map"], "bent");
        w.node("Sub", &["map", "bent"], "made");
    }),
    ("x / (1 + |x|)", |w| {
        w.number("one", 1.0);
        w.node("Abs", &["map"], "size");
        w.node("Add", &["size", "one"], "more");
        w.node("Div", &["map", "more"], "made");
    }),
    ("Gelu by Erf", |w| {
        w.number("root", std::f32::consts::SQRT_2);
        w.number("one", 1.0);
        w.number("half", 0.5);
        w.node("Div", &["map", "root"], "part");
        w.node("Erf", &["part"], "bell");
        w.node("Add", &["bell", "one"], "share");
        w.node("Mul", &["map", "share"], "twice");
        w.node("Mul", &["twice", "half"], "made");
    }),
    ("leaky by Where", |w| {
        w.number("zero", 0.0);
        w.number("slope", 0.1);
        w.node("Greater", &["map", "zero"], "above");
        w.node("Mul", &["map", "slope"], "less");
        w.choose("above", "less");
    }),
    ("hard shrinkage", |w| {
        w.number("bound", 0.2);
        w.number("minus", -0.2);
        let [rows, columns] = w.sides;
        w.each("zeros", &[1, w.channels, rows, columns], 0.0);
        w.node("Greater", &["map", "bound"], "above");
        w.node("Less", &["map", "minus"], "below");
        w.node("Or", &["above", "below"], "outside");
        w.choose("outside", "zeros");
    }),
    ("soft shrinkage", |w| {
        w.number("bound", 0.2);
        w.number("minus", -0.2);
        w.number("zero", 0.0);
        w.node("Greater", &["map", "bound"], "above");
        w.node("Less", &["map", "minus"], "below");
        w.node("Sub", &["map", "bound"], "down");
        w.node("Add", &["map", "bound"], "up");
        w.node("Where", &["below", "up", "zero"], "inner");
        w.node("Where", &["above", "down", "inner"], "made");
    }),
    ("a threshold by Cast", |w| {
        w.number("bound", 0.1);
        w.node("GreaterOrEqual", &["map", "bound"], "above");
        w.graph.node("Cast", &["above"], "mask", vec![int("to", 1)]);
        w.node("Mul", &["map", "mask"], "made");
    }),
    ("a band by And and Not", |w| {
        w.number("high", 0.5);
        w.number("low", -0.5);
        w.node("LessOrEqual", &["map", "high"], "under");
        w.node("Greater", &["map", "low"], "over");
        w.node("And", &["under", "over"], "inside");
        w.node("Not", &["inside"], "outside");
        w.choose("outside", "low");
    }),
    ("Softplus with a threshold", |w| {
        w.number("bound", 20.0);
        w.number("one", 1.0);
        w.node("Greater", &["map", "bound"], "above");
        w.node("Exp", &["map"], "power");
        w.node("Add", &["power", "one"], "more");
        w.node("Log", &["more"], "soft");
        w.choose("above", "soft");
    }),
    ("snake: x + sin²(x)", |w| {
        w.number("two", 2.0);
        w.node("Sin", &["map"], "wave");
        w.node("Pow", &["wave", "two"], "square");
        w.node("Add", &["map", "square"], "made");
    }),
    ("a signed root", |w| {
        w.node("Sign", &["map"], "sign");
        w.node("Abs", &["map"], "size");
        w.node("Sqrt", &["size"], "root");
        w.node("Mul", &["sign", "root"], "made");
    }),
    ("a power of 1.5", |w| {
        w.number("power", 1.5);
        w.node("Relu", &["map"], "positive");
        w.node("Pow", &["positive", "power"], "made");
    }),
    ("gated halves", |w| {
        w.half("first", false);
        w.half("second", true);
        w.node("Sigmoid", &["second"], "gate");
        w.node("Mul", &["first", "gate"], "made");
    }),
    ("the greater half", |w| {
        w.half("first", false);
        w.half("second", true);
        w.node("Max", &["first", "second"], "made");
    }),
    ("gate of places", |w| {
        w.over_channels("ReduceMean", "mean");
        w.convolution("mean", "heat", [1, 1]);
        w.node("Sigmoid", &["heat"], "gate");
        w.node("Mul", &["map", "gate"], "made");
    }),
    ("gate along channels", |w| {
        w.node("GlobalAveragePool", &["map"], "mean");
        w.shape("row", &[1, 1, w.channels]);
        w.shape("point", &[1, w.channels, 1, 1]);
        w.node("Reshape", &["mean", "row"], "means");
        w.weights("taps", &[1, 1, 3]);
        let pads = vec![ints("pads", &[1, 1])];
        w.graph.node("Conv", &["means", "taps"], "mixed", pads);
        w.node("Sigmoid", &["mixed"], "shares");
        w.node("Reshape", &["shares", "point"], "gate");
        w.node("Mul", &["map", "gate"], "made");
    }),
    ("channel shuffle", |w| {
        let ([rows, columns], half) = (w.sides, w.channels / 2);
        w.shape("groups", &[1, 2, half, rows, columns]);
        w.shape("whole", &[1, 2 * half, rows, columns]);
        w.node("Reshape", &["map", "groups"], "apart");
        w.transpose("apart", "turned", &[0, 2, 1, 3, 4]);
        w.node("Reshape", &["turned", "whole"], "made");
    }),
    ("pixel unshuffle", |w| {
        let ([rows, columns], channels) = (w.sides.map(|side| side / 2), w.channels);
        w.shape("blocks", &[1, channels, rows, 2, columns, 2]);
        w.shape("whole", &[1, 4 * channels, rows, columns]);
        w.node("Reshape", &["map", "blocks"], "apart");
        w.transpose("apart", "turned", &[0, 1, 3, 5, 2, 4]);
        w.node("Reshape", &["turned", "whole"], "made");
    }),
    ("local response by AveragePool", |w| {
        w.node("Mul", &["map", "map"], "squares");
        w.shape("depth", &[1]);
        w.node("Unsqueeze", &["squares", "depth"], "deep");
        w.graph.i64s("pads", &[10], &[0, 0, 2, 0, 0, 0, 0, 2, 0, 0]);
        w.node("Pad", &["deep", "pads"], "padded");
        let attributes = vec![ints("kernel_shape", &[5, 1, 1])];
        w.graph
            .node("AveragePool", &["padded"], "averages", attributes);
        w.node("Squeeze", &["averages", "depth"], "mean");
        w.number("alpha", 0.1);
        w.number("one", 1.0);
        w.number("beta", 0.75);
        w.node("Mul", &["mean", "alpha"], "part");
        w.node("Add", &["part", "one"], "base");
        w.node("Pow", &["base", "beta"], "divisor");
        w.node("Div", &["map", "divisor"], "made");
    }),
    ("GroupNorm", |w| {
        let [rows, columns] = w.sides;
        w.shape("groups", &[1, 2, w.channels / 2 * rows * columns]);
        w.shape("whole", &[1, w.channels, rows, columns]);
        w.each("ones", &[2], 1.0);
        w.each("zeros", &[2], 0.0);
        w.node("Reshape", &["map", "groups"], "apart");
        w.node("InstanceNormalization", &["apart", "ones", "zeros"], "flat");
        w.node("Reshape", &["flat", "whole"], "made");
    }),
    ("lengths of one over channels", |w| {
        w.over_channels("ReduceL2", "length");
        w.node("Div", &["map", "length"], "made");
    }),
    ("LayerNorm over channels", |w| {
        w.each("scale", &[w.channels], 1.0);
        w.each("shift", &[w.channels], 0.1);
        w.transpose("map", "last", &[0, 2, 3, 1]);
        w.node("LayerNormalization", &["last", "scale", "shift"], "normal");
        w.transpose("normal", "made", &[0, 3, 1, 2]);
    }),
    ("Softmin", |w| {
        w.node("Neg", &["map"], "minus");
        w.graph
            .node("Softmax", &["minus"], "made", vec![int("axis", 1)]);
    }),
    ("attention of places", |w| {
        let ([rows, columns], channels) = (w.sides, w.channels);
        w.shape("rows", &[1, channels, rows * columns]);
        w.shape("whole", &[1, channels, rows, columns]);
        w.node("Reshape", &["map", "rows"], "values");
        w.transpose("values", "keys", &[0, 2, 1]);
        w.node("MatMul", &["keys", "values"], "scores");
        w.graph
            .node("Softmax", &["scores"], "shares", vec![int("axis", -1)]);
        w.node("MatMul", &["values", "shares"], "mixed");
        w.node("Reshape", &["mixed", "whole"], "made");
    }),
    ("channels in another order", |w| {
        let order: Vec<usize> = (0..w.channels).rev().collect();
        w.shape("order", &order);
        w.graph
            .node("Gather", &["map", "order"], "made", vec![int("axis", 1)]);
    }),
    ("every other place", |w| {
        w.shape("start", &[0, 1]);
        let sides = w.sides;
        w.shape("end", &sides);
        w.shape("axes", &[2, 3]);
        w.shape("steps", &[2, 2]);
        let inputs = ["map", "start", "end", "axes", "steps"];
        w.node("Slice", &inputs, "made");
    }),
];
