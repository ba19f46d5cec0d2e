//! The tests of the crate from outside, in one program: each would link tract again.

mod differences;
mod large_convolutions;
mod nets;
mod oracle;
mod plan;
mod reference;
mod relevance;
