//! A program as the part: what is sent is its input, what it prints is the answer.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serialport::SerialPort;

use crate::port::{Port, is_early};

/// Runs `command` behind a port until it ends.
pub fn run(command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no program")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| program.clone())?;
    let mut input = child.stdin.take().context("its input")?;
    let mut output = child.stdout.take().context("its output")?;
    let mut port = Port::open()?;
    let mut to_child = port.try_clone()?;
    thread::spawn(move || -> Result<()> {
        let mut buffer = [0; 4096];
        to_child.set_timeout(Duration::from_secs(3600))?;
        loop {
            match to_child.read(&mut buffer) {
                Err(error) if is_early(&error) => {}
                Err(error) => return Err(error.into()),
                Ok(count) => {
                    input.write_all(&buffer[..count])?;
                    input.flush()?;
                }
            }
        }
    });
    let mut buffer = [0; 4096];
    loop {
        match output.read(&mut buffer)? {
            0 => bail!("{program} ended: {}", child.wait()?),
            count => port.write(&buffer[..count])?,
        }
    }
}
