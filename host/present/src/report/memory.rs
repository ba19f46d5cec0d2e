//! Where flash and RAM went: to scale, by layer, and as linked.

use maud::{Markup, html};

use super::{LayerMemory, Memory, Section};
use crate::page::{COLUMN_PX, figure};
use cortexscope_draw::number::grouped;
use cortexscope_draw::{PictureError, arena_plan, memory_bars};

pub(super) fn section(memory: &Memory) -> Result<Markup, PictureError> {
    let bars = match memory.bars.as_slice() {
        [] => None,
        bars => Some(memory_bars(bars, COLUMN_PX)?),
    };
    let arenas = memory
        .arenas
        .iter()
        .map(|(mode, plan)| Ok((mode, arena_plan(plan, COLUMN_PX)?)))
        .collect::<Result<Vec<_>, PictureError>>()?;
    Ok(html! {
        section #memory aria-labelledby="memory-title" {
            h2 #memory-title { "Memory" }
            @if let Some(bars) = &bars { (figure(bars)) }
            @for (mode, plan) in &arenas {
                h3 { "The arena, step by step, " (mode) }
                (figure(plan))
            }
            @if !memory.gaps.is_empty() {
                h3 { "Planned and measured" }
                ul { @for gap in &memory.gaps { li { (gap) } } }
            }
            @if !memory.layers.is_empty() {
                h3 { "By layer" }
                (layers(&memory.layers))
            }
            @if !memory.sections.is_empty() {
                h3 { "As linked" }
                (sections(&memory.sections))
            }
        }
    })
}

fn layers(layers: &[LayerMemory]) -> Markup {
    let total = |of: fn(&LayerMemory) -> u64| grouped(layers.iter().map(of).sum());
    let or_dash = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), grouped);
    html! {
        div .table {
            table {
                thead {
                    tr {
                        th rowspan="2" scope="col" .text { "layer" }
                        th rowspan="2" scope="col" .text { "shape" }
                        th colspan="2" scope="colgroup" { "parameters" }
                        th rowspan="2" scope="col" { "MACs" }
                        th colspan="2" scope="colgroup" { "activations, B" }
                        th colspan="3" scope="colgroup" { "arena" }
                        th rowspan="2" scope="col" { "flash, B" }
                        th rowspan="2" scope="col" { "stack, B" }
                    }
                    tr {
                        th scope="col" { "weights" }
                        th scope="col" { "biases" }
                        th scope="col" { "f32" }
                        th scope="col" { "board" }
                        th scope="col" { "offset, B" }
                        th scope="col" { "steps" }
                        th scope="col" { "scratch, B" }
                    }
                }
                tbody {
                    @for layer in layers {
                        tr {
                            th scope="row" .text { (layer.name) }
                            td .text { (layer.shape) }
                            td { (grouped(layer.weights)) }
                            td { (grouped(layer.biases)) }
                            td { (grouped(layer.macs)) }
                            td { (grouped(layer.activation_f32_bytes)) }
                            td { (grouped(layer.activation_bytes)) }
                            td { (or_dash(layer.arena_offset_bytes)) }
                            td { (lifetime(layer)) }
                            td { (grouped(layer.scratch_bytes)) }
                            td { (grouped(layer.flash_bytes)) }
                            td { (or_dash(layer.stack_bytes)) }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" .text { "sum" }
                        td {}
                        td { (total(|layer| layer.weights)) }
                        td { (total(|layer| layer.biases)) }
                        td { (total(|layer| layer.macs)) }
                        td { (total(|layer| layer.activation_f32_bytes)) }
                        td { (total(|layer| layer.activation_bytes)) }
                        td {} td {} td {}
                        td { (total(|layer| layer.flash_bytes)) }
                        td {}
                    }
                }
            }
        }
        p .note { "Steps are counted from 0. A tensor without an offset is fused away: it is never whole in RAM." }
    }
}

fn lifetime(layer: &LayerMemory) -> String {
    match layer.lifetime {
        None => "–".to_owned(),
        Some([first, last]) if first == last => first.to_string(),
        Some([first, last]) => format!("{first}–{last}"),
    }
}

fn sections(sections: &[Section]) -> Markup {
    let total = |of: fn(&Section) -> u64| grouped(sections.iter().map(of).sum());
    let or_blank = |bytes: u64| {
        if bytes == 0 {
            "–".to_owned()
        } else {
            grouped(bytes)
        }
    };
    html! {
        div .table {
            table {
                thead {
                    tr {
                        th scope="col" .text { "section" }
                        th scope="col" { "flash, B" }
                        th scope="col" { "RAM, B" }
                    }
                }
                tbody {
                    @for section in sections {
                        tr {
                            th scope="row" .text { (section.name) }
                            td { (or_blank(section.flash_bytes)) }
                            td { (or_blank(section.ram_bytes)) }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" .text { "sum" }
                        td { (total(|section| section.flash_bytes)) }
                        td { (total(|section| section.ram_bytes)) }
                    }
                }
            }
        }
    }
}
