//! `cortexscope brain autoencode`.

use super::Made;
use crate::common::{blame, ctrl_c, print_json, wrong};
use crate::full::InputArgs;
use crate::progress;
use clap::Args;
use cortexscope_brain::autoencode::{
    Arm, AutoEncodeError, AutoEncoder, DRIVEN, Judged, LayerNames, NEURONS, Session, TEST,
    TEST_REPEATS, TRAINING, Task, evaluate, kind_and_seed, table,
};
use cortexscope_brain::data::Span;
use cortexscope_brain::stimuli::as_shown;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::InputSpec;
use cortexscope_present::documents::brain_autoencode::{
    ArmRow, BrainAutoencode, ComponentRow, NeuronNames, PublishedTable,
};
use cortexscope_present::results::ResultFolder;
use cortexscope_present::scene::reconstruction::{Shown, reconstructions};
use cortexscope_present::terminal::{Column, Style, write_table};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Judges auto-encoders that predict neurons: their reconstructions, and which neurons they
/// predict. Without --images they are judged on shipped digits and planted neurons.
#[derive(Args)]
pub(super) struct AutoencodeCommand {
    /// ONNX files; NAME-1.onnx and NAME-2.onnx are two seeds of one architecture [default: the
    /// arms that the program has].
    models: Vec<String>,
    /// The images in their order: a folder, a zip in the order of its names, FILE.npy or
    /// FILE.npz:NAME of u8 [N, H, W], [N, H, W, 3] or [N, 3, H, W] [default: shipped digits].
    #[arg(long, requires = "models")]
    images: Option<String>,
    /// Responses [neurons, images] or [neurons, images, repeats]: FILE.npy or FILE.npz:NAME.
    #[arg(long, requires = "images")]
    responses: Option<String>,
    /// What stands in the responses where there is no repeat, beside NaN.
    #[arg(
        long,
        value_name = "V",
        allow_negative_numbers = true,
        requires = "responses"
    )]
    missing: Option<f64>,
    /// Images to judge on, none of which was trained on [default: all of --images; of the shipped
    /// digits those that no arm was trained on].
    #[arg(long, value_name = "RANGE")]
    test: Option<String>,
    /// Neurons of the responses that the networks predict, as 0..10 [default: those that an
    /// arm of the recipe was trained on, and all for others].
    #[arg(long, value_name = "RANGE")]
    neurons: Option<String>,
    /// The layer that reconstructs [default: `reconstruction`, or the last].
    #[arg(long, value_name = "LAYER", requires = "models")]
    reconstruction: Option<String>,
    /// The layer that predicts the neurons [default: `response`].
    #[arg(long, value_name = "LAYER", requires = "models")]
    response: Option<String>,
    /// p of at most this is significant.
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    level: f64,
    /// Shuffles of the images, for the neurons that are significant by chance.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    shuffles: usize,
    /// Seed of the shuffles.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    input: InputArgs,
    /// The folder for the picture and the receipt; without it nothing is written.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

/// Images of the first network that are drawn.
const SHOWN: usize = 6;
/// Images that neurons' slopes are taken at: more of them move no field by more than its error.
const FIELD_IMAGES: usize = 5;

