//! Reads what an ELF file places in memory, and what it names.

use anyhow::{Context, Result};
use object::elf::SHF_ALLOC;
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags};

/// A section that takes memory on the board.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Where the processor sees it.
    pub address: u64,
    /// What it takes.
    pub bytes: u64,
}

/// Gives the sections that take memory on the board, in the file's order.
///
/// # Errors
/// It is not such a file, or an offset in it leads outside.
pub fn sections(file: &[u8]) -> Result<Vec<Section>> {
    let file = parse(file)?;
    let is_allocated = |flags| matches!(flags, SectionFlags::Elf { sh_flags, .. } if sh_flags.0 & SHF_ALLOC.0 != 0);
    file.sections()
        .filter(|section| is_allocated(section.flags()) && section.size() > 0)
        .map(|section| {
            Ok(Section {
                name: section.name()?.to_owned(),
                address: section.address(),
                bytes: section.size(),
            })
        })
        .collect()
}

/// Gives the symbols, as the compiler mangles them, whose name holds `part`.
///
/// # Errors
/// It is not such a file.
pub fn symbols_with(file: &[u8], part: &str) -> Result<Vec<String>> {
    let file = parse(file)?;
    let names = file.symbols().filter_map(|symbol| symbol.name().ok());
    Ok(names
        .filter(|name| name.contains(part))
        .map(str::to_owned)
        .collect())
}

fn parse(file: &[u8]) -> Result<object::File<'_>> {
    object::File::parse(file).context("not an ELF file, or cut short")
}

#[cfg(test)]
mod tests {
    use super::{Section, sections};

    /// An ELF header, names, and three section headers: none, the names, `.text`.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 0x34];
        file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        file[0x20] = 0x40;
        file[0x2E] = 0x28;
        file[0x30] = 3;
        file[0x32] = 1;
        file.extend_from_slice(b"\0.text\0\0\0\0\0\0");
        let header = |words: [u32; 10]| words.map(u32::to_le_bytes).concat();
        file.extend(header([0; 10]));
        file.extend(header([0, 3, 0, 0, 0x34, 7, 0, 0, 0, 0]));
        file.extend(header([1, 1, 2, 0x0800_0000, 0, 0x1234, 0, 0, 0, 0]));
        file
    }

    #[test]
    fn finds_what_takes_memory() {
        let text = Section {
            name: ".text".into(),
            address: 0x0800_0000,
            bytes: 0x1234,
        };
        assert_eq!(sections(&file()).unwrap(), [text]);
    }

    #[test]
    fn refuses_every_file_that_is_cut_short() {
        let file = file();
        for end in 0..file.len() - 16 {
            assert!(sections(&file[..end]).is_err(), "{end} bytes");
        }
    }
}
