//! Floats in files as their bits, so that a file gives back exactly what was written.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes the bits.
///
/// # Errors
/// The writer's.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.to_bits())
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// There is no such number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    u64::deserialize(deserializer).map(f64::from_bits)
}

/// A number that is written as its bits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Exact(#[serde(with = "crate::exact")] pub f64);
