//! The stack: what it has, what was measured, and what it never exceeds.

use super::number;
use cortexscope_present::documents::memory as documents;
use cortexscope_present::terminal::{Column, Style, write_table};
use cortexscope_rig::elf::stack::{StackBound, StackBoundError};
use std::io::{self, Write};

/// The stack of a board that was measured.
pub(super) struct Stack {
    /// Room for it, as linked.
    pub room_bytes: u32,
    /// Its greatest depth in everything that was measured.
    pub measured_bytes: Option<u32>,
    /// The bound from the ELF file; none for a board without one.
    pub bound: Option<Result<StackBound, StackBoundError>>,
}

impl Stack {
    pub fn document(&self) -> documents::Stack {
        documents::Stack::new(self.room_bytes, self.measured_bytes, self.bound.as_ref())
    }

    pub fn write(&self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        let columns = [Column::text(""), Column::number("bytes")];
        let line = |name: &str, bytes| vec![name.to_owned(), number(bytes)];
        let mut rows = vec![
            line("room", Some(self.room_bytes).filter(|&bytes| bytes > 0)),
            line("at most, measured", self.measured_bytes),
        ];
        match &self.bound {
            Some(Ok(bound)) => {
                rows.push(line("never more, by the ELF file", Some(bound.bytes)));
                for frame in bound.path.iter().chain(&bound.interrupt) {
                    rows.push(line(&format!("  {}", frame.function), Some(frame.bytes)));
                }
            }
            Some(Err(_)) | None => rows.push(line("never more, by the ELF file", None::<u32>)),
        }
        write_table(out, style, &columns, rows)?;
        if let Some(Err(why)) = &self.bound {
            writeln!(out, "no bound: {why}")?;
        }
        Ok(())
    }
}
