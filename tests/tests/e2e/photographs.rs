//! Photographs of digits: the same input for every command, and the right class.

use crate::command_line::{cortexscope, json};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::input::{MnistSet, Picture};
use cortexscope_rig::Rig;
use cortexscope_rig::board::{Engine, FarEnd, find};
use cortexscope_rig::session::{Cancel, Mode, TensorSet};
use cortexscope_tests::photograph::{SURFACES, Surface, photograph};

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
