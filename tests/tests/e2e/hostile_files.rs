//! Files that somebody made to take all memory or all time, through the commands as they are
//! written: each ends with an error that says what to do, or with a result, and soon.

use std::path::{Path, PathBuf};

use crate::bounded::bounded;
use crate::changed_files::crc32::crc32;
use cortexscope_net::onnx::builder::{GraphBuilder, Size};
use cortexscope_net::onnx::pb::tensor_proto::DataType;
use image::{DynamicImage, GrayImage, ImageFormat};

/// Commands that take an input. INPUT and OUT stand for files.
const WITH_INPUT: [&str; 3] = [
    "infer INPUT --model lecture-lenet --board native",
    "explain gradient lecture-lenet INPUT -o OUT",
    "verify --inputs INPUT --images 1 --model lecture-lenet --board native",
];

/// Runs a line; it must be refused with `words`, and without a panic.
fn refused(line: &str, input: &Path, words: &[&str]) {
    let input = input.display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out").display().to_string();
    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../models/lecture-lenet/lecture-lenet.onnx"
    );
    let fill = |word: &str| {
        let word = word.replace("INPUT", &input).replace("OUT", &out);
        word.replace("MODEL", model)
    };
    let arguments: Vec<String> = line.split(' ').map(fill).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = bounded(&arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{line}: {stderr}");
    assert!(
        matches!(output.status.code(), Some(1 | 2)),
        "{line}: {stderr}"
    );
    for word in words {
        assert!(stderr.contains(word), "{line}: {word} is not in {stderr}");
    }
}

/// A file in a folder of its own.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("writable");
    path
}

/// A black picture of 28×28 pixels whose header says other sizes.
fn png([width, height]: [u32; 2]) -> Vec<u8> {
    let picture = DynamicImage::ImageLuma8(GrayImage::new(28, 28));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("it is encoded");
    let mut bytes = bytes.into_inner();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

#[test]
fn pictures_that_are_no_pictures_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let sound = png([28, 28]);
    let pictures = [
        ("huge.png", png([0x7fff_ffff; 2]), "huge.png"),
        ("wide.png", png([0x7fff_ffff, 1]), "wide.png"),
        ("bomb.png", png([20_000; 2]), "reduce the picture first"),
        (
            "cut.png",
            sound[..sound.len() / 2].to_vec(),
            "cut off or damaged",
        ),
        ("short.png", png([28, 29]), "cut off or damaged"),
        ("empty.png", Vec::new(), "the file is empty"),
        ("text.png", b"no picture".to_vec(), "not a picture"),
        ("canvas.gif", gif([0xffff; 2]), "reduce the picture first"),
    ];
    for (name, bytes, word) in pictures {
        let path = file(folder.path(), name, &bytes);
        for line in WITH_INPUT {
            refused(line, &path, &[name, word]);
        }
    }
}

/// A picture of one pixel on a canvas of this size.
fn gif([width, height]: [u16; 2]) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    bytes.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;");
    bytes
}

