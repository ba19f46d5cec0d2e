//! A board that QEMU emulates, as a child process.
//!
//! One socket is the emulator's standard input and output. The board's UART is
//! connected to both. Once a session tells it to, the board writes through
//! semihosting, which reaches the same output with one exit from the emulated code
//! for a whole frame, where the UART takes several for each byte.

use super::emulator;
use super::local_socket::{self, LocalListener, LocalStream};
use super::{Link, LinkError};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long QEMU may take to connect to its sockets.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// A write that takes longer has a stopped emulator at its other end.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);
/// What is kept of the emulator's messages.
const STDERR_BYTES: usize = 4096;
/// Bytes that the socket and the emulated UART keep.
const BUFFER_BYTES: usize = 64 * 1024;

/// What to emulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QemuConfig {
    /// The emulator, by name or path.
    pub program: PathBuf,
    /// Its machine: `mps2-an386`.
    pub machine: String,
    /// What else it is told.
    pub arguments: Vec<String>,
    /// The firmware's ELF file.
    pub kernel: PathBuf,
    /// Files that lie in memory from the start, and where: the board image in
    /// its region.
    pub loads: Vec<(PathBuf, u32)>,
    /// Bytes that lie in memory from the start, and where.
    pub bytes: Vec<(Vec<u8>, u32)>,
    /// One instruction takes 2^shift virtual nanoseconds; without it instructions
    /// cannot be counted.
    pub icount_shift: Option<u8>,
}

impl QemuConfig {
    /// `kernel` on `machine`, with the emulator that [`emulator::program`] finds and one
    /// instruction in 64 virtual nanoseconds.
    pub fn new(machine: &str, kernel: impl Into<PathBuf>) -> Self {
        Self {
            program: emulator::program(),
            machine: machine.to_owned(),
            arguments: Vec::new(),
            kernel: kernel.into(),
            loads: Vec::new(),
            bytes: Vec::new(),
            icount_shift: Some(6),
        }
    }

    /// The same with more arguments for the emulator.
    #[must_use]
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        let more = arguments.iter().map(|&argument| argument.to_owned());
        self.arguments.extend(more);
        self
    }

    /// The same with `file` in memory from `address` on.
    #[must_use]
    pub fn load(mut self, file: impl Into<PathBuf>, address: u32) -> Self {
        self.loads.push((file.into(), address));
        self
    }

    /// The same with `bytes` in memory from `address` on.
    #[must_use]
    pub fn load_bytes(mut self, bytes: impl Into<Vec<u8>>, address: u32) -> Self {
        self.bytes.push((bytes.into(), address));
        self
    }
}

/// An emulated board. The emulator ends with it.
pub struct QemuLink {
    config: QemuConfig,
    running: Running,
}

/// The emulator's process and the sockets to it.
struct Running {
    child: Child,
    console: LocalStream,
    read_timeout: Option<Duration>,
    monitor: Arc<Mutex<LocalStream>>,
    stderr: Option<JoinHandle<String>>,
    /// The files that the emulator reads while it starts.
    _directory: TempDir,
}

/// Resets an emulated board, as the button on a real one does: the program that
/// uses its link is not told.
#[derive(Clone, Debug)]
pub struct QemuReset {
    monitor: Arc<Mutex<LocalStream>>,
}

