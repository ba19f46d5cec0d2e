//! Bytes at addresses, as blocks.
//!
//! ```text
//! byte   0  "UF2\n"
//!        4  0x9E5D5157
//!        8  flags: 0x2000 a family is named, 0x8000 extensions follow the payload
//!       12  where flash holds the payload
//!       16  bytes of payload: 256
//!       20  number of the block, from 0
//!       24  number of blocks
//!       28  family
//!       32  payload, extensions, zeros
//!      508  0x0AB16F30
//! ```

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The family of an RP2040.
pub const RP2040: u32 = 0xE48B_FF56;
/// The family of an RP2350 whose Arm cores run in the secure state.
pub const RP2350_ARM_S: u32 = 0xE48B_FF59;

/// Flash by address, whatever the part runs.
const ABSOLUTE: u32 = 0xE48B_FF57;

const BLOCK_BYTES: usize = 512;
/// A page of flash.
const PAYLOAD_BYTES: usize = 256;
/// What the flash erases at once.
const SECTOR_BYTES: usize = 4096;

const MAGIC: [u32; 2] = [0x0A32_4655, 0x9E5D_5157];
const MAGIC_AT_END: u32 = 0x0AB1_6F30;
const HAS_FAMILY: u32 = 0x2000;
const HAS_EXTENSIONS: u32 = 0x8000;
/// An extension: boot loaders leave this block out.
const IGNORE_BLOCK: u32 = 0x9957_E304;

/// Bytes, and where flash holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The address of the first byte.
    pub address: u32,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// Why no file can be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uf2Error {
    /// There are no bytes.
    #[error("there is nothing to write to flash")]
    Empty,
    /// Two pieces claim one address.
    #[error("two pieces lie at {address:#010x}")]
    Overlap {
        /// The first such address.
        address: u32,
    },
    /// A piece ends outside of the addresses that there are.
    #[error("the piece at {address:#010x} reaches beyond 32 bits of address")]
    TooLong {
        /// Where it begins.
        address: u32,
    },
}

/// A sector, and which of its bytes are given.
struct Sector {
    bytes: [u8; SECTOR_BYTES],
    is_given: [bool; SECTOR_BYTES],
}

/// The file that has the boot loader of a part of `family` write `pieces`.
///
/// A sector that holds a byte of a piece is written whole, the rest of it as zeros: the boot
/// loader of the RP2040 erases by the sector, and keeps what was there of a page that no
/// block names (RP2040 datasheet, RP2040-E14).
///
/// For an RP2350 a block that is to be ignored comes first. Without it the boot loader of
/// revision A2 takes the last block for one of another file (RP2350 datasheet, RP2350-E10).
///
/// # Errors
/// [`Uf2Error`].
pub fn emit(family: u32, pieces: &[Piece<'_>]) -> Result<Vec<u8>, Uf2Error> {
    let mut sectors: BTreeMap<u32, Sector> = BTreeMap::new();
    for piece in pieces {
        for (offset, &byte) in piece.bytes.iter().enumerate() {
            let address = u32::try_from(offset)
                .ok()
                .and_then(|offset| piece.address.checked_add(offset))
                .ok_or(Uf2Error::TooLong {
                    address: piece.address,
                })?;
            let within = address as usize % SECTOR_BYTES;
            let sector = match sectors.entry(address - within as u32) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(Sector {
                    bytes: [0; SECTOR_BYTES],
                    is_given: [false; SECTOR_BYTES],
                }),
            };
            if std::mem::replace(&mut sector.is_given[within], true) {
                return Err(Uf2Error::Overlap { address });
            }
            sector.bytes[within] = byte;
        }
    }
    if sectors.is_empty() {
        return Err(Uf2Error::Empty);
    }
    let count = (sectors.len() * (SECTOR_BYTES / PAYLOAD_BYTES)) as u32;
    let mut file = Vec::with_capacity((count as usize + 1) * BLOCK_BYTES);
    if family == RP2350_ARM_S {
        file.extend(ignored_block());
    }
    let mut number = 0;
    for (base, sector) in &sectors {
        for (page, payload) in sector.bytes.chunks_exact(PAYLOAD_BYTES).enumerate() {
            let header = Header {
                flags: HAS_FAMILY,
                address: base + (page * PAYLOAD_BYTES) as u32,
                number,
                count,
                family,
            };
            file.extend(header.block(payload));
            number += 1;
        }
    }
    Ok(file)
}

/// What comes first for an RP2350: block 0 of 2 at the end of the greatest flash, with an
/// extension that says to ignore it, as Raspberry Pi's picotool writes it.
fn ignored_block() -> [u8; BLOCK_BYTES] {
    let header = Header {
        flags: HAS_FAMILY | HAS_EXTENSIONS,
        address: 0x10FF_FF00,
        number: 0,
        count: 2,
        family: ABSOLUTE,
    };
    let mut data = [0xEF; PAYLOAD_BYTES + size_of::<u32>()];
    data[PAYLOAD_BYTES..].copy_from_slice(&IGNORE_BLOCK.to_le_bytes());
    header.block(&data)
}

/// What differs between blocks.
struct Header {
    flags: u32,
    address: u32,
    number: u32,
    count: u32,
    family: u32,
}

