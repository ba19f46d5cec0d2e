//! One HTML file that says what was done to neurons: a panel for each experiment, with its
//! pictures, its command and its receipt.

pub mod panels;

use cortexscope_draw::Drawing;
use maud::{Markup, html};

use crate::page::{figure, page};

/// All that the page shows.
#[derive(Clone, Debug)]
pub struct BrainReport {
    /// The page's title.
    pub title: String,
    /// What the neurons are, and what the reader has to know of all panels.
    pub introduction: Vec<String>,
    /// The panels.
    pub panels: Vec<Panel>,
    /// Links to other reports: path and name.
    pub beside: Vec<[String; 2]>,
}

/// One experiment.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// Its anchor.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it says, a paragraph each.
    pub says: Vec<String>,
    /// Its pictures.
    pub drawings: Vec<Drawing>,
    /// Its numbers.
    pub tables: Vec<Table>,
    /// What the reader has to know.
    pub notes: Vec<String>,
    /// The commands that do the same again.
    pub commands: Vec<String>,
    /// What was computed and how: the JSON of each command.
    pub receipts: Vec<String>,
}

/// Numbers in rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What it is of.
    pub caption: String,
    /// Heads of the columns.
    pub heads: Vec<String>,
    /// The rows; the first of each is its name.
    pub rows: Vec<Vec<String>>,
}

/// The page as one HTML file.
pub fn html(data: &BrainReport) -> String {
    let contents = data.panels.iter();
    let contents: Vec<(String, String)> = contents
        .map(|panel| (panel.id.clone(), panel.title.clone()))
        .collect();
    let main = html! {
        section {
            @for paragraph in &data.introduction { p { (paragraph) } }
            @if !data.beside.is_empty() {
                p {
                    "Beside this page: "
                    @for (at, [path, name]) in data.beside.iter().enumerate() {
                        @if at > 0 { ", " }
                        a href=(path) { (name) }
                    }
                    "."
                }
            }
        }
        @for panel in &data.panels { (section(panel)) }
    };
    page(&data.title, &contents, &main).into_string()
}

fn section(panel: &Panel) -> Markup {
    let title = format!("{}-title", panel.id);
    html! {
        section #(panel.id) aria-labelledby=(title) {
            h2 #(title) { (panel.title) }
            @for paragraph in &panel.says { p { (paragraph) } }
            @for drawing in &panel.drawings { (figure(drawing)) }
            @for table in &panel.tables { (numbers(table)) }
            @for note in &panel.notes { p .note { (note) } }
            h3 { "Do it again" }
            pre { code { (panel.commands.join("\n")) } }
            @for (number, receipt) in panel.receipts.iter().enumerate() {
                details {
                    summary {
                        "Receipt"
                        @if panel.receipts.len() > 1 { " " (number + 1) }
                    }
                    pre { code { (receipt) } }
                }
            }
        }
    }
}

fn numbers(table: &Table) -> Markup {
    html! {
        h3 .name { (table.caption) }
        div .table {
            table {
                thead {
                    tr {
                        @for (at, head) in table.heads.iter().enumerate() {
                            th scope="col" .text[at == 0] { (head) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (at, text) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" .text { (text) } } @else { td { (text) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_has_its_numbers_its_command_and_its_receipt() {
        let page = html(&BrainReport {
            title: "Networks and brains".to_owned(),
            introduction: vec!["Planted <neurons>.".to_owned()],
            panels: vec![Panel {
                id: "fit".to_owned(),
                title: "Encoding".to_owned(),
                tables: vec![Table {
                    caption: "Layers".to_owned(),
                    heads: vec!["layer".to_owned(), "r".to_owned()],
                    rows: vec![vec!["pool1".to_owned(), "0.71".to_owned()]],
                }],
                commands: vec!["cortexscope brain fit".to_owned()],
                receipts: vec!["{\"median_r\": 0.71}".to_owned()],
                ..Panel::default()
            }],
            beside: vec![["report.html".to_owned(), "the board".to_owned()]],
        });
        for part in [
            "<a href=\"#fit\">Encoding</a>",
            "Planted &lt;neurons&gt;.",
            "<td>0.71</td>",
            "cortexscope brain fit",
            "median_r",
            "<a href=\"report.html\">the board</a>",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }
}
