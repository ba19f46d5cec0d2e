//! The tests of the crate from outside, in one program: each would link tract again. `plan`
//! is another one: it counts what the process allocates.

mod differences;
mod large_convolutions;
mod nets;
mod oracle;
mod reference;
mod relevance;
mod straight_through;
