//! Which inputs of a data set excite a map, a neuron or a class most (Zeiler and Fergus
//! 2014, section 4.1; the lecture's pictures of AlexNet's pool5).
//!
//! A [`Search`] goes through the data once and keeps for each [`Unit`] the best inputs, one
//! place for each input, ties by the input's number. The result of a float model and of the
//! board's int8 activations have one form, so that [`compare`] can say where they choose
//! different inputs. What was found of some inputs is joined with what was found of others.

mod answers;
mod ranking;
mod search;
mod study;
mod unit;
mod units;

pub use answers::Answers;
pub use ranking::{Difference, Excitation, Ranking, compare};
pub use search::{Search, SearchError, SearchRankings};
pub use study::{TopStudy, TopStudyError};
pub use unit::{By, ChannelList, Unit, UnitError};
pub use units::{UnitsRequest, named_units, units_on_board};
