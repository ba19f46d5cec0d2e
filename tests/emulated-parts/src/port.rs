//! A serial port that this program is behind.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use anyhow::{Context, Result};
use serialport::{SerialPort, TTYPort};

/// Both ends. The other one stays open, so that a program which closes it does no harm.
pub struct Port {
    this: TTYPort,
    _other: TTYPort,
}

impl Port {
    /// Opens one and prints its path.
    pub fn open() -> Result<Self> {
        let (this, other) = TTYPort::pair().context("no pseudo terminal")?;
        println!("{}", other.name().context("it has no name")?);
        Ok(Self {
            this,
            _other: other,
        })
    }

    /// Another handle of the same.
    pub fn try_clone(&self) -> Result<TTYPort> {
        Ok(self.this.try_clone_native()?)
    }

    /// What the other end sent, waiting at most `timeout` for it.
    pub fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize> {
        self.this.set_timeout(timeout)?;
        match self.this.read(buffer) {
            Err(error) if is_early(&error) => Ok(0),
            result => Ok(result?),
        }
    }

    /// Sends all of `bytes` to the other end.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.this.set_timeout(Duration::from_secs(60))?;
        Ok(self.this.write_all(bytes)?)
    }
}

/// Nothing is there yet.
pub fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