impl AutoencodeCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let made = self.make()?;
        if self.json {
            print_json(&made.document)?;
        } else {
            say(&made.document)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Judges, and writes what was found into the folder, if one is given.
    pub fn make(&self) -> anyhow::Result<Made<BrainAutoencode>> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(wrong("--level: give a number between 0 and 1"));
        }
        if !(10..=1_000_000).contains(&self.shuffles) {
            return Err(wrong("--shuffles: give a number from 10 to 1,000,000"));
        }
        let session = self.session().map_err(blame)?;
        let test = self.test.as_deref().map(str::parse::<Span>);
        let test = session
            .test(test.transpose().map_err(blame)?)
            .map_err(blame)?;
        let wanted = self.neurons.as_deref().map(str::parse::<Span>);
        let wanted = wanted.transpose().map_err(blame)?;
        let models = self.models();
        let results = self.output.as_deref().map(ResultFolder::begin);
        let results = results.transpose().map_err(blame)?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(models.len() * test.range().len(), "images");
        let mut judged = Vec::new();
        let mut shown: Vec<Shown> = Vec::new();
        let mut first: Option<(InputSpec, f64)> = None;
        for (done, name) in models.iter().enumerate() {
            let mut model = self.input.open(name)?;
            model.spec.input = as_shown(&model.spec.input);
            let spec = model.spec.input.clone();
            let data_range = range_of(&spec);
            let images = session.inputs(&spec, test).map_err(blame)?;
            let neurons = session.neurons(name, wanted).map_err(blame)?;
            let responses = neurons.map(|neurons| session.responses(test, neurons));
            let responses = responses.transpose().map_err(blame)?.unwrap_or_default();
            if let Some((known, range)) = &first
                && (known.shape() != spec.shape() || *range != data_range)
            {
                return Err(wrong(format!(
                    "{name} takes other images than {}: judge them apart",
                    models[0]
                )));
            }
            let network = self.network(model)?;
            let task = Task {
                images: &images,
                responses: &responses,
                data_range,
                level: self.level,
                shuffles: self.shuffles,
                seed: self.seed,
                keep: SHOWN,
            };
            bar.set_message(name.clone());
            let before = done * images.len();
            let evaluation = evaluate(&network, &task, &mut |count| {
                bar.set_position((before + count) as u64);
                progress::go_on(&cancel)
            });
            let evaluation = evaluation.map_err(blame)?;
            let fields = match session.driven() {
                Some(_) => network.fields(&images[..FIELD_IMAGES.min(images.len())]),
                None => Ok(Vec::new()),
            };
            let fields = fields.map_err(blame)?;
            let (kind, seed) = kind_and_seed(name);
            if first.is_none() {
                let originals = images.iter().take(SHOWN).cloned().collect();
                shown.push(Shown::originals(originals));
                first = Some((spec, data_range));
            }
            let is_new = !judged.iter().any(|one: &Judged| one.kind == kind);
            if is_new && let Some(quality) = evaluation.quality {
                let made = evaluation.kept.clone();
                shown.push(Shown::of(&kind, seed, quality, made));
            }
            judged.push(Judged {
                model: name.clone(),
                sha256: network.model.sha256_hex(),
                kind,
                seed,
                code: network.code_size(),
                locations: network.locations().unwrap_or_default(),
                fields,
                evaluation,
            });
        }
        bar.finish_and_clear();
        let Some((spec, data_range)) = first else {
            return Err(wrong("name a network"));
        };

        let drawing = if shown.len() > 1 {
            Some(reconstructions(&spec, &shown)?)
        } else {
            None
        };
        let picture = match (&results, &drawing) {
            (Some(results), Some(drawing)) => {
                let path = results.drawing("autoencode.png", drawing, 1);
                Some(path.map_err(blame)?.display().to_string())
            }
            _ => None,
        };
        let mut codes: Vec<usize> = judged.iter().filter_map(|one| one.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let components = session.components(&spec, test, &codes).map_err(blame)?;
        let components = components
            .into_iter()
            .map(|(code, quality)| ComponentRow::new(code, data_range, quality));
        let components: Vec<ComponentRow> = components.collect();
        let rows = table(judged);
        let rows = rows.iter().map(|row| {
            let first = row.seeds.first().map_or("", |one| one.model.as_str());
            let span = session.neurons(first, wanted).map_err(blame)?;
            let names = NeuronNames {
                first: span.map_or(0, |span| span.start),
                driven: session.driven(),
            };
            Ok(ArmRow::new(row, data_range, &names, self.level))
        });
        let rows = rows.collect::<anyhow::Result<Vec<ArmRow>>>()?;
        let document = BrainAutoencode {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            images: self
                .images
                .clone()
                .unwrap_or_else(|| "shipped digits".to_owned()),
            test: [test.start, test.end],
            responses: self.responses_name(),
            level: self.level,
            shuffles: self.shuffles,
            seed: self.seed,
            statistics: "intervals of 95 % and paired tests by Student's t over the seeds; p of \
                         Pearson's r by Student's t over the images, two-sided"
                .to_owned(),
            notes: notes(&session, &rows, &components),
            table: rows,
            components,
            published: PublishedTable::new(),
            picture,
        };
        if let Some(results) = results {
            results
                .receipt("autoencode.json", &document)
                .map_err(blame)?;
            results.commit().map_err(blame)?;
        }
        Ok(Made {
            document,
            drawings: drawing.into_iter().collect(),
        })
    }

    fn models(&self) -> Vec<String> {
        if self.models.is_empty() {
            Arm::shipped().iter().map(Arm::to_string).collect()
        } else {
            self.models.clone()
        }
    }

    fn session(&self) -> Result<Session, AutoEncodeError> {
        match &self.images {
            Some(images) => Session::open(images, self.responses.as_deref(), self.missing),
            None => Session::planted(),
        }
    }

    fn responses_name(&self) -> Option<String> {
        if self.images.is_some() {
            return self.responses.clone();
        }
        Some(format!(
            "{NEURONS} planted neurons, of which the images drive the first {DRIVEN}; means of \
             {TEST_REPEATS} trials"
        ))
    }

    fn network(&self, model: FloatModel) -> anyhow::Result<AutoEncoder> {
        let names = LayerNames {
            reconstruction: self.reconstruction.clone(),
            response: self.response.clone(),
        };
        AutoEncoder::new(model, &names).map_err(blame)
    }
}

/// From black to white in a model's units.
fn range_of(spec: &InputSpec) -> f64 {
    let [low, high] = spec.bounds();
    f64::from(high) - f64::from(low)
}

