//! A bench as tables, for people.

use super::BoardBench;
use crate::documents::bench::{LayerBench, ModelBench};
use comfy_table::{Cell, CellAlignment, Table, presets};
use cortexscope_net::printable::printable;
use cortexscope_rig::bench;
use cortexscope_rig::kernel::Kernel;
use std::io::{self, Write};

/// Writes what was measured: which firmware, then a table for each model.
///
/// # Errors
/// `out` takes no more.
pub fn write(out: &mut dyn Write, bench: &BoardBench) -> io::Result<()> {
    let kept = &bench.document.kept;
    let firmware = match (&kept.compiler, bench.is_replay) {
        (Some(compiler), _) => format!("firmware by {compiler}"),
        (None, true) => "recorded".to_owned(),
        (None, false) => "firmware by the compiler of this program".to_owned(),
    };
    writeln!(out, "{}, {}, {firmware}", kept.board, kept.mode.name())?;
    for model in &kept.models {
        writeln!(out, "{}", table(model, kept.unit.as_deref()))?;
    }
    Ok(())
}

fn table(model: &ModelBench, unit: Option<&str>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        &*printable(&model.model),
        unit.unwrap_or("not counted"),
        "MACs",
        "per MAC",
        "of the floor",
        "kernel",
        "cycles of its loop, estimated",
    ]);
    for layer in &model.layers {
        table.add_row(row(layer, &layer.kernel));
    }
    table.add_row(row(&inference(model), ""));
    let map = &model.occlusion;
    if map.positions > 0 {
        let share = map.share_of_full_inferences;
        table.add_row([
            Cell::new(format!("occlusion, {} positions", map.positions)),
            number(map.instructions),
            Cell::new(""),
            Cell::new(""),
            right(share.map(|share| format!("{:.1} % of full", 100.0 * share))),
            Cell::new(""),
            Cell::new(""),
        ]);
    }
    table
}

fn row(layer: &LayerBench, kernel: &str) -> [Cell; 7] {
    let per_mac = layer.instructions_per_mac;
    let share = layer.floor_share;
    [
        Cell::new(printable(&layer.name)),
        number(layer.instructions),
        number((layer.macs > 0).then_some(layer.macs)),
        right(per_mac.map(|per| format!("{per:.2}"))),
        right(share.map(|share| format!("{:.1} %", 100.0 * share))),
        Cell::new(kernel),
        number(layer.estimated_loop_cycles),
    ]
}

/// All layers together, as one.
fn inference(model: &ModelBench) -> LayerBench {
    let layers = model.layers.iter();
    let cycles = layers
        .clone()
        .filter_map(|layer| layer.estimated_loop_cycles);
    LayerBench::from(&bench::LayerBench {
        name: "inference".to_owned(),
        macs: layers.map(|layer| layer.macs).sum(),
        count: model.total_instructions,
        kernel: Kernel::Plain,
        packed_bytes: 0,
        loop_cycles: cycles.reduce(u64::saturating_add),
    })
}

fn right(text: Option<String>) -> Cell {
    let text = text.unwrap_or_else(|| "–".to_owned());
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn number(value: Option<u64>) -> Cell {
    right(value.map(|value| value.to_string()))
}
