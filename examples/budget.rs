//! Prints what a network costs, from its shapes alone.
//!
//! ```text
//! cargo run --release --bin example-budget
//! ```

use std::error::Error;

use cortexscope_budget::{Element, Ledger, Mode, architecture, plan};

fn main() -> Result<(), Box<dyn Error>> {
    // A table of the lecture. `cortexscope_budget::onnx` reads the same from an ONNX graph.
    let network = architecture::find("lecture-lenet").ok_or("no such architecture")?;
    let ledger = Ledger::new(&network);
    for row in &ledger.rows {
        let [channels, height, width] = row.shape;
        println!(
            "{:<8} {channels}×{height}×{width}: {} parameters, {} MACs",
            row.name,
            row.weights + row.biases,
            row.macs
        );
    }
    let arena = plan(&network, Element::Int8, Mode::Fused).arena_bytes;
    println!(
        "{}: {} parameters, {arena} bytes of arena in int8",
        network.name,
        ledger.totals.parameters()
    );
    Ok(())
}
