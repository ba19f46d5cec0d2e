//! The board's log: defmt frames, decoded with the ELF file that wrote them.

use cortexscope_net::printable::printable;
use defmt_decoder::{DecodeError, Table};
use std::fmt;

/// Where a board's log goes.
///
/// With the ELF file at hand, lines become `tracing` events of the target
/// `board`. Without it they cannot be read; they are counted, and that is said.
#[derive(Default)]
pub struct Logs {
    table: Option<Table>,
    /// The bytes of a line that has not ended yet.
    line: Vec<u8>,
    lines: u64,
    unreadable: u64,
    /// The line has more bytes than are kept.
    is_too_long: bool,
    is_missing_said: bool,
}

/// Why an ELF file gives no log.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// It is not an ELF file, or its defmt sections cannot be read.
    #[error(
        "cannot read the log table of the ELF file: {0}; build it again with `cargo xtask firmware`"
    )]
    Table(String),
}

/// Longest line that is read: a line is a few bytes, so more than this is noise.
const LINE_BYTES_MAX: usize = 4096;

impl Logs {
    /// Decodes with the table in `elf`, the contents of an ELF file. An ELF file
    /// that logs nothing has no table, which is not an error.
    ///
    /// # Errors
    /// [`LogsError::Table`] if it is no ELF file or of an unknown defmt version.
    pub fn from_elf(elf: &[u8]) -> Result<Self, LogsError> {
        let table = Table::parse(elf).map_err(|error| LogsError::Table(format!("{error:#}")))?;
        Ok(Self {
            table,
            ..Self::default()
        })
    }

    /// Lines decoded so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines that could not be decoded so far.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Takes bytes of the stream and reports the lines that they end.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == 0) {
            if self.line.len() + piece.len() <= LINE_BYTES_MAX {
                self.line.extend_from_slice(piece);
            } else {
                self.is_too_long = true;
            }
            if piece.ends_with(&[0]) {
                let line = std::mem::take(&mut self.line);
                if std::mem::take(&mut self.is_too_long) {
                    self.unreadable += 1;
                    tracing::warn!(
                        "a line of the board's log is longer than {LINE_BYTES_MAX} bytes and was \
                         dropped"
                    );
                } else if line.len() > 1 {
                    self.report(&line);
                }
            }
        }
    }

    /// Forgets the line that has not ended: its board was reset.
    pub(super) fn cut(&mut self) {
        self.line.clear();
        self.is_too_long = false;
    }

    fn report(&mut self, line: &[u8]) {
        let Some(table) = &self.table else {
            self.unreadable += 1;
            if !self.is_missing_said {
                self.is_missing_said = true;
                tracing::warn!(
                    "the board logs, but without its ELF file the log cannot be read; its lines \
                     are counted"
                );
            }
            return;
        };
        // Each line is whole, so no decoder has to outlive it.
        let mut decoder = table.new_stream_decoder();
        decoder.received(line);
        match decoder.decode() {
            Ok(frame) => {
                self.lines += 1;
                let text = frame.display_message().to_string();
                let text = printable(&text);
                match frame.level().map(|level| level.as_str()) {
                    Some("trace") => tracing::trace!(target: "board", "{text}"),
                    Some("debug") => tracing::debug!(target: "board", "{text}"),
                    Some("warn") => tracing::warn!(target: "board", "{text}"),
                    Some("error") => tracing::error!(target: "board", "{text}"),
                    _ => tracing::info!(target: "board", "{text}"),
                }
            }
            Err(DecodeError::Malformed | DecodeError::UnexpectedEof) => {
                self.unreadable += 1;
                tracing::warn!(
                    "a line of the board's log cannot be read: the ELF file is of another build"
                );
            }
        }
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs")
            .field("has_table", &self.table.is_some())
            .field("lines", &self.lines)
            .field("unreadable", &self.unreadable)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_without_a_table() {
        let mut logs = Logs::default();
        logs.take(&[1, 2]);
        assert_eq!(logs.unreadable(), 0);
        logs.take(&[3, 0, 0, 4, 0, 5]);
        assert_eq!(logs.unreadable(), 2);
        logs.cut();
        logs.take(&[0]);
        assert_eq!(logs.unreadable(), 2);
    }

    #[test]
    fn a_line_that_is_too_long_is_dropped_and_the_next_one_is_read() {
        let mut logs = Logs::default();
        for _ in 0..20 {
            logs.take(&[7; 242]);
        }
        assert!(logs.line.len() <= LINE_BYTES_MAX);
        logs.take(&[7, 0]);
        // It was dropped, not handed to the decoder, which would blame the ELF file.
        assert_eq!((logs.unreadable(), logs.is_missing_said), (1, false));
        logs.take(&[1, 2, 0]);
        assert_eq!((logs.unreadable(), logs.is_missing_said), (2, true));
    }

    #[test]
    fn what_is_no_elf_file_is_refused() {
        assert!(matches!(
            Logs::from_elf(b"no ELF"),
            Err(LogsError::Table(_))
        ));
    }
}
