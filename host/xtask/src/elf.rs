//! Reads what a 32-bit little-endian ELF file places in memory.

use std::str;

use anyhow::{Context, Result, ensure};

/// A section that takes memory on the board.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Where the processor sees it.
    pub address: u32,
    /// What it takes.
    pub bytes: u32,
}

/// Gives the sections that take memory on the board, in the file's order.
///
/// # Errors
/// It is not such a file, or an offset in it leads outside.
pub fn sections(file: &[u8]) -> Result<Vec<Section>> {
    const ALLOCATED: u32 = 1 << 1;
    ensure!(
        file.starts_with(b"\x7fELF\x01\x01"),
        "not a 32-bit little-endian ELF file"
    );
    let table = word(file, 0x20)?;
    let entry_bytes = half(file, 0x2E)?;
    let count = half(file, 0x30)?;
    let names_index = half(file, 0x32)?;
    let header = |index: usize| table + index * entry_bytes;
    let names = word(file, header(names_index) + 0x10)?;

    let mut sections = Vec::new();
    for index in 0..count {
        let at = header(index);
        let bytes = word(file, at + 0x14)? as u32;
        if word(file, at + 0x08)? as u32 & ALLOCATED != 0 && bytes > 0 {
            let name = string(file, names + word(file, at)?)?;
            let address = word(file, at + 0x0C)? as u32;
            sections.push(Section {
                name: name.to_owned(),
                address,
                bytes,
            });
        }
    }
    Ok(sections)
}

fn word(file: &[u8], at: usize) -> Result<usize> {
    let bytes = file.get(at..at + 4).context("the ELF file is cut short")?;
    Ok(u32::from_le_bytes(bytes.try_into()?) as usize)
}

fn half(file: &[u8], at: usize) -> Result<usize> {
    let bytes = file.get(at..at + 2).context("the ELF file is cut short")?;
    Ok(usize::from(u16::from_le_bytes(bytes.try_into()?)))
}

fn string(file: &[u8], at: usize) -> Result<&str> {
    let rest = file.get(at..).context("the ELF file is cut short")?;
    let bytes = rest.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(str::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::{Section, sections};

    /// An ELF header, a name table and two sections: the names, and `.text`.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 0x34];
        file[..6].copy_from_slice(b"\x7fELF\x01\x01");
        file[0x20] = 0x40;
        file[0x2E] = 0x28;
        file[0x30] = 2;
        file.extend_from_slice(b"\0.text\0\0\0\0\0\0");
        let header = |words: [u32; 10]| words.map(u32::to_le_bytes).concat();
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
