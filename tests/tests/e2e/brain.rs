//! `cortexscope brain`: on arrays that are made here, and on recorded neurons.

use crate::command_line::{json, refused};
use crate::json_documents::is_valid;
use crate::outside_data::outside;
use cortexscope_net::onnx::GraphBuilder;
use cortexscope_net::onnx::builder::{Size, int, ints};
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use cortexscope_net::random::Random;
use serde_json::Value;
use std::path::Path;

/// Writes a NumPy array.
fn npy(path: &Path, element: &str, shape: &str, bytes: &[u8]) -> String {
    let mut header =
        format!("{{'descr': '{element}', 'fortran_order': False, 'shape': {shape}, }}");
    header += &" ".repeat(64 - (10 + header.len() + 1) % 64);
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(bytes);
    std::fs::write(path, file).expect("the folder is there");
    path.to_str().expect("a plain path").to_owned()
}

const IMAGES: usize = 48;

/// Images with a bright square somewhere, and two neurons with two repeats: one follows the
/// row of the square, the other its column. −1 stands for a repeat that was not made.
fn session(folder: &Path) -> [String; 2] {
    let mut random = Random::new(1);
    let mut pixels = vec![0; IMAGES * 784];
    let mut responses = [const { Vec::new() }; 2];
    for image in 0..IMAGES {
        let place = [0; 2].map(|_| random.index(20));
        for at in 0..64 {
            let [y, x] = [place[0] + at / 8, place[1] + at % 8];
            pixels[image * 784 + y * 28 + x] = 255;
        }
        for (neuron, place) in place.into_iter().enumerate() {
            let rate = place as f64 + 10.0;
            responses[neuron].push(rate + random.normal());
            responses[neuron].push(if image == 5 {
                -1.0
            } else {
                rate + random.normal()
            });
        }
    }
    let rates: Vec<u8> = responses
        .concat()
        .iter()
        .flat_map(|r| r.to_le_bytes())
        .collect();
    [
        npy(
            &folder.join("images.npy"),
            "|u1",
            &format!("({IMAGES}, 28, 28)"),
            &pixels,
        ),
        npy(
            &folder.join("rates.npy"),
            "<f8",
            &format!("(2, {IMAGES}, 2)"),
            &rates,
        ),
    ]
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is not a number"))
}

