//! What tells the boot ROM that the flash holds a program, and for which of its cores
//! (RP2350 datasheet, section 5.9).

/// A loop of one block, with one item: an executable for the Arm cores of an RP2350, in
/// the secure state.
#[used]
#[unsafe(link_section = ".start_block")]
static IMAGE: [u32; 5] = [
    0xFFFF_DED3,
    // Image type: one word, 1 executable, 2 secure, 0 Arm, 1 RP2350.
    0x1021_0142,
    // The last item: one word came before.
    0x0000_01FF,
    // Bytes from here to the next block, which is this one.
    0,
    0xAB12_3579,
];
