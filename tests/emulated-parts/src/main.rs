//! `behind-a-port PROGRAM [ARGUMENT…]`: a serial port with a program behind it. What is sent is
//! the program's input, what it prints is the answer. The first line of the output is the path
//! of the port.
//!
//! So the program that users have reaches an emulated part as it reaches a real one.

use std::io::{self, ErrorKind, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serialport::{SerialPort, TTYPort};

/// Longer than anybody leaves a test alone.
const FOR_EVER: Duration = Duration::from_secs(24 * 3600);

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().context("no program")?;
    let mut child = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| program.display().to_string())?;
    let input = child.stdin.take().context("it has no input")?;
    let mut output = child.stdout.take().context("it has no output")?;

    // The other end stays open here, so that a program which closes it does no harm.
    let (mut port, other) = TTYPort::pair().context("no pseudo terminal")?;
    println!("{}", other.name().context("it has no name")?);
    port.set_timeout(FOR_EVER)?;
    let mut received = port.try_clone_native()?;
    received.set_timeout(FOR_EVER)?;
    thread::spawn(move || pass(received, input));

    let mut buffer = [0; 4096];
    loop {
        match output.read(&mut buffer)? {
            0 => bail!("{} ended: {}", program.display(), child.wait()?),
            count => port.write_all(&buffer[..count])?,
        }
    }
}

/// Passes on what comes, until one of both is gone.
fn pass(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match from.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => {
                let count = read?;
                to.write_all(&buffer[..count])?;
                to.flush()?;
            }
        }
    }
}
