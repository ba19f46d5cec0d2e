//! Common corruptions of pictures: those of ImageNet-C (Hendrycks and Dietterich 2019) and of
//! MNIST-C (Mu and Gilmer 2019), in five severities, repeatable bit for bit by a seed.
//!
//! A [`Picture`] holds levels from 0 to 255, before a model's own preparation; the crate knows
//! no models and no files. Levels come out unrounded.
//!
//! | layer | modules | what it does |
//! |---|---|---|
//! | pictures | [`picture`], [`random`] | levels by channel, and numbers from a seed |
//! | tools | `ziggurat`, `filter`, `between`, `affine`, `hsv`, `canny`, `plasma`, `motion`, `zoom`, `line` | what several kinds share |
//! | kinds | `kinds`, one file for each | the corruptions and their constants |
//! | [`kind`] | | their names, and the sets that papers report |
//!
//! Sizes in pixels are those of the papers, whatever the picture's size: a defocus of radius
//! 10 leaves nothing of a digit.
//!
//! ```
//! use cortexscope_corrupt::{Kind, Picture, Settings};
//!
//! let picture = Picture::new(1, [28, 28], vec![100.0; 28 * 28])?;
//! let settings = Settings { severity: 3, seed: 7, ..Settings::default() };
//! let noisy = Kind::GaussianNoise.apply(&picture, &settings)?;
//! assert_eq!(noisy, Kind::GaussianNoise.apply(&picture, &settings)?);
//! assert_ne!(noisy, picture);
//! # Ok::<(), cortexscope_corrupt::CorruptError>(())
//! ```

mod affine;
mod between;
mod canny;
mod filter;
mod hsv;
pub mod kind;
mod kinds;
mod line;
mod motion;
pub mod picture;
mod plasma;
pub mod random;
mod settings;
mod ziggurat;
mod zoom;

pub use kind::{IMAGENET_C, Kind, MNIST_C};
pub use picture::Picture;
pub use settings::{CorruptError, SEVERITIES, Settings, Variant};
