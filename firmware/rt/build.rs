//! Gives the linker an empty `device.x`, as a crate for a part would: the MPS2 images
//! have no interrupts to name.

use std::path::Path;
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CMSDK_UART").is_some() {
        let out = env::var("OUT_DIR")?;
        fs::write(Path::new(&out).join("device.x"), "")?;
        println!("cargo::rustc-link-search={out}");
    }
    Ok(())
}