#[test]
fn a_session_is_fitted_driven_and_compared() {
    let dir = tempfile::tempdir().expect("a folder");
    let [images, rates] = session(dir.path());
    let at = |name: &str| {
        dir.path()
            .join(name)
            .to_str()
            .expect("a plain path")
            .to_owned()
    };
    let [fitted, driven, kept] = [at("fit"), at("control"), at("features")];
    let fit = |readout: &'static str, folder: &str| {
        let args = [
            "brain",
            "fit",
            "--features",
            "lecture-lenet:pool1",
            "--images",
            &images,
            "--responses",
            &rates,
            "--missing",
            "-1",
            "--train",
            "0..36",
            "--test",
            "36..48",
            "--readout",
            readout,
            "--seed",
            "1",
            "--keep-features",
            &kept,
            "-o",
            folder,
            "--json",
        ];
        is_valid("brain-fit", &args);
        json(&args)
    };
    let document = fit("ridge", &fitted);
    assert!(number(&document["median_r"]) > 0.8, "{document}");
    assert_eq!(document["neurons"][1]["index"], 1);
    assert!(number(&document["neurons"][0]["explained_variance"]) > 0.6);
    // Noise with a standard deviation of 1 beside rates with one of about 6.
    assert!(number(&document["ceiling"]["value"]) > 0.9, "{document}");
    assert_eq!(document["receptive_field"]["size"].to_string(), "[6,6]");
    assert_eq!(fit("ridge", &fitted)["neurons"], document["neurons"]);

    let control = [
        "brain", "control", "stretch", "--fit", &fitted, "--neuron", "1", "--seeds", "2",
        "--judge", &fitted, "--steps", "3", "--others", "1", "-o", &driven, "--json",
    ];
    is_valid("brain-control", &control);
    let document = json(&control);
    let first = &document["images"][0];
    // The judge is the same model here.
    assert_eq!(first["own"], first["judge"]);
    assert!(number(&document["natural_max"]) > 20.0, "{document}");
    assert_eq!(document["controls"].as_array().map(Vec::len), Some(7));

    // The same neurons, as the chip computes them in int8.
    let judged = at("judged");
    let control = [
        "brain", "control", "ohp", "--fit", &fitted, "--neuron", "0", "--seeds", "1", "--board",
        "native", "--steps", "2", "--others", "1", "-o", &judged, "--json",
    ];
    is_valid("brain-control", &control);
    let document = json(&control);
    let board = &document["board"];
    assert_eq!(
        (&board["name"], &board["mismatches"]),
        (&"native".into(), &0.into())
    );
    // An image, four controls of its own and the natural ones, which cost the board nothing.
    assert_eq!(board["queries_compared"], 6, "{document}");
    let first = &document["images"][0];
    let [own, judge] = [&first["own"], &first["judge"]].map(number);
    assert!(own != judge && (own - judge).abs() < 0.2, "{own} {judge}");
    assert_eq!(first["population"].as_array().map(Vec::len), Some(2));

    let sheet = at("sheet");
    let sites = [
        "brain", "sites", "--fit", &fitted, "--board", "native", "--steps", "2", "-o", &sheet,
        "--json",
    ];
    is_valid("brain-sites", &sites);
    let document = json(&sites);
    let second = &document["sites"][1]["stretch"];
    // Natural twice, scrambled, contrast raised, and the other site's image.
    assert_eq!(second["controls"].as_array().map(Vec::len), Some(5));
    assert_eq!(second["controls"][4]["of"], 0);
    assert!(Path::new(&sheet).join("sites.png").is_file());
    let unknown = [
        "brain", "control", "stretch", "--fit", &fitted, "--neuron", "2", "-o", "unused",
    ];
    refused(&unknown, &["neurons 0 to 1", "2"]);

    let compare = [
        "brain",
        "compare",
        "lecture-lenet",
        "--images",
        &images,
        "--responses",
        &rates,
        "--missing",
        "-1",
        "--layer",
        "pool1",
        "--draws",
        "20",
        "--json",
    ];
    is_valid("brain-compare", &compare);
    let document = json(&compare);
    assert!(number(&document["layers"][0]["cka"]) > 0.1, "{document}");
    // An image with one repeat has no halves.
    assert!(document["ceiling"]["lower"].is_null());
}

/// Planted neurons judge as what they are: each answers 30 spikes to the image that it prefers.
#[test]
fn planted_neurons_are_recorded_fitted_and_judge_themselves() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| {
        let path = dir.path().join(name);
        path.to_str().expect("a plain path").to_owned()
    };
    let [planted, fitted, sheet] = [at("planted"), at("fit"), at("sheet")];
    let plant = [
        "brain",
        "plant",
        "--count",
        "60",
        "--neurons",
        "3",
        "--repeats",
        "4",
        "-o",
        &planted,
        "--json",
    ];
    is_valid("brain-plant", &plant);
    let document = json(&plant);
    let kinds = [0, 1, 2].map(|neuron| document["neurons"][neuron]["kind"].clone());
    assert_eq!(kinds, ["simple", "complex", "simple"]);
    let [images, responses] = ["images", "responses"].map(|name| {
        let path = document[name].as_str();
        path.expect("a path").to_owned()
    });
    let fit = [
        "brain",
        "fit",
        "--features",
        "lecture-lenet:pool1",
        "--images",
        &images,
        "--responses",
        &responses,
        "--train",
        "0..45",
        "--test",
        "45..60",
        "--readout",
        "ridge",
        "-o",
        &fitted,
        "--json",
    ];
    let document = json(&fit);
    assert!(number(&document["ceiling"]["value"]) > 0.8, "{document}");
    let sites = [
        "brain", "sites", "--fit", &fitted, "--judge", &planted, "--steps", "2", "-o", &sheet,
        "--json",
    ];
    let document = json(&sites);
    for site in 0..3 {
        let most = number(&document["sites"][site]["stretch"]["natural_max"]);
        assert!((most - 30.0).abs() < 0.2, "{most}");
        let population = &document["sites"][site]["stretch"]["images"][0]["population"];
        assert_eq!(population.as_array().map(Vec::len), Some(3));
    }
}

