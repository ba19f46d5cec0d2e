//! What an ELF file puts into flash.

use object::Endianness;
use object::elf::PT_LOAD;
use object::read::elf::{ElfFile32, ProgramHeader};

use crate::Piece;

/// Why an ELF file puts nothing into flash.
#[derive(Debug, thiserror::Error)]
pub enum ElfError {
    /// It is not an ELF file of a 32-bit processor.
    #[error("not a 32-bit ELF file")]
    NotElf(#[source] object::Error),
    /// It is cut short.
    #[error("a segment lies outside of the file")]
    CutShort,
    /// It has no bytes for flash.
    #[error("it puts nothing into flash")]
    Empty,
}

/// What the ELF file of a board's firmware puts into flash, and where flash holds it.
/// Variables are elsewhere once the board runs.
///
/// # Errors
/// [`ElfError`].
pub fn flashed(file: &[u8]) -> Result<Vec<Piece<'_>>, ElfError> {
    let elf = ElfFile32::<Endianness>::parse(file).map_err(ElfError::NotElf)?;
    let endian = elf.endian();
    let mut pieces = Vec::new();
    for segment in elf.elf_program_headers() {
        if segment.p_type(endian) != PT_LOAD {
            continue;
        }
        let bytes = segment
            .data(endian, file)
            .map_err(|()| ElfError::CutShort)?;
        if !bytes.is_empty() {
            let address = segment.p_paddr(endian);
            pieces.push(Piece { address, bytes });
        }
    }
    if pieces.is_empty() {
        return Err(ElfError::Empty);
    }
    Ok(pieces)
}
