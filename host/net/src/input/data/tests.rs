use super::*;
use crate::input::ModelSpec;
use crate::npy::{self, ArrayValue, Storage};
use crate::zip;
use image::{GrayImage, Luma};

fn spec(side: usize) -> InputSpec {
    ModelSpec::assumed([1, side, side]).input
}

fn open(path: &Path, labels: &[&str]) -> Result<DataSet, DataError> {
    let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
    DataSet::open(path.to_str().unwrap(), &spec(2), &labels)
}

fn picture(path: PathBuf, level: u8) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let picture = GrayImage::from_pixel(2, 2, Luma([level]));
    picture.save(path).unwrap();
}

fn firsts(set: &DataSet, pick: Pick) -> Vec<f32> {
    let inputs = set.inputs(pick).unwrap();
    inputs.map(|input| input.unwrap().values[0]).collect()
}

fn labels(set: &DataSet) -> Vec<Option<usize>> {
    let inputs = set.inputs(Pick::All).unwrap();
    inputs.map(|input| input.unwrap().label).collect()
}

fn npy<T: ArrayValue>(shape: &[u64], values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    npy::emit(&mut bytes, shape, Storage::C, values).unwrap();
    bytes
}

#[test]
fn places_are_spread_over_everything() {
    let places = |pick: Pick, count| pick.places(count).collect::<Vec<_>>();
    assert_eq!(places(Pick::Spread(3), 10), [0, 3, 6]);
    assert_eq!(places(Pick::Spread(5), 2), [0, 1]);
    assert_eq!(places(Pick::First(3), 10), [0, 1, 2]);
    assert_eq!(places(Pick::All, 2), [0, 1]);
    assert_eq!(Pick::Spread(5).places(0).count(), 0);
}

#[test]
fn the_shipped_digits_have_labels() {
    let set = DataSet::open(MNIST, &spec(28), &[]).unwrap();
    assert_eq!((set.len(), set.has_labels()), (10_000, true));
    let third = set.inputs(Pick::All).unwrap().nth(18).unwrap().unwrap();
    assert_eq!((third.label, third.name.as_str()), (Some(3), "mnist:18"));
    assert!(set.check_labels(10).is_ok());
    let error = set.check_labels(9).unwrap_err().to_string();
    assert!(
        error.contains("class 9") && error.contains("0 to 8"),
        "{error}"
    );
}

#[test]
fn a_folder_is_read_in_the_order_of_names_without_hidden_files() {
    let folder = tempfile::tempdir().unwrap();
    for (name, level) in [
        ("b.png", 51),
        ("a.PNG", 0),
        ("c.png", 102),
        (".hidden.png", 255),
    ] {
        picture(folder.path().join(name), level);
    }
    for name in [".DS_Store", "._a.png", "Thumbs.db"] {
        std::fs::write(folder.path().join(name), "not a picture").unwrap();
    }
    let set = open(folder.path(), &[]).unwrap();
    assert_eq!(firsts(&set, Pick::All), [0.0, 0.2, 0.4]);
    assert_eq!(firsts(&set, Pick::Spread(1)), [0.0]);
    assert!(set.notes.is_empty() && !set.has_labels());
    let error = set.check_labels(2).unwrap_err();
    assert!(matches!(error, DataError::NoLabels { .. }));
    std::fs::write(folder.path().join("notes.txt"), "about").unwrap();
    let notes = open(folder.path(), &[]).unwrap().notes;
    assert!(notes[0].contains("notes.txt"), "{notes:?}");
}

