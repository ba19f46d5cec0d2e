//! Figures that are known from elsewhere.

use super::*;
use cortexscope_net::onnx::Weights;
use cortexscope_net::reader::{self, Graph, Hint, ReadError};
use std::path::Path;

fn ledger(name: &str) -> Ledger {
    Ledger::new(&architecture::find(name).expect("a table"))
}

fn row<'l>(ledger: &'l Ledger, name: &str) -> &'l Row {
    let row = ledger.rows.iter().find(|row| row.name == name);
    row.unwrap_or_else(|| panic!("no row {name}"))
}

fn open(path: &Path) -> Result<Graph, ReadError> {
    reader::open(&path.into(), Weights::Skip, &Hint::default())
}

/// A published graph of the outside data.
fn graph(file: &str) -> Network {
    let folder = std::env::var_os("CORTEXSCOPE_TEST_DATA").expect("CORTEXSCOPE_TEST_DATA is set");
    let path = Path::new(&folder).join(file);
    let graph = open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    onnx::network(&graph, file, &[]).expect("layers")
}

fn shipped(name: &str) -> Network {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let path = folder.join(name).join(name).with_extension("onnx");
    onnx::network(&open(&path).expect("a readable file"), name, &[]).expect("layers")
}

#[test]
fn parameters_of_the_tables() {
    for (name, weights, biases) in [
        ("vgg16", 138_344_128, 13_416),
        ("alexnet-grouped", 60_954_656, 10_568),
        ("alexnet", 62_367_776, 10_568),
        ("lenet5", 61_470, 236),
        ("lecture-lenet", 22_000, 80),
    ] {
        let totals = ledger(name).totals;
        assert_eq!((totals.weights, totals.biases), (weights, biases), "{name}");
    }
    assert_eq!(ledger("vgg16").totals.parameters(), 138_357_544);
    assert_eq!(ledger("alexnet-grouped").totals.parameters(), 60_965_224);
    assert_eq!(ledger("alexnet").totals.parameters(), 62_378_344);
    assert_eq!(ledger("lenet5").totals.parameters(), 61_706);
    assert_eq!(ledger("lenet5-1998").totals.parameters(), 60_000);
}

#[test]
fn layers_of_the_first_lenet5() {
    let ledger = ledger("lenet5-1998");
    let counts = ["C1", "S2", "C3", "S4", "C5", "F6"]
        .map(|name| row(&ledger, name).weights + row(&ledger, name).biases);
    assert_eq!(counts, [156, 12, 1_516, 32, 48_120, 10_164]);
}

#[test]
fn values_and_multiplications() {
    assert_eq!(ledger("vgg16").totals.values, 15_237_608);
    assert_eq!(ledger("vgg16").totals.macs, 15_470_264_320);
    assert_eq!(ledger("alexnet").totals.values, 936_323);
    assert_eq!(ledger("lecture-lenet").totals.values, 21_434 + 10);
    assert_eq!(ledger("lenet5").totals.macs, 416_520);
}

#[test]
fn receptive_fields_and_strides() {
    for (name, layer, size, stride) in [
        ("alexnet", "pool5", 195, 32),
        ("vgg16", "pool5", 212, 32),
        ("lecture-lenet", "pool2", 12, 4),
    ] {
        let ledger = ledger(name);
        let row = row(&ledger, layer);
        assert_eq!(row.receptive_field, Some([size; 2]), "{name}");
        assert_eq!(row.stride, Some([stride; 2]), "{name}");
    }
    assert_eq!(row(&ledger("vgg16"), "fc6").receptive_field, None);
}

#[test]
fn shipped_graphs_say_what_the_tables_say() {
    for name in ["lecture-lenet", "lenet5"] {
        let (graph, table) = (Ledger::new(&shipped(name)).totals, ledger(name).totals);
        assert_eq!(graph, table, "{name}");
    }
    // Its published 5,998 count the four numbers of two shapes as well.
    let winml = Ledger::new(&shipped("winml-mnist")).totals;
    assert_eq!(winml.parameters(), 5_994);
}

