//! Values packed bit by bit, for what is held by the million: whether there is one, true or false, which of a few takes a bit or
//! four here and not a byte, and a number as many bits as it has.

mod bits;
mod read;
mod write;

use serde::de::value::Error;
use serde::{Deserialize, Serialize};

pub(super) use bits::{Reader, Writer};

/// A variant's number takes so many bits; numbers that these do not hold stand behind it.
const VARIANT_BITS: u32 = 4;
const LARGE_VARIANT: u32 = (1 << VARIANT_BITS) - 1;

/// Fractions that are written with so many decimals are packed as whole numbers; others, by their place behind these, as they are.
const SCALES: [f64; 3] = [1.0, 100.0, 1000.0];
const SCALE_BITS: u32 = 2;

/// Packs a value behind what was packed before.
#[expect(clippy::expect_used, reason = "all that facts are made of is packed")]
pub(super) fn pack<T: Serialize>(value: &T, to: &mut Writer) {
    value.serialize(to).expect("a vector takes every bit");
}

/// What was packed as such a value.
#[expect(clippy::expect_used, reason = "only `pack` writes what is read here")]
pub(super) fn unpack<'a, T: Deserialize<'a>>(from: &mut Reader<'a>) -> T {
    T::deserialize(from).expect("it is read as it was packed")
}

/// What facts hold none of, such as text.
fn refused<T>() -> Result<T, Error> {
    Err(serde::de::Error::custom("no facts are made of this"))
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;

    use super::*;

    /// Bytes that a value takes; it must come back.
    fn bytes_of<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) -> usize {
        let mut writer = Writer::behind(Vec::new());
        // Behind a single bit nothing else begins with a byte.
        pack(&true, &mut writer);
        pack(&value, &mut writer);
        pack(&0x5au8, &mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert!(unpack::<bool>(&mut reader));
        assert_eq!(unpack::<T>(&mut reader), value);
        assert_eq!(unpack::<u8>(&mut reader), 0x5a, "and it ends where it did");
        bytes.len()
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Many {
        Nothing,
        One(u16),
        Two(i64, Option<f32>),
        Named { flag: bool, list: Vec<u32> },
    }

    #[test]
    fn what_is_packed_comes_back() {
        for number in [0, 1, 2, 255, 256, u64::MAX >> 1, u64::MAX] {
            bytes_of(number);
            bytes_of(number as u16);
            bytes_of(number as u32);
            bytes_of(number as i64);
            bytes_of(vec![number, number]);
        }
        for fraction in [
            0.0,
            1.0,
            0.1,
            12.34,
            12.345,
            1e9,
            f32::MAX,
            f32::MIN,
            -0.0,
            1.0 / 3.0,
        ] {
            bytes_of(fraction);
        }
        for many in [
            Many::Nothing,
            Many::One(7),
            Many::Two(i64::MIN, Some(0.25)),
            Many::Named {
                flag: true,
                list: vec![],
            },
        ] {
            bytes_of(many);
        }
    }

    #[test]
    fn fractions_come_back_to_the_bit() {
        let mut writer = Writer::behind(Vec::new());
        let all: Vec<f32> = (0..=u32::MAX).step_by(65_537).map(f32::from_bits).collect();
        pack(&all, &mut writer);
        let bytes = writer.into_bytes();
        let read: Vec<f32> = unpack(&mut Reader::new(&bytes));
        let bits = |all: &[f32]| all.iter().map(|one| one.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(&all));
    }

    #[test]
    fn flags_take_bits_and_numbers_as_many_as_they_have() {
        // Two bytes for the marks around it, of which seven bits are free.
        assert_eq!(bytes_of([None::<u32>; 7]), 2);
        assert_eq!(bytes_of([true; 8]), 3);
        // Six bits that say how many, eighteen behind the first.
        assert_eq!(bytes_of(1u32 << 18), 2 + 3);
        // Two bits for its decimals, six and ten for 1234.
        assert_eq!(bytes_of(12.34f32), 2 + 2);
    }
}
