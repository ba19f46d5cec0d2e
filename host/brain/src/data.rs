//! What a session recorded, and the images that it showed: files of others, read with
//! care.

mod array;
mod error;
mod images;
mod responses;
mod session_files;
mod span;

pub use array::NumberArray;
pub use error::DataError;
pub use images::{Images, Stimulus};
pub use responses::Responses;
pub use session_files::SessionFiles;
pub use span::Span;
