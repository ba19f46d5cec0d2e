//! The files of a session: its images and the responses to them.

use super::{DataError, Images, Responses};

/// Where the images and the responses of a session are.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFiles {
    /// The images, as [`Images::open`] takes them.
    pub images: String,
    /// The responses, as [`Responses::open`] takes them.
    pub responses: String,
    /// What stands in the responses where there is no repeat, beside NaN.
    pub missing: Option<f64>,
}

impl SessionFiles {
    /// Reads both.
    ///
    /// # Errors
    /// A file cannot be read, or has something else than images or responses.
    pub fn open(&self) -> Result<(Images, Responses), DataError> {
        let responses = Responses::open(&self.responses, self.missing)?;
        Ok((Images::open(&self.images)?, responses))
    }
}
