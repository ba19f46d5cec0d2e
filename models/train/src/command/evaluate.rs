//! `evaluate`: what an ONNX file gets right of the 10,000 test digits.

use std::path::PathBuf;

use anyhow::Context;
use cortexscope_train::{exported::Exported, mnist};

/// Arguments of `evaluate`.
#[derive(clap::Args)]
pub struct Args {
    /// An ONNX file that takes [N, 1, 28, 28] floats in 0 to 1
    model: PathBuf,
    /// Directory with the published MNIST .gz files
    #[arg(long, value_name = "DIR")]
    mnist: PathBuf,
}

/// Runs the file through tract and prints its score on standard output.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (digits, _) = mnist::read(&args.mnist, mnist::Set::Test)?;
    let model = args.model.display();
    let onnx = std::fs::read(&args.model).with_context(|| format!("cannot read {model}"))?;
    let score = Exported::load(&onnx)
        .and_then(|exported| exported.measure(&digits))
        .with_context(|| format!("cannot measure {model}"))?;
    println!(
        "{model}: {} of {} test digits right, {:.2} %",
        score.correct,
        score.total,
        score.percent()
    );
    Ok(())
}