#[test]
fn what_cannot_be_fitted_is_said_first() {
    let dir = tempfile::tempdir().expect("a folder");
    let [images, rates] = session(dir.path());
    let fit = |train, test, features| {
        [
            "brain",
            "fit",
            "--features",
            features,
            "--images",
            &images,
            "--responses",
            &rates,
            "--train",
            train,
            "--test",
            test,
            "--readout",
            "ridge",
            "-o",
            "unused",
        ]
    };
    refused(&fit("0..30", "29..48", "lecture-lenet:pool1"), &["overlap"]);
    refused(
        &fit("0..30", "30..49", "lecture-lenet:pool1"),
        &["30..49", "48 images"],
    );
    refused(
        &fit("0..5", "30..48", "lecture-lenet:pool1"),
        &["--train", "at least 10"],
    );
    refused(
        &fit("0..30", "30..48", "lecture-lenet:pool9"),
        &["pool9", "pool1"],
    );
    refused(&fit("0..30", "30..48", "lecture-lenet"), &["MODEL:LAYER"]);
    let rdm = |rdm| {
        [
            "brain", "compare", "lenet5", "--images", &images, "--rdm", rdm,
        ]
    };
    refused(&rdm("missing.npy"), &["no such file", "missing.npy"]);
    refused(&rdm("missing.png"), &["missing.png", "FILE.npz:KEY"]);
    let none = dir.path().to_str().expect("a plain path");
    let control = ["brain", "control", "ohp", "--fit", none, "--neuron", "0"];
    refused(&control, &["has no fit", "brain fit"]);
    assert!(!Path::new("unused/fit.json").exists());
}

/// Human early visual cortex and IT: ρ .0444 for relu2 in the former, .0440 for relu4 in the
/// latter, by an independent implementation.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn early_and_late_layers_part_as_evc_and_it_do() {
    let [model, data] = ["models/alexnet_conv.onnx", "brain/fmri78_evc_it.npz"].map(outside);
    let [model, data] = [model, data].map(|path| path.to_str().expect("a plain path").to_owned());
    let images = format!("{data}:images");
    let rho = |area: &str| -> Vec<f64> {
        let rdm = format!("{data}:{area}");
        let document = json(&[
            "brain", "compare", &model, "--images", &images, "--rdm", &rdm, "--draws", "100",
            "--json",
        ]);
        let layers = document["layers"].as_array().expect("layers");
        layers.iter().map(|layer| number(&layer["rsa"])).collect()
    };
    let (evc, it) = (rho("evc"), rho("it"));
    assert!((evc[1] - 0.0444).abs() < 0.005, "{evc:?}");
    assert!((it[3] - 0.0440).abs() < 0.005, "{it:?}");
    let interaction = (evc[1] - evc[3]) - (it[1] - it[3]);
    assert!((interaction - 0.040).abs() < 0.005, "{interaction}");
}

/// A network that gives `gain` times its input, as blocks of 4 × 4 pixels, and for two neurons
/// the sum of all pixels and that of the upper half.
fn auto_encoder(path: &Path, gain: f32) -> String {
    let mut graph = GraphBuilder::new("net");
    let image = [
        Size::Batch,
        Size::Fixed(1),
        Size::Fixed(28),
        Size::Fixed(28),
    ];
    graph.input("input", DataType::Float, &image);
    let output = [Size::Batch, Size::Fixed(784 + 2)];
    graph.output("output", DataType::Float, &output);
    let mut blocks = vec![0.0; 256];
    (0..16).for_each(|channel| blocks[channel * 17] = gain);
    graph.f32s("blocks", &[16, 1, 4, 4], &blocks);
    let sizes = |side: usize| {
        vec![
            ints("kernel_shape", &[side; 2]),
            ints("strides", &[side; 2]),
        ]
    };
    graph.node("Conv", &["input", "blocks"], "reconstruction", sizes(4));
    let half = (0..784).map(|at| f32::from(u8::from(at < 392)));
    let masks: Vec<f32> = std::iter::repeat_n(1.0, 784).chain(half).collect();
    graph.f32s("masks", &[2, 1, 28, 28], &masks);
    graph.node("Conv", &["input", "masks"], "response", sizes(28));
    for (layer, flat) in [("reconstruction", "image"), ("response", "rates")] {
        graph.node("Flatten", &[layer], flat, vec![int("axis", 1)]);
    }
    graph.node(
        "Concat",
        &["image", "rates"],
        "output",
        vec![int("axis", 1)],
    );
    std::fs::write(path, graph.emit(13)).expect("the folder is there");
    path.to_str().expect("a plain path").to_owned()
}

