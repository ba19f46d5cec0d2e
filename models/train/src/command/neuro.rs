//! `neuro`: from the shipped digits and planted neurons to the files of the arms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use cortexscope_brain::autoencode::{Arm, PlantedSession, TEST};
use cortexscope_train::mnist::sha256_hex;
use cortexscope_train::neuro::recipe::Recipe;
use cortexscope_train::neuro::table::Table;
use cortexscope_train::neuro::train::{Record, train};
use cortexscope_train::neuro::{decoder, emit, form, witness};
use cortexscope_train::provenance::Engine;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

/// The folder of the arms.
const ARMS: &str = "neuro";

/// Arguments of `neuro`.
#[derive(clap::Args)]
pub struct Args {
    /// Arms to train, as dae-nr2-significant-4, and decoder [default: those that are not there]
    names: Vec<String>,
    /// Directory that gets neuro/ and decoder/, each with its files and provenance.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// `provenance.json`: enough to make every file again.
#[derive(Serialize, Deserialize)]
struct Provenance {
    schema: u32,
    command: String,
    trainer: String,
    judge: String,
    files: BTreeMap<String, Made>,
}

/// How one file was made.
#[derive(Serialize, Deserialize)]
struct Made {
    sha256: String,
    parameters: usize,
    recipe: Recipe,
    record: Record,
    /// Largest difference of what tract and burn compute, relative to 1 or the value.
    largest_difference: f32,
}

/// Trains one after the other. What is there already is left, so that an interrupted call goes
/// on where it was.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let session = PlantedSession::record()?;
    let [arms, decoders] = [ARMS, decoder::NAME].map(|folder| args.out.join(folder));
    for folder in [&arms, &decoders] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    write(&arms.join("neuro.toml"), form::DESCRIPTION.as_bytes())?;
    let folder_of = |name: &str| {
        if name == decoder::NAME {
            &decoders
        } else {
            &arms
        }
    };
    let all = Arm::all();
    let names = if args.names.is_empty() {
        let names = all.iter().map(Arm::to_string);
        let names = names.chain([decoder::NAME.to_owned()]);
        let is_missing = |name: &String| {
            let file = folder_of(name).join(format!("{name}.onnx"));
            !file.is_file()
        };
        names.filter(is_missing).collect()
    } else {
        args.names.clone()
    };
    for (done, name) in names.iter().enumerate() {
        let begun = Instant::now();
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(
            "{prefix} step {pos}, validation loss {msg}",
        )?);
        bar.set_prefix(format!("{name} ({} of {})", done + 1, names.len()));
        let mut watch = |step: u32, loss: f32| {
            bar.set_position(step.into());
            bar.set_message(format!("{loss:.5}"));
        };
        let folder = folder_of(name);
        let record = if name == decoder::NAME {
            generator(folder, &session, &mut watch)?
        } else {
            let arm = name.parse::<Arm>();
            let arm = arm.map_err(|()| anyhow::anyhow!("no such arm: {name}"))?;
            one(folder, arm, &session, &mut watch)?
        };
        bar.finish_and_clear();
        println!(
            "{name}: {} steps, validation loss {:.5} at step {}, {:.0} s",
            record.steps,
            record.validation_loss,
            record.best_step,
            begun.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

fn one(
    out: &Path,
    arm: Arm,
    session: &PlantedSession,
    watch: &mut impl FnMut(u32, f32),
) -> anyhow::Result<Record> {
    let name = arm.to_string();
    let recipe = Recipe::of(arm);
    let table = Table::of(arm);
    let (network, record) = train(arm, &recipe, session, watch);
    let onnx = emit::emit(&name, &table, &network.parameters(&table));
    let made = Made {
        sha256: sha256_hex(&onnx),
        parameters: table.parameter_count(),
        recipe,
        record: record.clone(),
        largest_difference: witness::compare(&network, &table, &session.images[TEST], &onnx)
            .with_context(|| name.clone())?,
    };
    save(out, &name, &onnx, made)?;
    Ok(record)
}

fn generator(
    out: &Path,
    session: &PlantedSession,
    watch: &mut impl FnMut(u32, f32),
) -> anyhow::Result<Record> {
    let recipe = Recipe::of_decoder();
    let trained = decoder::train(&recipe, session, watch);
    let made = Made {
        sha256: sha256_hex(&trained.onnx),
        parameters: trained.parameters,
        recipe,
        record: trained.record.clone(),
        largest_difference: witness::compare_decoder(&trained)?,
    };
    save(out, decoder::NAME, &trained.onnx, made)?;
    Ok(trained.record)
}

fn save(out: &Path, name: &str, onnx: &[u8], made: Made) -> anyhow::Result<()> {
    let path = out.join("provenance.json");
    let mut provenance = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)
            .with_context(|| format!("{} is not what `neuro` writes", path.display()))?,
        Err(_) => Provenance {
            schema: 1,
            command: "cargo run --release -p cortexscope-train -- neuro --out models".to_owned(),
            trainer: Engine::burn().to_string(),
            judge: Engine::tract().to_string(),
            files: BTreeMap::new(),
        },
    };
    provenance.files.insert(format!("{name}.onnx"), made);
    let mut json = serde_json::to_string_pretty(&provenance)?;
    json.push('\n');
    write(&path, json.as_bytes())?;
    // Last: a file that is there is whole.
    write(&out.join(format!("{name}.onnx")), onnx)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
