//! Checks that run beside the others: most of them wait for one processor at a time, the
//! linker of a firmware above all, and none builds where the tests build, unless it runs
//! what they have built.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// A check that ended.
pub struct Ended {
    /// Its name.
    pub name: String,
    /// What it wrote.
    pub text: String,
    /// It found nothing wrong.
    pub passed: bool,
    /// How long it ran.
    pub took: Duration,
}

/// Checks on their way, one after the other, each in a program of its own.
pub struct Side {
    ended: Receiver<Ended>,
    /// Names of those that have not ended.
    running: BTreeSet<String>,
}

impl Side {
    /// Starts the checks of these names. `data` is the folder of outside data.
    ///
    /// # Errors
    /// This program does not find itself.
    pub fn start(names: Vec<String>, data: Option<&Path>) -> Result<Self> {
        let program = env::current_exe().context("the file of this program is not known")?;
        let running = names.iter().cloned().collect();
        let data = data.map(Path::to_owned);
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || {
            for name in names {
                let mut check = Command::new(&program);
                check.args(["test", "--only", &name]);
                if let Some(folder) = &data {
                    check.arg("--data").arg(folder);
                }
                // Nobody listens any more: the program is ending.
                if sender.send(watch(check, name)).is_err() {
                    break;
                }
            }
        });
        Ok(Self { ended, running })
    }

    /// Gives those that have ended since the last call.
    pub fn ended(&mut self, mut take: impl FnMut(Ended)) {
        while let Ok(one) = self.ended.try_recv() {
            self.running.remove(&one.name);
            take(one);
        }
    }

    /// Waits until no check is left whose name begins with `start`, and gives those that
    /// end until then.
    pub fn wait_for(&mut self, start: &str, mut take: impl FnMut(Ended)) {
        while self.running.iter().any(|name| name.starts_with(start)) {
            let Ok(one) = self.ended.recv() else { break };
            self.running.remove(&one.name);
            take(one);
        }
    }

    /// Waits for all.
    pub fn wait(mut self, take: impl FnMut(Ended)) {
        self.wait_for("", take);
    }
}

/// Runs a check to its end.
fn watch(mut check: Command, name: String) -> Ended {
    let start = Instant::now();
    let output = check.stdin(Stdio::null()).output();
    let took = start.elapsed();
    let (text, passed) = match output {
        Ok(output) => {
            let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
            text += &String::from_utf8_lossy(&output.stdout);
            (text, output.status.success())
        }
        Err(error) => (format!("FAILED: it did not start: {error}"), false),
    };
    Ended {
        name,
        text,
        passed,
        took,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::watch;

    #[test]
    fn a_check_is_told_by_its_exit_code_and_both_outputs_are_kept() {
        let shell = |line: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", line]);
            watch(command, "one".to_owned())
        };
        let good = shell("echo out; echo err >&2");
        assert!(good.passed);
        assert_eq!(good.text, "err\nout\n");
        assert!(!shell("exit 3").passed);
        let missing = watch(Command::new("no such program"), "one".to_owned());
        assert!(!missing.passed && missing.text.contains("did not start"));
    }
}