/// What the reader has to know.
fn notes(session: &Session, rows: &[ArmRow], components: &[ComponentRow]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Session::Planted(_) = session {
        notes.push(format!(
            "shipped arms: trained on digits {}..{}, and those up to {} said when to stop; they are \
             in the manner of the papers, and smaller than theirs",
            TRAINING.start, TRAINING.end, TEST.start
        ));
    }
    for row in rows {
        let code = row.seeds.first().and_then(|seed| seed.code);
        let fair = components
            .iter()
            .find(|component| Some(component.code) == code);
        if let (Some(own), Some(fair)) = (row.mse, fair.and_then(|fair| fair.mse))
            && row.arm == "DAE"
        {
            let verdict = if own < fair { "beats" } else { "does not beat" };
            notes.push(format!(
                "{} {verdict} as many principal components as its code has values ({}): MSE \
                 {own:.4} and {fair:.4}",
                row.arm,
                code.unwrap_or_default()
            ));
        }
        if row.seeds.len() == 1 {
            notes.push(format!("{}: one seed has no interval", row.arm));
        }
    }
    notes
}

fn say(document: &BrainAutoencode) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let columns = [
        Column::text("arm"),
        Column::text("neurons"),
        Column::number("seeds"),
        Column::number("MSE"),
        Column::number("PSNR"),
        Column::number("SSIM"),
        Column::number("MSE − DAE"),
        Column::number("p"),
        Column::number("r"),
        Column::number("p ≤ level"),
        Column::number("Holm"),
        Column::number("BH"),
        Column::number("by chance"),
        Column::number("driven"),
        Column::number("off by"),
    ];
    let number = |value: Option<f64>, digits: usize| {
        value.map_or_else(String::new, |value| format!("{value:.digits$}"))
    };
    let within = |value: Option<f64>, interval: Option<[f64; 2]>, digits: usize| match interval {
        Some([low, high]) => format!(
            "{} ± {:.digits$}",
            number(value, digits),
            (high - low) / 2.0
        ),
        None => number(value, digits),
    };
    let rows = document.table.iter().map(|row| {
        let exact = row.mse == Some(0.0);
        let difference = row.minus_dae.as_ref().map(|minus| &minus.mse);
        let predicted = row.predicted.as_ref();
        let count = |of: fn(&_) -> f64| number(predicted.map(of), 1);
        vec![
            row.arm.clone(),
            row.neurons.clone(),
            row.seeds.len().to_string(),
            within(row.mse, row.mse_interval, 4),
            if exact {
                "∞".to_owned()
            } else {
                within(row.psnr, row.psnr_interval, 2)
            },
            within(row.ssim, row.ssim_interval, 3),
            difference.map_or_else(String::new, |minus| within(minus.mean, minus.interval, 4)),
            number(difference.and_then(|minus| minus.p), 3),
            number(predicted.map(|all| all.median_r), 2),
            count(|all| all.uncorrected),
            count(|all| all.holm),
            count(|all| all.benjamini_hochberg),
            count(|all| all.by_chance),
            number(predicted.and_then(|all| all.holm_driven), 1),
            number(predicted.and_then(|all| all.field_error), 1),
        ]
    });
    write_table(&mut out, Style::of_stdout(), &columns, rows.collect())?;
    let range = document.table.first().map_or(1.0, |row| row.data_range);
    writeln!(
        out,
        "r: median; p ≤ level, Holm, BH, by chance: neurons, means over the seeds; driven: those of \
         Holm that the images drive; off by: median pixels from where they look to where they are"
    )?;
    writeln!(
        out,
        "images {}..{}, data range {range}; {}",
        document.test[0], document.test[1], document.statistics
    )?;
    for row in &document.components {
        writeln!(
            out,
            "{} principal components: MSE {}, PSNR {}, SSIM {}",
            row.code,
            number(row.mse, 4),
            number(row.psnr, 2),
            number(row.ssim, 3)
        )?;
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(
        out,
        "published (data range {}):",
        document.published.data_range
    )?;
    let columns = [
        Column::text("arm"),
        Column::text("neurons"),
        Column::number("region"),
        Column::number("MSE"),
        Column::number("PSNR"),
        Column::number("SSIM"),
    ];
    let rows = document.published.table.iter().map(|row| {
        vec![
            row.arm.clone(),
            row.neurons.clone(),
            row.region.to_string(),
            format!("{:.3}", row.mse),
            format!("{:.3}", row.psnr),
            format!("{:.3}", row.ssim),
        ]
    });
    write_table(&mut out, Style::of_stdout(), &columns, rows.collect())?;
    writeln!(out, "{}", document.published.why_not_here)?;
    if let Some(picture) = &document.picture {
        writeln!(out, "{picture}")?;
    }
    Ok(())
}
