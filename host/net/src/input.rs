//! Inputs: digits, arrays and pictures, made into what a model wants to see.
//!
//! Everything ends as `f32` in `[C, H, W]`; `MODEL.toml` ([`ModelSpec`]) says
//! how pixels become numbers.

pub mod array;
pub mod data;
pub mod digit_form;
pub mod grey;
pub mod idx;
pub mod mnist;
pub mod open;
pub mod picture;
pub mod preparation;
pub mod prepare;
pub mod shown;
mod sides;
pub mod spec;

pub use array::{Array, ArrayError};
pub use data::{DataError, DataSet, Pick};
pub use mnist::{MnistError, MnistSet};
pub use open::{CAMERA, FloatInput, Input, InputError, Int8Input};
pub use picture::{Picture, PictureError};
pub use preparation::{DigitFormError, PreparationOverrides};
pub use prepare::Prepared;
pub use sides::sides;
pub use spec::{ArrayRange, Channels, Form, InputSpec, ModelSpec, Polarity, SpecError};
