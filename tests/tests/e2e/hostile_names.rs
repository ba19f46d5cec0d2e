//! A model whose names hold commands to the terminal, through every command that takes
//! a model: what they print has none of them.

use crate::command_line::cortexscope;
use cortexscope_net::onnx::file::decode;
use prost::Message;
use std::path::Path;

/// Renames the window, turns colours on, and shows the rest from right to left.
const HOSTILE: &str = "\x1b]0;owned\x07\u{9b}31m\u{202e}";

/// The lecture's LeNet with hostile names of layers, tensors and classes, compiled.
fn model(folder: &Path) -> [String; 2] {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lecture-lenet");
    let bytes = std::fs::read(models.join("lecture-lenet.onnx")).expect("it is shipped");
    let mut file = decode(&bytes).expect("a model");
    let graph = file.graph.as_mut().expect("a graph");
    for node in &mut graph.node {
        node.name = format!("{}{HOSTILE}", node.name);
    }
    let output = graph.output[0].name.clone();
    for name in graph.node.iter_mut().flat_map(|node| &mut node.output) {
        if *name != output {
            name.push_str(HOSTILE);
        }
    }
    let written: Vec<_> = graph
        .node
        .iter()
        .flat_map(|node| node.output.clone())
        .collect();
    for name in graph.node.iter_mut().flat_map(|node| &mut node.input) {
        if let Some(new) = written
            .iter()
            .find(|new| **new == format!("{name}{HOSTILE}"))
        {
            name.clone_from(new);
        }
    }
    let path = folder.join("hostile.onnx");
    std::fs::write(&path, file.encode_to_vec()).expect("writable");
    let labels: String = (0..10).map(|class| format!("{class}{HOSTILE}\n")).collect();
    let list = folder.join("labels.txt");
    std::fs::write(&list, labels).expect("writable");
    [path, list].map(|path| path.display().to_string())
}

/// Commands that take a float model; `MODEL`, `LABELS` and `OUT` stand for files.
const FLOAT: [&str; 17] = [
    "budget MODEL",
    "compile MODEL --calibrate mnist --images 5 -o OUT",
    "doctor MODEL --data mnist --images 5 -o OUT",
    "activations MODEL mnist:0 -o OUT.png",
    "explain saliency MODEL mnist:0",
    "explain grad-cam MODEL mnist:0",
    "ascend MODEL --target class:1 --steps 2 -o OUT.png",
    "attack fgsm MODEL mnist:0 -o OUT",
    "fool direct MODEL --generations 1 -o OUT",
    "top MODEL --data mnist --images 2 -o OUT",
    "robustness MODEL --data mnist --images 2 --corruptions contrast --severities 1 -o OUT",
    "assess deletion saliency MODEL mnist:0",
    "dream MODEL mnist:0 --layer conv1 -o OUT.png",
    "invert MODEL mnist:0 --layer conv1 -o OUT.png",
    "filters MODEL -o OUT.png",
    "explain no-such-method MODEL mnist:0",
    "activations MODEL mnist:0 --layers no-such-layer",
];

/// Commands that take the board image that `compile` made.
const INT8: [&str; 7] = [
    "infer mnist:0 --model IMAGE --board native",
    "verify --images 1 --model IMAGE --board native",
    "memory --model IMAGE --board native",
    "occlude mnist:0 --model IMAGE --board native --window 7 --stride 7",
    "bench --model IMAGE --board native",
    "demo --inputs mnist:0 --model IMAGE --board native --no-live -o OUT",
    "compare IMAGE mnist:0 --board native",
];

#[test]
fn no_name_in_a_model_commands_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let [model, labels] = model(folder.path());
    let image = format!("{}/image/hostile.ctx", folder.path().display());
    let run = |index: usize, line: &str| {
        let out = folder
            .path()
            .join(format!("out{index}"))
            .display()
            .to_string();
        let fill = |word: &str| {
            word.replace("MODEL", &model)
                .replace("IMAGE", &image)
                .replace("OUT", &out)
        };
        let mut words: Vec<String> = line.split(' ').map(fill).collect();
        if line.contains("MODEL") && !line.starts_with("budget") {
            words.extend(["--labels".to_owned(), labels.clone()]);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for more in [&[][..], &["--json"]] {
            let output = cortexscope(&[&words[..], more].concat());
            for text in [&output.stdout, &output.stderr] {
                let text = String::from_utf8_lossy(text);
                assert!(!text.contains("panicked"), "{line}: {text}");
                let obeyed = |sign: char| sign == '\u{202e}' || sign.is_control() && sign != '\n';
                assert!(!text.contains(obeyed), "{line}: {text:?}");
            }
        }
    };
    let into = format!(
        "compile MODEL --calibrate mnist --images 5 -o {}/image",
        folder.path().display()
    );
    run(0, &into);
    assert!(Path::new(&image).exists(), "compile made no image");
    for (index, line) in FLOAT.iter().chain(&INT8).enumerate() {
        run(index + 1, line);
    }
}
