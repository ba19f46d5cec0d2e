//! A picture on the page, alone or as one of two.

use maud::{Markup, PreEscaped, html};

use cortexscope_draw::Drawing;

/// Width of the column that everything stands in, pictures' margins included.
/// With the page's padding it fits a window of 1024 pixels.
pub(super) const COLUMN_PX: u32 = 976;

/// A picture, in the page's colours.
pub(super) fn figure(drawing: &Drawing) -> Markup {
    html! { figure { (PreEscaped(drawing.svg())) } }
}

/// The same in two ways, of which the reader chooses one.
pub(super) fn alternatives(choices: [(&str, &Drawing); 2]) -> Markup {
    html! {
        @for (class, drawing) in choices {
            figure class=(class) { (PreEscaped(drawing.svg())) }
        }
    }
}
