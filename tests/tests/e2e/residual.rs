//! Sums and products of two activations: every pair of int8 in tract and in the engine,
//! and a residual network of the shape that MLPerf Tiny has.

use cortexscope_budget::{self as budget, Element, onnx};
use cortexscope_compile::Judge;
use cortexscope_compile::emit_onnx::emit;
use cortexscope_compile::network::{Activation, Channels, Layer, Network, Op, Sum};
use cortexscope_core as core;
use cortexscope_net::Window;
use cortexscope_net::input::ModelSpec;
use cortexscope_net::onnx::GraphBuilder;
use cortexscope_net::onnx::builder::{Size, ints};
use cortexscope_net::onnx::file::decode;
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use cortexscope_net::reader::{self, Hint};
use cortexscope_tests::random_network::RandomNetwork;
use cortexscope_tests::rig::{Mode, compiled, record};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// Scales and zero points that are tried, each with every pair: 786,432 for each operator.
const QUANTISATIONS: u64 = 12;

fn activation(name: &str, channels: usize, scale: f32, zero: i8) -> Activation {
    Activation {
        name: name.to_owned(),
        shape: [channels, 256, 256],
        scale,
        zero,
    }
}

/// A convolution that gives what input channel `channel` is, as int8 of another scale.
fn pick(channel: usize, scale: f32, zero: i8) -> Op {
    let mut weights = vec![0; 2];
    weights[channel] = 1;
    Op::Conv {
        window: Window::POINT,
        groups: 1,
        weights,
        channels: Channels {
            weight_scales: vec![scale],
            bias: vec![-i32::from(zero)],
        },
    }
}

/// An input of two channels, each as a tensor of its own, and what `op` makes of both.
fn pair(op: Op, [a, b, y]: [(f32, i8); 3]) -> Network {
    let layer = |inputs: &[usize], op, output| Layer {
        inputs: inputs.to_vec(),
        op,
        output,
    };
    let scores = Op::Conv {
        window: Window::POINT,
        groups: 1,
        weights: vec![1; 2],
        channels: Channels {
            weight_scales: vec![1.0; 2],
            bias: vec![0; 2],
        },
    };
    Network {
        name: "pair".to_owned(),
        labels: Vec::new(),
        input: activation("x", 2, 1.0, 0),
        layers: vec![
            layer(&[0], pick(0, a.0, a.1), activation("a", 1, a.0, a.1)),
            layer(&[0], pick(1, b.0, b.1), activation("b", 1, b.0, b.1)),
            layer(&[1, 2], op, activation("y", 1, y.0, y.1)),
            layer(&[3], scores, activation("scores", 2, 1.0, 0)),
        ],
    }
}

/// `round_ties_even(acc · m) + zero` in `f64`, of an `f32` product: the contract of every
/// accumulator.
fn rounded(acc: i64, m: f32, zero: i8) -> i8 {
    let product = f64::from(acc as f32 * m).round_ties_even() + f64::from(zero);
    product.clamp(-128.0, 127.0) as i8
}

#[test]
fn every_pair_of_int8_is_added_and_multiplied_alike() {
    let pixels: Vec<i8> = (0..=255_u8).map(|byte| byte as i8).collect();
    let first = pixels.iter().flat_map(|&a| [a; 256]);
    let second = (0..256).flat_map(|_| pixels.iter().copied());
    let input: Vec<i8> = first.chain(second).collect();
    let (a, b) = input.split_at(256 * 256);
    for seed in 0..QUANTISATIONS {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut affine =
            |octaves: std::ops::Range<f32>| (random.random_range(octaves).exp2(), random.random());
        // Up to 2^12 between the scales: the smaller one keeps few digits of its factor.
        let sides: [(f32, i8); 2] = [affine(-10.0..2.0), affine(-10.0..2.0)];
        let (wide, zero) = affine(-1.0..3.0);
        let zeros = sides.map(|(_, zero)| i64::from(zero));
        let centred = || {
            a.iter()
                .zip(b)
                .map(|(&a, &b)| [i64::from(a) - zeros[0], i64::from(b) - zeros[1]])
        };

        let y = (wide * sides[0].0.max(sides[1].0), zero);
        let sum = Sum::of(sides.map(|(scale, _)| scale));
        for (exact, scale) in sum.scales().into_iter().zip(sides) {
            let greatest = sides[0].0.max(sides[1].0);
            assert!(
                (exact - scale.0).abs() <= greatest / 32_768.0,
                "seed {seed}"
            );
        }
        let m = sum.unit * y.0.recip();
        let [of_a, of_b] = sum.factors.map(i64::from);
        let expected: Vec<i8> = centred()
            .map(|[a, b]| rounded(a * of_a + b * of_b, m, y.1))
            .collect();
        assert_agree(
            pair(Op::Add(sum), [sides[0], sides[1], y]),
            &input,
            &expected,
            seed,
        );

        let y = (256.0 * wide * sides[0].0 * sides[1].0, zero);
        let m = (sides[0].0 * sides[1].0) / y.0;
        let expected: Vec<i8> = centred().map(|[a, b]| rounded(a * b, m, y.1)).collect();
        assert_agree(
            pair(Op::Mul, [sides[0], sides[1], y]),
            &input,
            &expected,
            seed,
        );
    }
}

