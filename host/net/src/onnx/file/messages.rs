//! How many messages a file has, counted before they are decoded: an empty message takes
//! two bytes in a file, and hundreds in memory.

use super::FileError;

/// Messages, and strings of nodes, that a model may have.
pub(super) const MAX_MESSAGES: usize = 1_000_000;
/// Depth of messages; prost decodes no more.
const MAX_DEPTH: usize = 100;

/// A message that may hold many others.
#[derive(Clone, Copy)]
pub(super) enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Leaf,
}

impl Message {
    /// The message that is this one's field.
    fn field(self, number: u64) -> Self {
        match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Graph, 1) => Self::Node,
            (Self::Node, 5) => Self::Attribute,
            _ => Self::Leaf,
        }
    }
}

/// Refuses bytes of `message` with more messages than a model may have. What is wrong
/// with the bytes otherwise is left to their decoder.
///
/// # Errors
/// [`FileError::Format`].
pub(super) fn refuse_swarms(message: Message, bytes: &[u8]) -> Result<(), FileError> {
    let mut count = 0;
    let mut open = vec![(message, bytes, 0)];
    while let Some((message, mut rest, depth)) = open.pop() {
        while let Some(field) = first_field(rest) {
            rest = field.after;
            let Some(value) = field.value else { continue };
            count += 1;
            if count > MAX_MESSAGES {
                return Err(FileError::Format("its graph has over a million parts"));
            }
            let inner = message.field(field.number);
            if !matches!(inner, Message::Leaf) && depth < MAX_DEPTH {
                open.push((inner, value, depth + 1));
            }
        }
    }
    Ok(())
}

/// A field, and what follows it.
struct Field<'a> {
    number: u64,
    /// Its bytes, where it has a length.
    value: Option<&'a [u8]>,
    after: &'a [u8],
}

/// The first field.
fn first_field(bytes: &[u8]) -> Option<Field<'_>> {
    let (key, rest) = varint(bytes)?;
    let (value, after) = match key & 7 {
        0 => (None, varint(rest)?.1),
        1 => (None, rest.get(8..)?),
        2 => {
            let (length, rest) = varint(rest)?;
            let (value, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            (Some(value), after)
        }
        5 => (None, rest.get(4..)?),
        _ => return None,
    };
    Some(Field {
        number: key >> 3,
        value,
        after,
    })
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at_checked(length)?;
    let shifted = |value, &byte: &u8| (value << 7) | u64::from(byte & 0x7F);
    Some((number.iter().rev().fold(0, shifted), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::file::decode;

    /// A field with a length.
    fn long(number: u8, value: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2];
        let mut length = value.len();
        while length > 0x7F {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(value);
        bytes
    }

    #[test]
    fn empty_messages_are_counted_before_they_take_memory() {
        let nodes = long(1, &[]).repeat(MAX_MESSAGES);
        let tensors = long(5, &[]).repeat(MAX_MESSAGES);
        let attributes = long(1, &long(5, &[]).repeat(MAX_MESSAGES));
        let lists = long(1, &long(5, &long(10, &[]).repeat(MAX_MESSAGES)));
        for graph in [nodes, tensors, attributes, lists] {
            let error = decode(&long(7, &graph)).unwrap_err().to_string();
            assert!(error.contains("over a million parts"), "{error}");
        }
        assert!(decode(&long(7, &long(1, &[]).repeat(100))).is_ok());
    }
}
