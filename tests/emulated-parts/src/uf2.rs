//! A reader of UF2 files: a boot loader's side of the format, written from its specification
//! alone (<https://github.com/microsoft/uf2>).

use anyhow::{Result, ensure};

const BLOCK: usize = 512;
const MAGIC: [u32; 3] = [0x0A32_4655, 0x9E5D_5157, 0x0AB1_6F30];
const NOT_MAIN_FLASH: u32 = 0x0001;
const FAMILY: u32 = 0x2000;
const EXTENSIONS: u32 = 0x8000;
/// Raspberry Pi's boot loaders leave a block with this extension out.
const IGNORE: u32 = 0x9957_E304;

/// Writes what the blocks of `family` in `file` say into `flash`, which begins at `base`.
/// Every block must be there, and none may lie elsewhere.
pub fn write(file: &[u8], family: u32, base: u32, flash: &mut [u8]) -> Result<()> {
    ensure!(file.len().is_multiple_of(BLOCK), "not whole blocks");
    let mut expected = None;
    let mut seen = Vec::new();
    for block in file.chunks_exact(BLOCK) {
        let word = |at: usize| {
            u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
        };
        ensure!([word(0), word(4), word(508)] == MAGIC, "no block");
        let (flags, address, bytes) = (word(8), word(12), word(16) as usize);
        ensure!(bytes <= 476, "{bytes} bytes of payload");
        let is_ignored = flags & EXTENSIONS != 0 && word(32 + bytes) == IGNORE;
        if flags & NOT_MAIN_FLASH != 0 || is_ignored {
            continue;
        }
        ensure!(flags & FAMILY != 0 && word(28) == family, "another family");
        ensure!(bytes == 256 && address.is_multiple_of(256), "no page");
        let offset = address.checked_sub(base).map(|offset| offset as usize);
        let page = offset.and_then(|offset| flash.get_mut(offset..)?.get_mut(..bytes));
        let Some(page) = page else {
            anyhow::bail!("{address:#x} is not in flash");
        };
        page.copy_from_slice(&block[32..32 + bytes]);
        ensure!(*expected.get_or_insert(word(24)) == word(24), "two files");
        seen.push(word(20));
    }
    seen.sort_unstable();
    let count = expected.unwrap_or(0);
    ensure!(
        count > 0 && seen.into_iter().eq(0..count),
        "blocks are missing"
    );
    Ok(())
}
