//! `cortexscope attack`.

use super::attack_parameters::{AttackArgs, methods};
use super::attack_transfer::TransferArgs;
use super::common::{blame, ctrl_c, print_json, stage, wrong};
use super::data::count;
use super::full::{FloatModelArgs, one_input};
use super::merge::MergeCommand;
use super::preparation::ShowInputArgs;
use super::progress;
use super::shard::ShardArgs;
use anyhow::Context;
use clap::Args;
use cortexscope_draw::number::{percent, significant};
use cortexscope_draw::{Theme, accuracy_curves, triptych};
use cortexscope_explain::attack::{Example, METHODS, MethodInfo, Request, Sample, Survey};
use cortexscope_explain::attack::{Judged, Victim, attack, levels};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::output::{StagedFolder, make_folder, write};
use cortexscope_net::random::Random;
use cortexscope_present::documents::Document;
use cortexscope_present::documents::attack as documents;
use cortexscope_present::dump;
use cortexscope_present::scene::attack as scene;
use cortexscope_study::attack::{Outcomes, Work};
use cortexscope_study::data::{Data, open_data};
use cortexscope_study::shard::{Asked, Parts, ShardError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Inputs of a part between two times at which it may be kept.
const PIECE: usize = 8;

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
    shard: ShardArgs,
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
        if self.shard.is_given() {
            if self.data.is_none() {
                return Err(wrong(
                    "--shard: give the set that it is a share of, with --data",
                ));
            }
            if keep {
                return Err(wrong(
                    "--shard: one board judges all examples; leave --board out",
                ));
            }
        }
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
    fn over(&self, name: &str, model: &FloatModel, requests: &[Request]) -> anyhow::Result<()> {
        let cancel = ctrl_c()?;
        let begun = Instant::now();
        let data = self.open(name, model)?;
        let images = count(data.set(), self.images)?;
        let asked = asked(&data, model, requests, images);
        // The whole is not kept while it is made, as it never was.
        let folder = self.shard.is_given().then_some(self.output.as_path());
        let mut share = self.shard.share(asked, folder)?;
        let inputs = share.inputs.clone();
        let before = share.load(|outcomes: &Outcomes| outcomes.fit(requests, inputs.len()))?;
        let mut outcomes = before.unwrap_or_else(|| Outcomes::begin(requests));
        let piece = if folder.is_some() {
            PIECE
        } else {
            inputs.len()
        };
        let bar = progress::bar(inputs.len() * requests.len(), "inputs");
        let mut failed = None;
        let is_over = || cancel.is_cancelled();
        let work = Work {
            model,
            requests,
            data: &data,
            inputs,
            piece,
        };
        let result = outcomes.go_on(
            &work,
            &is_over,
            &mut |done| bar.set_position(done as u64),
            &mut |outcomes| share.go_on(|| outcomes.clone(), is_over(), &mut failed),
        );
        bar.finish_and_clear();
        if let Some(error) = failed {
            return Err(blame(error));
        }
        if let Err(error) = result {
            if is_over() && folder.is_some() {
                share.keep(|| outcomes.clone(), true).map_err(blame)?;
                return Err(share.interrupted(outcomes.len()));
            }
            return Err(blame(error));
        }
        if share.end(&outcomes, self.json)?.is_some() {
            return Ok(());
        }
        let survey = outcomes.survey(requests).context("there is no ε")?;
        let seed = requests[0].seed;
        let transfer = self
            .transfer
            .table(model, self.info(), &survey, seed, &cancel)?;
        let mut document = self.document(name, model, requests, &survey);
        document.transfer = transfer;
        let staged = stage(&self.output)?;
        let picture = self.draw(model, &survey, staged.path())?;
        document.picture = picture.map(|name| self.output.join(name).display().to_string());
        document.seconds = Some(begun.elapsed().as_secs_f64());
        self.finish(&document, staged, &self.output, Path::new(""), self.json)
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let requests = self.parameters.requests(&self.method, &model, false)?;
        let name = self.data.as_deref().unwrap_or_default();
        let data = self.open(name, &model)?;
        let images = count(data.set(), self.images)?;
        let asked = asked(&data, &model, &requests, images);
        parts.check(&asked).map_err(blame)?;
        let mut all = Outcomes::begin(&requests);
        for part in parts.found::<Outcomes>() {
            let (path, part) = part.map_err(blame)?;
            if !part.fit(&requests, images) {
                let path = path.to_owned();
                return Err(blame(ShardError::Damaged { path }));
            }
            all.join(part);
        }
        let survey = all.survey(&requests).context("there is no ε")?;
        let mut document = self.document(name, &model, &requests, &survey);
        let staged = stage(&to.output)?;
        document.picture = self.draw(&model, &survey, staged.path())?;
        self.finish(&document, staged, &to.output, &to.output, to.json)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The set; says what was decided about it.
    fn open(&self, name: &str, model: &FloatModel) -> anyhow::Result<Data> {
        let data = open_data(name, model).map_err(blame)?;
        data.notes().iter().for_each(progress::note);
        Ok(data)
    }

    /// What a survey comes to, its picture and its time not named yet.
    fn document(
        &self,
        data: &str,
        model: &FloatModel,
        requests: &[Request],
        survey: &Survey,
    ) -> documents::Attack {
        documents::Attack {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            setup: documents::Setup::of(model, &requests[0]),
            data: data.to_owned(),
            picture: None,
            results: survey.rows.iter().map(Into::into).collect(),
            smallest: survey.smallest(),
            inputs: survey.outcomes.iter().map(Into::into).collect(),
            transfer: None,
            notes: documents::survey_notes(survey),
            seconds: None,
        }
    }

    /// Draws accuracy against ε, where there is one, and gives the picture's name.
    fn draw(
        &self,
        model: &FloatModel,
        survey: &Survey,
        folder: &Path,
    ) -> anyhow::Result<Option<String>> {
        let Some(curve) = scene::curve(model, self.info(), survey) else {
            return Ok(None);
        };
        let name = format!("attack.{}.png", self.method);
        write(
            &folder.join(&name),
            &accuracy_curves(&curve)?.png(Theme::Light, 2)?,
        )?;
        Ok(Some(name))
    }

    /// Writes the receipt beside what is staged, and says what it comes to; the path of its
    /// picture begins at `picture_at`.
    fn finish(
        &self,
        document: &documents::Attack,
        staged: StagedFolder,
        folder: &Path,
        picture_at: &Path,
        json: bool,
    ) -> anyhow::Result<()> {
        let name = format!("attack.{}.json", self.method);
        write(&staged.path().join(&name), document.to_text()?.as_bytes())?;
        staged.commit().map_err(blame)?;
        let receipt = folder.join(name);
        if json {
            return print_json(document);
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
            writeln!(out, "{}", picture_at.join(path).display())?;
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
                    made.notes = documents::example_notes(&example, goal, outside);
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

/// What decides the result of an attack over a set.
fn asked(data: &Data, model: &FloatModel, requests: &[Request], images: usize) -> Asked {
    let of = (data.argument.as_str(), data.set());
    Asked::new("attack", model, of, images, format!("{requests:?}"))
}
