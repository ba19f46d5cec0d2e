//! The demonstration on recorded neurons of V4, and on human early visual cortex and IT.

use super::error::DemonstrationError;
use super::plan::{DemonstrationPlan, ExperimentRequest, PlannedExperiment, at};
use super::planted::autoencoders;
use crate::brain::encoding::FitRequest;
use crate::brain::evolution::{EvolutionRequest, NaturalImages, NeuronChoice};
use crate::brain::laboratory::{JudgeChoice, LaboratoryRequest};
use crate::brain::similarity::SimilarityRequest;
use crate::brain::sites::SitesRequest;
use cortexscope_brain::data::{SessionFiles, Span};
use cortexscope_brain::encode::{Factorised, Lambda, Method, Request, Ridge};
use cortexscope_brain::evolve::Zero;
use cortexscope_brain::generator::GeneratorKind;
use cortexscope_brain::noise::Noise;
use cortexscope_brain::optimise::preset;
use cortexscope_brain::similarity::ReferenceFile;
use std::path::Path;

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
/// The file of it.
const COMPACT_FILE: &str = "v4-compact.toml";
/// Steps of each image: half of the literature's, which take five minutes of the ten.
const STEPS: usize = 100;
/// The rate that counts as 0: every image of the first generation answers with less than the
/// natural median.
const ZERO: f64 = -5.0;

/// Files of the data.
struct Recordings {
    alexnet: String,
    session: SessionFiles,
    twins: String,
    answers: String,
    fmri: String,
    repeats: String,
}

impl Recordings {
    fn find(data: &Path) -> Result<Self, DemonstrationError> {
        let named = |name: &str| -> Result<String, DemonstrationError> {
            let path = data.join(name);
            if path.exists() {
                Ok(path.display().to_string())
            } else {
                Err(DemonstrationError::Missing { path })
            }
        };
        Ok(Self {
            alexnet: named("models/alexnet_conv.onnx")?,
            session: SessionFiles {
                images: named("v4/images_190923.zip")?,
                responses: named("v4/responses_190923.npy")?,
                missing: None,
            },
            twins: named("brain/v4_190923_compact_onnx")?,
            answers: named("brain/v4_190923_compact_predictions.npy")?,
            fmri: named("brain/fmri78_evc_it.npz")?,
            repeats: named("brain/v4_210325_bashivan640.npz")?,
        })
    }
}

/// The plan.
pub(super) fn recorded(
    data: &Path,
    folder: &Path,
    seed: u64,
) -> Result<DemonstrationPlan, DemonstrationError> {
    let data = Recordings::find(data)?;
    let mut factorised = Factorised::new(seed);
    factorised.lambdas = vec![Lambda {
        space: 0.3,
        depth: 0.3,
        laplace: 0.1,
    }];
    let ridge = Method::Ridge(Ridge::new(seed));
    let images = format!("{}:images", data.fmri);
    let area = |name: &str| {
        let rdm = format!("{}:{name}", data.fmri);
        let reference = ReferenceFile::Dissimilarities(rdm.clone());
        compare(
            &data,
            folder,
            seed,
            &images,
            &["--rdm", &rdm],
            reference,
            name,
        )
    };
    Ok(DemonstrationPlan {
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
        files: vec![(COMPACT_FILE, COMPACT_SPEC.to_owned())],
        experiments: vec![
            fit(&data, folder, Method::Factorised(factorised), "fit", seed),
            fit(&data, folder, ridge, "ridge", seed),
            sites(&data, folder),
            evolve(folder, seed)?,
            area("evc"),
            area("it"),
            v4(&data, folder, seed),
            autoencoders(folder, seed),
        ],
    })
}

