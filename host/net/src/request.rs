//! Telling a request that was wrong from work that failed.

use std::error::Error;

/// An error that knows whose fault it is.
pub trait RequestError: Error {
    /// Whether the request itself is wrong, so that the user has to ask for
    /// something else. Otherwise the work failed: a file cannot be read, or a
    /// network does not run.
    fn is_request(&self) -> bool;
}
