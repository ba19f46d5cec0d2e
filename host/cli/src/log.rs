//! Logs on stderr: warnings, or what `RUST_LOG` asks for.

use super::printer;
use cortexscope_present::terminal::Style;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Logs to stderr from now on; `quiet` leaves warnings out where nobody asks for more.
pub fn init(quiet: bool) {
    let asked = std::env::var("RUST_LOG").ok();
    let default = if quiet {
        LevelFilter::ERROR
    } else {
        LevelFilter::WARN
    };
    let lines = fmt::layer()
        .with_writer(printer::stderr)
        .with_ansi(Style::of_stderr().colour);
    tracing_subscriber::registry()
        .with(lines)
        .with(filter(asked.as_deref(), default))
        .init();
}

/// Takes a level, or levels of targets, such as `warn,board=debug`. Anything else means
/// the default.
fn filter(asked: Option<&str>, default: LevelFilter) -> Targets {
    asked
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(default))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_unless_asked_for_more() {
        for asked in [None, Some("board=loud")] {
            let filter = filter(asked, LevelFilter::WARN);
            assert_eq!(filter.default_level(), Some(LevelFilter::WARN));
        }
        let asked = filter(Some("info,board=debug"), LevelFilter::WARN);
        assert_eq!(asked.default_level(), Some(LevelFilter::INFO));
        let debug = LevelFilter::DEBUG;
        assert!(asked.iter().any(|target| target == ("board", debug)));
    }
}
