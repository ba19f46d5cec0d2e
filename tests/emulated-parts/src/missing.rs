//! Instructions that `rp2350-emu` 0.2.6 does not know although the core has them: PKHBT and
//! PKHTB of the DSP extension, which the compiler uses wherever it joins half words. (It takes
//! the loads and stores of Armv8-M that are barriers for table branches, too; the firmware has
//! none.)
//!
//! Each of them in flash becomes a branch to a few instructions that do the same and branch
//! back. They lie at the end of flash, where nothing else is.

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSymbol};

/// A register by its number.
type Register = u16;

/// Shifts as the encodings number them.
const LSL: u16 = 0;
const LSR: u16 = 1;
const ASR: u16 = 2;

/// Replaces what is missing in `flash`, which begins at `base` and holds the program of
/// `elf`. Gives how many instructions were replaced.
pub fn replace(elf: &object::File<'_>, base: u32, flash: &mut [u8]) -> Result<usize> {
    let mut free = flash.len() - 4096;
    let mut count = 0;
    for (start, end) in code(elf) {
        let mut at = offset(start, base, flash)?;
        let end = offset(end, base, flash)?;
        while at + 2 <= end {
            let first = half(flash, at);
            if first >> 11 < 0b11101 {
                at += 2;
                continue;
            }
            if first & 0xFFF0 == 0xEAC0 {
                let steps = instead([first, half(flash, at + 2)]);
                let back = at + 4;
                write(flash, at, &branch(at, free));
                for half in steps {
                    write(flash, free, &[half]);
                    free += 2;
                }
                write(flash, free, &branch(free, back));
                free += 4;
                count += 1;
                ensure!(free <= flash.len(), "no room for what is missing");
            }
            at += 4;
        }
    }
    Ok(count)
}

/// Where there is code and not data, by the symbols that assemblers mark both with.
fn code(elf: &object::File<'_>) -> Vec<(u32, u32)> {
    let mut marks: Vec<(u32, bool)> = elf
        .symbols()
        .filter_map(|symbol| {
            let name = symbol.name().ok()?;
            let is_code = name == "$t" || name.starts_with("$t.");
            let is_data = name == "$d" || name.starts_with("$d.");
            (is_code || is_data).then_some((symbol.address() as u32, is_code))
        })
        .filter(|(address, _)| address >> 28 == 1)
        .collect();
    marks.sort_unstable();
    let pairs = marks.windows(2).filter(|pair| pair[0].1);
    pairs.map(|pair| (pair[0].0, pair[1].0)).collect()
}

/// The same as PKHBT or PKHTB, in 16 bits at a time (Arm DDI 0553, C2.4.119).
fn instead([first, second]: [u16; 2]) -> Vec<u16> {
    let (n, d, m) = (first & 15, second >> 8 & 15, second & 15);
    let amount = (second >> 12 & 7) << 2 | second >> 6 & 3;
    let is_top = second >> 5 & 1 == 1;
    // A register that has nothing to do with it.
    let other = (0..4)
        .find(|&other| ![n, d, m].contains(&other))
        .unwrap_or(0);
    let kind = if is_top { ASR } else { LSL };
    let mut steps = vec![0xB400 | 1 << other];
    steps.extend(shifted(other, m, kind, amount));
    if !is_top {
        steps.extend(shifted(other, other, LSR, 16));
    }
    if d != n {
        steps.extend(shifted(d, n, LSL, 0));
    }
    steps.extend(inserted(d, other, if is_top { 0 } else { 16 }));
    steps.push(0xBC00 | 1 << other);
    steps
}

/// MOV (register) with a shift, without flags.
fn shifted(to: Register, from: Register, kind: u16, amount: u16) -> [u16; 2] {
    [
        0xEA4F,
        (amount >> 2) << 12 | to << 8 | (amount & 3) << 6 | kind << 4 | from,
    ]
}

/// BFI of 16 bits at bit `at`.
fn inserted(to: Register, from: Register, at: u16) -> [u16; 2] {
    let last = at + 15;
    [
        0xF360 | from,
        (at >> 2) << 12 | to << 8 | (at & 3) << 6 | last,
    ]
}

/// B.W from one offset to another.
fn branch(from: usize, to: usize) -> [u16; 2] {
    let distance = to as i32 - (from as i32 + 4);
    let bit = |at: i32| (distance >> at & 1) as u16;
    let sign = (distance < 0) as u16;
    let join = |bit: u16| !(bit ^ sign) & 1;
    [
        0xF000 | sign << 10 | (distance >> 12 & 0x3FF) as u16,
        0x9000 | join(bit(23)) << 13 | join(bit(22)) << 11 | (distance >> 1 & 0x7FF) as u16,
    ]
}

fn offset(address: u32, base: u32, flash: &[u8]) -> Result<usize> {
    let offset = address.checked_sub(base).map(|offset| offset as usize);
    let offset = offset.filter(|&offset| offset <= flash.len());
    offset.with_context(|| format!("{address:#x} is not in flash"))
}

fn half(flash: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([flash[at], flash[at + 1]])
}

fn write(flash: &mut [u8], at: usize, halves: &[u16]) {
    for (index, half) in halves.iter().enumerate() {
        flash[at + 2 * index..][..2].copy_from_slice(&half.to_le_bytes());
    }
}
