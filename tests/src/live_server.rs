//! `cortexscope live` as a process of its own.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long the server may take to let go of its board.
const PATIENCE: Duration = Duration::from_secs(20);

/// `cortexscope live`, running.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT/`.
    pub url: String,
}

impl Server {
    /// Starts it at a free port.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(program: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["live", "--port", "0", "--no-browser"])
            .args(arguments);
        Self::spawn(&mut command)
    }

    /// Starts it by a command of its own.
    ///
    /// # Errors
    /// It does not start.
    pub fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let mut lines = BufReader::new(stderr).lines();
        for line in lines.by_ref() {
            let line = line?;
            if let Some(rest) = line.strip_prefix("live: ") {
                let url = rest.split_whitespace().next().unwrap_or_default();
                let url = url.to_owned();
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { child, url });
            }
        }
        bail!("the server ended: {:?}", child.wait()?)
    }

    /// The process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// `127.0.0.1:PORT`.
    pub fn authority(&self) -> &str {
        let address = self.url.trim_start_matches("http://");
        address.trim_end_matches('/')
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Interrupted and not killed, so that it lets go of its emulator.
        let process = self.child.id().to_string();
        let interrupted = Command::new("kill").args(["-INT", &process]).status();
        let is_over = |child: &mut Child| matches!(child.try_wait(), Ok(Some(_)));
        if interrupted.is_ok_and(|status| status.success()) {
            let end = Instant::now() + PATIENCE;
            while !is_over(&mut self.child) && Instant::now() < end {
                thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
