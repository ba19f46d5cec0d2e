//! `train`: from the data to the shipped files of one network.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::builder::PossibleValuesParser;
use cortexscope_net::input::MnistSet;
use cortexscope_train::{
    architecture::Architecture,
    checkpoint::Checkpoint,
    emit,
    exported::Exported,
    input_form,
    mnist::{self, sha256_hex},
    networks,
    provenance::{Data, Engine, OnnxRecord, Provenance, SCHEMA},
    recipe::Recipe,
    session::Session,
    witness,
};
use indicatif::{ProgressBar, ProgressStyle};

/// Arguments of `train`.
#[derive(clap::Args)]
pub struct Args {
    /// Which network
    #[arg(value_parser = PossibleValuesParser::new(networks::NAMES))]
    name: String,
    /// Directory with the four published MNIST .gz files
    #[arg(long, value_name = "DIR")]
    mnist: PathBuf,
    /// Directory that gets NAME/NAME.onnx, NAME/NAME.toml and NAME/provenance.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Source of every random number [default: the shipped model's]
    #[arg(long)]
    seed: Option<u64>,
    /// Passes over the training digits [default: the shipped model's]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Go on from the last finished epoch of an interrupted run
    #[arg(long)]
    resume: bool,
}

/// Trains, exports, has tract check the file, and writes what goes beside it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let architecture = networks::by_name(&args.name).context("unknown network")?;
    let mut recipe = Recipe::published(&args.name).context("unknown network")?;
    recipe.seed = args.seed.unwrap_or(recipe.seed);
    recipe.epochs = args.epochs.unwrap_or(recipe.epochs);

    let (digits, mut files) = read(&args.mnist, mnist::Set::Train)?;
    // Read now only so that a bad file is found before an hour of training.
    let (test, test_files) = read(&args.mnist, mnist::Set::Test)?;
    files.extend(test_files);
    let (training, validation) = mnist::split_validation(digits);

    let dir = args.out.join(&args.name);
    let checkpoint = Checkpoint::new(dir.join("checkpoint"));
    let mut session = open(&checkpoint, recipe, &architecture, args.resume)?;
    train(&mut session, &checkpoint, &training, &validation)?;

    let network = session.trained();
    let onnx = emit::emit(&architecture, &network.parameters(&architecture));
    let exported = Exported::load(&onnx)?;
    let largest_logit_difference =
        witness::compare(&architecture, &network, &exported, &validation)?;
    let validation_score = exported.measure(&validation)?;
    let test_score = exported.measure(&test)?;

    let provenance = Provenance {
        schema: SCHEMA,
        command: command_line(&session.recipe),
        trainer: Engine::burn(),
        judge: Engine::tract(),
        data: Data {
            files,
            training_digits: training.len(),
            validation_digits: validation.len(),
            test_digits: test.len(),
        },
        onnx: OnnxRecord {
            file: format!("{}.onnx", args.name),
            sha256: sha256_hex(&onnx),
            parameters: architecture.parameter_count(),
            largest_logit_difference,
        },
        validation: validation_score.into(),
        test: test_score.into(),
        history: session.history,
        recipe: session.recipe,
    };
    let mut json = serde_json::to_string_pretty(&provenance)?;
    json.push('\n');
    write(&dir.join(format!("{}.onnx", args.name)), &onnx)?;
    write(
        &dir.join(format!("{}.toml", args.name)),
        input_form::emit(&args.name).as_bytes(),
    )?;
    write(&dir.join("provenance.json"), json.as_bytes())?;
    checkpoint.remove()?;
    println!(
        "{}: validation {:.2} %, test {} of {} ({:.2} %), in {}",
        args.name,
        validation_score.percent(),
        test_score.correct,
        test_score.total,
        test_score.percent(),
        dir.display()
    );
    Ok(())
}

fn read(dir: &Path, set: mnist::Set) -> anyhow::Result<(MnistSet, Vec<mnist::FileRecord>)> {
    let (digits, files) = mnist::read(dir, set)?;
    Ok((digits, files.into()))
}

fn open(
    checkpoint: &Checkpoint,
    recipe: Recipe,
    architecture: &Architecture,
    resume: bool,
) -> anyhow::Result<Session> {
    let dir = checkpoint.dir().display();
    if !checkpoint.exists() {
        ensure!(!resume, "no interrupted run in {dir}: leave out --resume");
        return Ok(Session::start(recipe, architecture));
    }
    ensure!(
        resume,
        "{dir} holds an interrupted run: give --resume to go on with it, \
         or remove the directory to start over"
    );
    let session = checkpoint.resume(recipe, architecture)?;
    eprintln!("going on after epoch {}", session.history.len());
    Ok(session)
}

fn train(
    session: &mut Session,
    checkpoint: &Checkpoint,
    training: &MnistSet,
    validation: &MnistSet,
) -> anyhow::Result<()> {
    let style = ProgressStyle::with_template(
        "{prefix} {bar:32} {pos}/{len} steps, {eta} left in the epoch, {msg}",
    )?;
    while !session.is_finished() {
        let steps = session.recipe.steps_per_epoch(training.len());
        let bar = ProgressBar::new(steps).with_style(style.clone());
        let epoch = session.history.len() + 1;
        bar.set_prefix(format!("epoch {epoch}/{}", session.recipe.epochs));
        let record = session.run_epoch(training, validation, |step| {
            bar.set_position(step.done);
            bar.set_message(format!("loss {:.4}", step.loss));
        });
        bar.finish_and_clear();
        checkpoint.save(session)?;
        eprintln!(
            "epoch {epoch}/{}: training loss {:.4}, validation {:.2} %",
            session.recipe.epochs,
            record.training_loss,
            record.validation.percent()
        );
    }
    Ok(())
}

fn command_line(recipe: &Recipe) -> String {
    format!(
        "cargo run --release -p cortexscope-train -- train {} --mnist DIR --out models --seed {} --epochs {}",
        recipe.network, recipe.seed, recipe.epochs
    )
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
