//! The page that shows the gallery.

use maud::{DOCTYPE, PreEscaped, html};

use super::Exhibit;
use cortexscope_draw::Theme;

const STYLE: &str = "
body { font: 15px/1.5 Inter, system-ui, sans-serif; color: var(--ink); background: var(--background);
  max-width: 1340px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .3rem; }
code { color: var(--dim); } img { max-width: 100%; height: auto; border: 1px solid var(--line); }
";

/// The page, which refers to the pictures beside it.
pub fn html(exhibits: &[Exhibit]) -> String {
    let colours = format!(":root{{{}}}", Theme::Light.css_properties());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "What a network sees" }
                style { (PreEscaped(colours)) (PreEscaped(STYLE)) }
            }
            body {
                h1 { "What a network sees" }
                @for exhibit in exhibits {
                    h2 { (exhibit.title) }
                    p { code { (exhibit.command) } }
                    img src=(exhibit.file) alt=(exhibit.alt) loading="lazy";
                }
            }
        }
    };
    page.into_string()
}
