//! Why a link cannot be opened or used.

use std::io;
use std::path::PathBuf;

/// Why a link cannot be opened or used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no such port.
    #[error("there is no serial port {port}; {}", available_ports(.available))]
    NotFound {
        /// As asked for.
        port: String,
        /// The ports that there are.
        available: Vec<String>,
    },
    /// The port may not be opened.
    #[error(
        "no permission to open {port}: add yourself to the group that owns it (`ls -l {port}` \
         shows it; often `sudo usermod -aG dialout $USER`, then log in again) or add a udev rule \
         for the board"
    )]
    PermissionDenied {
        /// The port.
        port: String,
    },
    /// The port is open elsewhere.
    #[error("{port} is in use: close the terminal or the program that has it open")]
    Busy {
        /// The port.
        port: String,
    },
    /// The port cannot be set up as asked.
    #[error("cannot set up {port}: {reason}")]
    Setup {
        /// The port.
        port: String,
        /// What the operating system said.
        reason: String,
    },
    /// The emulator is not installed.
    #[error(
        "{program} is not installed or not in PATH: in a clone, `cargo xtask setup` sets it up \
         without root; or, on Debian and Ubuntu, `sudo apt install qemu-system-arm`"
    )]
    NoEmulator {
        /// As it was called.
        program: String,
    },
    /// A file that the emulator was to load.
    #[error("cannot read {path}; build the firmware with `cargo xtask firmware`")]
    NoFirmware {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The emulator did not start.
    #[error("{program} did not start: {reason}")]
    EmulatorFailed {
        /// As it was called.
        program: String,
        /// Its last words, or why there are none.
        reason: String,
    },
    /// Nothing can come or be sent any more.
    #[error("lost {link}: {reason}")]
    Lost {
        /// [`super::Link::describe`].
        link: String,
        /// What happened, as far as it is known.
        reason: String,
    },
    /// What crosses the link cannot be written down.
    #[error("cannot write the recording {}", path.display())]
    RecordingUnwritten {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The recording that stands for a board cannot be read any more.
    #[error("cannot read the recording {}", path.display())]
    RecordingUnread {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The recording that stands for a board was not asked this.
    #[error(
        "the recording {} holds no answer to {request}: {place}",
        path.display()
    )]
    NotRecorded {
        /// The file.
        path: PathBuf,
        /// What was asked.
        request: String,
        /// Where it was looked for.
        place: String,
    },
}

fn available_ports(ports: &[String]) -> String {
    if ports.is_empty() {
        "none is connected: plug the board in, and check that the cable carries data".to_owned()
    } else {
        format!("connected are: {}", ports.join(", "))
    }
}
