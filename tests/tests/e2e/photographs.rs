//! Photographs of digits: the same input for every command, and the right class.

use crate::command_line::{cortexscope, json};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::input::digit_form::{Steps, digit};
use cortexscope_net::input::{MnistSet, Picture};
use cortexscope_rig::Rig;
use cortexscope_rig::board::{Engine, FarEnd, find};
use cortexscope_rig::session::{Cancel, Mode, SessionError, TensorSet};
use cortexscope_tests::photograph::{SURFACES, Surface, photograph};
use image::imageops::thumbnail;
use image::{DynamicImage, GrayImage};

/// The test digits of a class, in their order.
fn digits_of(class: u8) -> impl Iterator<Item = &'static [u8]> {
    let set = MnistSet::test_digits().expect("they are shipped");
    let digits = (0..set.len()).filter_map(|index| set.digit(index));
    digits.filter_map(move |(pixels, label)| (label == class).then_some(pixels))
}

/// How many photographs `lecture-lenet` reads right on the native board, of `seeds` for
/// each digit, and what went wrong.
fn right(seeds: u64) -> (usize, Vec<String>) {
    let model = ModelFiles::open("lecture-lenet").expect("it is shipped");
    let here = FarEnd::Here { sensor: Vec::new() };
    let board = find("native").expect("it is known");
    let mut rig =
        Rig::open(board, Engine::Static, model, here, Cancel::default()).expect("it runs");
    let mut right = 0;
    let mut wrong = Vec::new();
    for class in 0..10_u8 {
        for (seed, pixels) in (0..seeds).zip(digits_of(class)) {
            // Surfaces take turns within a digit, and differ between digits.
            let surface = SURFACES[(seed as usize + usize::from(class)) % SURFACES.len()];
            let picture: Picture =
                photograph(pixels, surface, 100 * u64::from(class) + seed).into();
            let values = rig.model.spec.input.prepare(&picture).values;
            let values = rig.model.quantise(&values);
            let found = rig
                .infer(&values, Mode::Fused, TensorSet::NONE, &mut |_| {})
                .expect("an inference");
            if found.predicted() == usize::from(class) {
                right += 1;
            } else {
                let found = found.predicted();
                wrong.push(format!("{class} on {surface:?}, seed {seed}: {found}"));
            }
        }
    }
    (right, wrong)
}

#[test]
fn a_photograph_of_every_digit_is_read() {
    let (right, wrong) = right(1);
    assert_eq!(right, 10, "{wrong:#?}");
}

#[test]
#[ignore = "takes minutes: runs with the tests on outside data"]
fn of_ten_photographs_of_every_digit_95_in_100_are_read() {
    let (right, wrong) = right(10);
    eprintln!("{right} of 100 right; wrong: {wrong:#?}");
    assert!(right >= 95, "{right} of 100: {wrong:#?}");
}

#[test]
fn every_command_makes_one_input_of_one_photograph() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let pixels = digits_of(4).next().expect("there is a 4");
    let photo = path("photo.png");
    photograph(pixels, Surface::Ruled, 7)
        .save(&photo)
        .expect("a file");
    let mut inputs = Vec::new();
    for (command, rest) in [
        (&["infer"][..], &["--board", "native"][..]),
        (&["occlude"], &["--board", "native", "--stride", "21"]),
        (&["explain", "gradient", "lecture-lenet"], &["-o", "OUT"]),
        (&["activations", "lecture-lenet"], &[]),
    ] {
        let (saved, output) = (path("input.npy"), path("out"));
        let rest = rest
            .iter()
            .map(|arg| if *arg == "OUT" { output.as_str() } else { arg });
        let args: Vec<&str> = command
            .iter()
            .copied()
            .chain([photo.as_str(), "--save-input", saved.as_str()])
            .chain(rest)
            .collect();
        let run = cortexscope(&args);
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{args:?}: {stderr}");
        assert!(
            stderr.contains("prepared: evened the ground"),
            "{args:?}: {stderr}"
        );
        inputs.push(std::fs::read(&saved).expect("it was saved"));
    }
    assert!(inputs.windows(2).all(|pair| pair[0] == pair[1]));
    // What was saved is the same input again.
    let again = path("input.npy");
    let found =
        |input: &str| json(&["infer", "--board", "native", "--json", input])["results"][0].clone();
    let (photo, again) = (found(&photo), found(&again));
    assert_eq!(photo["logits"], again["logits"]);
    assert_eq!(photo["class"], 4);
}

/// The longer side of a frame: a small camera's.
const FRAME_SIDE: u32 = 160;

