//! What the types of JSON documents say of themselves: fields, types and doc comments.
//!
//! Schemas and the reference of the documents are made from this.

/// The type of a value in a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// `true` or `false`.
    Boolean,
    /// A whole number from the first to the second.
    Integer(i64, u64),
    /// Any number.
    Number,
    /// A text.
    Text,
    /// One of some texts.
    OneOf(&'static [&'static str]),
    /// Elements of one type; as many as the number says, where it is given.
    List(Box<Shape>, Option<usize>),
    /// Named fields.
    Object(Object),
    /// The type or `null`.
    Optional(Box<Shape>),
}

/// The type of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The struct's doc comment.
    pub text: String,
    /// Its fields in the order of the struct.
    pub fields: Vec<Field>,
}

/// One field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its doc comment.
    pub text: String,
    /// Its type.
    pub shape: Shape,
    /// Whether a document may lack the field.
    pub can_be_absent: bool,
}

/// A type that documents are made of.
pub trait Described {
    /// What values of this type look like in JSON.
    fn shape() -> Shape;
}

/// Defines structs that can be written as JSON and are [`Described`] by their doc
/// comments. A field with `#[serde(flatten)]` gives its fields to the struct around it,
/// one with `#[serde(rename = "…")]` has another name in JSON, and one with
/// `#[serde(skip)]` is not in it.
///
/// The crate around it depends on serde.
///
/// ```
/// use cortexscope_net::described;
/// use cortexscope_net::described::{Described, Shape};
///
/// described! {
///     /// A point.
///     #[derive(Copy)]
///     pub struct Point {
///         /// To the right.
///         pub x: f32,
///     }
/// }
///
/// let Shape::Object(point) = Point::shape() else {
///     unreachable!("a struct is an object")
/// };
/// assert_eq!((point.text.as_str(), point.fields[0].name), ("A point.", "x"));
/// ```
#[macro_export]
macro_rules! described {
    ($(
        $(#[doc = $text:literal])*
        $(#[derive($($derive:ident),*)])?
        $visible:vis struct $name:ident {
            $(
                $(#[doc = $field_text:literal])*
                $(#[serde $serde:tt])?
                pub $field:ident: $type:ty,
            )*
        }
    )*) => {$(
        $(#[doc = $text])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize $($(, $derive)*)?)]
        $visible struct $name {
            $(
                $(#[doc = $field_text])*
                $(#[serde $serde])?
                pub $field: $type,
            )*
        }

        impl $crate::described::Described for $name {
            fn shape() -> $crate::described::Shape {
                let mut object = $crate::described::Object::new(concat!($($text),*));
                $({
                    let text = concat!($($field_text),*);
                    let shape = <$type as $crate::described::Described>::shape();
                    match concat!($(stringify!($serde))?) {
                        "(flatten)" => object.flatten(shape),
                        "(skip)" => {}
                        renamed => {
                            let name = $crate::described::json_name(stringify!($field), renamed);
                            object.add(name, text, shape);
                        }
                    }
                })*
                $crate::described::Shape::Object(object)
            }
        }
    )*};
}

/// The name in JSON of a field whose serde attribute is empty or `(rename = "…")`.
pub fn json_name(field: &'static str, serde: &'static str) -> &'static str {
    let renamed = serde.strip_prefix("(rename = \"");
    let renamed = renamed.and_then(|rest| rest.strip_suffix("\")"));
    renamed.unwrap_or(field)
}

impl Object {
    /// A struct without fields.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.trim().to_owned(),
            fields: Vec::new(),
        }
    }

    /// Adds a field.
    pub fn add(&mut self, name: &'static str, text: &str, shape: Shape) {
        let text = text.trim().to_owned();
        self.fields.push(Field {
            name,
            text,
            shape,
            can_be_absent: false,
        });
    }

    /// Adds the fields of another struct.
    pub fn flatten(&mut self, shape: Shape) {
        if let Shape::Object(object) = shape {
            self.fields.extend(object.fields);
        }
    }
}

impl Described for bool {
    fn shape() -> Shape {
        Shape::Boolean
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Described for $type {
            fn shape() -> Shape {
                Shape::Integer(<$type>::MIN as i64, <$type>::MAX as u64)
            }
        }
    )*};
}
integers!(u8 u16 u32 u64 usize i8 i32 i64);

impl Described for f32 {
    fn shape() -> Shape {
        Shape::Number
    }
}

impl Described for f64 {
    fn shape() -> Shape {
        Shape::Number
    }
}

impl Described for String {
    fn shape() -> Shape {
        Shape::Text
    }
}

impl Described for &str {
    fn shape() -> Shape {
        Shape::Text
    }
}

impl<T: Described> Described for Option<T> {
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }
}

impl<T: Described> Described for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()), None)
    }
}

impl<T: Described, const N: usize> Described for [T; N] {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()), Some(N))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    described! {
        /// The inner struct.
        struct Inner {
            /// How many.
            pub count: u8,
        }

        /// The outer struct.
        #[derive(Eq, Default)]
        struct Outer {
            /// Its fields are the outer one's.
            #[serde(flatten)]
            pub inner: Flat,
            /// Has another name in JSON.
            #[serde(rename = "other")]
            pub name: Option<bool>,
            /// Is not in JSON.
            #[serde(skip)]
            pub hidden: u8,
        }

        /// A struct that is flattened.
        #[derive(Eq, Default)]
        struct Flat {
            /// A text.
            pub text: String,
        }
    }

    #[test]
    fn the_description_is_what_serde_writes() {
        let Shape::Object(outer) = Outer::shape() else {
            unreachable!("a struct is an object")
        };
        let names: Vec<&str> = outer.fields.iter().map(|field| field.name).collect();
        assert_eq!(names, ["text", "other"]);
        assert_eq!(outer.text, "The outer struct.");
        assert_eq!(outer.fields[1].text, "Has another name in JSON.");
        let optional = Shape::Optional(Box::new(Shape::Boolean));
        assert_eq!(outer.fields[1].shape, optional);
        let written = toml::to_string(&Outer {
            name: Some(true),
            ..Outer::default()
        });
        assert_eq!(written.unwrap(), "text = \"\"\nother = true\n");
        let Shape::Object(inner) = Inner::shape() else {
            unreachable!("a struct is an object")
        };
        assert_eq!(inner.fields[0].shape, Shape::Integer(0, 255));
        assert_eq!(Inner { count: 3 }.count, 3);
    }
}
