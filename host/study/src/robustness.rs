//! How often a model is right on corrupted pictures: by corruption and severity, the float
//! model beside the int8 network on a board and beside a baseline (Hendrycks and Dietterich
//! 2019, section 4).
//!
//! A picture is brought to the model's size, corrupted as levels from 0 to 255, rounded to 8
//! bits, and only then normalised as the model wants it.

mod choice;
mod counts;
mod error_rate;
mod measured;
mod run;
mod study;
mod suite;

pub use choice::{ChosenCorruptions, CorruptionChoice};
pub use counts::Counts;
pub use error_rate::{Network, mce, mean_error};
pub use measured::{Count, Measured, Row};
pub use run::{Networks, Progress, RobustnessError};
pub use study::{RobustnessRequest, RobustnessStudy};
pub use suite::{Corruption, Suite, suited};
