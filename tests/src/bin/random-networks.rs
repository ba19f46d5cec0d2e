//! Writes random networks and what the engine computes for them, for a witness
//! that is not written in Rust.
//!
//! ```text
//! random-networks FOLDER COUNT
//! FOLDER/0/network.int8.onnx, FOLDER/0/inputs/0/NAME.npy, …
//! ```

use anyhow::{Context, bail};
use cortexscope_present::dump;
use cortexscope_present::results::ResultFolder;
use cortexscope_tests::{random_network, rig};
use std::path::Path;

/// Inputs per network.
const INPUTS: usize = 2;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count] = arguments.as_slice() else {
        bail!("give a folder and a number of networks: random-networks FOLDER COUNT");
    };
    let count: u64 = count.parse().context("the number of networks")?;
    for seed in 0..count {
        let folder = Path::new(folder).join(seed.to_string());
        let drawn = random_network::draw(seed, INPUTS);
        let (_, mut rig) = rig::compiled(&drawn).with_context(|| format!("seed {seed}"))?;
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("network.int8.onnx"), &rig.model.int8_onnx)?;
        for (index, input) in drawn.inputs.iter().enumerate() {
            let input = rig.model.quantise(input);
            let recording = rig::record(&mut rig, &input, rig::Mode::Fused)?;
            let results = ResultFolder::begin(&folder.join("inputs"))?;
            let model = rig.model.image.model();
            dump::write(&results, &index.to_string(), &model, &input, &recording)?;
            results.commit()?;
        }
    }
    println!("{count} networks with {INPUTS} inputs each in {folder}");
    Ok(())
}
