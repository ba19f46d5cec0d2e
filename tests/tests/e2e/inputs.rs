//! Inputs as files: what an array means to a compiled model and to a float one.

use crate::command_line::{cortexscope, refused};
use cortexscope_compile::model_files::ModelFiles;
use std::io::Write;
use std::path::Path;

/// Writes the int8 input of a digit as NumPy would.
fn write_steps(path: &Path) {
    let model = ModelFiles::open("lecture-lenet").expect("it is shipped");
    let input = model.input("mnist:18").expect("a digit");
    let header = "{'descr': '|i1', 'fortran_order': False, 'shape': (1, 28, 28), }";
    // The header is filled up with blanks to a multiple of 64 bytes.
    let header = format!("{header:<117}\n");
    let mut file = std::fs::File::create(path).expect("a file");
    file.write_all(b"\x93NUMPY\x01\x00").expect("written");
    file.write_all(&(header.len() as u16).to_le_bytes())
        .expect("written");
    file.write_all(header.as_bytes()).expect("written");
    let bytes: Vec<u8> = input
        .values
        .iter()
        .map(|value| value.cast_unsigned())
        .collect();
    file.write_all(&bytes).expect("written");
}

#[test]
fn steps_of_a_compiled_model_are_no_floats() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let steps = folder.path().join("steps.npy");
    write_steps(&steps);
    let [steps, output] =
        [steps.as_path(), folder.path()].map(|path| path.to_str().expect("UTF-8"));

    // The compiled model lies beside the shipped float model.
    let args = ["activations", "lecture-lenet", steps, "--json"];
    let known = cortexscope(&args);
    let stderr = String::from_utf8_lossy(&known.stderr);
    assert!(known.status.success(), "{stderr}");
    assert!(stderr.contains("the array holds int8"), "{stderr}");

    // Nothing but the float model.
    for extension in ["onnx", "toml"] {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lecture-lenet");
        let file = shipped.join("lecture-lenet").with_extension(extension);
        std::fs::copy(file, folder.path().join("alone").with_extension(extension)).expect("a copy");
    }
    let alone = folder.path().join("alone.onnx");
    let alone = alone.to_str().expect("UTF-8");
    let words = ["steps.npy", "int8", "float32"];
    refused(&["explain", "gradient", alone, steps, "-o", output], &words);
    refused(&["activations", alone, steps], &words);
}
