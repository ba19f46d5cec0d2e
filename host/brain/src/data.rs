//! What a session recorded, and the images that it showed: files of others, read with
//! care.

mod array;
mod error;
mod images;
mod responses;
mod span;

pub use array::NumberArray;
pub use error::DataError;
pub use images::{Images, Stimulus};
pub use responses::Responses;
pub use span::Span;
