//! What a network is and what it is shown.
//!
//! ```text
//! input        a picture, an array, a digit or a set of data → [C, H, W] as a model wants it
//! description  how a model wants its input: its description, what the user says, what is assumed
//! labels       names of classes
//! file, zip    bounded reading of files as users have them, and of those in archives
//! onnx         ONNX files: bounded reading, building, running by tract
//! reader       the one reader: what exporters write, in a normal form
//! resources    shipped models, descriptions and digits; folders of other files
//! output       folders and files that results go into
//! affine, window, hex, printable, random, request, scores, described   what every floor above shares
//! ```
//!
//! `description` reads `input`; `input` and `labels` read `resources`; `reader` reads `onnx`; `resources` and `onnx`
//! know nothing of inputs.
//!
//! ```
//! use cortexscope_net::input::{FloatInput, ModelSpec};
//!
//! // How a model without a description wants its input: grey, pixels from 0 to 1.
//! let spec = ModelSpec::assumed([1, 28, 28]);
//! let digit = FloatInput::open("mnist:18", &spec.input, None)?;
//! assert_eq!(digit.values.len(), 28 * 28);
//! assert_eq!(digit.label, Some(3));
//! # Ok::<(), cortexscope_net::input::InputError>(())
//! ```

pub mod affine;
pub mod described;
pub mod description;
pub mod file;
pub mod hex;
pub mod input;
pub mod labels;
mod npy;
pub mod onnx;
pub mod output;
pub mod printable;
pub mod random;
pub mod reader;
pub mod request;
pub mod resources;
pub mod scores;
pub mod window;
pub mod zip;

pub use affine::Affine;
pub use description::{Description, DescriptionError, Overrides};
pub use hex::hex;
pub use request::RequestError;
pub use window::Window;
