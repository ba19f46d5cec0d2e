//! Progress and notes on stderr, where they disturb no output. `--quiet` leaves both out.

use super::printer;
use cortexscope_net::printable::printable;
use cortexscope_rig::session::Cancel;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::ops::{ControlFlow, Deref};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the user asked for results and errors alone. It belongs to the process, as
/// stderr does, and is set once, before anything is said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Leaves progress and notes out from here on.
pub(super) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Says on a line what is being done, or what was assumed.
pub(super) fn note(text: impl Display) {
    if !is_quiet() {
        printer::say(text);
    }
}

/// A bar that shows how far the work is. What is said beside it may be a name from
/// outside.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Says `text` beside the bar; what a terminal would obey in it is escaped.
    pub(super) fn set_message(&self, text: impl AsRef<str>) {
        self.0.set_message(printable(text.as_ref()).into_owned());
    }
}

impl Deref for Bar {
    type Target = ProgressBar;

    fn deref(&self) -> &ProgressBar {
        &self.0
    }
}

/// A bar over `length` things that are called `unit`; hidden where stderr is not a
/// terminal.
pub(super) fn bar(length: usize, unit: &'static str) -> Bar {
    if is_quiet() {
        return Bar(ProgressBar::hidden());
    }
    let template = format!("{{bar:32}} {{pos}}/{{len}} {unit} {{per_sec}}, {{eta}} left {{msg}}");
    let style =
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    Bar(ProgressBar::new(length as u64).with_style(style))
}

/// What a library tells of its steps, those done and all, shown on `bar`; Ctrl-C ends the
/// work.
pub(super) fn watch<'a>(
    bar: &'a ProgressBar,
    cancel: &'a Cancel,
) -> impl FnMut(usize, usize) -> ControlFlow<()> + 'a {
    |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        go_on(cancel)
    }
}

/// Whether the work goes on: until Ctrl-C.
pub(super) fn go_on(cancel: &Cancel) -> ControlFlow<()> {
    if cancel.is_cancelled() {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// A line that says what is being done, where nobody knows how much there is.
pub(super) fn spinner() -> Bar {
    if is_quiet() {
        return Bar(ProgressBar::hidden());
    }
    Bar(ProgressBar::new_spinner())
}
