//! `NAME.toml`: how a network wants its input.

use super::decoder::CODE;

/// The description of an arm: levels from black 0 to white 1, as they were shown.
pub fn of_arm(name: &str) -> String {
    format!(
        r#"name = "{name}"

[input]
channels = "grey"
size = [28, 28]
range = [0.0, 1.0]
mean = [0.0]
std = [1.0]
polarity = "light-on-dark"
form = "digit"

[output]
labels = []
"#
    )
}

/// The description of the decoder, whose input is a code and no picture.
pub fn of_decoder() -> String {
    format!(
        r#"# A code of {CODE} values, each drawn from N(0, 1), as [1, {CODE}, 1, 1]; an image of
# [1, 1, 28, 28] from black 0 to white 1.
name = "decoder"
"#
    )
}