/// A photograph of a digit as a small camera has it.
struct Frame {
    class: u8,
    /// In grey.
    picture: GrayImage,
    /// The digit that every command makes of it.
    digit: Vec<u8>,
}

/// So many photographs of each digit.
fn frames(seeds: u64) -> impl Iterator<Item = Frame> {
    (0..10_u8).flat_map(move |class| {
        (0..seeds).zip(digits_of(class)).map(move |(seed, pixels)| {
            let surface = SURFACES[(seed as usize + usize::from(class)) % SURFACES.len()];
            let photo = photograph(pixels, surface, 100 * u64::from(class) + seed);
            let longer = photo.width().max(photo.height());
            let [width, height] =
                [photo.width(), photo.height()].map(|side| side * FRAME_SIDE / longer);
            let photo = thumbnail(&photo, width, height);
            let levels = photo.pixels().map(|pixel| cortexscope_digit::luma(pixel.0));
            let grey = GrayImage::from_raw(width, height, levels.collect());
            let picture = grey.expect("as many levels as pixels");
            let digit = on_the_host(&picture);
            Frame {
                class,
                picture,
                digit,
            }
        })
    })
}

/// The digit that every command makes of a picture.
fn on_the_host(frame: &GrayImage) -> Vec<u8> {
    let frame = DynamicImage::ImageLuma8(frame.clone()).into_rgb8();
    digit(&frame, Steps::ALL, [28; 2]).picture.into_raw()
}

/// Has a board make its input of each frame; gives how many it reads right. The bytes are those
/// of the host, whether a photograph was sent or is its camera's.
fn formed_on(board: &str, frames: &[Frame], sensor: &[&Frame]) -> usize {
    let model = ModelFiles::open("lecture-lenet").expect("it is shipped");
    let here = FarEnd::Here {
        sensor: sensor.iter().map(|frame| frame.picture.clone()).collect(),
    };
    let kind = find(board).expect("it is known");
    let mut rig = Rig::open(kind, Engine::Static, model, here, Cancel::default()).expect("it runs");
    for frame in sensor {
        let digit = rig.form(None).expect("a digit of its camera's picture");
        assert_eq!(digit.as_raw(), &frame.digit, "{board}, camera");
    }
    let mut right = 0;
    for frame in frames {
        let class = frame.class;
        let digit = rig.form(Some(&frame.picture)).expect("a digit");
        assert_eq!(digit.as_raw(), &frame.digit, "{board}, a {class}");
        let values: Vec<i8> = digit
            .as_raw()
            .iter()
            .map(|level| (level ^ 0x80) as i8)
            .collect();
        let levels: Vec<f32> = digit
            .as_raw()
            .iter()
            .map(|&level| f32::from(level) / 255.0)
            .collect();
        assert_eq!(values, rig.model.quantise(&levels), "the host's int8");
        // The board refuses it if its input is another.
        let found = rig
            .infer(&values, Mode::Fused, TensorSet::NONE, &mut |_| {})
            .expect("an inference");
        right += usize::from(found.predicted() == usize::from(class));
    }
    right
}

#[test]
fn a_board_makes_the_hosts_digit_of_what_was_sent_and_of_what_its_camera_sees() {
    let frames: Vec<Frame> = frames(1).collect();
    let right = formed_on("native", &frames, &[&frames[3]]);
    assert!(right >= 9, "{right} of 10");
    let right = formed_on("mps2-an505", &frames, &[]);
    assert!(right >= 9, "{right} of 10");
}

#[test]
#[ignore = "takes minutes: runs with the tests on outside data"]
fn boards_make_the_hosts_digits_of_a_hundred_photographs() {
    let frames: Vec<Frame> = frames(10).collect();
    let right = ["native", "mps2-an505"].map(|board| formed_on(board, &frames, &[]));
    eprintln!("{right:?} of 100 right");
    assert_eq!(right[0], right[1]);
    assert!(right[0] >= 95, "{right:?} of 100");
}

/// Firmware without it says so, and works on.
#[test]
fn a_board_that_makes_no_digits_refuses_to() {
    let model = ModelFiles::open("lecture-lenet").expect("it is shipped");
    let here = FarEnd::Here { sensor: Vec::new() };
    let board = find("mps2-an386").expect("it is known");
    let mut rig =
        Rig::open(board, Engine::Static, model, here, Cancel::default()).expect("it runs");
    let frame = frames(1).next().expect("ten of them").picture;
    let error = rig.form(Some(&frame)).expect_err("it has no such code");
    assert!(matches!(error, SessionError::NoDigits), "{error}");
    assert!(rig.memory().is_ok());
}