impl Header {
    /// The block with `data`: a payload, and extensions if there are any.
    fn block(&self, data: &[u8]) -> [u8; BLOCK_BYTES] {
        let words = [
            MAGIC[0],
            MAGIC[1],
            self.flags,
            self.address,
            PAYLOAD_BYTES as u32,
            self.number,
            self.count,
            self.family,
        ];
        let mut block = [0; BLOCK_BYTES];
        let header = words.map(u32::to_le_bytes).concat();
        let (front, end) = block.split_at_mut(BLOCK_BYTES - size_of::<u32>());
        front[..header.len()].copy_from_slice(&header);
        front[header.len()..][..data.len()].copy_from_slice(data);
        end.copy_from_slice(&MAGIC_AT_END.to_le_bytes());
        block
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Piece, RP2040, RP2350_ARM_S, Uf2Error, emit};

    const FIRMWARE: Piece<'_> = Piece {
        address: 0x1000_0100,
        bytes: &[7; 300],
    };
    const MODEL: Piece<'_> = Piece {
        address: 0x1010_0FF0,
        bytes: &[9; 32],
    };

    /// A reader written from the format's specification, and from what Raspberry Pi's boot
    /// loaders take: what each byte of flash becomes.
    fn flash(file: &[u8], family: u32) -> BTreeMap<u32, u8> {
        assert_eq!(file.len() % 512, 0);
        let mut memory = BTreeMap::new();
        let mut blocks = Vec::new();
        for block in file.chunks(512) {
            let word = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
            assert_eq!(&block[..4], b"UF2\n");
            assert_eq!(word(4), 0x9E5D5157);
            assert_eq!(word(508), 0x0AB16F30);
            let (flags, address, length) = (word(8), word(12), word(16) as usize);
            assert_eq!(flags & 0x2000, 0x2000, "no family");
            assert_eq!(flags & 0x0001, 0, "not for the main flash");
            // The boot loaders take whole pages only.
            assert_eq!((length, address % 256), (256, 0));
            let extensions = if flags & 0x8000 == 0 { 0 } else { word(288) };
            if extensions == 0x9957E304 {
                assert_eq!((word(20), word(24), word(28)), (0, 2, 0xE48BFF57));
                assert!(block[32..288].iter().all(|&byte| byte == 0xEF));
                continue;
            }
            assert!(block[288..508].iter().all(|&byte| byte == 0));
            assert_eq!(word(28), family);
            blocks.push((word(20), word(24)));
            for (at, &byte) in (address..).zip(&block[32..288]) {
                assert_eq!(memory.insert(at, byte), None, "{at:#x} twice");
            }
        }
        let count = blocks.len() as u32;
        assert!(blocks.into_iter().eq((0..count).map(|at| (at, count))));
        memory
    }

    #[test]
    fn every_byte_is_where_it_belongs_and_sectors_are_whole() {
        for family in [0xE48BFF56, 0xE48BFF59] {
            let file = emit(family, &[FIRMWARE, MODEL]).unwrap();
            let memory = flash(&file, family);
            for piece in [FIRMWARE, MODEL] {
                for (at, byte) in (piece.address..).zip(piece.bytes) {
                    assert_eq!(memory[&at], *byte, "{at:#x}");
                }
            }
            // Firmware lies in one sector, and the model across two.
            let given = memory.values().filter(|&&byte| byte != 0).count();
            assert_eq!((memory.len(), given), (3 * 4096, 332));
            let sectors = [0x1000_0000, 0x1010_0000, 0x1010_1000];
            for address in sectors.into_iter().flat_map(|base| base..base + 4096) {
                assert!(memory.contains_key(&address), "{address:#x}");
            }
        }
    }

    #[test]
    fn an_rp2350_gets_the_block_that_is_ignored_first_and_an_rp2040_none() {
        let of = |family| emit(family, &[MODEL]).unwrap();
        let (older, newer) = (of(RP2040), of(RP2350_ARM_S));
        assert_eq!(newer.len(), older.len() + 512);
        assert_eq!(newer[8..16], [0x00, 0xA0, 0, 0, 0x00, 0xFF, 0xFF, 0x10]);
        assert_eq!(older[28..32], [0x56, 0xFF, 0x8B, 0xE4]);
        assert_eq!(newer[512 + 28..][..4], [0x59, 0xFF, 0x8B, 0xE4]);
    }

    /// The reader of another project, which follows Microsoft's uf2conv.py.
    #[test]
    fn a_reader_that_others_wrote_finds_the_same() {
        let file = emit(RP2040, &[FIRMWARE]).unwrap();
        let (bytes, families) = uf2_decode::convert_from_uf2(&file).unwrap();
        assert_eq!(bytes[0x100..][..300], [7; 300]);
        assert_eq!(bytes.len(), 4096);
        assert_eq!(families, [(RP2040, 0x1000_0000)].into());
        let file = emit(RP2350_ARM_S, &[FIRMWARE]).unwrap();
        let (bytes, families) = uf2_decode::convert_from_uf2(&file).unwrap();
        assert_eq!(bytes[256 + 0x100..][..300], [7; 300]);
        assert_eq!(families[&RP2350_ARM_S], 0x1000_0000);
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let at = |address, bytes| Piece { address, bytes };
        assert_eq!(emit(RP2040, &[]), Err(Uf2Error::Empty));
        assert_eq!(emit(RP2040, &[at(0, &[])]), Err(Uf2Error::Empty));
        assert_eq!(
            emit(RP2040, &[at(0x100, &[1; 9]), at(0x108, &[2])]),
            Err(Uf2Error::Overlap { address: 0x108 })
        );
        let last = at(u32::MAX, &[1]);
        assert!(emit(RP2040, &[last]).is_ok());
        let beyond = at(u32::MAX, &[1, 2]);
        assert_eq!(
            emit(RP2040, &[beyond]),
            Err(Uf2Error::TooLong { address: u32::MAX })
        );
    }
}
