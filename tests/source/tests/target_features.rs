//! Firmware chooses its kernels by what the instruction set can do, not by a target's name.

use std::fs;
use std::process::Command;

/// Builds the function of the build scripts into a program, and asks it.
#[test]
fn instructions_are_chosen_by_feature_and_not_by_name() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../firmware/target_features.rs"
    );
    let source = format!(
        "include!({file:?}); fn main() {{ println!(\"{{}}\", target_features().join(\" \")) }}"
    );
    let main = folder.join("target_features.rs");
    let program = folder.join(format!("target_features{}", std::env::consts::EXE_SUFFIX));
    fs::write(&main, source).expect("it can be written");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(&rustc)
        .args(["--edition", "2024", "-o"])
        .args([&program, &main])
        .status()
        .expect("the compiler runs");
    assert!(built.success());

    let core = ["-C", "target-cpu=cortex-m33"].join("\u{1f}");
    for (target, flags, has_thumb2, has_dsp) in [
        ("thumbv6m-none-eabi", "", false, false),
        ("thumbv7m-none-eabi", "", true, false),
        ("thumbv7em-none-eabihf", "", true, true),
        ("thumbv8m.main-none-eabihf", "", true, false),
        ("thumbv8m.main-none-eabihf", core.as_str(), true, true),
    ] {
        let output = Command::new(&program)
            .env("RUSTC", &rustc)
            .env("TARGET", target)
            .env("CARGO_CFG_TARGET_ARCH", "arm")
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env_remove("CARGO_CFG_TARGET_FEATURE")
            .output()
            .expect("it runs");
        let text = String::from_utf8(output.stdout).expect("names");
        let has = |name: &str| text.split_whitespace().any(|feature| feature == name);
        assert_eq!(
            (has("thumb2"), has("dsp")),
            (has_thumb2, has_dsp),
            "{target} {flags}: {text}"
        );
    }
}
