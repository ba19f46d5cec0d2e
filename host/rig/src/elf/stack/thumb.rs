//! What Thumb-2 instructions do to the stack pointer, and where they lead.
//!
//! Only the forms that a compiler uses for that are told apart; every other
//! instruction is [`Effect::None`]. Source: Armv7-M Architecture Reference Manual,
//! A5.2 and A5.3.

/// What an instruction means for the depth of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may give stack back, or be a return.
    None,
    /// It takes this number of bytes of stack.
    Takes(u32),
    /// It takes an amount that only the running program knows.
    TakesUnknown,
    /// It adds what this register holds to the stack pointer: less than 0 where it takes.
    AddsRegister(u8),
    /// It loads this register with the constant at this address.
    Loads {
        /// The register.
        register: u8,
        /// Where the constant is.
        address: u32,
    },
    /// It calls the function at this address.
    Calls(u32),
    /// It jumps to this address.
    JumpsTo(u32),
    /// It calls what a register holds, or jumps there.
    FollowsRegister,
}

const SP: u16 = 13;
const LR: u16 = 14;

/// The effect of the instruction at `address`, which `code` begins with, and its
/// bytes; nothing where `code` ends before the instruction does.
pub fn decode(code: &[u8], address: u32) -> Option<(Effect, usize)> {
    let (&first, rest) = code.split_first_chunk()?;
    let first = u16::from_le_bytes(first);
    if first >> 11 < 0b11101 {
        return Some((narrow(first, address), 2));
    }
    let second = u16::from_le_bytes(*rest.first_chunk()?);
    Some((wide(first, second, address), 4))
}

fn narrow(code: u16, address: u32) -> Effect {
    let low = |bits: u32| u32::from(code) & ((1 << bits) - 1);
    match code {
        // PUSH
        _ if code & 0xFE00 == 0xB400 => Effect::Takes(4 * low(9).count_ones()),
        // SUB SP, SP, #imm7
        _ if code & 0xFF80 == 0xB080 => Effect::Takes(4 * low(7)),
        // ADD SP, SP, Rm
        _ if code & 0xFF87 == 0x4485 => Effect::AddsRegister((code >> 3 & 0xF) as u8),
        // LDR Rt, [PC, #imm8]
        _ if code & 0xF800 == 0x4800 => Effect::Loads {
            register: (code >> 8 & 7) as u8,
            address: (address & !3).wrapping_add(4 + (low(8) << 2)),
        },
        // B<c>: conditions 14 and 15 are other instructions.
        _ if code & 0xF000 == 0xD000 && (code >> 8) & 0xF < 14 => {
            Effect::JumpsTo(target(address, low(8) << 1, 9))
        }
        // B
        _ if code & 0xF800 == 0xE000 => Effect::JumpsTo(target(address, low(11) << 1, 12)),
        // BX, BLX; a BX to the link register returns.
        _ if code & 0xFF07 == 0x4700 && (code >> 3) & 0xF != LR => Effect::FollowsRegister,
        _ => Effect::None,
    }
}

fn wide(first: u16, second: u16, address: u32) -> Effect {
    let (a, b) = (u32::from(first), u32::from(second));
    let to_sp = (second >> 8) & 0xF == SP;
    match first {
        // STMDB SP!, {…}
        0xE92D => Effect::Takes(4 * b.count_ones()),
        // STR Rt, [SP, #-imm8]!
        0xF84D if second & 0x0F00 == 0x0D00 => Effect::Takes(b & 0xFF),
        // STRD Rt, Rt2, [SP, #-imm8]!
        0xE96D => Effect::Takes(4 * (b & 0xFF)),
        // VPUSH, single and double
        _ if first & 0xFFBF == 0xED2D && second & 0x0E00 == 0x0A00 => Effect::Takes(4 * (b & 0xFF)),
        // SUB.W SP, SP, #const
        _ if first & 0xFBEF == 0xF1AD && second & 0x8000 == 0 && to_sp => Effect::Takes(expanded(
            (a >> 10 & 1) << 11 | (b >> 12 & 7) << 8 | b & 0xFF,
        )),
        // SUBW SP, SP, #imm12
        _ if first & 0xFBFF == 0xF2AD && second & 0x8000 == 0 && to_sp => {
            Effect::Takes((a >> 10 & 1) << 11 | (b >> 12 & 7) << 8 | b & 0xFF)
        }
        // SUB.W SP, SP, Rm
        _ if first & 0xFFEF == 0xEBAD && to_sp => Effect::TakesUnknown,
        // BL; without bit 14, B.W
        _ if first & 0xF800 == 0xF000 && second & 0x9000 == 0x9000 => {
            let sign = a >> 10 & 1;
            let [i1, i2] = [b >> 13 & 1, b >> 11 & 1].map(|j| 1 ^ j ^ sign);
            let offset = sign << 24 | i1 << 23 | i2 << 22 | (a & 0x3FF) << 12 | (b & 0x7FF) << 1;
            let target = target(address, offset, 25);
            if second & 0x4000 == 0 {
                Effect::JumpsTo(target)
            } else {
                Effect::Calls(target)
            }
        }
        // B<c>.W
        _ if first & 0xF800 == 0xF000 && second & 0xD000 == 0x8000 && (a >> 6 & 0xF) < 14 => {
            let [j1, j2] = [b >> 13 & 1, b >> 11 & 1];
            let offset =
                (a >> 10 & 1) << 20 | j2 << 19 | j1 << 18 | (a & 0x3F) << 12 | (b & 0x7FF) << 1;
            Effect::JumpsTo(target(address, offset, 21))
        }
        _ => Effect::None,
    }
}

