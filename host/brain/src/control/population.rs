//! Responses of a population on one scale.

pub use cortexscope_net::scores::softmax;

/// A standard deviation as a unit; that of a neuron that never varies is 1.
pub fn unit(deviation: f64) -> f64 {
    if deviation > 0.0 { deviation } else { 1.0 }
}
