//! ONNX files: arbitrary bytes, and small networks that were changed, into both readers of
//! files and into the reader of networks.

#![no_main]

use std::sync::LazyLock;

use cortexscope_fuzz::{Input, onnx_files};
use cortexscope_net::onnx::engine::is_guarded;
use libfuzzer_sys::fuzz_target;

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(onnx_files::seeds);

/// A panic of tract becomes an error; any other ends the run, as the fuzzer wants it.
fn spare_guarded_panics() {
    let end = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !is_guarded() {
            end(panic);
        }
    }));
}

fuzz_target!(init: spare_guarded_panics(), |input: Input| {
    onnx_files::check(&input.file(&SEEDS));
});