#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn published_graphs() {
    for (file, parameters) in [
        ("graphs/light_bvlc_alexnet.onnx", 60_965_224),
        ("graphs/light_vgg19.onnx", 143_667_240),
        ("graphs/light_squeezenet.onnx", 1_235_496),
        ("graphs/light_resnet50.onnx", 25_557_032),
        ("models/caffe_lenet.onnx", 431_080),
    ] {
        let totals = Ledger::new(&graph(file)).totals;
        assert_eq!(totals.parameters(), parameters, "{file}");
    }
    let zfnet = Ledger::new(&graph("graphs/light_zfnet512.onnx")).totals;
    assert!(zfnet.parameters() > 60_000_000);
}

#[test]
fn a_weight_that_is_used_twice_counts_once() {
    use cortexscope_net::onnx::builder::{GraphBuilder, Size, ints};
    use cortexscope_net::onnx::pb::tensor_proto::DataType;
    let mut graph = GraphBuilder::new("twice");
    let map = [Size::Batch, Size::Fixed(2), Size::Fixed(6), Size::Fixed(6)];
    graph.input("x", DataType::Float, &map);
    graph.f32s("w", &[2, 2, 3, 3], &[0.0; 36]);
    let pads = || vec![ints("pads", &[1, 1, 1, 1])];
    graph.node("Conv", &["x", "w"], "a", pads());
    graph.node("Conv", &["a", "w"], "b", pads());
    graph.output("b", DataType::Float, &map);
    let graph = reader::read(graph.model(13), &Hint::default()).expect("a graph");
    let network = onnx::network(&graph, "twice", &[]).expect("layers");
    let totals = Ledger::new(&network).totals;
    assert_eq!((totals.weights, totals.macs), (36, 2 * 36 * 36));
}

/// What is said of an image of 28×28, one node on it, and a constant `w` of `sizes`
/// without values, as in graphs that leave their weights out.
fn said_of(op: &str, inputs: &[&str], sizes: &[usize], pads: Option<usize>) -> String {
    use cortexscope_net::onnx::builder::{GraphBuilder, Size, ints};
    use cortexscope_net::onnx::pb::tensor_proto::DataType;
    let mut graph = GraphBuilder::new("hostile");
    let sides = [1, 1, 28, 28].map(Size::Fixed);
    graph.input("x", DataType::Float, &sides);
    graph.f32s("w", sizes, &[]);
    let pads = pads.map(|pad| ints("pads", &[pad; 4]));
    let shape = (op == "MaxPool").then(|| ints("kernel_shape", &[2, 2]));
    graph.node(op, inputs, "y", pads.into_iter().chain(shape).collect());
    graph.output("y", DataType::Float, &[Size::Batch]);
    let read = reader::read(graph.model(13), &Hint::default());
    read.expect_err("a graph of no sense").to_string()
}

#[test]
fn sizes_that_overflow_and_inputs_that_come_later_are_refused_by_node() {
    let huge = 1 << 62;
    for sizes in [[huge, 1, 3, 3], [1, 1, 65_536, 65_536], [0, 1, 3, 3]] {
        let said = said_of("Conv", &["x", "w"], &sizes, None);
        assert!(said.contains("node `y` (Conv)"), "{said}");
    }
    let said = said_of("Gemm", &["x", "w"], &[784, huge], None);
    assert!(said.contains("node `y` (Gemm)"), "{said}");
    let said = said_of("MaxPool", &["x"], &[1], Some(huge));
    assert!(said.contains("node `y` (MaxPool)"), "{said}");
    let said = said_of("Add", &["x", "later"], &[1], None);
    assert!(
        said.contains("tensor `later` is read, and no node writes it"),
        "{said}"
    );
}

#[test]
fn the_budget_plans_what_the_board_image_has() {
    for name in ["lecture-lenet", "lenet5", "winml-mnist"] {
        let files =
            cortexscope_compile::model_files::ModelFiles::open(name).expect("a shipped model");
        let model = files.image.model();
        let network = shipped(name);
        for (mode, core) in [
            (Mode::Fused, cortexscope_core::Mode::Fused),
            (Mode::Tapped, cortexscope_core::Mode::Tapped),
        ] {
            let planned = model.plan(core).expect("a plan").arena_bytes();
            let budget = plan(&network, Element::Int8, mode);
            assert_eq!(budget.arena_bytes, planned, "{name} {mode:?}");
            assert!(budget.proof.is_optimal(), "{name} {mode:?}");
        }
    }
}

