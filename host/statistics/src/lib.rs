//! What is computed of lists of numbers (maps, curves, responses): moments, measures of how
//! far two lists agree, and tests of whether that can be chance. Sums are made in f64, in the order of the lists, so that a result is the same everywhere.
//!
//! | layer | module | what it does |
//! |---|---|---|
//! | moments | [`moments`] | mean and deviation |
//! | ranks | [`rank`] | the order of numbers, with average ranks for ties |
//! | rank correlation | [`kendall`] | Kendall's τ_a |
//! | quantiles | [`mod@quantile`] | the median and other quantiles |
//! | correlation | [`correlation`] | Pearson's r and Spearman's ρ |
//! | shares | [`mod@gini`] | the Gini index |
//! | pictures | [`mod@ssim`] | structural similarity |
//! | normal distribution | [`normal`] | its probabilities and quantiles |
//! | shares of trials | [`shares`], [`sample_size`] | exact tests and intervals of shares, and how many trials tell them apart |
//! | tests | [`student`], [`many_tests`] | p-values, confidence intervals, and many tests at once |
//!
//! ```
//! use cortexscope_statistics::{pearson, spearman};
//!
//! let (x, y) = ([1.0, 2.0, 3.0, 4.0], [1.0, 4.0, 9.0, 16.0]);
//! assert_eq!(spearman(&x, &y), Some(1.0));
//! assert!(pearson(&x, &y).unwrap() < 1.0);
//! ```

pub mod correlation;
pub mod gini;
pub mod kendall;
pub mod many_tests;
pub mod moments;
pub mod normal;
pub mod quantile;
pub mod rank;
pub mod sample_size;
pub mod shares;
pub mod ssim;
pub mod student;

pub use correlation::{pearson, spearman};
pub use gini::gini;
pub use kendall::kendall_a;
pub use many_tests::{benjamini_hochberg, holm};
pub use moments::mean_and_deviation;
pub use quantile::{median, quantile};
pub use rank::average_ranks;
pub use shares::Share;
pub use ssim::ssim;
pub use student::{MeanInterval, correlation_p};
