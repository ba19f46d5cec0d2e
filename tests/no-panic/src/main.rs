//! A program for a board that is linked and never run: it holds the address of
//! every public function of core, digit and wire, with the core library as it is. If one
//! of them could panic, the program would hold the machinery of panics too, and
//! `cargo xtask test no-panic` would find its symbols.
//!
//! On the host there is nothing to see, and it does nothing.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod digit;
#[cfg(target_os = "none")]
mod engine;
#[cfg(target_os = "none")]
mod wire;

#[cfg(not(target_os = "none"))]
fn main() {}

/// The program's entry.
#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
extern "C" fn _start() {
    digit::keep();
    engine::keep();
    wire::keep();
    #[cfg(feature = "can-panic")]
    core::hint::black_box((|values, at| values[at]) as fn(&[u8], usize) -> u8);
}

/// Keeps the functions in the program that is linked.
#[cfg(target_os = "none")]
macro_rules! linked {
    ($($function:expr => $type:ty),+ $(,)?) => {
        $(core::hint::black_box($function as $type);)+
    };
}
#[cfg(target_os = "none")]
pub(crate) use linked;

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
