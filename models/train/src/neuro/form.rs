//! `NAME.toml`: how a network wants its input.

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
