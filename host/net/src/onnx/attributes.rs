//! The attributes of a node, by name and type.

use thiserror::Error;
use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto, attribute_proto::AttributeType};

/// Typed access to the attributes of one node.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a>(pub &'a NodeProto);

/// Why an attribute cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AttributeError {
    /// It has another type than the operator's definition gives it.
    #[error("attribute `{name}` is not of type {expected}")]
    Type {
        /// The attribute.
        name: &'static str,
        /// The type it should have.
        expected: &'static str,
    },
    /// It is not there, and has no default.
    #[error("attribute `{name}` is missing")]
    Missing {
        /// The attribute.
        name: &'static str,
    },
}

impl<'a> Attributes<'a> {
    fn find(
        self,
        name: &'static str,
        kind: AttributeType,
        expected: &'static str,
    ) -> Result<Option<&'a AttributeProto>, AttributeError> {
        let Some(found) = self.0.attribute.iter().find(|a| a.name == name) else {
            return Ok(None);
        };
        // Writers of the first ONNX versions left the type out.
        if found.r#type == kind as i32 || found.r#type == AttributeType::Undefined as i32 {
            Ok(Some(found))
        } else {
            Err(AttributeError::Type { name, expected })
        }
    }

    /// An integer, or `default` where it is left out.
    ///
    /// # Errors
    /// The attribute has another type.
    pub fn int(self, name: &'static str, default: i64) -> Result<i64, AttributeError> {
        let found = self.find(name, AttributeType::Int, "int")?;
        Ok(found.map_or(default, |a| a.i))
    }

    /// A float, or `default` where it is left out.
    ///
    /// # Errors
    /// The attribute has another type.
    pub fn float(self, name: &'static str, default: f32) -> Result<f32, AttributeError> {
        let found = self.find(name, AttributeType::Float, "float")?;
        Ok(found.map_or(default, |a| a.f))
    }

    /// A list of integers, where there is one.
    ///
    /// # Errors
    /// The attribute has another type.
    pub fn ints(self, name: &'static str) -> Result<Option<&'a [i64]>, AttributeError> {
        let found = self.find(name, AttributeType::Ints, "ints")?;
        Ok(found.map(|a| a.ints.as_slice()))
    }

    /// A list of floats, where there is one.
    ///
    /// # Errors
    /// The attribute has another type.
    pub fn floats(self, name: &'static str) -> Result<Option<&'a [f32]>, AttributeError> {
        let found = self.find(name, AttributeType::Floats, "floats")?;
        Ok(found.map(|a| a.floats.as_slice()))
    }

    /// A string, where there is one that is UTF-8.
    ///
    /// # Errors
    /// The attribute has another type.
    pub fn text(self, name: &'static str) -> Result<Option<&'a str>, AttributeError> {
        let expected = "string";
        let found = self.find(name, AttributeType::String, expected)?;
        found
            .map(|a| std::str::from_utf8(&a.s))
            .transpose()
            .map_err(|_| AttributeError::Type { name, expected })
    }

    /// A tensor, where there is one.
    ///
    /// # Errors
    /// The attribute has another type.
    pub fn tensor(self, name: &'static str) -> Result<Option<&'a TensorProto>, AttributeError> {
        let found = self.find(name, AttributeType::Tensor, "tensor")?;
        Ok(found.and_then(|a| a.t.as_ref()))
    }

    /// Whether the node has the attribute at all.
    pub fn has(self, name: &str) -> bool {
        self.0.attribute.iter().any(|a| a.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_type_is_an_error_and_absence_a_default() {
        let node = NodeProto {
            attribute: vec![AttributeProto {
                name: "axis".to_owned(),
                r#type: AttributeType::Float as i32,
                f: 1.0,
                ..AttributeProto::default()
            }],
            ..NodeProto::default()
        };
        let attributes = Attributes(&node);
        assert_eq!(attributes.int("group", 1), Ok(1));
        assert_eq!(
            attributes.int("axis", 1).unwrap_err().to_string(),
            "attribute `axis` is not of type int"
        );
        assert!(attributes.has("axis"));
    }
}