/// A search goes on from its checkpoint, and another preparation of images is another search.
#[test]
fn a_checkpoint_is_of_one_preparation() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = auto_encoder(&dir.path().join("net.onnx"), 0.5);
    let [checkpoint, output] = ["evolve.ck", "out"].map(|name| {
        let path = dir.path().join(name);
        path.to_str().expect("a plain path").to_owned()
    });
    let evolve = [
        "brain",
        "evolve",
        "--model",
        &model,
        "--target",
        "response:0",
        "--generator",
        "dct",
        "--images",
        "none",
        "--queries",
        "12",
        "--gradient-steps",
        "1",
        "--checkpoint",
        &checkpoint,
        "-o",
        &output,
        "--json",
    ];
    let described = |range: &str| {
        let text = format!("[input]\nchannels = \"grey\"\nsize = [28, 28]\nrange = {range}\n");
        std::fs::write(dir.path().join("net.toml"), text).expect("the folder is there");
    };
    described("[0.0, 1.0]");
    assert_eq!(json(&evolve)["queries_from_checkpoint"], 0);
    assert_eq!(json(&evolve)["queries_from_checkpoint"], 12);
    described("[-1.0, 1.0]");
    refused(&evolve, &["evolve.ck", "of another search"]);
}

/// The board holds a convolution as its rectifier cuts it, by both names, and the gradient that
/// is followed beside it is that of the same quantity.
#[test]
fn a_map_on_a_board_is_held_against_the_same_quantity() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = dir.path().to_str().expect("a plain path");
    let evolve = |target| {
        json(&[
            "brain",
            "evolve",
            "--model",
            "lecture-lenet",
            "--target",
            target,
            "--board",
            "native",
            "--generator",
            "pixels",
            "--images",
            "none",
            "--queries",
            "40",
            "--gradient-steps",
            "10",
            "-o",
            output,
            "--json",
        ])
    };
    let [conv, relu] = ["conv1:2", "relu1:2"].map(evolve);
    for key in ["best_clean", "optimum_in_space", "optimum_in_pixels"] {
        assert_eq!(conv[key], relu[key], "{key}");
    }
    assert_eq!(conv["board"]["mismatches"], 0);
    assert!(number(&conv["optimum_in_pixels"]) > number(&conv["best_clean"]));
}

