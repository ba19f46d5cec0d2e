//! How many frames a second reach the screen, and how late.
//!
//! `cargo run --release --bin live-speed [BOARD…]` opens the live page in a
//! headless browser, lets digits come at full speed with every layer tapped, and
//! prints what the page measured over ten seconds.

use anyhow::Context;
use cortexscope_tests::browser::Browser;
use cortexscope_tests::live_server::Server;
use serde_json::Value;
use std::process::ExitCode;
use std::time::Duration;

/// How long is measured, after as long a run-up.
const SECONDS: u64 = 10;
const FRAME_LIMIT_OFF: [&str; 2] = ["--disable-frame-rate-limit", "--disable-gpu-vsync"];

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_some_and(|first| first == "live") {
        // The server's process is this program once more.
        return Ok(cortexscope::main());
    }
    let mut boards: Vec<String> = arguments.collect();
    if boards.is_empty() {
        boards = ["native", "mps2-an386"].map(str::to_owned).into();
    }
    println!("board        plan    display    frames/s  of the board  delay ms  p95  page ms");
    for board in &boards {
        for mode in ["fused", "tapped"] {
            for (display, flags) in [("60 Hz", &[][..]), ("unlimited", &FRAME_LIMIT_OFF[..])] {
                let summary = measure(board, mode, flags)?;
                let number = |name: &str| summary[name].as_f64().unwrap_or(f64::NAN);
                println!(
                    "{board:<12} {mode:<7} {display:<10} {:>8.1} {:>13.1} {:>9.1} {:>4.0} {:>8.2}",
                    number("frames_per_s"),
                    number("board_frames_per_s"),
                    number("delay_median_ms"),
                    number("delay_p95_ms"),
                    number("paint_median_ms"),
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(board: &str, mode: &str, flags: &[&str]) -> anyhow::Result<Value> {
    let server = Server::start(
        &std::env::current_exe()?,
        &["--board", board, "--mode", mode],
    )?;
    let mut page = Browser::open(&server.url, None, flags)?;
    page.wait("globalThis.cortexscope?.view.frame")
        .context("the page stands")?;
    page.value("document.getElementById('rate').value = ''")?;
    page.click("#play")?;
    std::thread::sleep(Duration::from_secs(SECONDS));
    page.value("cortexscope.flow.reset()")?;
    std::thread::sleep(Duration::from_secs(SECONDS));
    page.value("cortexscope.flow.summary")
}
