//! The sections in their order, what is listed of them, and the reader's choices.

use maud::{Markup, html};

use super::{ReportData, cost, input_result, memory, run};
use cortexscope_draw::PictureError;

pub(super) fn page(data: &ReportData) -> Result<Markup, PictureError> {
    let title = format!("{} on {}", data.run.model, data.run.board);
    let trials = data
        .trials
        .iter()
        .enumerate()
        .map(|(number, one)| input_result::section(number, one, &data.run))
        .collect::<Result<Vec<_>, _>>()?;
    let memory = memory::section(&data.memory)?;
    let mut contents = vec![anchor("run", "What was run"), anchor("memory", "Memory")];
    for (number, one) in data.trials.iter().enumerate() {
        contents.push(anchor(&format!("input-{number}"), &one.name));
    }
    contents.push(anchor("cost", "Cost"));
    if !data.link.is_empty() {
        contents.push(anchor("link", "Link"));
    }
    if !data.receipts.is_empty() {
        contents.push(anchor("receipts", "Receipts"));
    }
    let main = html! {
        (run::section(data))
        (memory)
        (choices())
        @for one in &trials { (one) }
        (cost::section(data))
        @if !data.link.is_empty() { (run::link(&data.link)) }
        @if !data.receipts.is_empty() { (run::receipts(&data.receipts)) }
    };
    Ok(crate::page::page(&title, &contents, &main))
}

fn anchor(id: &str, name: &str) -> (String, String) {
    (id.to_owned(), name.to_owned())
}

fn choices() -> Markup {
    let radio = |group: &str, id: &str, text: &str, checked: bool| {
        html! {
            label {
                input type="radio" name=(group) id=(id) checked[checked];
                (text)
            }
        }
    };
    html! {
        form .choices aria-label="How the pictures are shown" {
            fieldset {
                legend { "Maps of a layer" }
                (radio("scale", "choose-shared", "one scale for all", true))
                (radio("scale", "choose-per-map", "each its own scale", false))
            }
            fieldset {
                legend { "Occlusion maps" }
                (radio("palette", "choose-lecture", "blue to red, as in the lecture", true))
                (radio("palette", "choose-safe", "blue to yellow, safe for colour-blind readers", false))
            }
        }
    }
}