#[test]
fn folders_are_classes_by_name_by_number_or_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for (class, level) in [("cat", 51), ("dog", 102)] {
        picture(folder.path().join(class).join("0.png"), level);
        picture(folder.path().join(class).join("1.png"), level);
    }
    let by_name = open(folder.path(), &["bird", "dog", "cat, felis"]).unwrap();
    assert_eq!(labels(&by_name), [Some(2), Some(2), Some(1), Some(1)]);
    assert_eq!(firsts(&by_name, Pick::Spread(2)), [0.2, 0.4]);
    let in_order = open(folder.path(), &[]).unwrap();
    assert_eq!(labels(&in_order), [Some(0), Some(0), Some(1), Some(1)]);
    assert!(
        in_order.notes[0].contains("cat is class 0"),
        "{:?}",
        in_order.notes
    );
    let error = open(folder.path(), &["cat", "cow"])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("dog is not one of the model's classes (cat, cow)"),
        "{error}"
    );
    let numbers = tempfile::tempdir().unwrap();
    for class in ["7", "10"] {
        picture(numbers.path().join(class).join("a.png"), 0);
    }
    assert_eq!(
        labels(&open(numbers.path(), &[]).unwrap()),
        [Some(10), Some(7)]
    );
}

#[test]
fn a_folder_without_pictures_says_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path(), &[]).unwrap_err();
    assert!(matches!(error, DataError::Empty { .. }), "{error}");
    std::fs::write(folder.path().join("a.heic"), "x").unwrap();
    let error = open(folder.path(), &[]).unwrap_err().to_string();
    assert!(error.contains("a.heic"), "{error}");
    picture(folder.path().join("train/cat/0.png"), 0);
    let error = open(folder.path(), &[]).unwrap_err().to_string();
    assert!(
        error.contains("folders of folders") && error.contains("train"),
        "{error}"
    );
    let error = open(&folder.path().join("nowhere"), &[]).unwrap_err();
    assert!(matches!(error, DataError::Missing { .. }) && error.is_request());
}

#[test]
fn a_table_names_pictures_and_classes() {
    let folder = tempfile::tempdir().unwrap();
    picture(folder.path().join("in/a.png"), 51);
    picture(folder.path().join("in/b, c.png"), 102);
    let path = folder.path().join("set.csv");
    for text in [
        "in/a.png,1\n\"in/b, c.png\",0\n",
        "\u{feff}path,label\r\nin/a.png,dog\r\n\"in/b, c.png\",cat\r\n",
        "label;size;file\n1;9;in/a.png\n0;9;in/b, c.png\n",
        "in/a.png\tdog\nin/b, c.png\tcat\n",
    ] {
        std::fs::write(&path, text).unwrap();
        let set = open(&path, &["cat", "dog"]).unwrap();
        assert_eq!(firsts(&set, Pick::All), [0.2, 0.4], "{text}");
        assert_eq!(labels(&set), [Some(1), Some(0)], "{text}");
    }
    std::fs::write(&path, "in/a.png\n").unwrap();
    assert!(!open(&path, &[]).unwrap().has_labels());
    for (text, words) in [
        ("in/a.png,1\nin/z.png,0\n", "line 2: no such file"),
        ("in/a.png,1\nin/a.png\n", "line 2: there is no class"),
        ("in/a.png,cow\n", "cow is not a class"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = open(&path, &["cat"]).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn arrays_have_their_labels_beside_them_or_in_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let [images, classes] = ["x.npy", "y.npy"].map(|name| folder.path().join(name));
    let x = npy(&[3, 2, 2], &[0_u8, 0, 0, 0, 51, 0, 0, 0, 102, 0, 0, 0]);
    let y = npy(&[3], &[2_i32, 0, 1]);
    std::fs::write(&images, &x).unwrap();
    std::fs::write(&classes, &y).unwrap();
    let set = open(&images, &[]).unwrap();
    assert_eq!(firsts(&set, Pick::All), [0.0, 0.2, 0.4]);
    assert_eq!(firsts(&set, Pick::Spread(2)), [0.0, 0.2]);
    assert!(!set.has_labels() && set.notes[0].contains("pixels"));
    let both = format!("{},{}", images.display(), classes.display());
    let set = open(Path::new(&both), &[]).unwrap();
    assert_eq!(labels(&set), [Some(2), Some(0), Some(1)]);
    std::fs::write(&classes, npy(&[2], &[2_i32, 0])).unwrap();
    let error = open(Path::new(&both), &[]).unwrap_err();
    assert!(matches!(
        error,
        DataError::Counts {
            inputs: 3,
            labels: 2,
            ..
        }
    ));
    let text = folder.path().join("y.txt");
    std::fs::write(&text, "dog\n1\ncat\n").unwrap();
    let both = format!("{},{}", images.display(), text.display());
    let set = open(Path::new(&both), &["cat", "dog"]).unwrap();
    assert_eq!(labels(&set), [Some(1), Some(1), Some(0)]);

    let archive = folder.path().join("set.npz");
    let write = |arrays: &[(&str, &[u8])]| {
        let files = arrays
            .iter()
            .map(|(name, bytes)| (format!("{name}.npy"), *bytes));
        let files: Vec<(String, &[u8])> = files.collect();
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, bytes)| (name.as_str(), *bytes))
            .collect();
        std::fs::write(&archive, zip::emit(&files, false).unwrap()).unwrap();
    };
    write(&[("images", &x), ("labels", &y)]);
    assert_eq!(
        labels(&open(&archive, &[]).unwrap()),
        [Some(2), Some(0), Some(1)]
    );
    write(&[
        ("x_test", &x),
        ("y_test", &y),
        ("x_train", &x),
        ("y_train", &y),
    ]);
    let error = open(&archive, &[]).unwrap_err().to_string();
    assert!(
        error.contains("x_test, y_test, x_train") && error.contains(".npz:"),
        "{error}"
    );
    let named = format!("{}:x_train,y_train", archive.display());
    assert_eq!(labels(&open(Path::new(&named), &[]).unwrap())[0], Some(2));
}