/// To where a signed `offset` of this number of bits leads from the instruction at `address`.
fn target(address: u32, offset: u32, bits: u32) -> u32 {
    let shift = u32::BITS - bits;
    let offset = (offset << shift).cast_signed() >> shift;
    address.wrapping_add(4).wrapping_add_signed(offset)
}

/// A modified immediate (A5.3.2).
fn expanded(imm12: u32) -> u32 {
    let byte = imm12 & 0xFF;
    match imm12 >> 8 {
        0 => byte,
        1 => byte << 16 | byte,
        2 => byte << 24 | byte << 8,
        3 => byte << 24 | byte << 16 | byte << 8 | byte,
        _ => (0x80 | imm12 & 0x7F).rotate_right(imm12 >> 7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half-words as `arm-none-eabi-objdump -d` shows them, what it makes of them,
    /// and their effect at 0x1000.
    const KNOWN: [(&[u16], &str, Effect); 24] = [
        (&[0xB5F0], "push {r4, r5, r6, r7, lr}", Effect::Takes(20)),
        (&[0xB081], "sub sp, #4", Effect::Takes(4)),
        (&[0xB0FF], "sub sp, #508", Effect::Takes(508)),
        (&[0xB002], "add sp, #8", Effect::None),
        (&[0xBDF0], "pop {r4, r5, r6, r7, pc}", Effect::None),
        (&[0xE7FE], "b.n 0x1000", Effect::JumpsTo(0x1000)),
        (&[0xD1FE], "bne.n 0x1000", Effect::JumpsTo(0x1000)),
        (&[0xDE00], "udf #0", Effect::None),
        (&[0x4770], "bx lr", Effect::None),
        (&[0x4780], "blx r0", Effect::FollowsRegister),
        (&[0x4718], "bx r3", Effect::FollowsRegister),
        (&[0x4485], "add sp, r0", Effect::AddsRegister(0)),
        (&[0x44BD], "add sp, r7", Effect::AddsRegister(7)),
        (
            &[0x4F02],
            "ldr r7, [pc, #8]",
            Effect::Loads {
                register: 7,
                address: 0x100C,
            },
        ),
        (
            &[0xE92D, 0x0F00],
            "stmdb sp!, {r8, r9, sl, fp}",
            Effect::Takes(16),
        ),
        (&[0xF84D, 0xBD04], "str.w fp, [sp, #-4]!", Effect::Takes(4)),
        (
            &[0xE96D, 0x0102],
            "strd r0, r1, [sp, #-8]!",
            Effect::Takes(8),
        ),
        (&[0xED2D, 0x8B02], "vpush {d8}", Effect::Takes(8)),
        (&[0xED2D, 0x8A01], "vpush {s16}", Effect::Takes(4)),
        (&[0xF5AD, 0x7D00], "sub.w sp, sp, #512", Effect::Takes(512)),
        (&[0xF6AD, 0x0D0C], "subw sp, sp, #2060", Effect::Takes(2060)),
        (&[0xF000, 0xF800], "bl 0x1004", Effect::Calls(0x1004)),
        (&[0xF7FF, 0xBFFE], "b.w 0x1000", Effect::JumpsTo(0x1000)),
        (&[0xF43F, 0xAFFE], "beq.w 0x1000", Effect::JumpsTo(0x1000)),
    ];

    #[test]
    fn instructions_are_what_a_disassembler_says() {
        for (halves, text, effect) in KNOWN {
            let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
            assert_eq!(
                decode(&bytes, 0x1000),
                Some((effect, bytes.len())),
                "{text}"
            );
            assert_eq!(decode(&bytes[..bytes.len() - 1], 0x1000), None, "{text}");
        }
    }
}
