//! Arrays, archives of them, and IDX files: their headers, and their values up to a bound.

use std::path::Path;

use cortexscope_net::input::array::ArrayFile;
use cortexscope_net::input::data::{DataSet, Pick};
use cortexscope_net::input::{ModelSpec, idx};
use cortexscope_net::zip::Zip;

/// Bytes of an array whose values are read: fuzzing wants many short runs.
const MAX_BYTES: u64 = 1 << 20;

/// Files to begin with: arrays in both orders, an archive of them, and images and labels of
/// the IDX format.
pub fn seeds() -> Vec<Vec<u8>> {
    let values: Vec<u8> = (0..16_u8)
        .flat_map(|value| f32::from(value).to_le_bytes())
        .collect();
    let array = |order: &str, shape: &str, values: &[u8]| {
        let mut text = format!("{{'descr': '<f4', 'fortran_order': {order}, 'shape': {shape}, }}");
        while (text.len() + 11) % 64 != 0 {
            text.push(' ');
        }
        text.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.bytes());
        bytes.extend(values);
        bytes
    };
    let stack = array("False", "(4, 2, 2)", &values);
    let turned = array("True", "(4, 1, 2, 2)", &values);
    let images = [
        &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2][..],
        &[7; 8],
    ]
    .concat();
    let labels = vec![0, 0, 8, 1, 0, 0, 0, 2, 1, 0];
    let archive = stored(&[("a.npy", &stack), ("b.npy", &turned)]);
    vec![stack, turned, images, labels, archive]
}

/// A zip archive of files that are stored as they are.
fn stored(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let size = (content.len() as u32).to_le_bytes();
        let mut about = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        about.extend(super::crc32(content).to_le_bytes());
        about.extend([size, size].concat());
        about.extend((name.len() as u16).to_le_bytes());
        about.extend([0, 0]);
        list.extend(b"PK\x01\x02\x14\x00");
        list.extend(&about);
        list.extend([0; 10]);
        list.extend((bytes.len() as u32).to_le_bytes());
        list.extend(name.bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&about);
        bytes.extend(name.bytes());
        bytes.extend(*content);
    }
    let begin = bytes.len() as u32;
    let count = (files.len() as u16).to_le_bytes();
    bytes.extend(&list);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].concat());
    bytes.extend((list.len() as u32).to_le_bytes());
    bytes.extend(begin.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// Reads the bytes as each kind of file; `folder` is for files that only this thread uses.
pub fn check(folder: &Path, bytes: &[u8]) {
    let _ = idx::parse::<3>(bytes);
    let _ = idx::parse::<1>(bytes);
    let file = |name: &str| {
        let path = folder.join(name);
        // Some file systems wait for the disk where a file is written anew.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).expect("the folder can be written");
        path
    };
    array(&file("array.npy"), None);
    let archive = file("archive.npz");
    if let Ok(zip) = Zip::open(&archive) {
        for name in zip.names().take(4) {
            let _ = zip.content(name);
        }
    }
    for name in ArrayFile::names(&archive)
        .unwrap_or_default()
        .iter()
        .take(4)
    {
        array(&archive, Some(name));
    }
    let images = file("images-idx3-ubyte");
    file("labels-idx1-ubyte");
    let mut spec = ModelSpec::assumed([1, 2, 2]).input;
    spec.polarity = None;
    for path in [&folder.join("array.npy"), &archive, &images] {
        let Ok(set) = DataSet::open(&path.to_string_lossy(), &spec, &[]) else {
            continue;
        };
        let inputs = set.inputs(Pick::First(3)).expect("it was opened");
        for input in inputs.map_while(Result::ok) {
            assert_eq!(input.values.len(), 4);
        }
    }
}

fn array(path: &Path, member: Option<&str>) {
    let Ok(file) = ArrayFile::open(path, member) else {
        return;
    };
    let elements: u128 = file.shape.iter().map(|&size| size as u128).product();
    let _ = file.floats(MAX_BYTES);
    if elements <= u128::from(MAX_BYTES) {
        let _ = file.classes();
        if let Ok(numbers) = file.numbers() {
            assert_eq!(numbers.len() as u128, elements);
        }
    }
}
