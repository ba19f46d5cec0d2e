//! A real board at a serial port: a UART's adapter, or the board's own USB.

use super::{Link, LinkError};
use serialport::{ClearBuffer, ErrorKind, SerialPort};
use std::io::{self, Read, Write};
use std::time::Duration;

/// Bytes that the operating system keeps at the least.
const BUFFER_BYTES: usize = 4096;
/// A write that takes longer has no one at its other end.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// An open serial port.
pub struct SerialLink {
    path: String,
    baud: u32,
    /// None while it is lost.
    port: Option<Box<dyn SerialPort>>,
}

impl SerialLink {
    /// The port at `path` (`/dev/ttyACM0`, `COM3`), 8N1 at `baud`. Over a board's
    /// own USB the baud rate does not matter.
    ///
    /// # Errors
    /// [`LinkError::NotFound`], [`LinkError::PermissionDenied`],
    /// [`LinkError::Busy`] or [`LinkError::Setup`].
    pub fn open(path: &str, baud: u32) -> Result<Self, LinkError> {
        let mut link = Self {
            path: path.to_owned(),
            baud,
            port: None,
        };
        link.reopen()?;
        Ok(link)
    }

    fn lost(&mut self, reason: &impl ToString) -> LinkError {
        self.port = None;
        LinkError::Lost {
            link: self.describe(),
            reason: reason.to_string(),
        }
    }

    fn open_error(&self, error: &serialport::Error) -> LinkError {
        let port = self.path.clone();
        match error.kind() {
            ErrorKind::Io(io::ErrorKind::PermissionDenied) => LinkError::PermissionDenied { port },
            ErrorKind::Io(io::ErrorKind::NotFound) => self.not_found(),
            ErrorKind::Io(io::ErrorKind::ResourceBusy) => LinkError::Busy { port },
            // The crate has one kind for "not there" and for "in use".
            ErrorKind::NoDevice if std::path::Path::new(&self.path).exists() => {
                LinkError::Busy { port }
            }
            ErrorKind::NoDevice => self.not_found(),
            _ => LinkError::Setup {
                port,
                reason: error.to_string(),
            },
        }
    }

    fn not_found(&self) -> LinkError {
        LinkError::NotFound {
            port: self.path.clone(),
            available: available(),
        }
    }
}

/// The paths of the serial ports that there are.
pub fn available() -> Vec<String> {
    // Where they cannot be listed, none is known.
    let ports = serialport::available_ports().unwrap_or_default();
    ports.into_iter().map(|port| port.port_name).collect()
}

impl Link for SerialLink {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        let Some(port) = &mut self.port else {
            return Err(self.lost(&"it is closed"));
        };
        if port.timeout() != timeout
            && let Err(error) = port.set_timeout(timeout)
        {
            return Err(self.lost(&error));
        }
        match port.read(buffer) {
            Ok(0) => Err(self.lost(&"the device is gone; is its cable plugged in?")),
            Ok(count) => Ok(count),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            Err(error) => Err(self.lost(&error)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let Some(port) = &mut self.port else {
            return Err(self.lost(&"it is closed"));
        };
        let written = port.set_timeout(WRITE_TIMEOUT).map_err(io::Error::from);
        match written.and_then(|()| port.write_all(bytes)) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lost(&error)),
        }
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        self.port = None;
        let open = || {
            let mut port = serialport::new(&self.path, self.baud)
                .timeout(WRITE_TIMEOUT)
                .open()?;
            // A board's own USB sends nothing before a terminal is ready. Adapters
            // without the line may refuse.
            let _ = port.write_data_terminal_ready(true);
            port.clear(ClearBuffer::All)?;
            Ok(port)
        };
        self.port = Some(open().map_err(|error| self.open_error(&error))?);
        Ok(())
    }

    fn describe(&self) -> String {
        format!("serial port {} at {} baud", self.path, self.baud)
    }

    fn buffer_bytes(&self) -> usize {
        BUFFER_BYTES
    }

    fn answer_time(&self) -> Duration {
        // What may be on its way already, ten bits a byte, and time to compute.
        let bits = 10 * BUFFER_BYTES as u64;
        Duration::from_millis(100 + 1000 * bits / u64::from(self.baud.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_not_there_is_named_with_those_that_are() {
        let error = SerialLink::open("/dev/cortexscope-no-such-port", 115_200)
            .err()
            .unwrap();
        assert!(matches!(error, LinkError::NotFound { .. }), "{error:?}");
        assert!(
            error
                .to_string()
                .starts_with("there is no serial port /dev/cortexscope-no")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_no_port_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = SerialLink::open(file.path().to_str().unwrap(), 115_200)
            .err()
            .unwrap();
        assert!(
            !matches!(error, LinkError::Lost { .. } | LinkError::NotFound { .. }),
            "{error:?}"
        );
    }
}
