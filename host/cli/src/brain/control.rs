//! `cortexscope brain control`.

use crate::common::{blame, ctrl_c, print_json, wrong};
use crate::progress;
use clap::{Args, ValueEnum};
use cortexscope_brain::control::{
    ControlError, Goal, Judge, Settings, contrast, phase_scrambled, similarity, synthesise,
    with_contrast,
};
use cortexscope_brain::data::{Images, Stimulus};
use cortexscope_brain::encode::Stored;
use cortexscope_draw::{GridLayout, Theme, Tile, Tiles, tile_grid};
use cortexscope_net::input::grey;
use cortexscope_net::output::{self, make_folder};
use cortexscope_present::documents::Document;
use cortexscope_present::documents::brain_control::{BrainControl, ControlImage, DrivenImage};
use image::{DynamicImage, GrayImage};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Makes images that drive a fitted neuron, and compares them with controls.
#[derive(Args)]
pub(super) struct ControlCommand {
    /// The neuron's response as high as possible, or high alone among all neurons of the fit.
    #[arg(value_enum)]
    goal: GoalArg,
    /// A folder that `brain fit` wrote.
    #[arg(long, value_name = "DIR")]
    fit: PathBuf,
    /// The neuron, from 0.
    #[arg(long, value_name = "N")]
    neuron: usize,
    /// Images, each from its own seed.
    #[arg(long, value_name = "N", default_value_t = 5)]
    seeds: usize,
    /// Who judges the images: a folder that `brain fit` wrote with another network, or a network
    /// that ends in one value for each neuron.
    #[arg(long, value_name = "DIR")]
    judge: Option<String>,
    /// How a network that judges wants its input, instead of the file beside it.
    #[arg(long, value_name = "TOML", requires = "judge")]
    judge_spec: Option<PathBuf>,
    /// The natural images, where they are no longer where the fit found them.
    #[arg(long)]
    images: Option<String>,
    /// Steps of each image.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        help_heading = "Synthesis"
    )]
    steps: usize,
    /// Size of a step, of grey levels from −1 to 1.
    #[arg(long, default_value_t = 0.01, help_heading = "Synthesis")]
    rate: f64,
    /// Weight of the total variation.
    #[arg(
        long,
        value_name = "WEIGHT",
        default_value_t = 500.0,
        help_heading = "Synthesis"
    )]
    variation: f64,
    /// Images made for other neurons, as controls.
    #[arg(long, value_name = "N", default_value_t = 3, help_heading = "Controls")]
    others: usize,
    /// Standard deviation of the grey levels of the control with raised contrast.
    #[arg(
        long,
        value_name = "SD",
        default_value_t = 64.0,
        help_heading = "Controls"
    )]
    contrast: f64,
    /// The folder for the images, the picture and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GoalArg {
    Stretch,
    Ohp,
}

impl GoalArg {
    fn name(self) -> &'static str {
        match self {
            Self::Stretch => "stretch",
            Self::Ohp => "ohp",
        }
    }
}

/// What both models say of a picture.
struct Scores {
    own: f64,
    judge: Option<f64>,
}

