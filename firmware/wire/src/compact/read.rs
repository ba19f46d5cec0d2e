//! Bytes to messages.

use super::Malformed;
use serde::de::{self, DeserializeSeed, Visitor};
use serde::forward_to_deserialize_any;

/// The bytes that are left.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    is_sound: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            is_sound: true,
        }
    }

    /// Whether everything that was read so far was there and in range.
    pub(super) fn is_sound(&self) -> bool {
        self.is_sound
    }

    // Never inlined: what these take, they take once. What they give where the
    // bytes are not sound is of no use to anyone.

    #[inline(never)]
    fn byte(&mut self) -> u8 {
        if let Some((&first, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            first
        } else {
            self.is_sound = false;
            0
        }
    }

    /// A varint of at most `bits` bits; no request has a wider number than a length.
    #[inline(never)]
    fn varint(&mut self, bits: u32) -> usize {
        let mut value = 0;
        for shift in (0..bits).step_by(7) {
            let byte = self.byte();
            let part = usize::from(byte & 0x7F);
            value |= part << shift;
            if byte & 0x80 == 0 {
                self.is_sound &= part.checked_shr(bits - shift).unwrap_or(0) == 0;
                return value;
            }
        }
        self.is_sound = false;
        value
    }

    #[inline(never)]
    fn take(&mut self) -> &'a [u8] {
        let length = self.varint(usize::BITS);
        let (taken, rest) = self.bytes.split_at_checked(length).unwrap_or_else(|| {
            self.is_sound = false;
            Default::default()
        });
        self.bytes = rest;
        taken
    }
}

/// Methods that read a number, which is sound or noted as not.
macro_rules! numbers {
    ($($method:ident: $visit:ident(|$reader:ident| $read:expr);)*) => {
        $(
            #[inline]
            fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Malformed> {
                let $reader = self;
                visitor.$visit($read)
            }
        )*
    };
}

impl<'a> de::Deserializer<'a> for &mut Reader<'a> {
    type Error = Malformed;

    numbers! {
        deserialize_u8: visit_u8(|reader| reader.byte());
        deserialize_i8: visit_i8(|reader| reader.byte() as i8);
        deserialize_u16: visit_u16(|reader| reader.varint(u16::BITS) as u16);
        deserialize_u32: visit_u32(|reader| reader.varint(u32::BITS) as u32);
        deserialize_bytes: visit_borrowed_bytes(|reader| reader.take());
    }

    #[inline]
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let is_some = self.byte();
        self.is_sound &= is_some <= 1;
        if is_some == 0 {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'a>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_seq(Parts(self))
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_enum(self)
    }

    /// Bytes do not say what they are.
    fn deserialize_any<V: Visitor<'a>>(self, _: V) -> Result<V::Value, Malformed> {
        Err(Malformed)
    }

    // No request has any of these.
    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i16 i32 i64 u64 f32 f64 char str string byte_buf unit unit_struct seq
        tuple_struct map identifier ignored_any
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The parts of a struct or an array, whose reader asks for as many as there are.
struct Parts<'r, 'a>(&'r mut Reader<'a>);

impl<'a> de::SeqAccess<'a> for Parts<'_, 'a> {
    type Error = Malformed;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Malformed> {
        seed.deserialize(&mut *self.0).map(Some)
    }
}

impl<'a> de::EnumAccess<'a> for &mut Reader<'a> {
    type Error = Malformed;
    type Variant = Self;

    #[inline]
    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), Malformed> {
        let index = self.varint(u32::BITS) as u32;
        let index = de::value::U32Deserializer::<Malformed>::new(index);
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'a> de::VariantAccess<'a> for &mut Reader<'a> {
    type Error = Malformed;

    #[inline]
    fn unit_variant(self) -> Result<(), Malformed> {
        Ok(())
    }

    #[inline]
    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Malformed> {
        seed.deserialize(self)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'a>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        de::Deserializer::deserialize_tuple(self, length, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        de::Deserializer::deserialize_tuple(self, fields.len(), visitor)
    }
}
