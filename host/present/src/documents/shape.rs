//! What a document's types say of themselves: fields, types and doc comments.

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
/// comments. A field with `#[serde(flatten)]` gives its fields to the struct around it.
macro_rules! described {
    ($(
        $(#[doc = $text:literal])*
        $(#[derive($derive:ident)])?
        $visible:vis struct $name:ident {
            $(
                $(#[doc = $field_text:literal])*
                $(#[serde($flatten:ident)])?
                pub $field:ident: $type:ty,
            )*
        }
    )*) => {$(
        $(#[doc = $text])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize $(, $derive)?)]
        $visible struct $name {
            $(
                $(#[doc = $field_text])*
                $(#[serde($flatten)])?
                pub $field: $type,
            )*
        }

        impl $crate::documents::shape::Described for $name {
            fn shape() -> $crate::documents::shape::Shape {
                let mut object = $crate::documents::shape::Object::new(concat!($($text),*));
                $({
                    let shape = <$type as $crate::documents::shape::Described>::shape();
                    let flatten: &[&str] = &[$(stringify!($flatten))?];
                    if flatten.is_empty() {
                        object.add(stringify!($field), concat!($($field_text),*), shape);
                    } else {
                        object.flatten(shape);
                    }
                })*
                $crate::documents::shape::Shape::Object(object)
            }
        }
    )*};
}
pub(super) use described;

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
integers!(u8 u16 u32 u64 usize i8);

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
