//! The program as its user runs it, in bounded time and memory.

use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_cortexscope-under-test");
/// Longer than a board may be silent, on a machine that does other things.
const LIMIT: Duration = Duration::from_secs(120);
/// Far more than a command takes, and far less than a hostile file or board has it take
/// where it believes them.
pub const MEMORY_KIB_MAX: u64 = 1 << 20;

/// What the program wrote, called with `arguments`.
///
/// # Panics
/// It takes too long, or too much memory.
pub fn bounded(arguments: &[&str]) -> Output {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Read while it runs: a full pipe would stop it.
    let stdout = thread::spawn(reading(child.stdout.take()));
    let stderr = thread::spawn(reading(child.stderr.take()));
    let begun = Instant::now();
    let mut peak_kib = 0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is a child") {
            break status;
        }
        peak_kib = peak_kib.max(greatest_kib(child.id()).unwrap_or(0));
        if begun.elapsed() > LIMIT || peak_kib > MEMORY_KIB_MAX {
            // The assertions below say so.
            let _ = child.kill();
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert!(begun.elapsed() < LIMIT, "{arguments:?} does not end");
    assert!(peak_kib < MEMORY_KIB_MAX, "{arguments:?}: {peak_kib} KiB");
    Output {
        status,
        stdout: stdout.join().expect("it is read"),
        stderr: stderr.join().expect("it is read"),
    }
}

/// The greatest memory that a process has had, in KiB.
pub fn greatest_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn reading(pipe: Option<impl Read>) -> impl FnOnce() -> Vec<u8> {
    move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        }
        bytes
    }
}
