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

/// Commands that end well. MODEL, IMAGE and OUT stand for files, and LAYER after a name for what makes it hostile.
const LINES: [&str; 20] = [
    "budget MODEL",
    "doctor MODEL --data mnist --images 5 --calibrate mnist --calibration-limit 5 -o OUT",
    "activations MODEL mnist:0 -o OUT",
    "explain gradient MODEL mnist:0 -o OUT",
    "explain grad-cam MODEL mnist:0 -o OUT",
    "ascend MODEL --target class:1 --steps 2 -o OUT",
    "attack fgsm MODEL mnist:0 --eps 0.1 -o OUT",
    "fool direct MODEL --generations 1 -o OUT",
    "top MODEL --data mnist --images 2 --layer pool2LAYER -o OUT",
    "robustness MODEL --data mnist --images 2 --corruption contrast --severity 1 -o OUT",
    "assess deletion gradient MODEL mnist:0 -o OUT",
    "dream MODEL mnist:0 --layer conv2LAYER --steps 1 -o OUT",
    "invert MODEL mnist:0 --layer conv1LAYER --steps 1 -o OUT",
    "filters MODEL -o OUT",
    "compare MODEL mnist:0 --methods occlusion --board native -o OUT",
    "infer mnist:0 --model IMAGE --board native",
    "verify --images 1 --model IMAGE --board native",
    "occlude mnist:0 --model IMAGE --board native --window 7 --stride 7",
    "bench --model IMAGE --board native",
    "demo --inputs mnist:0 --model IMAGE --board native --no-live -o OUT",
];

/// Commands that are refused, with the names of what there is.
const REFUSED: [&str; 2] = [
    "explain no-such-method MODEL mnist:0",
    "activations MODEL mnist:0 --layer no-such-layer",
];

#[test]
fn no_name_in_a_model_commands_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let [model, labels] = model(folder.path());
    let image = folder.path().join("hostile.ctx").display().to_string();
    let output = folder.path().join("out").display().to_string();
    let run = |line: &str, is_refused: bool| {
        let fill = |word: &str| {
            word.replace("MODEL", &model)
                .replace("IMAGE", &image)
                .replace("OUT", &output)
                .replace("LAYER", HOSTILE)
        };
        let mut words: Vec<String> = line.split(' ').map(fill).collect();
        if line.contains("MODEL") && !line.starts_with("budget") {
            words.extend(["--labels".to_owned(), labels.clone()]);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // The demo has no document.
        let ways: &[&[&str]] = if line.starts_with("demo") {
            &[&[]]
        } else {
            &[&[], &["--json"]]
        };
        for more in ways {
            let output = cortexscope(&[&words[..], more].concat());
            for text in [&output.stdout, &output.stderr] {
                let text = String::from_utf8_lossy(text);
                assert!(!text.contains("panicked"), "{line}: {text}");
                let obeyed = |sign: char| sign == '\u{202e}' || sign.is_control() && sign != '\n';
                assert!(!text.contains(obeyed), "{line}: {text:?}");
            }
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.success(), !is_refused, "{line}: {errors}");
        }
    };
    let into = format!(
        "compile MODEL --calibrate mnist --calibration-limit 5 -o {}",
        folder.path().display()
    );
    run(&into, false);
    for line in LINES {
        run(line, false);
    }
    for line in REFUSED {
        run(line, true);
    }
}
