//! `neuro.toml`: how every arm wants its input.

/// Its text: levels from black 0 to white 1, as they were shown.
pub const DESCRIPTION: &str = r#"[input]
channels = "grey"
size = [28, 28]
range = [0.0, 1.0]
mean = [0.0]
std = [1.0]
polarity = "light-on-dark"
form = "digit"

[output]
labels = []
"#;
