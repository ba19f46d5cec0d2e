//! How fields are written that many messages have: each kind by one function, because the
//! board's flash is short.

use serde::{Serialize, Serializer};

/// Bytes, of which there are as many as the number before them says.
#[inline(never)]
pub(super) fn bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// A number, or that there is none.
#[inline(never)]
pub(super) fn optional<S: Serializer>(
    number: &Option<u32>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    number.serialize(serializer)
}
