//! What flash holds as Intel hex, for tools and drives that take no ELF file.

use anyhow::{Context, Result};
use cortexscope_uf2::{Piece, flashed};
use ihex::Record;

/// Bytes of a record, as most tools write them.
const RECORD_BYTES: u32 = 16;

/// Writes what the ELF file of a board's firmware puts into flash.
///
/// # Errors
/// It is not a 32-bit ELF file, it is cut short, or it puts nothing into flash.
pub fn from_elf(file: &[u8]) -> Result<String> {
    from_pieces(&flashed(file)?)
}

/// Writes bytes at their addresses.
///
/// # Errors
/// A piece reaches beyond 32 bits of address.
pub fn from_pieces(pieces: &[Piece<'_>]) -> Result<String> {
    let mut records = Vec::new();
    // The upper half of the addresses that follow. Without a record, it is zero.
    let mut upper = 0;
    for &Piece {
        mut address,
        mut bytes,
    } in pieces
    {
        while !bytes.is_empty() {
            let [high, low] = [address >> 16, address & 0xFFFF].map(|half| half as u16);
            if high != upper {
                records.push(Record::ExtendedLinearAddress(high));
                upper = high;
            }
            // Up to the next multiple, so that no record crosses the upper half's end.
            let room = RECORD_BYTES - address % RECORD_BYTES;
            let (value, rest) = bytes.split_at(bytes.len().min(room as usize));
            records.push(Record::Data {
                offset: low,
                value: value.to_vec(),
            });
            bytes = rest;
            address = address
                .checked_add(room)
                .or(rest.is_empty().then_some(0))
                .context("a segment reaches beyond 32 bits of address")?;
        }
    }
    records.push(Record::EndOfFile);
    Ok(ihex::create_object_file_representation(&records)?)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use ihex::{Reader, Record};

    use super::from_elf;

    /// An ELF file with a segment for each `(type, virtual, physical, bytes)`.
    pub(crate) fn elf(segments: &[(u32, u32, u32, &[u8])]) -> Vec<u8> {
        let mut file = vec![0; 0x34];
        file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        // Where program headers begin, how long one is, and how many there are.
        file[0x1C] = 0x34;
        file[0x2A] = 0x20;
        file[0x2C] = segments.len() as u8;
        let mut offset = 0x34 + 0x20 * segments.len();
        for &(kind, at, physical, bytes) in segments {
            let length = bytes.len() as u32;
            let header = [kind, offset as u32, at, physical, length, length, 0, 4];
            file.extend(header.map(u32::to_le_bytes).concat());
            offset += bytes.len();
        }
        for (.., bytes) in segments {
            file.extend_from_slice(bytes);
        }
        file
    }

    /// What flash holds by the file, by address.
    pub(crate) fn memory(text: &str) -> BTreeMap<u32, u8> {
        let mut memory = BTreeMap::new();
        let mut upper = 0;
        for record in Reader::new(text) {
            match record.unwrap() {
                Record::ExtendedLinearAddress(high) => upper = u32::from(high) << 16,
                Record::Data { offset, value } => {
                    for (index, byte) in value.into_iter().enumerate() {
                        let address = upper + u32::from(offset) + index as u32;
                        assert_eq!(memory.insert(address, byte), None, "{address:#x}");
                    }
                }
                Record::EndOfFile => {}
                other => panic!("{other:?}"),
            }
        }
        memory
    }

    #[test]
    fn every_byte_is_where_flash_holds_it() {
        let code: Vec<u8> = (0..100).collect();
        let variables = [7, 8, 9];
        let text = from_elf(&elf(&[
            (1, 0x0800_FFE5, 0x0800_FFE5, &code),
            (1, 0x2000_0000, 0x0801_1001, &variables),
            (1, 0x2000_1000, 0x2000_1000, &[]),
            // A note, which is not loaded.
            (4, 0, 0, &[1, 2, 3]),
        ]))
        .unwrap();
        let code = (0x0800_FFE5..).zip(code);
        let variables = (0x0801_1001..).zip(variables);
        assert_eq!(memory(&text), code.chain(variables).collect());
        assert!(text.ends_with(":00000001FF\n"), "{text}");
    }

    #[test]
    fn the_last_byte_of_the_address_space_is_written() {
        let text = from_elf(&elf(&[(1, 0, 0xFFFF_FFF8, &[5; 8])])).unwrap();
        assert_eq!(memory(&text).len(), 8);
        assert!(from_elf(&elf(&[(1, 0, 0xFFFF_FFF8, &[5; 9])])).is_err());
    }

    #[test]
    fn a_file_without_code_or_cut_short_is_refused() {
        assert!(from_elf(&elf(&[])).is_err());
        assert!(from_elf(b"no ELF file").is_err());
        let whole = elf(&[(1, 0, 0, &[1; 64])]);
        assert!(from_elf(&whole).is_ok());
        for end in 0..whole.len() {
            assert!(from_elf(&whole[..end]).is_err(), "{end} bytes");
        }
    }
}
