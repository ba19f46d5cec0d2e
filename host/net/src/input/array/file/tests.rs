use super::*;
use crate::input::ModelSpec;
use crate::npy::{self, ArrayValue};
use crate::zip;

fn spec(shape: [usize; 3]) -> InputSpec {
    ModelSpec::assumed(shape).input
}

fn written<T: ArrayValue>(shape: &[u64], values: &[T], order: Storage) -> Vec<u8> {
    let mut bytes = Vec::new();
    npy::emit(&mut bytes, shape, order, values).unwrap();
    bytes
}

fn file(bytes: &[u8], name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn inputs(bytes: &[u8], spec: &InputSpec) -> Result<Vec<Vec<f32>>, ArrayError> {
    let (_folder, path) = file(bytes, "array.npy");
    let mut inputs = ArrayFile::open(&path, None)?.inputs(spec)?;
    std::iter::from_fn(|| inputs.next_input().transpose()).collect()
}

#[test]
fn bytes_are_pixels_and_floats_are_the_models_units() {
    let mut spec = spec([1, 1, 2]);
    spec.range = [-1.0, 1.0];
    let c = Storage::C;
    let pixels = written(&[2, 1, 2], &[0_u8, 255, 51, 102], c);
    assert_eq!(
        inputs(&pixels, &spec).unwrap(),
        [[-1.0, 1.0], [spec.value(0, 51), spec.value(0, 102)]]
    );
    let floats = [3.5, 255.0];
    for bytes in [
        written(&[1, 2], &floats.map(|value| value as f32), c),
        written(&[1, 2], &floats, c),
    ] {
        assert_eq!(inputs(&bytes, &spec).unwrap(), [[3.5, 255.0]]);
    }
    let bools = written(&[1, 2], &[true, false], c);
    assert_eq!(inputs(&bools, &spec).unwrap(), [[1.0, -1.0]]);
}

#[test]
fn whole_numbers_of_other_depths_need_a_range() {
    let mut spec = spec([1, 1, 2]);
    let deep = written(&[1, 2], &[0_u16, 4095], Storage::C);
    let error = inputs(&deep, &spec).unwrap_err();
    assert!(matches!(error, ArrayError::RangeUnknown { .. }));
    assert!(error.to_string().contains("uint16"), "{error}");
    spec.array_range = Some(ArrayRange::Pixels([0.0, 4095.0]));
    assert_eq!(inputs(&deep, &spec).unwrap(), [[0.0, 1.0]]);
    let long = written(&[1, 2], &[-3_i64, 7], Storage::C);
    spec.array_range = Some(ArrayRange::Model);
    assert_eq!(inputs(&long, &spec).unwrap(), [[-3.0, 7.0]]);
}

#[test]
fn steps_of_a_compiled_model_are_told_from_pixels() {
    let (_folder, path) = file(&written(&[2], &[-128_i8, 127], Storage::C), "a.npy");
    let array = ArrayFile::open(&path, None).unwrap();
    assert_eq!(array.meaning(None).unwrap(), Meaning::Steps);
    let mut steps = array.inputs(&spec([1, 1, 2])).unwrap();
    assert_eq!(steps.next_input().unwrap().unwrap(), [-128.0, 127.0]);
}

#[test]
fn fortran_order_and_channels_last_are_put_in_order() {
    // [2, 1, 2, 3], the first axis fastest: input n, column x, colour c is 100n + 10x + c.
    let mut values = Vec::new();
    for c in 0..3 {
        for x in 0..2 {
            for n in 0..2 {
                values.push((100 * n + 10 * x + c) as f32);
            }
        }
    }
    let bytes = written(&[2, 1, 2, 3], &values, Storage::Fortran);
    let read = inputs(&bytes, &spec([3, 1, 2])).unwrap();
    assert_eq!(read[0], [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]);
    assert_eq!(read[1], [100.0, 110.0, 101.0, 111.0, 102.0, 112.0]);
}

#[test]
fn every_cut_and_what_is_no_array_is_an_error() {
    let spec = spec([1, 1, 2]);
    let whole = written(&[2, 1, 2], &[1.0_f32, 2.0, 3.0, 4.0], Storage::C);
    for length in 0..whole.len() {
        assert!(inputs(&whole[..length], &spec).is_err(), "{length} bytes");
    }
    assert!(matches!(
        inputs(&whole[..whole.len() - 1], &spec).unwrap_err(),
        ArrayError::CutOff { have_bytes: 15, .. }
    ));
    let mut endless = whole.clone();
    let at = endless.windows(3).position(|w| w == b"(2,").unwrap();
    endless[at + 1] = b'9';
    assert!(matches!(
        inputs(&endless, &spec),
        Err(ArrayError::CutOff { .. })
    ));
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n";
    let error = inputs(pointer, &spec).unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.to_string().contains("git lfs pull"), "{source}");
    let nan = written(&[1, 2], &[1.0_f32, f32::NAN], Storage::C);
    assert!(matches!(
        inputs(&nan, &spec),
        Err(ArrayError::NotFinite { index: 1, .. })
    ));
}

#[test]
fn an_array_of_another_model_is_a_wrong_request() {
    use crate::request::RequestError;
    let spec = spec([1, 1, 2]);
    let other = written(&[3, 5], &[0.0_f32; 15], Storage::C);
    let error = inputs(&other, &spec).unwrap_err();
    assert!(matches!(error, ArrayError::Shape { .. }), "{error}");
    assert!(error.is_request());
}

