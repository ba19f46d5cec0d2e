//! What the demo runs: command lines, on planted neurons or on recorded ones.

use std::path::{Path, PathBuf};

use cortexscope_net::RequestError;
use thiserror::Error;

/// What is run.
pub(super) struct Plan {
    /// Whose neurons they are.
    pub neurons: &'static str,
    /// What the reader has to know first.
    pub introduction: Vec<String>,
    /// Files of the output folder that the lines refer to, and their texts.
    pub files: Vec<(&'static str, String)>,
    /// What follows `cortexscope brain`.
    pub lines: Vec<Vec<String>>,
}

/// A file of the data that is not there.
#[derive(Debug, Error)]
#[error("{} is not there: --data names a folder with v4/, brain/ and models/", path.display())]
pub(super) struct MissingError {
    path: PathBuf,
}

impl RequestError for MissingError {
    fn is_request(&self) -> bool {
        true
    }
}

/// The words of a line.
fn line(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn at(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// The demo on neurons that are planted in the shipped digits.
pub(super) fn planted(output: &Path, seed: u64) -> Plan {
    let seed = seed.to_string();
    let [planted, images, responses] =
        ["planted", "planted/images.npy", "planted/responses.npy"].map(|name| at(output, name));
    let [fitted, ridge, sites, board, evolved, compared, autoencoded] = [
        "fit",
        "ridge",
        "sites",
        "board",
        "evolution",
        "similarity",
        "autoencoders",
    ]
    .map(|name| at(output, name));
    let session = |words: &[&str], folder: &str| {
        let mut all = line(words);
        all.extend(line(&["--images", &images, "--responses", &responses]));
        all.extend(line(&["--seed", &seed, "-o", folder]));
        all
    };
    let fit = |readout: &str, folder: &str| {
        let words = [
            "fit",
            "--features",
            "lecture-lenet:pool1",
            "--also",
            "pool2",
            "--train",
            "0..450",
            "--test",
            "450..600",
            "--readout",
            readout,
        ];
        session(&words, folder)
    };
    Plan {
        neurons: "planted simple and complex cells",
        introduction: vec![
            "The neurons of this report are planted: simple and complex cells that see the shipped \
             digits and answer with spikes (Poisson). They stand for recorded neurons, and because \
             they are known, the judge of control is the neuron itself."
                .to_owned(),
            "Networks are the shipped ones. This report fits readouts and trains nothing else. Each \
             panel has its commands and its receipts."
                .to_owned(),
        ],
        files: Vec::new(),
        lines: vec![
            line(&["plant", "--seed", &seed, "-o", &planted]),
            fit("factorised", &fitted),
            fit("ridge", &ridge),
            line(&["sites", "--fit", &fitted, "--judge", &planted, "-o", &sites]),
            line(&[
                "control", "stretch", "--fit", &fitted, "--neuron", "0", "--seeds", "5", "--board",
                "native", "-o", &board,
            ]),
            line(&[
                "evolve",
                "--model",
                "lecture-lenet",
                "--target",
                "class:3",
                "--board",
                "native",
                "--optimiser",
                "cma-es",
                "--generator",
                "pca",
                "--queries",
                "2000",
                "--natural",
                "2000",
                "--gradient-steps",
                "60",
                "--seed",
                &seed,
                "-o",
                &evolved,
            ]),
            session(&["compare", "lecture-lenet", "--draws", "300"], &compared),
            line(&["autoencode", "--seed", &seed, "-o", &autoencoded]),
        ],
    }
}

/// How the published models of V4 neurons take their input.
const COMPACT_SPEC: &str = "\
name = \"v4-compact\"

[input]
channels = \"rgb\"
size = [112, 112]
range = [0.0, 255.0]
mean = [116.222, 109.270, 100.381]
std = [1.0, 1.0, 1.0]

[output]
labels = []
";

/// The demo on recorded neurons of V4, and on human early visual cortex and IT.
///
/// # Errors
/// A file is not there.
pub(super) fn recorded(data: &Path, output: &Path, seed: u64) -> Result<Plan, MissingError> {
    let named = |name: &str| -> Result<String, MissingError> {
        let path = data.join(name);
        if path.exists() {
            Ok(path.display().to_string())
        } else {
            Err(MissingError { path })
        }
    };
    let seed = seed.to_string();
    let alexnet = named("models/alexnet_conv.onnx")?;
    let [images, responses] = [
        named("v4/images_190923.zip")?,
        named("v4/responses_190923.npy")?,
    ];
    let twins = named("brain/v4_190923_compact_onnx")?;
    let answers = named("brain/v4_190923_compact_predictions.npy")?;
    let fmri = named("brain/fmri78_evc_it.npz")?;
    let repeats = named("brain/v4_210325_bashivan640.npz")?;
    let spec = at(output, "v4-compact.toml");
    let [kept, fitted, ridge, sites, evolved] =
        ["features", "fit", "ridge", "sites", "evolution"].map(|name| at(output, name));
    let fit = |readout: &str, folder: &str| {
        line(&[
            "fit",
            "--features",
            &format!("{alexnet}:relu3"),
            "--images",
            &images,
            "--responses",
            &responses,
            "--train",
            "0..600",
            "--test",
            "600..1200",
            "--readout",
            readout,
            "--lambda",
            "0.3,0.3,0.1",
            "--keep-features",
            &kept,
            "--seed",
            &seed,
            "-o",
            folder,
        ])
    };
    let compare = |images: &str, words: &[&str], name: &str| {
        let mut all = line(&["compare", &alexnet, "--images", images, "--draws", "300"]);
        all.extend(line(words));
        all.extend(line(&["--seed", &seed, "-o", &at(output, name)]));
        all
    };
    Ok(Plan {
        neurons: "V4 of a macaque, human early visual cortex and IT",
        introduction: vec![
            "The neurons of this report are recorded: 33 of V4 (session 190923), 50 of V4 with \
             repeats (210325), and fMRI of 15 people. The judge of control is the published \
             compact model of the same neuron: another network, fitted to the first half of the \
             same session, and itself only a model."
                .to_owned(),
            "The mouse V1 recordings of Antolik et al. have no training images here, so nothing \
             was fitted to them: the auto-encoders are the shipped ones, of planted neurons."
                .to_owned(),
        ],
        files: vec![("v4-compact.toml", COMPACT_SPEC.to_owned())],
        lines: vec![
            fit("factorised", &fitted),
            fit("ridge", &ridge),
            line(&[
                "sites",
                "--fit",
                &fitted,
                "--judge",
                &twins,
                "--judge-spec",
                &spec,
                "--judge-responses",
                &answers,
                // Half of the literature's, which take five minutes of the ten.
                "--steps",
                "100",
                "-o",
                &sites,
            ]),
            line(&[
                "evolve",
                "--fit",
                &fitted,
                "--neuron",
                "0",
                "--optimiser",
                "cma-es",
                "--generator",
                "dct",
                // Every image of the first generation answers with less than the natural median.
                "--rate-zero",
                "-5",
                "--queries",
                "1000",
                "--gradient-steps",
                "60",
                "--seed",
                &seed,
                "-o",
                &evolved,
            ]),
            compare(
                &format!("{fmri}:images"),
                &["--rdm", &format!("{fmri}:evc")],
                "evc",
            ),
            compare(
                &format!("{fmri}:images"),
                &["--rdm", &format!("{fmri}:it")],
                "it",
            ),
            compare(
                &format!("{repeats}:images"),
                &[
                    "--responses",
                    &format!("{repeats}:responses_raw"),
                    "--missing",
                    "-1",
                ],
                "v4",
            ),
            line(&[
                "autoencode",
                "--seed",
                &seed,
                "-o",
                &at(output, "autoencoders"),
            ]),
        ],
    })
}