impl QemuReset {
    /// Resets the board.
    ///
    /// # Errors
    /// The emulator is gone.
    pub fn press(&self) -> io::Result<()> {
        let mut monitor = self.monitor.lock().unwrap_or_else(PoisonError::into_inner);
        monitor.write_all(b"system_reset\n")?;
        // Its echo is taken, so that it never fills the socket.
        let mut echo = [0; 1024];
        loop {
            match monitor.read(&mut echo) {
                Ok(0) => return Err(ErrorKind::BrokenPipe.into()),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

impl QemuLink {
    /// Starts the emulator.
    ///
    /// # Errors
    /// [`LinkError::NoEmulator`], [`LinkError::NoFirmware`] or
    /// [`LinkError::EmulatorFailed`] with its last words.
    pub fn start(config: QemuConfig) -> Result<Self, LinkError> {
        let running = Running::start(&config)?;
        Ok(Self { config, running })
    }

    /// The board's reset button, good until the emulator is started again.
    pub fn reset_button(&self) -> QemuReset {
        QemuReset {
            monitor: Arc::clone(&self.running.monitor),
        }
    }

    fn lost(&mut self, error: &io::Error) -> LinkError {
        LinkError::Lost {
            link: self.describe(),
            reason: self.running.last_words(error),
        }
    }
}

impl Running {
    fn start(config: &QemuConfig) -> Result<Self, LinkError> {
        for path in config
            .loads
            .iter()
            .map(|(path, _)| path)
            .chain([&config.kernel])
        {
            std::fs::metadata(path).map_err(|source| LinkError::NoFirmware {
                path: path.clone(),
                source,
            })?;
        }
        let failed = |reason: String| LinkError::EmulatorFailed {
            program: config.program.display().to_string(),
            reason,
        };
        let directory = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
        let monitor_path = directory.path().join("monitor");
        let opened = LocalListener::bind(&monitor_path)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .and_then(|listener| Ok((listener, console()?)));
        let (listener, [console, far_end]) = opened.map_err(|error| failed(error.to_string()))?;

        let mut command = Command::new(&config.program);
        command
            .args([
                "-machine",
                &config.machine,
                "-display",
                "none",
                "-nodefaults",
                "-nic",
                "none",
            ])
            .args(&config.arguments)
            .args(["-chardev", "stdio,id=uart", "-serial", "chardev:uart"])
            .args(["-semihosting-config", "enable=on,target=native"])
            .arg("-kernel")
            .arg(&config.kernel);
        let mut loads = config.loads.clone();
        for (index, (bytes, address)) in config.bytes.iter().enumerate() {
            let path = directory.path().join(format!("memory-{index}"));
            std::fs::write(&path, bytes).map_err(|error| failed(error.to_string()))?;
            loads.push((path, *address));
        }
        for (path, address) in &loads {
            let file = escape(path);
            let device = format!("loader,file={file},addr={address:#x},force-raw=on");
            command.args(["-device", &device]);
        }
        if let Some(shift) = config.icount_shift {
            command.args(["-icount", &format!("shift={shift}")]);
        }
        let monitor = format!("socket,id=monitor,path={}", escape(&monitor_path));
        command.args([
            "-chardev",
            &monitor,
            "-mon",
            "chardev=monitor,mode=readline",
        ]);
        let far_end_too = far_end
            .try_clone()
            .map_err(|error| failed(error.to_string()))?;
        command
            .stdin(local_socket::as_stdio(far_end))
            .stdout(local_socket::as_stdio(far_end_too))
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => LinkError::NoEmulator {
                program: config.program.display().to_string(),
            },
            _ => failed(error.to_string()),
        })?;
        let mut stderr = child.stderr.take().map(collect);
        match accept(&listener, &mut child) {
            Ok(monitor) => Ok(Self {
                child,
                console,
                read_timeout: None,
                monitor: Arc::new(Mutex::new(monitor)),
                stderr,
                _directory: directory,
            }),
            Err(error) => Err(failed(end(&mut child, &mut stderr, &error))),
        }
    }

    /// Ends the emulator; gives its messages, or `error` if there are none.
    fn last_words(&mut self, error: &io::Error) -> String {
        end(&mut self.child, &mut self.stderr, error)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A socket of this program, and the one that is to be the emulator's standard
/// input and output.
fn console() -> io::Result<[LocalStream; 2]> {
    let (console, far_end) = local_socket::pair()?;
    console.set_write_timeout(Some(WRITE_TIMEOUT))?;
    Ok([console, far_end])
}

/// A connection from `child`, unless it ends first.
fn accept(listener: &LocalListener, child: &mut Child) -> io::Result<LocalStream> {
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(Duration::from_millis(1)))?;
                return Ok(stream);
            }
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            Err(_) if child.try_wait()?.is_some() => return Err(ErrorKind::BrokenPipe.into()),
            Err(_) if Instant::now() > deadline => return Err(ErrorKind::TimedOut.into()),
            Err(_) => thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// Reads the emulator's messages and keeps the last of them.
fn collect(mut stderr: ChildStderr) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut kept = VecDeque::new();
        let mut buffer = [0; 1024];
        while let Ok(count @ 1..) = stderr.read(&mut buffer) {
            kept.extend(&buffer[..count]);
            kept.drain(..kept.len().saturating_sub(STDERR_BYTES));
        }
        String::from_utf8_lossy(kept.make_contiguous())
            .trim()
            .to_owned()
    })
}