#[test]
fn archives_hold_arrays_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.npz");
    let images = written(&[2, 1, 2], &[0_u8, 255, 51, 102], Storage::C);
    let labels = written(&[2], &[7_i64, 2], Storage::C);
    for deflates in [false, true] {
        let files: [(&str, &[u8]); 2] = [("x.npy", &images), ("y.npy", &labels)];
        std::fs::write(&path, zip::emit(&files, deflates).unwrap()).unwrap();
        assert_eq!(ArrayFile::names(&path).unwrap(), ["x", "y"]);
        let images = ArrayFile::open(&path, Some("x")).unwrap();
        let mut read = images.inputs(&spec([1, 1, 2])).unwrap();
        read.skip_one().unwrap();
        assert_eq!(read.next_input().unwrap().unwrap(), [0.2, 0.4]);
        assert_eq!(read.next_input().unwrap(), None);
        let labels = ArrayFile::open(&path, Some("y")).unwrap();
        assert_eq!(labels.classes().unwrap(), [7, 2]);
    }
    let error = ArrayFile::open(&path, Some("z")).unwrap_err();
    assert!(error.to_string().contains("it has x, y"), "{error}");
}

/// The bytes of a `.npy` file with this text in its header.
fn with_header(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [
        b"\x93NUMPY\x01\x00",
        &length.to_le_bytes()[..],
        text.as_bytes(),
        &[0; 64],
    ]
    .concat()
}

fn shaped(order: &str, shape: &str) -> Vec<u8> {
    with_header(&format!(
        "{{'descr': '<f4', 'fortran_order': {order}, 'shape': {shape}, }}\n"
    ))
}

/// The product of the sizes overflows, before a zero among them or after it.
#[test]
fn sizes_that_overflow_are_refused_in_every_profile() {
    for order in ["False", "True"] {
        for shape in [
            "(1099511627776, 1099511627776)",
            "(1099511627776, 1099511627776, 0)",
            "(0, 1099511627776, 1099511627776)",
            "(18446744073709551615,)",
        ] {
            let (_folder, path) = file(&shaped(order, shape), "array.npy");
            let error = ArrayFile::open(&path, None).unwrap_err().to_string();
            assert!(error.contains("more values than"), "{shape}: {error}");
        }
    }
}

/// Putting an array in order takes the square of the number of its sizes for each element.
#[test]
fn an_array_has_at_most_the_sizes_that_numpy_writes() {
    let ones = |count: usize| format!("({}2)", "1, ".repeat(count));
    let (_folder, path) = file(&shaped("True", &ones(63)), "array.npy");
    assert_eq!(ArrayFile::open(&path, None).unwrap().shape.len(), 64);
    let (_folder, path) = file(&shaped("True", &ones(64)), "array.npy");
    let error = ArrayFile::open(&path, None).unwrap_err().to_string();
    assert!(error.contains("more than 64 sizes"), "{error}");
}

/// The list of an archive is read for each array that is looked at.
#[test]
fn of_an_archive_with_very_many_files_one_has_to_be_named() {
    let one = written(&[1, 2], &[1_f32, 2.0], Storage::C);
    let names: Vec<String> = (0..1001).map(|at| format!("a{at}.npy")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &*one)).collect();
    let (_folder, path) = file(&zip::emit(&files, false).unwrap(), "all.npz");
    let error = ArrayFile::names(&path).unwrap_err().to_string();
    assert!(
        error.contains("1001 files") && error.contains("name the one"),
        "{error}"
    );
    assert_eq!(ArrayFile::open(&path, Some("a7")).unwrap().shape, [1, 2]);
    let error = ArrayFile::open(&path, Some("b")).unwrap_err().to_string();
    assert!(error.contains("a19, … (1001 in all)"), "{error}");
}

#[test]
fn a_header_is_read_in_one_pass_however_deep_it_is() {
    let begun = std::time::Instant::now();
    for (open, close) in ["[]", "()", "{}"].map(|pair| pair.split_at(1)) {
        for depth in [60, 20_000] {
            let nested = [open.repeat(depth), close.repeat(depth)].concat();
            for text in [
                nested.clone(),
                format!("{{'descr': {nested}, 'fortran_order': False, 'shape': (1,), }}"),
                format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {nested}, }}"),
            ] {
                let (_folder, path) = file(&with_header(&text), "array.npy");
                assert!(ArrayFile::open(&path, None).is_err());
            }
        }
    }
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn headers_that_others_write_are_read() {
    for text in [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
        "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f4\"}",
        "\t{ 'shape' : ( 2 , 3 , ) , 'descr' : '<f4' , 'fortran_order' : False }",
    ] {
        let (_folder, path) = file(&with_header(text), "array.npy");
        let array = ArrayFile::open(&path, None).unwrap();
        assert_eq!(
            (array.shape, array.element.bytes),
            (vec![2, 3], 4),
            "{text}"
        );
    }
    for text in [
        "",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 6}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} more",
        "{'descr': 'f4', 'fortran_order': False, 'shape': (2, 3)}",
    ] {
        let (_folder, path) = file(&with_header(text), "array.npy");
        let error = ArrayFile::open(&path, None).unwrap_err().to_string();
        assert!(error.contains("its header is damaged"), "{text}: {error}");
    }
}
