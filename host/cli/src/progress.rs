//! Progress on stderr, where it disturbs no output.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `length` things that are called `unit`; hidden where stderr is no
/// terminal.
pub(super) fn bar(length: usize, unit: &'static str) -> ProgressBar {
    let template = format!("{{bar:32}} {{pos}}/{{len}} {unit} {{per_sec}}, {{eta}} left {{msg}}");
    let style =
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style)
}

/// A line that says what is being done, where nobody knows how much there is.
pub(super) fn spinner() -> ProgressBar {
    ProgressBar::new_spinner()
}
