//! What people answered to disturbed pictures. Every number about people is made from a log of
//! trials, and there is no other way to make one.
//!
//! - [`TrialLog`]: the log, a table with named columns;
//! - [`People`]: what it says, with the disturbance against its mirror image (Elsayed et al.
//!   2018).

mod log;
mod people;

pub use log::{COLUMNS, Condition, Trial, TrialError, TrialLog};
pub use people::{LEVEL, Observers, People, PeopleArm, PeopleImage, Steering};
