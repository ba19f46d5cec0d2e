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
    use cortexscope_net::input::{Form, ModelSpec};
    use cortexscope_net::resources::shipped_bytes;

    #[test]
    fn is_a_description_of_mnists_own_form() {
        let description = emit("lenet5");
        assert_eq!(
            shipped_bytes("lenet5/lenet5.toml"),
            Some(description.as_bytes())
        );
        let spec = ModelSpec::parse(&description).unwrap();
        assert_eq!(spec.input.bounds(), [0.0, 1.0]);
        assert_eq!(spec.input.shape(), [1, 28, 28]);
        assert_eq!(spec.input.form, Some(Form::Digit));
        assert_eq!(spec.output.labels.len(), 10);
    }
}
