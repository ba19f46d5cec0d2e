//! Messages to bytes.

use super::Malformed;
use core::fmt::Display;
use serde::ser::{self, Serialize};

/// The bytes so far.
pub(super) struct Writer<'b> {
    bytes: &'b mut [u8],
    /// Bytes that the message took, and those that it would have taken.
    length: usize,
}

impl<'b> Writer<'b> {
    pub(super) fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, length: 0 }
    }

    /// The bytes; nothing if there were more than fit.
    pub(super) fn finish(self) -> Option<&'b [u8]> {
        let bytes: &'b [u8] = self.bytes;
        bytes.get(..self.length)
    }

    // Never inlined: what these take, they take once.

    #[inline(never)]
    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    #[inline(never)]
    fn varint(&mut self, mut value: u64) {
        while value > 0x7F {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }

    #[inline(never)]
    fn short(&mut self, value: u32) {
        self.varint(value.into());
    }

    #[inline(never)]
    fn all(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.byte(byte);
        }
    }

    /// Signed numbers in turn: 0, -1, 1, -2 …
    fn zigzag(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63) as u64);
    }
}

/// Methods that write a number and cannot fail.
macro_rules! numbers {
    ($($method:ident($type:ty): |$writer:ident, $value:ident| $write:expr;)*) => {
        $(
            #[inline]
            fn $method(self, $value: $type) -> Result<(), Malformed> {
                let $writer = self;
                $write;
                Ok(())
            }
        )*
    };
}

impl ser::Serializer for &mut Writer<'_> {
    type Ok = ();
    type Error = Malformed;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = ser::Impossible<(), Malformed>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers! {
        serialize_bool(bool): |writer, value| writer.byte(value.into());
        serialize_u8(u8): |writer, value| writer.byte(value);
        serialize_i8(i8): |writer, value| writer.byte(value as u8);
        serialize_u16(u16): |writer, value| writer.short(value.into());
        serialize_u32(u32): |writer, value| writer.short(value);
        serialize_u64(u64): |writer, value| writer.varint(value);
        serialize_i16(i16): |writer, value| writer.zigzag(value.into());
        serialize_i32(i32): |writer, value| writer.zigzag(value.into());
        serialize_i64(i64): |writer, value| writer.zigzag(value);
        serialize_f32(f32): |writer, value| writer.all(&value.to_le_bytes());
        serialize_f64(f64): |writer, value| writer.all(&value.to_le_bytes());
    }

    fn serialize_char(self, _: char) -> Result<(), Malformed> {
        Err(Malformed)
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Malformed> {
        self.serialize_bytes(text.as_bytes())
    }

    #[inline(never)]
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Malformed> {
        self.short(bytes.len() as u32);
        self.all(bytes);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<(), Malformed> {
        Err(Malformed)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Malformed> {
        self.byte(0);
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Malformed> {
        self.byte(1);
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Malformed> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Malformed> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<(), Malformed> {
        self.short(index);
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Malformed> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Malformed> {
        self.short(index);
        value.serialize(self)
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Malformed> {
        self.short(length.ok_or(Malformed)? as u32);
        Ok(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, Malformed> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Malformed> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Malformed> {
        self.short(index);
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Malformed> {
        Err(Malformed)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Malformed> {
        Ok(self)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Malformed> {
        self.short(index);
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Parts one after the other, with nothing between them.
macro_rules! compounds {
    ($($trait:ident::$method:ident($($key:ty)?);)*) => {
        $(
            impl ser::$trait for &mut Writer<'_> {
                type Ok = ();
                type Error = Malformed;

                #[inline]
                fn $method<T: Serialize + ?Sized>(
                    &mut self,
                    $(_: $key,)?
                    value: &T,
                ) -> Result<(), Malformed> {
                    value.serialize(&mut **self)
                }

                #[inline]
                fn end(self) -> Result<(), Malformed> {
                    Ok(())
                }
            }
        )*
    };
}

compounds! {
    SerializeSeq::serialize_element();
    SerializeTuple::serialize_element();
    SerializeTupleStruct::serialize_field();
    SerializeTupleVariant::serialize_field();
    SerializeStruct::serialize_field(&'static str);
    SerializeStructVariant::serialize_field(&'static str);
}