fn fit(
    data: &Recordings,
    folder: &Path,
    method: Method,
    name: &str,
    seed: u64,
) -> PlannedExperiment {
    let readout = method.kind().name();
    let request = FitRequest {
        model: data.alexnet.clone(),
        layer: "relu3".to_owned(),
        also: Vec::new(),
        session: data.session.clone(),
        fit: Request {
            train: Span { start: 0, end: 600 },
            test: Span {
                start: 600,
                end: 1200,
            },
            method,
            seed,
        },
        cells: 13,
        features: Some(folder.join("features")),
        checkpoints: None,
        folder: folder.join(name),
    };
    let words = [
        "fit",
        "--features",
        &format!("{}:relu3", data.alexnet),
        "--images",
        &data.session.images,
        "--responses",
        &data.session.responses,
        "--train",
        "0..600",
        "--test",
        "600..1200",
        "--readout",
        readout,
        "--lambda",
        "0.3,0.3,0.1",
        "--keep-features",
        &at(folder, "features"),
        "--seed",
        &seed.to_string(),
    ];
    let output = ["-o", &at(folder, name)];
    PlannedExperiment::new(&words, &output, ExperimentRequest::Fit(request))
}

fn sites(data: &Recordings, folder: &Path) -> PlannedExperiment {
    let request = SitesRequest {
        laboratory: LaboratoryRequest {
            judge: Some(JudgeChoice::Model {
                name: data.twins.clone(),
                spec: Some(folder.join(COMPACT_FILE)),
                responses: Some(data.answers.clone()),
            }),
            steps: STEPS,
            ..LaboratoryRequest::of_fit(&folder.join("fit"))
        },
        neurons: Vec::new(),
        seeds: 1,
        folder: folder.join("sites"),
    };
    let words = [
        "sites",
        "--fit",
        &at(folder, "fit"),
        "--judge",
        &data.twins,
        "--judge-spec",
        &at(folder, COMPACT_FILE),
        "--judge-responses",
        &data.answers,
        "--steps",
        &STEPS.to_string(),
    ];
    let output = ["-o", &at(folder, "sites")];
    PlannedExperiment::new(&words, &output, ExperimentRequest::Sites(request))
}

fn evolve(folder: &Path, seed: u64) -> Result<PlannedExperiment, DemonstrationError> {
    let request = EvolutionRequest {
        neuron: NeuronChoice::Fitted {
            folder: folder.join("fit"),
            neuron: 0,
        },
        preset: preset("cma-es", None)?,
        generator: GeneratorKind::LowPass,
        noise: Noise::None,
        queries: 1000,
        seed,
        images: NaturalImages::Usual,
        natural: None,
        zero: Zero::Rate(ZERO),
        gradient_steps: 60,
        checkpoint: None,
        folder: folder.join("evolution"),
    };
    let words = [
        "evolve",
        "--fit",
        &at(folder, "fit"),
        "--neuron",
        "0",
        "--optimiser",
        "cma-es",
        "--generator",
        "dct",
        "--rate-zero",
        &ZERO.to_string(),
        "--queries",
        "1000",
        "--gradient-steps",
        "60",
        "--seed",
        &seed.to_string(),
    ];
    let output = ["-o", &at(folder, "evolution")];
    let request = ExperimentRequest::Evolution(Box::new(request));
    Ok(PlannedExperiment::new(&words, &output, request))
}

/// The neurons of V4 with repeats.
fn v4(data: &Recordings, folder: &Path, seed: u64) -> PlannedExperiment {
    let images = format!("{}:images", data.repeats);
    let responses = format!("{}:responses_raw", data.repeats);
    let reference = ReferenceFile::Responses {
        name: responses.clone(),
        missing: Some(-1.0),
    };
    let of = ["--responses", &responses, "--missing", "-1"];
    compare(data, folder, seed, &images, &of, reference, "v4")
}

fn compare(
    data: &Recordings,
    folder: &Path,
    seed: u64,
    images: &str,
    of: &[&str],
    reference: ReferenceFile,
    name: &str,
) -> PlannedExperiment {
    let request = SimilarityRequest {
        images: images.to_owned(),
        reference,
        layers: Vec::new(),
        cells: 13,
        draws: 300,
        seed,
        folder: Some(folder.join(name)),
    };
    let model = data.alexnet.clone();
    let seed = seed.to_string();
    let head = ["compare", &model, "--images", images, "--draws", "300"];
    let tail = ["--seed", &seed, "-o", &at(folder, name)];
    let words = [&head[..], of].concat();
    let model = data.alexnet.clone();
    let request = ExperimentRequest::Similarity { model, request };
    PlannedExperiment::new(&words, &tail, request)
}
