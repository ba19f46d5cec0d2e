/// What the target's instruction set can do, as the compiler knows it: `thumb2`, `dsp`.
///
/// A release compiler keeps these names of Arm's from `cfg(target_feature)`, so that build
/// scripts ask it, once in the way that unlocks them.
fn target_features() -> Vec<String> {
    let split = |features: String| features.split(',').map(str::to_owned).collect();
    let told: Vec<String> =
        split(std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default());
    let is_arm = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "arm");
    if !is_arm || told.iter().any(|feature| feature == "mclass") {
        return told;
    }
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let flags = flags.split('\u{1f}').filter(|flag| !flag.is_empty());
    let mut rustc = std::process::Command::new(std::env::var("RUSTC").unwrap_or_default());
    rustc
        .args(["--print", "cfg", "--target"])
        .arg(std::env::var("TARGET").unwrap_or_default())
        .args(flags)
        .env("RUSTC_BOOTSTRAP", "1");
    let Ok(output) = rustc.output() else {
        return told;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix("target_feature="));
    lines.map(|name| name.trim_matches('"').to_owned()).collect()
}
