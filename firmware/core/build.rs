//! Tells the kernels what the target's core can do.

use std::env;

include!("../target_features.rs");

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../target_features.rs");
    println!("cargo::rustc-check-cfg=cfg(dsp)");
    println!("cargo::rustc-check-cfg=cfg(small)");
    println!("cargo::rustc-check-cfg=cfg(soft_float)");
    println!("cargo::rustc-check-cfg=cfg(thumb1)");
    let features = target_features();
    let has = |name: &str| features.iter().any(|feature| feature == name);
    let is_asked = |feature| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    let is_small = !is_asked("FAST") || is_asked("SMALL");
    if is_small {
        println!("cargo::rustc-cfg=small");
    }
    // Two products an instruction. The kernels are written for Thumb.
    if has("dsp") && has("mclass") && !is_small {
        println!("cargo::rustc-cfg=dsp");
    }
    // Eight registers for most instructions, and one product an instruction.
    if has("mclass") && !has("thumb2") && !is_small {
        println!("cargo::rustc-cfg=thumb1");
    }
    let abi = env::var("CARGO_CFG_TARGET_ABI").unwrap_or_default();
    if has("mclass") && abi == "eabi" {
        println!("cargo::rustc-cfg=soft_float");
    }
}
