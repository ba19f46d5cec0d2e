//! The terminal's other screen.

use crossterm::cursor::{Hide, Show};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use std::io::{self, Stdout, Write};

/// The other screen, without a cursor, and keys as they are pressed. Dropped, the
/// terminal is as it was, whatever ended the program.
pub(super) struct Screen {
    out: Stdout,
}

impl Screen {
    /// # Errors
    /// The terminal cannot be switched to this mode.
    pub(super) fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        let mut screen = Self { out: io::stdout() };
        execute!(screen.out, EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    pub(super) fn clear(&mut self) -> io::Result<()> {
        queue!(self.out, Clear(ClearType::All))
    }

    /// Writes signs and where they go.
    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing more.
        let _ = execute!(self.out, Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}
