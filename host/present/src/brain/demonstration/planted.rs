//! The demonstration on neurons that are planted in the shipped digits.

use super::plan::{DemonstrationPlan, ExperimentRequest, PlannedExperiment, at};
use crate::brain::autoencoders::{AutoencodersRequest, SessionChoice};
use crate::brain::control::ControlRequest;
use crate::brain::encoding::FitRequest;
use crate::brain::evolution::{BoardChoice, EvolutionRequest, NaturalImages, NeuronChoice};
use crate::brain::laboratory::{JudgeChoice, LaboratoryRequest};
use crate::brain::planting::PlantRequest;
use crate::brain::similarity::SimilarityRequest;
use crate::brain::sites::SitesRequest;
use cortexscope_brain::autoencode::LayerNames;
use cortexscope_brain::control::Goal;
use cortexscope_brain::data::{SessionFiles, Span};
use cortexscope_brain::encode::{Factorised, Method, Request, Ridge};
use cortexscope_brain::evolve::Zero;
use cortexscope_brain::generator::GeneratorKind;
use cortexscope_brain::noise::Noise;
use cortexscope_brain::optimise::{OptimiserError, preset};
use cortexscope_brain::similarity::ReferenceFile;
use cortexscope_explain::target::Target;
use cortexscope_rig::board::NATIVE;
use std::path::Path;

/// Its network.
const MODEL: &str = "lecture-lenet";

/// The plan.
pub(super) fn planted(folder: &Path, seed: u64) -> Result<DemonstrationPlan, OptimiserError> {
    let session = SessionFiles {
        images: at(folder, "planted/images.npy"),
        responses: at(folder, "planted/responses.npy"),
        missing: None,
    };
    let ridge = Method::Ridge(Ridge::new(seed));
    let factorised = Method::Factorised(Factorised::new(seed));
    Ok(DemonstrationPlan {
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
        experiments: vec![
            plant(folder, seed),
            fit(folder, &session, factorised, "fit", seed),
            fit(folder, &session, ridge, "ridge", seed),
            sites(folder),
            control(folder),
            evolve(folder, seed)?,
            compare(folder, &session, seed),
            autoencoders(folder, seed),
        ],
    })
}

fn plant(folder: &Path, seed: u64) -> PlannedExperiment {
    let output = folder.join("planted");
    let request = PlantRequest {
        images: "mnist".to_owned(),
        size: [28, 28],
        count: 600,
        neurons: 12,
        repeats: 6,
        seed,
        folder: output.clone(),
    };
    let words = ["plant", "--seed", &seed.to_string()];
    let output = ["-o", &output.display().to_string()];
    PlannedExperiment::new(&words, &output, ExperimentRequest::Plant(request))
}

fn fit(
    folder: &Path,
    session: &SessionFiles,
    method: Method,
    name: &str,
    seed: u64,
) -> PlannedExperiment {
    let readout = method.kind().name();
    let request = FitRequest {
        model: MODEL.to_owned(),
        layer: "pool1".to_owned(),
        also: vec!["pool2".to_owned()],
        session: session.clone(),
        fit: Request {
            train: Span { start: 0, end: 450 },
            test: Span {
                start: 450,
                end: 600,
            },
            method,
            seed,
        },
        cells: 13,
        features: None,
        checkpoints: None,
        folder: folder.join(name),
    };
    let features = format!("{MODEL}:pool1");
    let words = [
        "fit",
        "--features",
        &features,
        "--also",
        "pool2",
        "--train",
        "0..450",
        "--test",
        "450..600",
        "--readout",
        readout,
        "--images",
        &session.images,
        "--responses",
        &session.responses,
        "--seed",
        &seed.to_string(),
    ];
    let output = ["-o", &at(folder, name)];
    PlannedExperiment::new(&words, &output, ExperimentRequest::Fit(request))
}