/// An animation is its first picture: what follows costs nothing.
#[test]
fn an_animation_without_end_is_its_first_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = GrayImage::from_fn(28, 28, |x, y| {
        image::Luma([u8::from((10..18).contains(&x) && (4..24).contains(&y)) * 255])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(picture)
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("it is encoded");
    let bytes = bytes.into_inner();
    // As many pictures as a number can say, and the times of the first.
    let mut animated = bytes[..33].to_vec();
    let mut chunk = |kind: &[u8], data: &[u8]| {
        let body = [kind, data].concat();
        animated.extend((data.len() as u32).to_be_bytes());
        animated.extend(&body);
        animated.extend(crc32(&body).to_be_bytes());
    };
    chunk(b"acTL", &[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    let control = [
        [0, 0, 0, 0],
        [0, 0, 0, 28],
        [0, 0, 0, 28],
        [0; 4],
        [0; 4],
        [0, 1, 0, 10],
    ];
    chunk(b"fcTL", &[&control.concat()[..], &[0, 0]].concat());
    animated.extend(&bytes[33..]);
    let path = file(folder.path(), "animated.png", &animated)
        .display()
        .to_string();
    let output = bounded(&[
        "infer",
        &path,
        "--model",
        "lecture-lenet",
        "--board",
        "native",
    ]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

/// A `.npy` header of these sizes, and no value.
fn header(shape: &str) -> Vec<u8> {
    let mut text = format!("{{'descr': '|u1', 'fortran_order': True, 'shape': {shape}, }}");
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes
}

/// A zip archive of one deflated file: its name, its compressed bytes, and the size that it
/// announces.
fn zip(name: &str, deflated: &[u8], announced: u32) -> Vec<u8> {
    let sizes = [
        (deflated.len() as u32).to_le_bytes(),
        announced.to_le_bytes(),
    ]
    .concat();
    let mut about = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    about.extend(sizes);
    about.extend((name.len() as u16).to_le_bytes());
    about.extend([0, 0]);
    let mut bytes = [b"PK\x03\x04", &about[..], name.as_bytes(), deflated].concat();
    let begin = (bytes.len() as u32).to_le_bytes();
    let list = [b"PK\x01\x02\x14\x00", &about[..], &[0; 14], name.as_bytes()].concat();
    bytes.extend(&list);
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    bytes.extend((list.len() as u32).to_le_bytes());
    bytes.extend(begin);
    bytes.extend([0, 0]);
    bytes
}

/// Bytes as deflate stores them, uncompressed.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u16;
    let mut block = vec![1];
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.extend(bytes);
    block
}

#[test]
fn archives_and_arrays_that_announce_too_much_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let large = header("(1099511627776, 28, 28)");
    let files = [
        ("large.npy", large.clone(), "cut off"),
        (
            "deep.npy",
            header(&format!("({}28)", "1,".repeat(20_000))),
            "more than 64 sizes",
        ),
        (
            "overflow.npy",
            header("(4294967296, 4294967296, 4294967296)"),
            "more values than any file has",
        ),
        (
            "announces.npz",
            zip("x.npy", &stored(&large), u32::MAX - 1),
            "announces.npz",
        ),
        ("ends.npz", zip("x.npy", &[0x4b, 0x4c], 28 * 28), "ends.npz"),
        (
            "escape.npz",
            zip("../../escape.npy", &stored(&large), 10),
            "escape.npz",
        ),
        (
            "cut.npz",
            zip("x.npy", &stored(&large), 10)[..60].to_vec(),
            "cut.npz",
        ),
    ];
    for (name, bytes, word) in files {
        let path = file(folder.path(), name, &bytes);
        for line in WITH_INPUT {
            refused(line, &path, &[name, word]);
        }
        let line = "compile MODEL --calibrate INPUT -o OUT";
        refused(line, &path, &[name]);
    }
    let escaped = folder.path().join("../../escape.npy");
    assert!(!escaped.exists(), "nothing is written where a name leads");
}

/// A network whose input `x` and output `y` are wired by `middle`.
fn network(middle: impl Fn(&mut GraphBuilder) -> String) -> Vec<u8> {
    let mut graph = GraphBuilder::new("hostile");
    graph.input("x", DataType::Float, &[1, 1, 8, 8].map(Size::Fixed));
    let last = middle(&mut graph);
    graph.node("Flatten", &[&last], "flat", Vec::new());
    graph.f32s("w", &[64, 2], &[0.5; 128]);
    graph.node("MatMul", &["flat", "w"], "y", Vec::new());
    graph.output("y", DataType::Float, &[]);
    graph.emit(13)
}

/// Six kilobytes whose constants would take twelve gigabytes.
#[test]
fn constants_are_counted_before_they_are_filled() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = network(|graph| {
        graph.i64s("many", &[1], &[1 << 24]);
        let names: Vec<String> = (0..100).map(|at| format!("c{at}")).collect();
        for name in &names {
            graph.node("ConstantOfShape", &["many"], name, Vec::new());
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        graph.node("Sum", &names, "all", Vec::new());
        graph.node("ReduceMax", &["all"], "one", Vec::new());
        graph.node("Add", &["x", "one"], "added", Vec::new());
        "added".to_owned()
    });
    let path = file(folder.path(), "filled.onnx", &bytes);
    for line in [
        "budget INPUT",
        "explain gradient INPUT mnist:0 -o OUT",
        "compile INPUT --calibrate mnist -o OUT",
    ] {
        refused(line, &path, &["computes from constants"]);
    }
}
