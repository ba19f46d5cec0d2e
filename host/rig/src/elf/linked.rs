//! What a linked firmware takes of a part.

use super::stack::stack_bound;

/// What everything but the network takes, in bytes, as it was linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkedFirmware {
    /// Code and constants.
    pub flash_bytes: u64,
    /// Variables, and the stack at its deepest.
    pub ram_bytes: u64,
}

/// Stack that is reckoned with where the ELF file does not tell: that of an engine
/// with pointers to functions, measured, rounded up.
const TYPICAL_STACK_BYTES: u64 = 16 * 1024;

/// Flash and RAM of an ELF file, the arena and a linked image left out; of the stack
/// what it never exceeds, where that can be told, and not its room.
pub fn linked(elf: &[u8]) -> Option<LinkedFirmware> {
    use object::{Object, ObjectSection, SectionFlags, elf::SHF_ALLOC, elf::SHF_WRITE};
    let file = object::File::parse(elf).ok()?;
    let mut firmware = LinkedFirmware {
        flash_bytes: 0,
        ram_bytes: stack_bound(elf).map_or(TYPICAL_STACK_BYTES, |bound| bound.bytes.into()),
    };
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
            return None;
        };
        let name = section.name().ok()?;
        if sh_flags.0 & SHF_ALLOC.0 == 0 || [".arena", ".model"].contains(&name) {
            continue;
        }
        let is_loaded = section.kind() != object::SectionKind::UninitializedData;
        let is_writable = sh_flags.0 & SHF_WRITE.0 != 0;
        if is_loaded {
            firmware.flash_bytes += section.size();
        }
        if is_writable {
            firmware.ram_bytes += section.size();
        }
    }
    Some(firmware)
}