#[test]
fn steps_of_a_compiled_model_are_no_inputs_of_a_float_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.npy");
    std::fs::write(&path, npy(&[1, 2, 2], &[-128_i8, 0, 1, 2])).unwrap();
    let error = open(&path, &[]).unwrap_err();
    assert!(matches!(error, DataError::Steps { .. }), "{error}");
}

#[test]
fn idx_files_have_their_labels_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("t-images-idx3-ubyte");
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2];
    bytes.extend([0, 0, 0, 0, 51, 0, 0, 0]);
    std::fs::write(&images, &bytes).unwrap();
    assert!(!open(&images, &[]).unwrap().has_labels());
    let beside = folder.path().join("t-labels-idx1-ubyte");
    std::fs::write(&beside, [0, 0, 8, 1, 0, 0, 0, 2, 4, 9]).unwrap();
    let set = open(&images, &[]).unwrap();
    assert_eq!(labels(&set), [Some(4), Some(9)]);
    assert_eq!(firsts(&set, Pick::All), [0.0, 0.2]);
    std::fs::write(&images, &bytes[..bytes.len() - 1]).unwrap();
    let set = open(&images, &[]).unwrap();
    assert!(set.inputs(Pick::All).unwrap().any(|input| input.is_err()));
    std::fs::write(&images, b"what is this?").unwrap();
    let error = open(&images, &[]).unwrap_err();
    assert!(matches!(error, DataError::Unknown { .. }), "{error}");
}

/// Four megabytes of gzip would become four billion labels.
#[test]
fn labels_of_an_idx_file_are_bounded_by_what_it_announces() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels-idx1-ubyte");
    std::fs::write(&path, [0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff, 7]).unwrap();
    let error = super::label_file::idx(&path).unwrap_err();
    let DataError::Unknown { source, .. } = error else {
        panic!("{error}");
    };
    assert!(
        matches!(source, super::IdxError::TooLarge { .. }),
        "{source}"
    );
}

#[test]
fn a_picture_is_a_set_of_one_and_may_be_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.png");
    image::RgbaImage::new(2, 2).save(&path).unwrap();
    let set = open(&path, &[]).unwrap();
    let only = set.inputs(Pick::All).unwrap().next().unwrap().unwrap();
    assert!(only.emptiness.is_some());
    assert_eq!((set.len(), only.values.len()), (1, 4));
}