/// By hand: what is left of an image is 1 − gain of it, so the errors of the gains 0.5 and 0.8
/// are as 0.5² to 0.2², and their PSNR are 10 log₁₀ 6.25 apart.
#[test]
fn auto_encoders_are_tabulated() {
    let dir = tempfile::tempdir().expect("a folder");
    let [first, second] = [(0, 0.5), (1, 0.8)]
        .map(|(seed, gain)| auto_encoder(&dir.path().join(format!("net-{seed}.onnx")), gain));
    let output = dir.path().join("out");
    let output = output.to_str().expect("a plain path");
    let mut args = vec!["brain", "autoencode", &first, &second, "-o", output];
    args.extend([
        "--test",
        "1800..1820",
        "--neurons",
        "0..2",
        "--shuffles",
        "20",
    ]);
    is_valid("brain-autoencode", &[&args[..], &["--json"]].concat());
    let document = json(&[&args[..], &["--json"]].concat());
    let table = document["table"].as_array().expect("a table");
    assert_eq!((table.len(), &table[0]["arm"]), (1, &Value::from("net")));
    let row = &table[0];
    assert_eq!(number(&row["data_range"]), 1.0);
    assert!(row["mse_interval"].is_array() && row["minus_dae"].is_null());
    let [half, most] = [0, 1].map(|seed| &row["seeds"][seed]);
    assert!((number(&half["mse"]) / number(&most["mse"]) - 6.25).abs() < 1e-3);
    let apart = number(&most["psnr"]) - number(&half["psnr"]);
    assert!((apart - 10.0 * 6.25_f64.log10()).abs() < 1e-3, "{apart}");
    // The mean of the images' PSNR is not below that of the mean error.
    assert!(number(&half["psnr"]) >= number(&half["psnr_of_mse"]));
    assert_eq!(half["neurons"].as_array().map(Vec::len), Some(2));
    // 5 rows for three regions, and 8 for the third alone.
    let published = document["published"]["table"].as_array().expect("rows");
    assert_eq!(published.len(), 5 * 3 + 8);
    assert!(Path::new(output).join("autoencode.png").is_file());

    refused(
        &["brain", "autoencode", &first, "--test", "1700..1900"],
        &["--test 1700..1900", "1800..2000"],
    );
    refused(
        &["brain", "autoencode", &first],
        &["gives 2 values", "20 neurons", "--neurons"],
    );
    refused(
        &["brain", "autoencode", "lenet5"],
        &["lenet5", "--reconstruction", "--response"],
    );
}

/// Arms that are named are those of the program; two seeds make a row with an interval.
#[test]
fn shipped_auto_encoders_are_judged_by_their_names() {
    let mut args = vec!["brain", "autoencode"];
    args.extend(["cnn-fr-0", "dae-0", "dae-nr2-0", "dae-1", "dae-nr2-1"]);
    args.extend(["--test", "1800..1830", "--shuffles", "10", "--json"]);
    let document = json(&args);
    let table = document["table"].as_array().expect("a table");
    let names: Vec<_> = table.iter().map(|row| &row["arm"]).collect();
    assert_eq!(names, ["CNN-FR", "DAE", "DAE-NR2"]);
    assert!(table[0]["mse"].is_null() && table[1]["predicted"].is_null());
    assert_eq!(table[2]["minus_dae"]["mse"]["seeds"], 2);
    assert!(table[2]["mse_interval"].is_array(), "{document}");
    // An auto-encoder has to beat as many components as its code has values, or the reader is told.
    let [own, components] = [&table[1], &document["components"][0]].map(|row| number(&row["mse"]));
    assert_eq!(
        document["components"][0]["code"],
        table[1]["seeds"][0]["code"]
    );
    let verdict = if own < components {
        "DAE beats"
    } else {
        "DAE does not beat"
    };
    assert!(
        document["notes"].to_string().contains(verdict),
        "{own} {components}"
    );
    // Of ten neurons that the images drive, 30 images are enough to find most.
    let predicted = &table[0]["predicted"];
    assert!(number(&predicted["holm_driven"]) >= 7.0, "{predicted}");
    assert!(number(&predicted["field_error"]) < 1.5, "{predicted}");
}

/// The whole report, on planted neurons.
#[test]
#[ignore = "takes minutes: cargo xtask test --data DIR"]
fn the_demo_reports_planted_neurons() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = dir.path().join("planted");
    let output = output.to_str().expect("a plain path");
    let document = json(&["brain", "demo", "-o", output, "--json"]);
    let panels = document["panels"].as_array().expect("panels");
    let ids: Vec<_> = panels.iter().map(|panel| &panel["id"]).collect();
    let wanted = [
        "encoding",
        "control",
        "evolution",
        "autoencoders",
        "similarity",
    ];
    assert_eq!(ids, wanted);
    let page = std::fs::read_to_string(format!("{output}/brain.html")).expect("a page");
    assert!(page.matches("<svg").count() >= 8);
    assert!(!page.contains("src=\"http"));
}
