//! What each layer took, over all inputs.

use maud::{Markup, html};

use super::{Counter, InputResult, LayerMemory, ReportData};
use cortexscope_draw::number::grouped;

/// Least and greatest count of a layer over the trials that counted it.
pub(crate) fn extent(trials: &[InputResult], layer: &str) -> Option<[u64; 2]> {
    let counts = trials
        .iter()
        .flat_map(|trial| &trial.costs)
        .filter(|cost| cost.layer == layer)
        .filter_map(|cost| cost.count);
    counts.fold(None, |extent, count| {
        let [least, greatest] = extent.unwrap_or([count; 2]);
        Some([least.min(count), greatest.max(count)])
    })
}

pub(super) fn section(data: &ReportData) -> Markup {
    let rows: Vec<(&LayerMemory, Option<[u64; 2]>)> = data
        .memory
        .layers
        .iter()
        .map(|layer| (layer, extent(&data.trials, &layer.name)))
        .filter(|(layer, extent)| layer.macs > 0 || extent.is_some())
        .collect();
    let greatest =
        |row: &(&LayerMemory, Option<[u64; 2]>)| row.1.map_or(0, |[_, greatest]| greatest);
    let dearest = rows.iter().map(greatest).max().unwrap_or(0).max(1);
    let macs = sum(&rows, |layer| layer.macs);
    let unit = data.run.counter.unit();
    let counted = data.run.counter != Counter::Nothing;
    let chosen = rows.iter().any(|(layer, _)| layer.kernel.is_some());
    html! {
        section #cost aria-labelledby="cost-title" {
            h2 #cost-title { "Cost" }
            @if !counted {
                p { "This board counts neither instructions nor cycles." }
            } @else if data.run.emulated {
                p { "The emulator counts " (unit) "; they do not tell how long a layer takes." }
            }
            @if chosen {
                p {
                    "A layer that is tapped is computed row by row, and that is what was counted here. \
                     Beside it stands the kernel that computes it where it is not tapped, with the \
                     instructions of its innermost loop, and apart from them the cycles that the \
                     manual of the Cortex-M4 gives these: an estimate, without what flash adds."
                }
            }
            div .table {
                table {
                    thead {
                        tr {
                            th scope="col" .text { "layer" }
                            th scope="col" .text { "operator" }
                            @if chosen {
                                th scope="col" .text { "kernel, not tapped" }
                                th scope="col" { "flash for it alone, bytes" }
                                th scope="col" { "instructions of its loop" }
                                th scope="col" { "cycles of its loop, estimated" }
                            }
                            th scope="col" { "MACs" }
                            @if counted {
                                th scope="col" { (unit) ", least" }
                                th scope="col" { (unit) ", most" }
                                th scope="col" { "most per MAC" }
                                th scope="col" .share { "relative to the most expensive layer" }
                            }
                        }
                    }
                    tbody {
                        @for row in &rows {
                            @let (layer, extent) = row;
                            tr {
                                th scope="row" .text { (layer.name) }
                                td .text { (layer.op) }
                                @if chosen {
                                    td .text { (layer.kernel.unwrap_or("–")) }
                                    td { (grouped(layer.packed_bytes)) }
                                    td { (or_dash(layer.loop_instructions)) }
                                    td { (or_dash(layer.loop_cycles)) }
                                }
                                td { (grouped(layer.macs)) }
                                @if counted {
                                    (counts(*extent))
                                    td { (per_mac(layer.macs, *extent)) }
                                    td .share {
                                        span style=(format!("width:{:.1}%", greatest(row) as f64 / dearest as f64 * 100.0)) {}
                                    }
                                }
                            }
                        }
                    }
                    tfoot {
                        tr {
                            th scope="row" .text { "all" }
                            td {}
                            @if chosen {
                                td {}
                                td { (grouped(sum(&rows, |layer| layer.packed_bytes))) }
                                td { (grouped(sum(&rows, |layer| layer.loop_instructions.unwrap_or(0)))) }
                                td { (grouped(sum(&rows, |layer| layer.loop_cycles.unwrap_or(0)))) }
                            }
                            td { (grouped(macs)) }
                            @if counted {
                                (counts(total(&data.trials)))
                                td { (per_mac(macs, total(&data.trials))) }
                                td .share {}
                            }
                        }
                    }
                }
            }
        }
    }
}

fn or_dash(count: Option<u64>) -> String {
    count.map_or_else(|| "–".to_owned(), grouped)
}

/// What all rows have together.
fn sum(rows: &[(&LayerMemory, Option<[u64; 2]>)], of: impl Fn(&LayerMemory) -> u64) -> u64 {
    rows.iter().map(|(layer, _)| of(layer)).sum()
}

fn counts(extent: Option<[u64; 2]>) -> Markup {
    let texts = extent.map_or(["–".to_owned(), "–".to_owned()], |extent| {
        extent.map(grouped)
    });
    html! { @for text in texts { td { (text) } } }
}

/// Least and greatest count of a whole inference.
fn total(trials: &[InputResult]) -> Option<[u64; 2]> {
    let counts = || trials.iter().filter_map(|trial| trial.count);
    Some([counts().min()?, counts().max()?])
}

fn per_mac(macs: u64, extent: Option<[u64; 2]>) -> String {
    match extent {
        Some([_, most]) if macs > 0 => format!("{:.2}", most as f64 / macs as f64),
        _ => "–".to_owned(),
    }
}