/// tract, and the kernel on the record that the compiler writes.
fn assert_agree(network: Network, input: &[i8], expected: &[i8], seed: u64) {
    let judge = Judge::new(&emit(&network, &[])).expect("an int8 network");
    let trace = judge.run(input).expect("tract runs it");
    let (a, b) = input.split_at(256 * 256);
    assert_eq!([&trace.activations[0], &trace.activations[1]], [a, b]);
    assert!(trace.activations[2] == expected, "tract, seed {seed}");
    let image = cortexscope_compile::board_image::emit(&network, [0; 32]).expect("an image");
    let model = image.model();
    let layer = model.layer(2).expect("the pair");
    let mut y = vec![0; a.len()];
    match &layer.op {
        core::Op::Add(sum) => core::ops::add::apply(sum, a, b, &mut y),
        core::Op::Mul(product) => core::ops::mul::apply(product, a, b, &mut y),
        other => panic!("{other:?}"),
    }
    assert!(y == expected, "kernel, seed {seed}");
}

/// ResNet-8 as MLPerf Tiny has it: three blocks of 16, 32 and 64 channels, with weights of
/// a seed.
fn resnet8() -> RandomNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let mut graph = GraphBuilder::new("resnet8");
    graph.input("x", DataType::Float, &[1, 3, 32, 32].map(Size::Fixed));
    let mut conv =
        |graph: &mut GraphBuilder, from: &str, to: &str, dims: [usize; 4], stride: usize| {
            let fan_in = dims[1] * dims[2] * dims[3];
            let reach = (3.0 / fan_in as f32).sqrt();
            let count = dims.iter().product();
            let values: Vec<f32> = (0..count)
                .map(|_| random.random_range(-reach..reach))
                .collect();
            let weights = format!("{to}.weight");
            graph.f32s(&weights, &dims, &values);
            // TensorFlow's SAME: at stride 2 the only row of padding comes after.
            let pads = match (dims[2], stride) {
                (1, _) => [0; 4],
                (_, 2) => [0, 0, 1, 1],
                _ => [1; 4],
            };
            let attributes = vec![ints("pads", &pads), ints("strides", &[stride; 2])];
            graph.node("Conv", &[from, &weights], to, attributes);
        };
    conv(&mut graph, "x", "stem.conv", [16, 3, 3, 3], 1);
    graph.node("Relu", &["stem.conv"], "stem", vec![]);
    let (mut from, mut depth) = ("stem".to_owned(), 16);
    for (block, (channels, stride)) in [(16, 1), (32, 2), (64, 2)].into_iter().enumerate() {
        let name = |what: &str| format!("{block}.{what}");
        conv(
            &mut graph,
            &from,
            &name("first"),
            [channels, depth, 3, 3],
            stride,
        );
        graph.node("Relu", &[&name("first")], &name("hidden"), vec![]);
        conv(
            &mut graph,
            &name("hidden"),
            &name("second"),
            [channels, channels, 3, 3],
            1,
        );
        let skip = if stride == 1 {
            from.clone()
        } else {
            conv(
                &mut graph,
                &from,
                &name("skip"),
                [channels, depth, 1, 1],
                stride,
            );
            name("skip")
        };
        graph.node("Add", &[&skip, &name("second")], &name("sum"), vec![]);
        graph.node("Relu", &[&name("sum")], &name("out"), vec![]);
        (from, depth) = (name("out"), channels);
    }
    graph.node("GlobalAveragePool", &[&from], "mean", vec![]);
    conv(&mut graph, "mean", "map", [10, 64, 1, 1], 1);
    graph.node("Flatten", &["map"], "y", vec![]);
    graph.output("y", DataType::Float, &[1, 10].map(Size::Fixed));
    let mut image = || {
        (0..3 * 32 * 32)
            .map(|_| random.random_range(0.0..1.0))
            .collect()
    };
    RandomNetwork {
        spec: ModelSpec::assumed([3, 32, 32]),
        inputs: (0..2).map(|_| image()).collect(),
        operators: BTreeSet::new(),
        onnx: graph.emit(13),
    }
}

/// What all tensors of the fullest layer take side by side: the first block's input, and
/// two maps of 32×32×16.
const NAIVE_BYTES: usize = 3 * 16 * 32 * 32;

#[test]
fn a_residual_network_keeps_its_skips_where_they_are_cheapest() {
    let drawn = resnet8();
    let (compiled, mut rig) = compiled(&drawn).expect("it compiles");
    let image = rig.model.image.clone();
    let plan = image.model().plan(core::Mode::Fused).expect("a plan");
    let arena_bytes = plan.arena_bytes();
    assert!(arena_bytes * 100 < NAIVE_BYTES * 65, "{arena_bytes} bytes");

    let graph = reader::read(decode(&drawn.onnx).expect("a file"), &Hint::default());
    let network = onnx::network(&graph.expect("a network"), "resnet8", &[]).expect("layers");
    let counted = budget::plan(&network, Element::Int8, budget::Mode::Fused);
    assert_eq!(counted.arena_bytes, arena_bytes);
    assert!(counted.proof.is_optimal(), "{:?}", counted.proof);
    assert_eq!(counted.lower_bound_bytes, arena_bytes);

    let judge = Judge::new(&compiled.int8_onnx).expect("an int8 network");
    let input = rig.model.quantise(&drawn.inputs[0]);
    let expected = judge.run(&input).expect("tract runs it");
    for mode in [Mode::Tapped, Mode::Fused] {
        let recording = record(&mut rig, &input, mode).expect("the board answers");
        let layers = recording
            .activations
            .iter()
            .filter(|layer| layer.tensor > 0);
        let got: Vec<&Vec<i8>> = layers.map(|layer| &layer.values).collect();
        let expected: Vec<&Vec<i8>> = expected.activations.iter().collect();
        assert!(got == expected, "{mode:?}");
        assert_eq!(recording.logits, expected_bits(&judge, &input), "{mode:?}");
    }
}

fn expected_bits(judge: &Judge, input: &[i8]) -> Vec<f32> {
    judge.run(input).expect("tract runs it").logits
}
