//! A camera's picture in the form of MNIST's digits, in integers: polarity, contrast, crop,
//! a box of 20×20 centred by mass in 28×28 (LeCun, Cortes and Burges, "The MNIST database").
//!
//! A board without a floating-point unit, and without a host, makes the same bytes of a
//! picture as every other one, and so does the host. The picture is changed in place; the
//! other memory comes from the caller.
//!
//! | module | what it does |
//! |---|---|
//! | `luma` | grey levels from colours |
//! | `form` | all steps, one after the other |
//! | `polarity` | whether ink is darker or lighter than its ground |
//! | `contrast` | how far a pixel differs from the ground around it |
//! | `spots` | light pixels that hang together, and which of them are the digit |
//! | `fit` | the box, and its place |
//! | `observe` | steps that can be left out, and who looks on |
//! | `filter` | least, greatest and mean of the pixels around each pixel |
//! | `plane` | a picture's pixels by place |
//!
//! ```
//! use cortexscope_digit::{Found, form, scratch_bytes};
//!
//! // A dark bar on light paper, 40 rows and 60 columns.
//! let mut picture = [200; 40 * 60];
//! for row in 5..35 {
//!     picture[row * 60 + 20..row * 60 + 26].fill(30);
//! }
//! let mut scratch = vec![0; scratch_bytes([40, 60], [28, 28]).unwrap()];
//! let mut digit = [0; 28 * 28];
//! let found = form(&mut picture, [40, 60], &mut scratch, &mut digit, [28, 28]);
//! assert_eq!(found, Ok(Found::Ink));
//! let row = &digit[14 * 28..15 * 28];
//! assert_eq!((row[0], row[14]), (0, 255));
//! ```
//!
//! Architecture invariant: no panic can be reached, whatever the picture is, and nothing is
//! computed in floating point.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod contrast;
mod filter;
mod fit;
mod form;
mod luma;
mod observe;
mod plane;
mod polarity;
mod spots;

pub use fit::box_side;
pub use form::{FormError, Found, SIDE_MAX, form, form_by, scratch_bytes};
pub use luma::luma;
pub use observe::{Fact, Observer, Stage, Steps};
