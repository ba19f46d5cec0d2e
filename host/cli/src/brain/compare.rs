//! `cortexscope brain compare`.

use super::{Made, tell};
use crate::common::{blame, ctrl_c, wrong};
use crate::full::FloatModelArgs;
use crate::progress;
use clap::Args;
use cortexscope_brain::data::{DataError, Images, NumberArray, Responses};
use cortexscope_brain::encode::{Features, Stage};
use cortexscope_brain::similarity::{
    Rdm, RdmCeiling, compare, debiased_cka, half_ceiling, subject_ceiling,
};
use cortexscope_brain::stimuli::as_shown;
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_present::documents::brain_compare::{BrainCompare, CeilingRange, LayerAgreement};
use cortexscope_present::results::ResultFolder;
use cortexscope_present::scene::dissimilarity::{LabelledRdm, agreement, matrices};
use cortexscope_present::scene::last_part;
use cortexscope_present::terminal::{Column, Style, write_table};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compares a network, layer by layer, with dissimilarities or responses of brains to the same
/// images.
#[derive(Args)]
pub(super) struct CompareCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// The images in their order: a folder, a zip in the order of its names, FILE.npy or
    /// FILE.npz:NAME of u8 [N, H, W], [N, H, W, 3] or [N, 3, H, W].
    #[arg(long)]
    images: String,
    /// Dissimilarities [N, N] or [subjects, N, N] of the images: FILE.npy or FILE.npz:NAME.
    #[arg(
        long,
        required_unless_present = "responses",
        conflicts_with = "responses"
    )]
    rdm: Option<String>,
    /// Responses [neurons, images] or [neurons, images, repeats]: FILE.npy or FILE.npz:NAME.
    #[arg(long)]
    responses: Option<String>,
    /// What stands in the responses where there is no repeat, beside NaN.
    #[arg(long, value_name = "V", allow_negative_numbers = true)]
    missing: Option<f64>,
    /// A layer; may be given several times [default: what each rectifier writes, or every layer
    /// where there is none].
    #[arg(long, value_name = "NAME")]
    layer: Vec<String>,
    /// Average features in square windows until at most N cells a side are left.
    #[arg(long, value_name = "N", default_value_t = 13)]
    cells: usize,
    /// Shuffles for p, and draws with replacement for the interval.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    draws: usize,
    /// Seed of shuffles, draws and halves of repeats.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder for the picture and the receipt; without it nothing is written.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

/// What the network is compared with.
struct Brain {
    name: String,
    rdms: Vec<Rdm>,
    /// `[images, neurons]`, where responses were given.
    population: Option<(Vec<f32>, usize)>,
    ceiling: Option<RdmCeiling>,
    ceiling_formula: &'static str,
    /// The images that all neurons responded to.
    images: Vec<usize>,
    notes: Vec<String>,
}