fn sites(folder: &Path) -> PlannedExperiment {
    let [fit, judge] = ["fit", "planted"].map(|name| at(folder, name));
    let request = SitesRequest {
        laboratory: LaboratoryRequest {
            judge: Some(JudgeChoice::Model {
                name: judge.clone(),
                spec: None,
                responses: None,
            }),
            ..LaboratoryRequest::of_fit(&folder.join("fit"))
        },
        neurons: Vec::new(),
        seeds: 1,
        folder: folder.join("sites"),
    };
    let words = ["sites", "--fit", &fit, "--judge", &judge];
    let output = ["-o", &at(folder, "sites")];
    PlannedExperiment::new(&words, &output, ExperimentRequest::Sites(request))
}

fn control(folder: &Path) -> PlannedExperiment {
    let request = ControlRequest {
        laboratory: LaboratoryRequest {
            judge: Some(JudgeChoice::Board(NATIVE.to_owned())),
            ..LaboratoryRequest::of_fit(&folder.join("fit"))
        },
        goal: Goal::Stretch,
        neuron: 0,
        seeds: 5,
        others: 3,
        folder: folder.join("board"),
    };
    let fit = at(folder, "fit");
    let words = [
        "control", "stretch", "--fit", &fit, "--neuron", "0", "--seeds", "5", "--board", NATIVE,
    ];
    let output = ["-o", &at(folder, "board")];
    PlannedExperiment::new(&words, &output, ExperimentRequest::Control(request))
}

fn evolve(folder: &Path, seed: u64) -> Result<PlannedExperiment, OptimiserError> {
    let request = EvolutionRequest {
        neuron: NeuronChoice::Unit {
            model: MODEL.to_owned(),
            target: Target::Class("3".to_owned()),
            board: Some(BoardChoice {
                board: Some(NATIVE.to_owned()),
                ..BoardChoice::default()
            }),
        },
        preset: preset("cma-es", None)?,
        generator: GeneratorKind::Components,
        noise: Noise::None,
        queries: 2000,
        seed,
        images: NaturalImages::Usual,
        natural: Some(2000),
        zero: Zero::NaturalMedian,
        gradient_steps: 60,
        checkpoint: None,
        folder: folder.join("evolution"),
    };
    let words = [
        "evolve",
        "--model",
        MODEL,
        "--target",
        "class:3",
        "--board",
        NATIVE,
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
        &seed.to_string(),
    ];
    let output = ["-o", &at(folder, "evolution")];
    let request = ExperimentRequest::Evolution(Box::new(request));
    Ok(PlannedExperiment::new(&words, &output, request))
}

fn compare(folder: &Path, session: &SessionFiles, seed: u64) -> PlannedExperiment {
    let request = SimilarityRequest {
        images: session.images.clone(),
        reference: ReferenceFile::Responses {
            name: session.responses.clone(),
            missing: None,
        },
        layers: Vec::new(),
        cells: 13,
        draws: 300,
        seed,
        folder: Some(folder.join("similarity")),
    };
    let words = [
        "compare",
        MODEL,
        "--draws",
        "300",
        "--images",
        &session.images,
        "--responses",
        &session.responses,
        "--seed",
        &seed.to_string(),
    ];
    let output = ["-o", &at(folder, "similarity")];
    let model = MODEL.to_owned();
    let request = ExperimentRequest::Similarity { model, request };
    PlannedExperiment::new(&words, &output, request)
}

/// The shipped auto-encoders, which the demonstration on recorded neurons judges, too.
pub(super) fn autoencoders(folder: &Path, seed: u64) -> PlannedExperiment {
    let request = AutoencodersRequest {
        session: SessionChoice::Planted,
        test: None,
        neurons: None,
        layers: LayerNames::default(),
        level: 0.05,
        shuffles: 1000,
        seed,
        folder: Some(folder.join("autoencoders")),
    };
    let words = ["autoencode", "--seed", &seed.to_string()];
    let output = ["-o", &at(folder, "autoencoders")];
    PlannedExperiment::new(&words, &output, ExperimentRequest::Autoencoders(request))
}
