//! `neuro`: from the shipped digits and planted neurons to the files of the arms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Trains one for each processor at a time. What is there already is left, so that an interrupted call goes
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
    let bar = ProgressBar::new(names.len() as u64).with_style(ProgressStyle::with_template(
        "{pos} of {len} networks {wide_bar}",
    )?);
    let workshop = Workshop {
        session: &session,
        notes: Mutex::new(()),
    };
    let next = AtomicUsize::new(0);
    // Each run is in one thread, so that what it gives does not depend on how many there are.
    let work = || -> anyhow::Result<()> {
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            let begun = Instant::now();
            let record = workshop.make(folder_of(name), name)?;
            bar.inc(1);
            bar.suspend(|| {
                println!(
                    "{name}: {} steps, validation loss {:.5} at step {}, {:.0} s",
                    record.steps,
                    record.validation_loss,
                    record.best_step,
                    begun.elapsed().as_secs_f64()
                );
            });
        }
        Ok(())
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers = (0..processors.min(names.len())).map(|_| scope.spawn(work));
        let workers: Vec<_> = workers.collect();
        for worker in workers {
            worker
                .join()
                .map_err(|_| anyhow::anyhow!("a network could not be trained"))??;
        }
        anyhow::Ok(())
    })?;
    bar.finish_and_clear();
    Ok(())
}

/// What every run reads, and what guards the file that every run writes.
struct Workshop<'a> {
    session: &'a PlantedSession,
    notes: Mutex<()>,
}

impl Workshop<'_> {
    fn make(&self, folder: &Path, name: &str) -> anyhow::Result<Record> {
        let (onnx, made) = if name == decoder::NAME {
            self.generator()?
        } else {
            let arm = name.parse::<Arm>();
            self.arm(arm.map_err(|()| anyhow::anyhow!("no such arm: {name}"))?)?
        };
        let record = made.record.clone();
        let _guard = self.notes.lock();
        save(folder, name, &onnx, made)?;
        Ok(record)
    }

    fn arm(&self, arm: Arm) -> anyhow::Result<(Vec<u8>, Made)> {
        let name = arm.to_string();
        let recipe = Recipe::of(arm);
        let table = Table::of(arm);
        let (network, record) = train(arm, &recipe, self.session);
        let onnx = emit::emit(&name, &table, &network.parameters(&table));
        let images = &self.session.images[TEST];
        let made = Made {
            sha256: sha256_hex(&onnx),
            parameters: table.parameter_count(),
            recipe,
            record,
            largest_difference: witness::compare(&network, &table, images, &onnx).context(name)?,
        };
        Ok((onnx, made))
    }

    fn generator(&self) -> anyhow::Result<(Vec<u8>, Made)> {
        let recipe = Recipe::of_decoder();
        let trained = decoder::train(&recipe, self.session);
        let made = Made {
            sha256: sha256_hex(&trained.onnx),
            parameters: trained.parameters,
            recipe,
            record: trained.record.clone(),
            largest_difference: witness::compare_decoder(&trained)?,
        };
        Ok((trained.onnx, made))
    }
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