impl CompareCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        tell(&self.make()?.document, self.json, say)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Compares, and writes what was found into the folder, if one is given.
    pub fn make(&self) -> anyhow::Result<Made<BrainCompare>> {
        if !(10..=1_000_000).contains(&self.draws) {
            return Err(wrong("--draws: give a number from 10 to 1,000,000"));
        }
        let mut model = self.model.open()?;
        model.spec.input = as_shown(&model.spec.input);
        let layers = self.layers(&model)?;
        let images = Images::open(&self.images).map_err(blame)?;
        let brain = self.brain(images.stimuli.len()).map_err(blame)?;
        let results = self.output.as_deref().map(ResultFolder::begin);
        let results = results.transpose().map_err(blame)?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(images.stimuli.len(), "images");
        let mut step = progress::watch(&bar, &cancel);
        let mut watch = |_: Stage, done: usize, all: usize| step(done, all);
        let all = Features::compute(&model, &layers, self.cells, &images, &mut watch);
        let all = all.map_err(blame)?;
        bar.finish_and_clear();

        let mut found = Vec::new();
        let ranked: Vec<Rdm> = brain.rdms.iter().map(Rdm::ranked).collect();
        let mut shown = vec![LabelledRdm {
            lines: vec![
                last_part(&brain.name).to_owned(),
                "mean of ranks".to_owned(),
            ],
            rdm: Rdm::mean(&ranked.iter().collect::<Vec<_>>()),
        }];
        for (&id, features) in layers.iter().zip(&all) {
            if cancel.is_cancelled() {
                return Err(blame(cortexscope_brain::encode::EncodeError::Interrupted));
            }
            let rows: Vec<f32> = brain
                .images
                .iter()
                .flat_map(|&image| features.row(image).iter().copied())
                .collect();
            let rdm = Rdm::of(&rows, features.size());
            let agreement = compare(&rdm, &brain.rdms, self.draws, self.seed);
            let cka = brain.population.as_ref().and_then(|(values, neurons)| {
                debiased_cka(&rows, features.size(), values, *neurons)
            });
            let name = model.layer(id).name.clone();
            let rho = agreement.as_ref().map(|agreement| agreement.spearman);
            shown.push(LabelledRdm {
                lines: vec![
                    name.clone(),
                    rho.map_or_else(|| "does not vary".to_owned(), |rho| format!("ρ {rho:.3}")),
                ],
                rdm: rdm.ranked(),
            });
            found.push(LayerAgreement::new(name, features.shape, agreement, cka));
        }
        let drawing = matrices(&model, &shown)?;
        let picture = match &results {
            Some(results) => Some(results.drawing("compare.png", &drawing, 1).map_err(blame)?),
            None => None,
        };
        let document = BrainCompare {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            preprocessing: model.spec.input.to_string(),
            images: images.name.clone(),
            compared_with: brain.name.clone(),
            subjects: brain.rdms.len(),
            images_compared: brain.images.len(),
            draws: self.draws,
            seed: self.seed,
            layers: found,
            ceiling: CeilingRange {
                formula: brain.ceiling_formula.to_owned(),
                lower: brain.ceiling.map(|ceiling| ceiling.lower),
                upper: brain.ceiling.map(|ceiling| ceiling.upper),
            },
            notes: brain.notes.clone(),
            picture: picture.as_ref().map(|path| path.display().to_string()),
        };
        if let Some(results) = results {
            results.receipt("compare.json", &document).map_err(blame)?;
            results.commit().map_err(blame)?;
        }
        let layers = agreement(&document);
        Ok(Made {
            drawings: [layers].into_iter().flatten().chain([drawing]).collect(),
            document,
        })
    }

    fn layers(&self, model: &FloatModel) -> anyhow::Result<Vec<LayerId>> {
        if !self.layer.is_empty() {
            let named = self.layer.iter().map(|name| model.find(name));
            return named.collect::<Result<_, _>>().map_err(blame);
        }
        let rectifiers = model.rectifiers();
        Ok(if rectifiers.is_empty() {
            (0..model.layers().len()).map(LayerId).collect()
        } else {
            rectifiers
        })
    }

    fn brain(&self, images: usize) -> Result<Brain, DataError> {
        let counts = |responses: usize| {
            if images == responses {
                Ok(())
            } else {
                Err(DataError::Counts { images, responses })
            }
        };
        if let Some(name) = &self.rdm {
            let rdms = Rdm::all_of(&NumberArray::open(name)?)?;
            counts(rdms[0].images)?;
            return Ok(Brain {
                name: name.clone(),
                ceiling: subject_ceiling(&rdms),
                ceiling_formula: "mean correlation of each subject's ranks with the mean of the \
                                  ranks of the others (lower) and of all (upper)",
                rdms,
                population: None,
                images: (0..images).collect(),
                notes: Vec::new(),
            });
        }
        let name = self.responses.clone().unwrap_or_default();
        let responses = Responses::open(&name, self.missing)?;
        counts(responses.images)?;
        let complete = responses.complete();
        if complete.len() < 4 {
            return Err(DataError::Counts {
                images,
                responses: complete.len(),
            });
        }
        let mut notes = responses.notes.clone();
        if complete.len() < images {
            notes.push(format!(
                "{} of {images} images are left out: a neuron has no response to them",
                images - complete.len()
            ));
        }
        let values: Vec<f32> = complete
            .iter()
            .flat_map(|&image| (0..responses.neurons).map(move |neuron| (neuron, image)))
            .map(|(neuron, image)| responses.mean(neuron, image).unwrap_or(f64::NAN) as f32)
            .collect();
        Ok(Brain {
            name,
            rdms: vec![Rdm::of(&values, responses.neurons)],
            population: Some((values, responses.neurons)),
            ceiling: half_ceiling(&responses, &complete, self.seed),
            ceiling_formula: "Spearman's ρ of the matrices of two random halves of the repeats \
                              (lower), and 2ρ / (1 + ρ) by Spearman and Brown (upper)",
            images: complete,
            notes,
        })
    }
}

fn say(document: &BrainCompare) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let columns = [
        Column::text("layer"),
        Column::number("ρ"),
        Column::number("95 %"),
        Column::number("p"),
        Column::number("τ_a"),
        Column::number("CKA"),
    ];
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
    let rows = document.layers.iter().map(|layer| {
        let interval = layer.rsa_interval;
        vec![
            layer.layer.clone(),
            number(layer.rsa),
            interval.map_or_else(String::new, |[low, high]| format!("{low:.3} … {high:.3}")),
            number(layer.p),
            number(layer.kendall),
            number(layer.cka),
        ]
    });
    write_table(&mut out, Style::of_stdout(), &columns, rows.collect())?;
    match (document.ceiling.lower, document.ceiling.upper) {
        (Some(lower), Some(upper)) => writeln!(
            out,
            "ceiling {lower:.3} to {upper:.3}: {}",
            document.ceiling.formula
        )?,
        _ => writeln!(out, "no ceiling: one subject, and no repeats")?,
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}