fn end(child: &mut Child, stderr: &mut Option<JoinHandle<String>>, error: &io::Error) -> String {
    // Killing what has ended by itself does nothing.
    let _ = child.kill();
    let status = child.wait();
    let words = stderr
        .take()
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default();
    match status {
        Ok(status) if words.is_empty() => format!("the emulator ended ({status}): {error}"),
        Ok(status) => format!("the emulator ended ({status}): {words}"),
        Err(status_error) => format!("{error}; {status_error}"),
    }
}

/// A path as the emulator's option parser wants it: commas doubled.
fn escape(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

impl Link for QemuLink {
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, LinkError> {
        let running = &mut self.running;
        // Zero would mean for ever.
        let timeout = Some(timeout.max(Duration::from_millis(1)));
        if running.read_timeout != timeout {
            if let Err(error) = running.console.set_read_timeout(timeout) {
                return Err(self.lost(&error));
            }
            running.read_timeout = timeout;
        }
        match running.console.read(buffer) {
            Ok(0) => Err(self.lost(&ErrorKind::UnexpectedEof.into())),
            Ok(count) => Ok(count),
            Err(error) if is_timeout(&error) => Ok(0),
            Err(error) => Err(self.lost(&error)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.running
            .console
            .write_all(bytes)
            .map_err(|error| self.lost(&error))
    }

    fn reopen(&mut self) -> Result<(), LinkError> {
        self.running = Running::start(&self.config)?;
        Ok(())
    }

    fn describe(&self) -> String {
        format!(
            "the emulated board {} ({})",
            self.config.machine,
            self.config.program.display()
        )
    }

    fn buffer_bytes(&self) -> usize {
        BUFFER_BYTES
    }

    fn answer_time(&self) -> Duration {
        Duration::from_millis(250)
    }

    fn has_semihosting(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(program: &str) -> QemuConfig {
        let kernel = std::env::current_exe().unwrap();
        QemuConfig {
            program: program.into(),
            ..QemuConfig::new("mps2-an386", kernel)
        }
    }

    #[test]
    fn a_missing_emulator_says_how_to_get_it() {
        let error = QemuLink::start(config("cortexscope-no-such-emulator"))
            .err()
            .unwrap();
        assert!(matches!(error, LinkError::NoEmulator { .. }), "{error:?}");
        assert!(error.to_string().contains("apt install qemu-system-arm"));
        assert!(error.to_string().contains("cargo xtask setup"));
    }

    #[test]
    fn a_missing_firmware_is_named() {
        let config = QemuConfig::new("mps2-an386", "/no/such/firmware.elf");
        let error = QemuLink::start(config).err().unwrap();
        assert!(matches!(error, LinkError::NoFirmware { .. }), "{error:?}");
    }

    #[test]
    fn an_emulator_that_ends_at_once_is_quoted() {
        // `ls` ends with an error about options that it does not know.
        let error = QemuLink::start(config("ls")).err().unwrap();
        let text = error.to_string();
        assert!(
            text.starts_with("ls did not start") && text.contains("option"),
            "{text}"
        );
    }
}
