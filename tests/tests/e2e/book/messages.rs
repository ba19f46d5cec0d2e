//! The chapter on troubleshooting quotes messages as the program has them.

use super::output::is_line;
use cortexscope_core::image::ImageError;
use cortexscope_rig::board::{ConnectError, Engine};
use cortexscope_rig::link::LinkError;
use cortexscope_rig::session::SessionError;
use std::path::PathBuf;
use std::time::Duration;

/// The messages that the chapter quotes, in its order.
fn messages() -> Vec<String> {
    let text = |text: &str| text.to_owned();
    let port = || text("/dev/ttyUSB0");
    vec![
        SessionError::Silent {
            link: text("serial port /dev/ttyUSB0 at 921600 baud"),
            patience: Duration::from_secs(10),
            damaged: 0,
        }
        .to_string(),
        SessionError::Version {
            board_version: 1,
            board_schema: text("00"),
            host_version: 2,
            host_schema: text("01"),
        }
        .to_string(),
        SessionError::AnotherFirmware {
            board: text("00"),
            expected: text("01"),
        }
        .to_string(),
        SessionError::AnotherModel {
            board: text("00"),
            expected: text("01"),
        }
        .to_string(),
        ImageError::Version {
            found: 5,
            supported: 6,
        }
        .to_string(),
        LinkError::PermissionDenied { port: port() }.to_string(),
        LinkError::Busy { port: port() }.to_string(),
        LinkError::NoEmulator {
            program: text("qemu-system-arm"),
        }
        .to_string(),
        ConnectError::NoFirmware {
            board: "mps2-an500",
            engine: Engine::Static,
            places: vec![PathBuf::from("mps2-an500.elf")],
        }
        .to_string(),
    ]
}

/// The quotations of a page, each in one line.
fn quotations(page: &str) -> Vec<String> {
    let paragraphs = page.split("\n\n").filter(|text| text.starts_with("> "));
    let joined = paragraphs.map(|text| {
        let lines = text.lines().filter_map(|line| line.strip_prefix("> "));
        lines.collect::<Vec<_>>().join(" ")
    });
    joined.collect()
}

#[test]
fn quoted_messages_are_those_of_the_program() {
    let page = include_str!("../../../../docs/troubleshooting.md");
    let (quotations, messages) = (quotations(page), messages());
    assert_eq!(quotations.len(), messages.len(), "{quotations:#?}");
    for (quotation, message) in quotations.iter().zip(&messages) {
        assert!(is_line(quotation, message), "{quotation}\n{message}");
    }
}