impl ControlCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let begun = Instant::now();
        if self.seeds == 0 || self.steps == 0 {
            return Err(wrong("--seeds and --steps are numbers from 1 up"));
        }
        let is_positive = |value: f64| value.is_finite() && value > 0.0;
        if !is_positive(self.rate) || !is_positive(self.contrast) {
            return Err(wrong("--rate and --contrast are numbers greater than 0"));
        }
        if !(self.variation.is_finite() && self.variation >= 0.0) {
            return Err(wrong("--variation is a number from 0 up"));
        }
        let fit = Stored::open(&self.fit).map_err(blame)?;
        let named = self
            .images
            .clone()
            .unwrap_or_else(|| fit.about.images.clone());
        let images = || Images::open(&named).map_err(ControlError::from);
        let own = Judge::of_fit(Stored::open(&self.fit).map_err(blame)?).map_err(blame)?;
        if self.neuron >= own.neurons() {
            return Err(blame(ControlError::NoNeuron {
                who: self.fit.display().to_string(),
                neuron: self.neuron,
                last: own.neurons() - 1,
            }));
        }
        let judge = self.judge.as_ref().map(|name| {
            let judge = Judge::open(name, self.judge_spec.as_deref(), &images)?;
            let neuron = judge.twin(self.neuron)?;
            Ok((judge, neuron))
        });
        let judge = judge.transpose().map_err(blame::<ControlError>)?;
        let natural = images().map_err(blame)?;
        make_folder(&self.output).map_err(blame)?;

        let goal = match self.goal {
            GoalArg::Stretch => Goal::Stretch,
            GoalArg::Ohp => Goal::OneHot,
        };
        let settings = Settings {
            steps: self.steps,
            rate: self.rate,
            variation: self.variation,
            ..Settings::new(goal, &fit.model.spec.input)
        };
        let score = |who: &Judge, neuron: usize, picture: &DynamicImage| {
            let responses = who.respond(picture)?;
            Ok::<_, ControlError>(match goal {
                Goal::Stretch => Some(responses[neuron]),
                Goal::OneHot => who.one_hot(&responses, neuron),
            })
        };
        let scores = |picture: &GrayImage| -> Result<Scores, ControlError> {
            let picture = DynamicImage::ImageLuma8(picture.clone());
            let judged = judge
                .as_ref()
                .map(|(judge, twin)| score(judge, *twin, &picture));
            Ok(Scores {
                own: score(&own, self.neuron, &picture)?.unwrap_or(f64::NAN),
                judge: judged.transpose()?.flatten(),
            })
        };

        let others: Vec<usize> = (1..own.neurons())
            .map(|step| (self.neuron + step) % own.neurons())
            .take(self.others)
            .collect();
        let cancel = ctrl_c()?;
        let bar = progress::bar(self.steps * (self.seeds + others.len()), "steps");
        let make = |neuron: usize, seed: u64| {
            synthesise(&fit, neuron, &settings, seed, &mut |_| {
                bar.inc(1);
                if cancel.is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .map_err(blame)
        };
        let made = (0..self.seeds as u64).map(|seed| Ok((seed, make(self.neuron, seed)?.picture)));
        let made: Vec<(u64, GrayImage)> = made.collect::<anyhow::Result<_>>()?;
        let foreign = others
            .iter()
            .map(|&other| Ok((other, make(other, 0)?.picture)));
        let foreign: Vec<(usize, GrayImage)> = foreign.collect::<anyhow::Result<_>>()?;
        bar.finish_and_clear();

        let mut tiles = Vec::new();
        let mut driven = Vec::new();
        for (seed, picture) in &made {
            let name = format!(
                "{}.neuron-{}.seed-{seed}.png",
                self.goal.name(),
                self.neuron
            );
            let file = self.output.join(name);
            picture.save(&file)?;
            let scores = scores(picture).map_err(blame)?;
            tiles.push(tile(picture, format!("seed {seed}"), &scores));
            driven.push(DrivenImage {
                seed: *seed,
                own: scores.own,
                judge: scores.judge,
                contrast: contrast(picture),
                file: file.display().to_string(),
            });
        }
        let (natural_image, natural_response) = own.natural_best(self.neuron);
        let mut controls = Vec::new();
        let mut control =
            |name: &str, of: Option<u64>, picture: &GrayImage| -> anyhow::Result<()> {
                let scores = scores(picture).map_err(blame)?;
                let label = of.map_or_else(|| name.to_owned(), |of| format!("{name} {of}"));
                tiles.push(tile(picture, label, &scores));
                controls.push(ControlImage {
                    name: name.to_owned(),
                    of,
                    own: scores.own,
                    judge: scores.judge,
                    contrast: contrast(picture),
                });
                Ok(())
            };
        let same = driven.iter().map(|image| image.contrast).sum::<f64>() / driven.len() as f64;
        if let Some(Stimulus::Picture(best)) = natural.stimuli.get(natural_image) {
            let [height, width] = fit.model.spec.input.size.map(|side| side as u32);
            let filter = image::imageops::FilterType::Triangle;
            let best = grey::of(&best.opaque(), true);
            let best = image::imageops::resize(&best, width, height, filter);
            control("natural", None, &best)?;
            control(
                "natural at the same contrast",
                None,
                &with_contrast(&best, same),
            )?;
        }
        for (seed, picture) in &made {
            control(
                "phase-scrambled",
                Some(*seed),
                &phase_scrambled(picture, *seed),
            )?;
            control(
                "contrast raised",
                Some(*seed),
                &with_contrast(picture, self.contrast),
            )?;
        }
        for (other, picture) in &foreign {
            control("made for another neuron", Some(*other as u64), picture)?;
        }

        let most = |who: &Judge, neuron: usize| match goal {
            Goal::Stretch => Some(who.natural_best(neuron).1),
            Goal::OneHot => who.natural_one_hot(neuron),
        };
        let natural_max_own = most(&own, self.neuron).unwrap_or(natural_response);
        let judged = judge.as_ref().and_then(|(judge, twin)| most(judge, *twin));
        let beyond = |over: f64, of: &dyn Fn(&DrivenImage) -> Option<f64>| {
            let above = driven
                .iter()
                .filter(|image| of(image).is_some_and(|score| score > over));
            above.count() as f64 / driven.len() as f64
        };
        let mut notes = Vec::new();
        if judge.is_none() {
            notes.push(
                "without --judge the images are graded by the model that they were made with, \
                 which says nothing of control"
                    .to_owned(),
            );
        }
        if self.seeds < 5 {
            notes.push(format!(
                "{} seeds: of so few images little can be said",
                self.seeds
            ));
        }
        let picture = self.output.join("control.png");
        let drawing = self.drawing(&fit, tiles)?;
        output::write(&picture, &drawing).map_err(blame)?;
        let document = BrainControl {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            goal: self.goal.name().to_owned(),
            fit: self.fit.display().to_string(),
            neuron: self.neuron,
            judge: self.judge.clone(),
            steps: settings.steps,
            rate: settings.rate,
            jitter: settings.jitter,
            variation: settings.variation,
            natural_max: judged.unwrap_or(natural_max_own),
            natural_max_own,
            natural_image,
            natural_images: own.images(),
            beyond_natural: judged.map(|over| beyond(over, &|image| image.judge)),
            beyond_natural_own: beyond(natural_max_own, &|image| Some(image.own)),
            seed_similarity: likeness(&made),
            images: driven,
            controls,
            notes,
            picture: picture.display().to_string(),
            seconds: begun.elapsed().as_secs_f64(),
        };
        let receipt = self.output.join("control.json");
        output::write(&receipt, document.to_text()?.as_bytes()).map_err(blame)?;
        if self.json {
            print_json(&document)?;
        } else {
            say(&document)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn drawing(&self, fit: &Stored, tiles: Vec<Tile>) -> anyhow::Result<Vec<u8>> {
        let side = fit.model.spec.input.size[0].max(fit.model.spec.input.size[1]);
        let tiles = Tiles {
            title: format!(
                "{}: {} of neuron {}",
                fit.model.name,
                self.goal.name(),
                self.neuron
            ),
            shape: String::new(),
            op: fit.about.layer.clone(),
            statement: "own: the model that the images were made with; judge: another one"
                .to_owned(),
            footnote: "images as they were scored, contrast not stretched".to_owned(),
            bar: None,
            columns: None,
            tiles,
        };
        let layout = GridLayout {
            max_width: 1280,
            px_per_value: (112 / side).max(1) as u32,
        };
        Ok(tile_grid(&tiles, layout)?.png(Theme::Light, 1)?)
    }
}

fn tile(picture: &GrayImage, name: String, scores: &Scores) -> Tile {
    let judge = scores.judge.map_or_else(
        || "no judge".to_owned(),
        |score| format!("judge {score:.3}"),
    );
    Tile {
        image: DynamicImage::ImageLuma8(picture.clone()).to_rgb8(),
        lines: vec![name, format!("own {:.3}", scores.own), judge],
    }
}

/// The mean correlation of each pair of images.
fn likeness(made: &[(u64, GrayImage)]) -> Option<f64> {
    let mut all = Vec::new();
    for (at, (_, first)) in made.iter().enumerate() {
        for (_, second) in &made[at + 1..] {
            all.push(similarity(first, second)?);
        }
    }
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

fn say(document: &BrainControl) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let judge = |score: Option<f64>| score.map_or_else(String::new, |s| format!(", judge {s:.3}"));
    for image in &document.images {
        writeln!(
            out,
            "seed {}: own {:.3}{}",
            image.seed,
            image.own,
            judge(image.judge)
        )?;
    }
    writeln!(
        out,
        "greatest of {} natural images: own {:.3}{}",
        document.natural_images,
        document.natural_max_own,
        judge(document.judge.as_ref().map(|_| document.natural_max))
    )?;
    for control in &document.controls {
        let of = control.of.map_or_else(String::new, |of| format!(" {of}"));
        let name = format!("{}{of}", control.name);
        writeln!(
            out,
            "{name}: own {:.3}{}",
            control.own,
            judge(control.judge)
        )?;
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out, "{}", document.picture)?;
    Ok(())
}
