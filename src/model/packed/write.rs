//! Packing, as a format of serde.

use serde::ser::{self, Serialize, Serializer};

use super::bits::Writer;
use super::{Error, LARGE_VARIANT, SCALE_BITS, SCALES, VARIANT_BITS, refused};

type Packed = Result<(), Error>;

impl Writer {
    #[inline]
    fn variant(&mut self, number: u32) {
        self.put(u64::from(number.min(LARGE_VARIANT)), VARIANT_BITS);
        if number >= LARGE_VARIANT {
            self.put(u64::from(number), 32);
        }
    }

    /// Most lists have nothing in them.
    #[inline]
    fn length(&mut self, length: usize) {
        self.put(u64::from(length > 0), 1);
        if length > 0 {
            self.put_number::<{ u32::BITS }>(length as u64);
        }
    }

    fn fraction(&mut self, value: f32) {
        let as_whole = |scale: f64| {
            let whole = (f64::from(value) * scale).round() as u32;
            let same = (f64::from(whole) / scale) as f32;
            (same.to_bits() == value.to_bits()).then_some(whole)
        };
        let wholes = SCALES.iter().map(|scale| as_whole(*scale));
        match (0..).zip(wholes).find_map(|(at, whole)| Some((at, whole?))) {
            Some((at, whole)) => {
                self.put(at, SCALE_BITS);
                self.put_number::<{ u32::BITS }>(u64::from(whole));
            }
            None => {
                self.put(SCALES.len() as u64, SCALE_BITS);
                self.put(u64::from(value.to_bits()), 32);
            }
        }
    }

    /// An id or a hash: it has most of its bits.
    #[inline]
    fn wide(&mut self, value: u64) {
        self.put(value & u64::from(u32::MAX), u32::BITS);
        self.put(value >> u32::BITS, u32::BITS);
    }

    #[inline]
    fn signed(&mut self, value: i64) {
        // The sign lowest: small numbers have few bits on either side of 0.
        self.put_number::<{ i64::BITS }>((value << 1 ^ value >> 63) as u64);
    }
}

impl Serializer for &mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = ser::Impossible<(), Error>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Packed {
        self.put(u64::from(value), 1);
        Ok(())
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Packed {
        self.put(u64::from(value), u8::BITS);
        Ok(())
    }

    #[inline]
    fn serialize_u16(self, value: u16) -> Packed {
        self.put_number::<{ u16::BITS }>(u64::from(value));
        Ok(())
    }

    #[inline]
    fn serialize_u32(self, value: u32) -> Packed {
        self.put_number::<{ u32::BITS }>(u64::from(value));
        Ok(())
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Packed {
        self.wide(value);
        Ok(())
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Packed {
        self.signed(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Packed {
        self.fraction(value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Packed {
        self.serialize_bool(false)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Packed {
        self.put(1, 1);
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, number: u32, _: &'static str) -> Packed {
        self.variant(number);
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, of: &T) -> Packed {
        of.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        number: u32,
        _: &'static str,
        of: &T,
    ) -> Packed {
        self.variant(number);
        of.serialize(self)
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Error> {
        self.length(length.unwrap_or_default());
        Ok(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        number: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.variant(number);
        Ok(self)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        number: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.variant(number);
        Ok(self)
    }

    fn serialize_i8(self, _: i8) -> Packed {
        refused()
    }

    fn serialize_i16(self, _: i16) -> Packed {
        refused()
    }

    fn serialize_i32(self, _: i32) -> Packed {
        refused()
    }

    fn serialize_f64(self, _: f64) -> Packed {
        refused()
    }

    fn serialize_char(self, _: char) -> Packed {
        refused()
    }

    fn serialize_str(self, _: &str) -> Packed {
        refused()
    }

    fn serialize_bytes(self, _: &[u8]) -> Packed {
        refused()
    }

    fn serialize_unit(self) -> Packed {
        refused()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Packed {
        refused()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        refused()
    }
}

/// Parts stand one behind the other, whatever they are parts of.
macro_rules! parts {
    ($($of:ident, $part:ident $(, $name:ty)?;)*) => {$(
        impl ser::$of for &mut Writer {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $part<T: Serialize + ?Sized>(&mut self, $(_: $name,)? part: &T) -> Packed {
                part.serialize(&mut **self)
            }

            fn end(self) -> Packed {
                Ok(())
            }
        }
    )*};
}

parts! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
    SerializeStruct, serialize_field, &'static str;
    SerializeStructVariant, serialize_field, &'static str;
}
