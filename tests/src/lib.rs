//! What the end-to-end tests and the witness scripts share.
//!
//! [`mod@reference`] is a second, plain reading of the numerics; [`random_network`]
//! draws networks of every supported operator to hold it, the engine, tract and
//! onnxruntime against each other; [`exporters`] writes one network as different programs
//! export it; [`plain_float`] is what an imported network
//! means in real numbers; [`mod@photograph`] takes photographs of digits; [`browser`] drives a Chromium,
//! and [`live_server`] runs what it looks at.

pub mod browser;
pub mod exporters;
pub mod live_server;
pub mod photograph;
pub mod plain_float;
pub mod random_network;
pub mod reference;
pub mod rig;
