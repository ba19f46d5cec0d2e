//! The vectors after the core's own exceptions. A crate for a part brings them; the
//! MPS2 images have none, and 240 vectors that are never taken are 1 KB of flash.

unsafe extern "C" {
    fn DefaultHandler();
}

/// Nothing here enables an interrupt. One vector, because cortex-m-rt asks for some.
#[used]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".vector_table.interrupts")]
static __INTERRUPTS: [unsafe extern "C" fn(); 1] = [DefaultHandler];
