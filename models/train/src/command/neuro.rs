//! `neuro`: from the shipped digits and planted neurons to the files of the arms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use cortexscope_brain::autoencode::{Arm, AutoEncoder, LayerNames, PlantedSession, TEST};
use cortexscope_explain::float_model::{FloatModel, Forward, Overrides};
use cortexscope_net::resources::ResourcePath;
use cortexscope_train::mnist::sha256_hex;
use cortexscope_train::neuro::recipe::Recipe;
use cortexscope_train::neuro::table::{SIDE, Table};
use cortexscope_train::neuro::train::{Record, train};
use cortexscope_train::neuro::{data, decoder, emit, form, network};
use cortexscope_train::provenance::Engine;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

/// What tract and burn may differ by, relative to 1 or the value: both compute the same sums in
/// another order. A wrong layout or sign differs by a lot more than a thousand roundings of a
/// single-precision number.
const MOST_DIFFERENCE: f32 = 1000.0 * f32::EPSILON;

/// Arguments of `neuro`.
#[derive(clap::Args)]
pub struct Args {
    /// Arms to train, as dae-nr2-significant-4, and decoder [default: those that are not there]
    names: Vec<String>,
    /// Directory that gets the files of each arm, and provenance.json
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
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make {}", args.out.display()))?;
    let all = Arm::all();
    let names = if args.names.is_empty() {
        let names = all.iter().map(Arm::to_string);
        let names = names.chain([decoder::NAME.to_owned()]);
        let is_missing = |name: &String| !args.out.join(format!("{name}.onnx")).is_file();
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
        let record = if name == decoder::NAME {
            generator(&args.out, &session, &mut watch)?
        } else {
            let arm = name.parse::<Arm>();
            let arm = arm.map_err(|()| anyhow::anyhow!("no such arm: {name}"))?;
            one(&args.out, arm, &session, &mut watch)?
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
        largest_difference: compare(&network, &table, session, &onnx, &name)?,
    };
    write(
        &out.join(format!("{name}.toml")),
        form::of_arm(&name).as_bytes(),
    )?;
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
        largest_difference: compare_decoder(&trained)?,
    };
    save(out, decoder::NAME, &trained.onnx, made)?;
    Ok(trained.record)
}

/// The largest difference of tract on the file and burn on the network, over the test images.
fn compare(
    network: &network::Network,
    table: &Table,
    session: &PlantedSession,
    onnx: &[u8],
    name: &str,
) -> anyhow::Result<f32> {
    let path = ResourcePath::Disk(PathBuf::from(format!("{name}.onnx")));
    let overrides = Overrides {
        size: Some([SIDE, SIDE]),
        ..Overrides::default()
    };
    let model = FloatModel::from_bytes(onnx, path, &overrides)?;
    let exported = AutoEncoder::new(model, &LayerNames::default())?;
    let mut largest = 0.0_f32;
    let device = burn::tensor::Device::flex();
    for image in &session.images[TEST] {
        let [made, rates] = exported.run(image)?;
        let input = burn::tensor::TensorData::new(image.clone(), [1, 1, SIDE, SIDE]);
        let input = burn::tensor::Tensor::from_data(input, &device);
        let answer = network.forward(table, input);
        if let Some(burn) = answer.reconstruction {
            // burn's are blocks, as the file's layer is; the judge joins them to an image.
            let burn: Vec<f32> = burn.into_data().iter().collect();
            let tract = data::blocks(&made);
            largest = largest.max(difference(&tract, &burn));
        }
        if let Some(burn) = answer.rates {
            let burn: Vec<f32> = burn.into_data().iter().collect();
            largest = largest.max(difference(&rates, &burn));
        }
    }
    ensure_alike(name, largest)?;
    Ok(largest)
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() {
        return f32::INFINITY;
    }
    let both = a.iter().zip(b);
    both.map(|(a, b)| (a - b).abs() / b.abs().max(1.0))
        .fold(0.0, f32::max)
}

/// The same for the decoder, over codes drawn at random.
fn compare_decoder(trained: &decoder::Trained) -> anyhow::Result<f32> {
    let path = ResourcePath::Disk(PathBuf::from("decoder.onnx"));
    let model = FloatModel::from_bytes(&trained.onnx, path, &Overrides::default())?;
    let forward = Forward::new(&model, &[model.last()])?;
    let mut largest = 0.0_f32;
    for (code, burn) in &trained.examples {
        let tract = forward.run(code)?.concat();
        largest = largest.max(difference(&tract, burn));
    }
    ensure_alike(decoder::NAME, largest)?;
    Ok(largest)
}

fn ensure_alike(name: &str, largest: f32) -> anyhow::Result<()> {
    ensure!(
        largest <= MOST_DIFFERENCE,
        "{name}: tract and burn differ by {largest}, more than {MOST_DIFFERENCE}"
    );
    Ok(())
}

fn save(out: &Path, name: &str, onnx: &[u8], made: Made) -> anyhow::Result<()> {
    let path = out.join("provenance.json");
    let mut provenance = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)
            .with_context(|| format!("{} is not what `neuro` writes", path.display()))?,
        Err(_) => Provenance {
            schema: 1,
            command: "cargo run --release -p cortexscope-train -- neuro --out models/neuro"
                .to_owned(),
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
