//! The page around the sections: head, contents, choices.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{ReportData, cost, input_result, memory, run};
use cortexscope_draw::{FONT_REGULAR, FONT_SEMIBOLD, PictureError, Theme, Weight};

const STYLE: &str = include_str!("../../assets/report.css");

pub(super) fn page(data: &ReportData) -> Result<Markup, PictureError> {
    let title = format!("{} on {}", data.run.model, data.run.board);
    let trials = data
        .trials
        .iter()
        .enumerate()
        .map(|(number, one)| input_result::section(number, one, &data.run))
        .collect::<Result<Vec<_>, _>>()?;
    let memory = memory::section(&data.memory)?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Cortexscope" }
                style { (PreEscaped(style())) }
            }
            body {
                header {
                    p .brand { "cortexscope" }
                    h1 { (title) }
                }
                nav aria-label="Contents" {
                    ul {
                        li { a href="#run" { "What was run" } }
                        li { a href="#memory" { "Memory" } }
                        @for (number, one) in data.trials.iter().enumerate() {
                            li { a href=(format!("#input-{number}")) { (one.name) } }
                        }
                        li { a href="#cost" { "Cost" } }
                        @if !data.link.is_empty() { li { a href="#link" { "Link" } } }
                        @if !data.receipts.is_empty() { li { a href="#receipts" { "Receipts" } } }
                    }
                }
                main {
                    (run::section(data))
                    (memory)
                    (choices())
                    @for one in &trials { (one) }
                    (cost::section(data))
                    @if !data.link.is_empty() { (run::link(&data.link)) }
                    @if !data.receipts.is_empty() { (run::receipts(&data.receipts)) }
                }
            }
        }
    })
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

fn style() -> String {
    let font = |weight: Weight, bytes: &[u8]| {
        format!(
            "@font-face{{font-family:\"Cortexscope Inter\";font-weight:{};\
             src:url(data:font/ttf;base64,{}) format(\"truetype\")}}\n",
            weight.css(),
            STANDARD.encode(bytes)
        )
    };
    format!(
        "{}{}:root{{{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}\n@media print{{:root{{{}}}}}\n{STYLE}",
        font(Weight::Regular, FONT_REGULAR),
        font(Weight::SemiBold, FONT_SEMIBOLD),
        Theme::Light.css_properties(),
        Theme::Dark.css_properties(),
        Theme::Light.css_properties(),
    )
}
