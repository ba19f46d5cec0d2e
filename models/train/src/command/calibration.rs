//! `calibration`: the sample of training digits that the project ships.

use std::path::{Path, PathBuf};

use anyhow::Context;
use cortexscope_net::input::idx::{self, IdxArray};
use cortexscope_train::{
    calibration,
    mnist::{self, sha256_hex},
};

/// Arguments of `calibration`.
#[derive(clap::Args)]
pub struct Args {
    /// Directory with the published MNIST .gz files
    #[arg(long, value_name = "DIR")]
    mnist: PathBuf,
    /// Directory to write the two files to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Source of the random choice
    #[arg(long, default_value_t = 1998)]
    seed: u64,
}

/// Draws the sample, writes both files and prints their hashes.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (digits, _) = mnist::read(&args.mnist, mnist::Set::Train)?;
    let (training, _) = mnist::split_validation(digits);
    let sample = calibration::draw(&training, args.seed);
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot create {}", args.out.display()))?;
    write(
        &args.out.join("calibration-images-idx3-ubyte.gz"),
        &sample.images,
    )?;
    write(
        &args.out.join("calibration-labels-idx1-ubyte.gz"),
        &sample.labels,
    )
}

fn write<const RANK: usize>(path: &Path, array: &IdxArray<RANK>) -> anyhow::Result<()> {
    let gz = idx::emit_gz(array)?;
    std::fs::write(path, &gz).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}  {}", sha256_hex(&gz), path.display());
    Ok(())
}
