//! Unpacking, as a format of serde.

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer as _, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::bits::Reader;
use super::{Error, LARGE_VARIANT, SCALE_BITS, SCALES, VARIANT_BITS, refused};

impl Reader<'_> {
    #[inline]
    fn flag(&mut self) -> bool {
        self.take(1) != 0
    }

    #[inline]
    fn variant(&mut self) -> u32 {
        match self.take(VARIANT_BITS) as u32 {
            LARGE_VARIANT => self.take(32) as u32,
            number => number,
        }
    }

    #[inline]
    fn length(&mut self) -> usize {
        if self.flag() {
            self.take_number::<{ u32::BITS }>() as usize
        } else {
            0
        }
    }

    fn fraction(&mut self) -> f32 {
        match SCALES.get(self.take(SCALE_BITS) as usize) {
            Some(scale) => (self.take_number::<{ u32::BITS }>() as f64 / scale) as f32,
            None => f32::from_bits(self.take(32) as u32),
        }
    }

    #[inline]
    fn wide(&mut self) -> u64 {
        self.take(u32::BITS) | self.take(u32::BITS) << u32::BITS
    }

    #[inline]
    fn signed(&mut self) -> i64 {
        let number = self.take_number::<{ i64::BITS }>();
        (number >> 1) as i64 ^ -((number & 1) as i64)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        refused()
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        to.visit_bool(self.flag())
    }

    #[inline]
    fn deserialize_u8<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        to.visit_u8(self.take(u8::BITS) as u8)
    }

    #[inline]
    fn deserialize_u16<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        to.visit_u16(self.take_number::<{ u16::BITS }>() as u16)
    }

    #[inline]
    fn deserialize_u32<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        to.visit_u32(self.take_number::<{ u32::BITS }>() as u32)
    }

    #[inline]
    fn deserialize_u64<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        to.visit_u64(self.wide())
    }

    #[inline]
    fn deserialize_i64<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        to.visit_i64(self.signed())
    }

    fn deserialize_f32<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        to.visit_f32(self.fraction())
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        if self.flag() {
            to.visit_some(self)
        } else {
            to.visit_none()
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        to: V,
    ) -> Result<V::Value, Error> {
        to.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        let left = self.length();
        to.visit_seq(Parts { of: self, left })
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, to: V) -> Result<V::Value, Error> {
        to.visit_seq(Parts { of: self, left })
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        left: usize,
        to: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(left, to)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        to: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(fields.len(), to)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        to: V,
    ) -> Result<V::Value, Error> {
        to.visit_enum(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 f64 char str string bytes byte_buf unit unit_struct map identifier ignored_any
    }
}

/// Those of a list, a tuple or a struct, one behind the other.
struct Parts<'a, 'de> {
    of: &'a mut Reader<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.of).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> EnumAccess<'de> for &mut Reader<'de> {
    type Error = Error;
    type Variant = Self;

    #[inline]
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let number: U32Deserializer<Error> = self.variant().into_deserializer();
        Ok((seed.deserialize(number)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = Error;

    #[inline]
    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    #[inline]
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, left: usize, to: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(left, to)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        to: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(fields.len(), to)
    }
}
