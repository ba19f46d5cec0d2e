//! What a user says of the preparation, over what a model's description says.

use super::spec::{ArrayRange, Channels, Form, InputSpec};
use crate::RequestError;
use cortexscope_digit::SIDE_MAX;

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

/// The form of digits was asked of a model whose inputs cannot have it.
#[derive(Debug, thiserror::Error)]
pub enum DigitFormError {
    /// Its input has colours.
    #[error("--digit is for models with a grey input, and this one's is {0}")]
    NotGrey(Box<InputSpec>),
    /// Its input is too large.
    #[error(
        "--digit is for models whose input has at most {SIDE_MAX} rows and columns, and this one's \
         has {} and {}: leave --digit out, and pictures are cut and resized", size[0], size[1]
    )]
    TooLarge {
        /// Rows and columns.
        size: [usize; 2],
    },
}

impl RequestError for DigitFormError {
    fn is_request(&self) -> bool {
        true
    }
}

impl PreparationOverrides {
    /// Writes what was said into a model's description.
    ///
    /// # Errors
    /// [`DigitFormError`].
    pub fn apply(&self, spec: &mut InputSpec) -> Result<(), DigitFormError> {
        if self.is_digit {
            if spec.channels != Channels::Grey {
                return Err(DigitFormError::NotGrey(Box::new(spec.clone())));
            }
            if !spec.takes_digits() {
                return Err(DigitFormError::TooLarge { size: spec.size });
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
        let mut large = ModelSpec::assumed([1, SIDE_MAX + 1, 28]).input;
        let error = said.apply(&mut large).unwrap_err();
        assert!(error.is_request() && large.form.is_none(), "{error}");
        assert!(error.to_string().contains("has 2049 and 28"), "{error}");
    }
}
