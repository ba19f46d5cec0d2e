//! `NAME.toml`: how a model wants its input, for programs that feed it.

/// The text of the file beside `NAME.onnx`.
///
/// All networks here take MNIST's own form: grey 28×28, 0 to 255 becomes 0.0 to
/// 1.0, light ink on a dark ground.
pub fn emit(name: &str) -> String {
    format!(
        r#"name = "{name}"

[input]
channels = "grey"           # grey | rgb | bgr
size = [28, 28]             # height, width
range = [0.0, 1.0]          # what pixel 0 and pixel 255 become
mean = [0.0]                # subtracted per channel after the range
std = [1.0]                 # divided by per channel
polarity = "light-on-dark"  # MNIST's: ink is light
form = "digit"              # pictures are brought into the form of MNIST's digits

[output]
labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_toml_with_ten_labels() {
        let form: toml::Table = emit("lenet5").parse().unwrap();
        assert_eq!(form["name"].as_str(), Some("lenet5"));
        assert_eq!(form["input"]["size"][0].as_integer(), Some(28));
        assert_eq!(form["input"]["form"].as_str(), Some("digit"));
        assert_eq!(form["output"]["labels"].as_array().unwrap().len(), 10);
    }
}
