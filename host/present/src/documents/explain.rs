//! The document of `cortexscope explain`, which is also its receipt.
//!
//! The library that explains makes it, for whoever explains without this crate.

use super::Document;
pub use cortexscope_explain::attribute::Receipt;

impl Document for Receipt {
    const NAME: &'static str = "explain";
}
