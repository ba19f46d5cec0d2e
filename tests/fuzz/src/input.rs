//! A file that a fuzzer makes of one that is sound.

use arbitrary::Arbitrary;

/// Bytes of a file.
#[derive(Arbitrary, Debug)]
pub enum Input {
    Raw(Vec<u8>),
    Changed { seed: u8, changes: Vec<Change>, cut: Option<u16> },
}

/// A change at a place of a file.
#[derive(Arbitrary, Debug)]
pub enum Change {
    Byte { at: u16, value: u8 },
    /// Sizes and offsets near the one that is there.
    Moved { at: u16, by: i8 },
    Word { at: u16, value: u32 },
    Inserted { at: u16, bytes: Vec<u8> },
    Removed { at: u16, count: u8 },
}

impl Input {
    /// The file, made of one of `seeds`.
    pub fn file(&self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let (seed, changes, cut) = match self {
            Self::Raw(bytes) => return bytes.clone(),
            Self::Changed { seed, changes, cut } => (usize::from(*seed), changes, cut),
        };
        let mut bytes = seeds[seed % seeds.len()].clone();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        if let Some(cut) = cut {
            bytes.truncate((*cut).into());
        }
        bytes
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: u16| usize::from(at) % (bytes.len() + 1);
        match *self {
            Self::Byte { at, value } => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            Self::Moved { at, by } => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = byte.wrapping_add_signed(by);
                }
            }
            Self::Word { at, value } => {
                let at = place(at);
                if let Some(word) = bytes.get_mut(at..at + 4) {
                    word.copy_from_slice(&value.to_le_bytes());
                }
            }
            Self::Inserted { at, bytes: ref more } => {
                let at = place(at);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Removed { at, count } => {
                let at = place(at);
                let end = (at + usize::from(count)).min(bytes.len());
                bytes.drain(at..end);
            }
        }
    }
}
