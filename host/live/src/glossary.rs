//! What the panels of the page show, in the words of the book's glossary.

/// The page of the book that has them.
const GLOSSARY: &str = include_str!("../../../docs/glossary.md");
/// The heading of the table of panels.
const PANELS: &str = "## The panels of the live page";

/// The panels and what the glossary says of each.
pub(super) fn panels() -> impl Iterator<Item = (&'static str, &'static str)> {
    let after = GLOSSARY.split_once(PANELS);
    let rows = after.map_or("", |(_, rows)| rows).lines();
    let rows = rows.take_while(|line| !line.starts_with('#'));
    let cells = rows.filter_map(|row| {
        let row = row.strip_prefix("| ")?.strip_suffix(" |")?;
        row.split_once(" | ")
    });
    // The table's own heading is its first row.
    cells.skip(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_has_two_sentences() {
        let panels: Vec<_> = panels().collect();
        assert_eq!(panels.len(), 11, "{panels:?}");
        for (panel, text) in panels {
            let sentences = text.split_inclusive(". ").count();
            assert!(sentences == 2 && text.ends_with('.'), "{panel}: {text}");
        }
    }
}