#[test]
fn arenas_are_far_below_the_sum_of_the_values() {
    let lecture = architecture::find("lecture-lenet").expect("a table");
    let bytes = |mode| plan(&lecture, Element::Int8, mode);
    assert!(bytes(Mode::Fused).arena_bytes <= 4_810);
    assert!(bytes(Mode::Tapped).arena_bytes < 14_400);
    assert!(bytes(Mode::Tapped).proof.is_optimal());
    let lenet5 = architecture::find("lenet5").expect("a table");
    assert!(plan(&lenet5, Element::Int8, Mode::Fused).arena_bytes <= 2_400);
}

#[test]
fn training_keeps_more_than_an_input_gradient() {
    for name in architecture::NAMES {
        let network = architecture::find(name).expect("a table");
        let forward = plan(&network, Element::F32, Mode::Tapped).arena_bytes;
        let gradient = backward_bytes(&network, Purpose::InputGradient);
        let training = backward_bytes(&network, Purpose::Training);
        let twice = 8 * Ledger::new(&network).totals.values as usize;
        assert!(forward < gradient, "{name}: {forward} {gradient}");
        assert!(training <= twice, "{name}: {training} {twice}");
        assert!(gradient <= twice, "{name}");
    }
}

#[test]
fn a_mean_takes_what_the_board_image_has_for_it() {
    use cortexscope_net::onnx::builder::{GraphBuilder, Size, ints};
    use cortexscope_net::onnx::pb::tensor_proto::DataType;
    for kernel in [None, Some(4)] {
        let mut graph = GraphBuilder::new("mean");
        let map = [1, 1, 12, 12].map(Size::Fixed);
        graph.input("x", DataType::Float, &map);
        let weights: Vec<f32> = (0..72_u8).map(|at| f32::from(at) / 72.0 - 0.5).collect();
        graph.f32s("w", &[8, 1, 3, 3], &weights);
        graph.node("Conv", &["x", "w"], "c", vec![ints("pads", &[1; 4])]);
        let rest = match kernel {
            None => {
                graph.node("GlobalAveragePool", &["c"], "m", Vec::new());
                8
            }
            Some(side) => {
                let window = [("kernel_shape", [side; 2]), ("strides", [side; 2])];
                let window = window.map(|(name, sides)| ints(name, &sides));
                graph.node("AveragePool", &["c"], "m", window.to_vec());
                72
            }
        };
        graph.node("Flatten", &["m"], "f", Vec::new());
        graph.f32s("v", &[rest, 3], &vec![0.25; 3 * rest]);
        graph.node("MatMul", &["f", "v"], "y", Vec::new());
        graph.output("y", DataType::Float, &[Size::Batch, Size::Fixed(3)]);
        let onnx = graph.emit(13);

        let spec = cortexscope_net::input::ModelSpec::assumed([1, 12, 12]);
        let inputs: Vec<Vec<f32>> = (1..5_u8)
            .map(|seed| {
                (0..144)
                    .map(|at| ((at * usize::from(seed)) % 13) as f32 / 13.0)
                    .collect()
            })
            .collect();
        let go_on = &mut |_| std::ops::ControlFlow::Continue(());
        let compiled = cortexscope_compile::compile(&onnx, "mean", &spec, &inputs, go_on);
        let compiled = compiled.expect("a network for boards");
        let image = cortexscope_compile::board_image::emit(&compiled.network, [0; 32]);
        let image = image.expect("an image");
        let have = fit::Need::of_image(&image.model());

        let model = cortexscope_net::onnx::file::decode(&onnx).expect("a model");
        let read = reader::read(model, &Hint::default()).expect("a graph");
        let need = fit::Need::of(&onnx::network(&read, "mean", &[]).expect("layers"));
        assert_eq!(need.fused_bytes, have.fused_bytes, "{kernel:?}");
        assert_eq!(need.tapped_bytes, have.tapped_bytes, "{kernel:?}");
        assert_eq!(need.image_bytes, have.image_bytes, "{kernel:?}");
    }
}
