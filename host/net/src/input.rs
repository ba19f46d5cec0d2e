//! Inputs: digits, arrays and pictures, made into what a model wants to see.
//!
//! Everything ends as `f32` in `[C, H, W]`; `MODEL.toml` ([`ModelSpec`]) says
//! how pixels become numbers.

pub mod calibration;
pub mod digit_form;
pub mod idx;
pub mod mnist;
pub mod npy;
pub mod open;
pub mod picture;
pub mod shown;
pub mod spec;

pub use calibration::CalibrationError;
pub use mnist::{MnistError, MnistSet};
pub use npy::{Array, NpyError};
pub use open::{CAMERA, FloatInput, Input, InputError, Int8Input};
pub use picture::{PictureError, Prepared};
pub use spec::{Channels, InputSpec, ModelSpec, Polarity, SpecError};
