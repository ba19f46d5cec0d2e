//! What an experiment tells while it runs, on stderr.

use crate::progress::{self, Bar};
use cortexscope_present::brain::Progress;
use cortexscope_rig::session::Cancel;
use std::ops::ControlFlow;

/// Runs an experiment: shows how far it is, a bar for each unit, until it ends. Ctrl-C ends it.
pub(super) fn shown<T>(
    cancel: &Cancel,
    run: impl FnOnce(&mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> T,
) -> T {
    let mut current: Option<(&'static str, Bar)> = None;
    let result = run(&mut |now| {
        match now {
            Progress::Note(text) => {
                clear(current.take());
                progress::note(text);
            }
            Progress::Work {
                unit,
                doing,
                done,
                all,
            } => {
                if current.as_ref().is_none_or(|(known, _)| *known != unit) {
                    clear(current.take());
                }
                let (_, bar) = current.get_or_insert_with(|| (unit, progress::bar(all, unit)));
                bar.set_length(all as u64);
                bar.set_position(done as u64);
                bar.set_message(doing);
            }
        }
        progress::go_on(cancel)
    });
    clear(current);
    result
}

fn clear(bar: Option<(&'static str, Bar)>) {
    if let Some((_, bar)) = bar {
        bar.finish_and_clear();
    }
}
