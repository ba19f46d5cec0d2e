//! `cortexscope attack`.

use super::attack_parameters::{AttackArgs, methods};
use super::attack_transfer::TransferArgs;
use super::common::{blame, ctrl_c, print_json, wrong};
use super::data::{count, open_data};
use super::full::{FloatModelArgs, one_input};
use super::preparation::ShowInputArgs;
use super::progress;
use anyhow::Context;
use clap::Args;
use cortexscope_draw::number::{percent, significant};
use cortexscope_draw::{Theme, accuracy_curves, triptych};
use cortexscope_explain::attack::{Example, METHODS, MethodInfo, Norm, Request, Sample, Survey};
use cortexscope_explain::attack::{Goal, Judged, Victim, attack, levels, survey};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::Pick;
use cortexscope_net::output::make_folder;
use cortexscope_net::random::Random;
use cortexscope_present::documents::Document;
use cortexscope_present::documents::attack as documents;
use cortexscope_present::dump;
use cortexscope_present::scene::attack as scene;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Changes inputs by so little that a person sees the same, and a model another class.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Sizes are in pixels from 0 to 1, before the model's own normalisation. The changed \
                  picture is clipped to valid pixels and judged in 8 bits."
)]
pub(super) struct AttackCommand {
    /// The method.
    #[arg(value_parser = methods())]
    method: String,
    #[command(flatten)]
    model: FloatModelArgs,
    /// Pictures, .npy arrays (taken as they are), or mnist:N.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    inputs: Vec<String>,
    /// Attack a set of inputs and count what is still right: mnist, the 10,000 test digits.
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// The first N inputs of the set.
    #[arg(long, value_name = "N", requires = "data")]
    images: Option<usize>,
    #[command(flatten)]
    parameters: AttackArgs,
    #[command(flatten)]
    transfer: TransferArgs,
    /// The folder for pictures, arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

impl AttackCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.images == Some(0) {
            return Err(wrong("--images: give a number of inputs from 1 up"));
        }
        let model = self.model.open()?;
        let keep = self.transfer.board.is_some();
        let requests = self.parameters.requests(&self.method, &model, keep)?;
        make_folder(&self.output).map_err(blame)?;
        match &self.data {
            Some(data) => self.over(data, &model, &requests)?,
            None => self.each(&model, &requests)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn info(&self) -> MethodInfo {
        // The parser of the command line knows no other names.
        let found = METHODS.iter().find(|info| info.name == self.method);
        *found.unwrap_or(&METHODS[0])
    }

    /// Attacks a set of inputs.
    fn over(&self, data: &str, model: &FloatModel, requests: &[Request]) -> anyhow::Result<()> {
        let cancel = ctrl_c()?;
        let begun = Instant::now();
        let mut all: Option<Survey> = None;
        let mut bar = None;
        let set = open_data(data, model)?;
        let count = count(&set, self.images)?;
        for (round, request) in requests.iter().enumerate() {
            let bar = bar.get_or_insert_with(|| progress::bar(count * requests.len(), "inputs"));
            let mut unread = None;
            let inputs = set.inputs(Pick::First(count)).map_err(blame)?;
            let samples = inputs.map_while(|input| {
                let input = input.map_err(|error| unread = Some(error)).ok()?;
                Some(Sample {
                    name: input.name,
                    values: input.values,
                    label: input.label,
                })
            });
            let found = survey(
                model,
                request,
                samples,
                &|| cancel.is_cancelled(),
                &mut |done| {
                    bar.set_position((round * count + done) as u64);
                    ControlFlow::Continue(())
                },
            );
            if let Some(error) = unread {
                return Err(blame(error));
            }
            let found = found.map_err(blame)?;
            match &mut all {
                None => all = Some(found),
                Some(all) => all.join(found),
            }
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let survey = all.context("there is no ε")?;
        let info = self.info();
        let cancel = &cancel;
        let transfer = self
            .transfer
            .table(model, info, &survey, requests[0].seed, cancel)?;
        let base = self.output.join(format!("attack.{}", self.method));
        let mut picture = None;
        if let Some(curve) = scene::curve(model, info, &survey) {
            let path = base.with_added_extension("png");
            write(&path, &accuracy_curves(&curve)?.png(Theme::Light, 2)?)?;
            picture = Some(path.display().to_string());
        }
        let document = documents::Attack {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            setup: documents::Setup::of(model, &requests[0]),
            data: data.to_owned(),
            picture,
            results: survey.rows.iter().map(Into::into).collect(),
            smallest: survey.smallest(),
            inputs: survey.outcomes.iter().map(Into::into).collect(),
            transfer,
            notes: documents::survey_notes(&survey),
            seconds: begun.elapsed().as_secs_f64(),
        };
        let receipt = base.with_added_extension("json");
        write(&receipt, document.to_text()?.as_bytes())?;
        if self.json {
            return print_json(&document);
        }
        let mut out = std::io::stdout().lock();
        for row in &document.results {
            let eps = row.eps.map_or(String::new(), |eps| {
                format!(", ε {}", significant(eps as f32))
            });
            writeln!(
                out,
                "{}{eps}: {} of {} still right; {} of the {} that were right before {}",
                self.method,
                row.right,
                row.images,
                row.reached,
                row.right_before,
                if document.setup.target.is_some() {
                    "reached the target"
                } else {
                    "are taken for another class"
                },
            )?;
        }
        for row in document.transfer.iter().flat_map(|transfer| &transfer.rows) {
            writeln!(
                out,
                "made on {}, judged by {}: {} of {} fool it ({} inputs were right on both)",
                row.made_on, row.judged_by, row.fooled, row.examples, row.right_on_both
            )?;
        }
        for note in &document.notes {
            writeln!(out, "note: {note}")?;
        }
        if let Some(path) = &document.picture {
            writeln!(out, "{path}")?;
        }
        writeln!(out, "{}", receipt.display())?;
        Ok(())
    }

    /// Attacks single inputs.
    fn each(&self, model: &FloatModel, requests: &[Request]) -> anyhow::Result<()> {
        let cancel = ctrl_c()?;
        let stop = || cancel.is_cancelled();
        let mut victim = Victim::new(model, &stop).map_err(blame)?;
        let sizes: usize = requests.iter().map(|request| request.eps.len()).sum();
        let bar = progress::bar(self.inputs.len() * sizes, "examples");
        let mut examples = Vec::new();
        for (index, name) in self.inputs.iter().enumerate() {
            let input = one_input(name, model, &ShowInputArgs::default())?;
            let sample = Sample {
                name: input.name.clone(),
                values: input.values,
                label: input.label,
            };
            let mut column = 0;
            for request in requests {
                for &eps in &request.eps {
                    let begun = Instant::now();
                    let (original, outside) = victim.pixels.picture(&sample.values);
                    let before = victim.judge(levels(&original)).map_err(blame)?;
                    let goal = request.goal(sample.label, before.class);
                    let seed = request.seed_of(index, column);
                    let mut random = Random::new(seed);
                    let method = &request.method;
                    let example = attack(
                        &mut victim,
                        method,
                        &original,
                        &before,
                        goal,
                        eps,
                        &mut random,
                    )
                    .map_err(blame)?;
                    let eps = method.takes_eps().then_some(eps);
                    let several = (sizes > 1).then_some(eps).flatten();
                    let mut made = self.write(&victim, &sample, &example, eps, several)?;
                    made.input.clone_from(name);
                    made.notes = notes(&example, goal, outside);
                    made.seconds = begun.elapsed().as_secs_f64();
                    examples.push(made);
                    column += 1;
                    bar.inc(1);
                }
            }
        }
        bar.finish_and_clear();
        let document = documents::Adversarial {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            setup: documents::Setup::of(model, &requests[0]),
            examples,
        };
        let receipt = match document.examples.as_slice() {
            [one] => Path::new(&one.picture).with_extension("json"),
            _ => self.output.join(format!("attack.{}.json", self.method)),
        };
        write(&receipt, document.to_text()?.as_bytes())?;
        if self.json {
            return print_json(&document);
        }
        let mut out = std::io::stdout().lock();
        for example in &document.examples {
            let side = |side: &documents::AdversarialSide| {
                format!("{} ({})", side.label, percent(side.probability as f32))
            };
            let eps = example.eps.map_or(String::new(), |eps| {
                format!(", ε {}", significant(eps as f32))
            });
            writeln!(
                out,
                "{}: {}{eps}: {} → {}, greatest change {}",
                example.input,
                self.method,
                side(&example.original),
                side(&example.adversarial),
                significant(example.greatest_change as f32)
            )?;
            for note in &example.notes {
                writeln!(out, "  note: {note}")?;
            }
            writeln!(out, "{}", example.picture)?;
        }
        writeln!(out, "{}", receipt.display())?;
        Ok(())
    }

    /// Writes the panels, x and x′.
    fn write(
        &self,
        victim: &Victim<'_>,
        sample: &Sample,
        example: &Example,
        eps: Option<f64>,
        in_name: Option<f64>,
    ) -> anyhow::Result<documents::AdversarialExample> {
        let model = victim.model();
        let eps_in_name = in_name.map_or(String::new(), |eps| format!(".eps-{eps}"));
        let name = format!(
            "{}.{}{eps_in_name}",
            dump::file_name(&sample.name),
            self.method
        );
        let base = self.output.join(name);
        let picture = base.with_added_extension("png");
        let panels = scene::three_panels(model, self.info(), example, &sample.name, eps);
        let drawing = triptych(&panels, scene::layout(model))?;
        write(&picture, &drawing.png(Theme::Light, 2)?)?;
        let shape = model.input_shape().map(|size| size as u64);
        let side = |what: &str, values: &[f32], judged: &Judged| -> anyhow::Result<_> {
            let array = base.with_added_extension(format!("{what}.npy"));
            dump::npy(&array, &shape, values)?;
            let picture = base.with_added_extension(format!("{what}.png"));
            let shown = model.spec.input.picture(values);
            let cannot = || format!("cannot write {}", picture.display());
            shown.save(&picture).with_context(cannot)?;
            Ok(documents::AdversarialSide {
                class: judged.class,
                label: model.label(judged.class),
                probability: judged.probability,
                array: array.display().to_string(),
                picture: picture.display().to_string(),
            })
        };
        let original = side("x", &sample.values, &example.before)?;
        let changed = victim.pixels.values(&example.after.levels);
        let adversarial = side("adversarial", &changed, &example.after)?;
        Ok(documents::AdversarialExample {
            input: sample.name.clone(),
            eps,
            expected: sample.label,
            original,
            adversarial,
            reached: example.is_reached,
            size: example.size,
            greatest_change: example.greatest,
            length: example.length,
            gradients: example.slopes.computed,
            zero_gradients: example.slopes.flat,
            by_margin: example.slopes.by_margin,
            queries: example.queries,
            picture: picture.display().to_string(),
            notes: Vec::new(),
            seconds: 0.0,
        })
    }
}

/// What the reader of one example has to know.
fn notes(example: &Example, goal: Goal, outside: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if outside > 0 {
        notes.push(format!(
            "{outside} values of the input were outside the range of pixels and were clipped; check the \
             model's range, mean and std"
        ));
    }
    if example.slopes.are_flat() {
        notes.push(
            "every derivative was 0: the attack could do nothing, which is not robustness; try one-pixel, \
             or --target"
                .to_owned(),
        );
    }
    if example.slopes.by_margin > 0 {
        notes.push(
            "the cross-entropy had no slope even in f64; the margin of logits was raised instead"
                .to_owned(),
        );
    }
    if goal.is_reached(example.before.class) {
        notes.push("the input was there before the attack".to_owned());
    } else if !example.is_reached {
        let lost = example.size > 0.0
            && Norm::Greatest.distance(&example.original, &example.changed()) == 0.0;
        notes.push(if lost {
            "rounding to 8 bits undid the whole change".to_owned()
        } else {
            "x′ is not where it was to go; try a larger ε, more steps, or another method".to_owned()
        });
    }
    notes
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
