//! The types of an array's elements, and their values.

use std::fmt;

use tract_onnx::prelude::f16;

use crate::npy::TypeName;

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// True or false.
    Bool,
    /// Whole numbers from 0.
    Unsigned,
    /// Whole numbers.
    Signed,
    /// Floating point.
    Float,
}

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    /// What kind of number it is.
    pub number: Number,
    /// Bytes of each.
    pub bytes: usize,
    is_big_endian: bool,
}

impl Element {
    /// An element of this kind and size, with the most significant byte first or last.
    pub fn new(number: Number, bytes: usize, is_big_endian: bool) -> Option<Self> {
        let exists = match number {
            Number::Bool => bytes == 1,
            Number::Unsigned | Number::Signed => matches!(bytes, 1 | 2 | 4 | 8),
            Number::Float => matches!(bytes, 2 | 4 | 8),
        };
        exists.then_some(Self {
            number,
            bytes,
            is_big_endian,
        })
    }

    /// The type that a `.npy` header names, none of structures, or what it names instead and what to do.
    pub(super) fn of(named: Option<&TypeName>) -> Result<Self, (String, &'static str)> {
        const NUMBERS: &str = "save the array as float32, or as uint8 for pixels";
        let Some(plain) = named else {
            return Err(("structures".to_owned(), NUMBERS));
        };
        let number = match plain.kind {
            'b' => Number::Bool,
            'u' => Number::Unsigned,
            'i' => Number::Signed,
            'f' => Number::Float,
            'V' if plain.bytes == 2 => {
                let found = "of two raw bytes, as bfloat16 is saved".to_owned();
                return Err((found, "save the array with .astype(numpy.float32)"));
            }
            _ => return Err((words(plain), NUMBERS)),
        };
        let element = Self::new(number, plain.bytes, plain.is_big_endian);
        element.ok_or_else(|| (words(plain), NUMBERS))
    }

    /// Whether it is an `f32` as this machine has it in memory.
    pub(super) fn is_own_f32(self) -> bool {
        self.number == Number::Float
            && self.bytes == size_of::<f32>()
            && self.is_big_endian == cfg!(target_endian = "big")
    }

    /// The value in `bytes`, which are as many as the element has.
    pub fn value(self, bytes: &[u8]) -> f64 {
        let mut word = [0_u8; 8];
        let length = self.bytes.min(bytes.len());
        word[..length].copy_from_slice(&bytes[..length]);
        if self.is_big_endian {
            word[..length].reverse();
        }
        let bits = u64::from_le_bytes(word);
        match (self.number, self.bytes) {
            (Number::Bool, _) => f64::from(u8::from(bits != 0)),
            (Number::Unsigned, _) => bits as f64,
            (Number::Signed, bytes) => {
                let unused = 64 - 8 * bytes as u32;
                ((bits << unused).cast_signed() >> unused) as f64
            }
            (Number::Float, 2) => f64::from(f16::from_bits(bits as u16).to_f32()),
            (Number::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Number::Float, _) => f64::from_bits(bits),
        }
    }
}

fn words(plain: &TypeName) -> String {
    match plain.kind {
        'c' => "complex numbers".to_owned(),
        'S' | 'a' | 'U' => "text".to_owned(),
        'm' | 'M' => "times".to_owned(),
        'O' => "Python objects".to_owned(),
        _ => format!("of type {plain}"),
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = 8 * self.bytes;
        match self.number {
            Number::Bool => f.write_str("bool"),
            Number::Unsigned => write!(f, "uint{bits}"),
            Number::Signed => write!(f, "int{bits}"),
            Number::Float => write!(f, "float{bits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_type_are_read_in_both_orders() {
        let cases: [(Number, &[u8], f64); 12] = [
            (Number::Bool, &[1], 1.0),
            (Number::Unsigned, &[200], 200.0),
            (Number::Signed, &[200], -56.0),
            (Number::Unsigned, &[0x34, 0x12], 4660.0),
            (Number::Signed, &[0xfe, 0xff], -2.0),
            (Number::Unsigned, &[1, 0, 0, 0x80], 2_147_483_649.0),
            (Number::Signed, &[1, 0, 0, 0x80], -2_147_483_647.0),
            (Number::Signed, &[0xff; 8], -1.0),
            (Number::Unsigned, &[0, 0, 0, 0, 1, 0, 0, 0], 4_294_967_296.0),
            (Number::Float, &[0x00, 0x3e], 1.5),
            (Number::Float, &[0, 0, 0xc0, 0x3f], 1.5),
            (Number::Float, &[0, 0, 0, 0, 0, 0, 0xf8, 0x3f], 1.5),
        ];
        for (number, bytes, expected) in cases {
            let little = Element::new(number, bytes.len(), false).unwrap();
            assert_eq!(little.value(bytes), expected, "{little}");
            let big = Element::new(number, bytes.len(), true).unwrap();
            let turned: Vec<u8> = bytes.iter().rev().copied().collect();
            assert_eq!(big.value(&turned), expected, "{big}");
        }
        assert_eq!(Element::new(Number::Float, 1, false), None);
        assert_eq!(Element::new(Number::Unsigned, 3, false), None);
    }
}
