//! What the linker placed, read through the symbols of the memory map.

use core::ops::Range;
use core::ptr::addr_of;
use core::slice;
use core::sync::atomic::{AtomicBool, Ordering};

use cortexscope_probe::wire::message::Sections;

use crate::once::Once;

/// Declares pairs of linker symbols, and for each a function that gives the
/// addresses between them.
macro_rules! ranges {
    ($($name:ident = $start:ident .. $end:ident;)*) => {
        unsafe extern "C" {
            $(static $start: u8; static $end: u8;)*
        }
        $(
            pub(crate) fn $name() -> Range<usize> {
                addr_of!($start) as usize..addr_of!($end) as usize
            }
        )*
    };
}

ranges! {
    flash = __flash_start .. __flash_end;
    ram = __ram_start .. __ram_end;
    text = __vector_table .. __etext;
    rodata = __srodata .. __erodata;
    build_id_note = __build_id_start .. __build_id_end;
    data = __sdata .. __edata;
    bss = __sbss .. __ebss;
    uninit = __suninit .. __euninit;
    arena = __arena_start .. __arena_end;
    model = __model_start .. __model_end;
    stack = _stack_end .. _stack_start;
}

// Wrapping: the linker puts no end before its start, which a length would look at.
fn bytes(Range { start, end }: Range<usize>) -> u32 {
    end.wrapping_sub(start) as u32
}

/// Gives the size of every section, and of the memories they lie in.
pub fn sections() -> Sections {
    Sections {
        flash_bytes: bytes(flash()),
        ram_bytes: bytes(ram()),
        text_bytes: bytes(text()),
        rodata_bytes: bytes(rodata()) + bytes(build_id_note()),
        data_bytes: bytes(data()),
        bss_bytes: bytes(bss()) + bytes(uninit()),
        stack_bytes: bytes(stack()),
        heap_bytes: if IS_HEAP.load(Ordering::Relaxed) {
            bytes(arena())
        } else {
            0
        },
    }
}

/// Gives the ELF build id: 20 bytes, the SHA-1 that the linker computed.
pub fn build_id() -> &'static [u8] {
    // An ELF note: three words (name size, description size, type), the name
    // "GNU\0", then the description, which is the id.
    const HEADER_BYTES: usize = 16;
    let note = build_id_note();
    // SAFETY: the linker placed the note between these addresses, in flash.
    let note = unsafe { slice::from_raw_parts(note.start as *const u8, note.len()) };
    note.get(HEADER_BYTES..).unwrap_or_default()
}

/// Gives the bytes of the region that a board image is read from, whatever they are.
pub fn model_region() -> &'static [u8] {
    let region = model();
    // SAFETY: the memory map keeps this region for the image, and nothing writes
    // to it while the firmware runs.
    unsafe { slice::from_raw_parts(region.start as *const u8, region.len()) }
}

/// Whether the arena's memory was given away as a heap.
static IS_HEAP: AtomicBool = AtomicBool::new(false);

/// Gives the arena's memory to the first caller, as the heap of an engine that
/// allocates.
pub fn take_heap() -> Option<&'static mut [u8]> {
    let heap = take_arena()?;
    IS_HEAP.store(true, Ordering::Relaxed);
    Some(heap)
}

/// Gives the arena, zeroed, to the first caller.
pub fn take_arena() -> Option<&'static mut [u8]> {
    static TAKEN: Once = Once::new();
    if !TAKEN.is_first() {
        return None;
    }
    let arena = arena();
    let start = arena.start as *mut u8;
    // SAFETY: the memory map keeps this region for the arena, and it has no owner yet.
    unsafe { start.write_bytes(0, arena.len()) };
    // SAFETY: as above; its bytes have just been written.
    Some(unsafe { slice::from_raw_parts_mut(start, arena.len()) })
}
