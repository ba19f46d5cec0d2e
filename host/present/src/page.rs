//! What every HTML page of results has: one file that needs nothing else, in the reader's light
//! or dark colours, and its pictures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use cortexscope_draw::{Drawing, FONT_REGULAR, FONT_SEMIBOLD, Theme, Weight};

const STYLE: &str = include_str!("../assets/report.css");

/// Width of the column that everything stands in, pictures' margins included.
pub(crate) const COLUMN_PX: u32 = crate::scene::PAGE_PX;

/// A page with a title, a list of what is on it as anchors and names, and its contents.
pub(crate) fn page(title: &str, contents: &[(String, String)], main: &Markup) -> Markup {
    html! {
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
                        @for (anchor, name) in contents {
                            li { a href=(format!("#{anchor}")) { (name) } }
                        }
                    }
                }
                main { (main) }
            }
        }
    }
}

/// A picture, in the page's colours.
pub(crate) fn figure(drawing: &Drawing) -> Markup {
    html! { figure { (PreEscaped(drawing.svg())) } }
}

/// The same in two ways, of which the reader chooses one.
pub(crate) fn alternatives(choices: [(&str, &Drawing); 2]) -> Markup {
    html! {
        @for (class, drawing) in choices {
            figure class=(class) { (PreEscaped(drawing.svg())) }
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
