//! Tells the runtime what the target's core can do, and gives the linker an empty
//! `device.x`, as a crate for a part would: the MPS2 images have no interrupts to name.

use std::path::Path;
use std::{env, error::Error, fs};

include!("../target_features.rs");

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../target_features.rs");
    println!("cargo::rustc-check-cfg=cfg(armv7m)");
    let features = target_features();
    let has = |name: &str| features.iter().any(|feature| feature == name);
    // Instructions of 32 bits, words at any address, and a counter of cycles.
    if has("mclass") && has("thumb2") {
        println!("cargo::rustc-cfg=armv7m");
    }
    if env::var_os("CARGO_FEATURE_CMSDK_UART").is_some() {
        let out = env::var("OUT_DIR")?;
        fs::write(Path::new(&out).join("device.x"), "")?;
        println!("cargo::rustc-link-search={out}");
    }
    Ok(())
}
