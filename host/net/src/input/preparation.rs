//! What a user says of the preparation, over what a model's description says.

use super::spec::{ArrayRange, Channels, Form, InputSpec};
use crate::RequestError;

/// How pictures and arrays become inputs, where a user says it. What is left out stays as the
/// description has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PreparationOverrides {
    /// Whether pictures are brought into the form of MNIST's digits.
    pub is_digit: bool,
    /// What lies under transparent parts of pictures, from 0 to 255.
    pub underlay: Option<u8>,
    /// What arrays hold.
    pub array_range: Option<ArrayRange>,
}

/// The form of digits was asked of a model whose input has colours.
#[derive(Debug, thiserror::Error)]
#[error("--digit is for models with a grey input, and this one's is {0}")]
pub struct NotGreyError(Box<InputSpec>);

impl RequestError for NotGreyError {
    fn is_request(&self) -> bool {
        true
    }
}

impl PreparationOverrides {
    /// Writes what was said into a model's description.
    ///
    /// # Errors
    /// [`NotGreyError`].
    pub fn apply(&self, spec: &mut InputSpec) -> Result<(), NotGreyError> {
        if self.is_digit {
            if spec.channels != Channels::Grey {
                return Err(NotGreyError(Box::new(spec.clone())));
            }
            spec.form = Some(Form::Digit);
        }
        spec.underlay = self.underlay.or(spec.underlay);
        spec.array_range = self.array_range.or(spec.array_range);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::ModelSpec;

    #[test]
    fn the_digit_form_is_for_grey_models() {
        let said = PreparationOverrides {
            is_digit: true,
            underlay: Some(7),
            ..PreparationOverrides::default()
        };
        let mut grey = ModelSpec::assumed([1, 28, 28]).input;
        said.apply(&mut grey).unwrap();
        assert_eq!((grey.form, grey.underlay), (Some(Form::Digit), Some(7)));
        let mut colour = ModelSpec::assumed([3, 28, 28]).input;
        assert!(said.apply(&mut colour).unwrap_err().is_request());
    }
}
