//! Logs on stderr: warnings, or what `RUST_LOG` asks for.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Logs to stderr from now on.
pub fn init() {
    let asked = std::env::var("RUST_LOG").ok();
    tracing_subscriber::registry()
        .with(fmt::layer().with_writer(std::io::stderr))
        .with(filter(asked.as_deref()))
        .init();
}

/// Takes a level, or levels of targets, such as `warn,board=debug`. Anything else means
/// warnings.
fn filter(asked: Option<&str>) -> Targets {
    asked
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN))
}

#[cfg(test)]
mod tests {
    use super::filter;
    use tracing_subscriber::filter::LevelFilter;

    #[test]
    fn warnings_unless_asked_for_more() {
        for asked in [None, Some("board=loud")] {
            assert_eq!(filter(asked).default_level(), Some(LevelFilter::WARN));
        }
        let asked = filter(Some("info,board=debug"));
        assert_eq!(asked.default_level(), Some(LevelFilter::INFO));
        let debug = LevelFilter::DEBUG;
        assert!(asked.iter().any(|target| target == ("board", debug)));
    }
}
