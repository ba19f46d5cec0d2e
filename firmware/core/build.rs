//! Tells the kernels what the target's core can do.
//!
//! The compiler does not say so itself: `cfg(target_feature)` knows nothing of
//! Arm's DSP extension in a release compiler. The targets' names do.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(dsp)");
    println!("cargo::rustc-check-cfg=cfg(soft_float)");
    let target = env::var("TARGET").unwrap_or_default();
    let abi = env::var("CARGO_CFG_TARGET_ABI").unwrap_or_default();
    if target.starts_with("thumbv7em") {
        println!("cargo::rustc-cfg=dsp");
    }
    if target.starts_with("thumb") && abi == "eabi" {
        println!("cargo::rustc-cfg=soft_float");
    }
}
