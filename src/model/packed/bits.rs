//! Rows of bits.

/// Bits that may be read or written at once: a word, less what may lie before them in its first byte.
const AT_ONCE: u32 = 56;

/// Adds bits to bytes, the lowest first.
pub(in crate::model) struct Writer {
    bytes: Vec<u8>,
    /// Bits that fill no word yet.
    rest: u64,
    filled: u32,
}

impl Writer {
    /// One that begins with the byte behind these.
    pub(in crate::model) fn behind(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            rest: 0,
            filled: 0,
        }
    }

    /// Adds the lowest bits of a word, no more than [`AT_ONCE`], of which the others are 0.
    #[inline]
    pub(super) fn put(&mut self, bits: u64, count: u32) {
        self.rest |= bits << self.filled;
        self.filled += count;
        if self.filled >= u64::BITS {
            self.bytes.extend_from_slice(&self.rest.to_le_bytes());
            self.filled -= u64::BITS;
            self.rest = bits >> (count - self.filled);
        }
    }

    /// Adds a number of a type of so many bits: how many bits it has, and those behind the first, which is 1.
    #[inline]
    pub(super) fn put_number<const WIDTH: u32>(&mut self, number: u64) {
        let has = u64::BITS - number.leading_zeros();
        let left = has.saturating_sub(1);
        let behind = number & !(1 << left);
        let counted = const { count_bits(WIDTH) };
        if counted + WIDTH <= AT_ONCE || counted + left <= AT_ONCE {
            self.put(u64::from(has) | behind << counted, counted + left);
        } else {
            self.put(u64::from(has), counted);
            self.put(behind & u64::from(u32::MAX), u32::BITS);
            self.put(behind >> u32::BITS, left - u32::BITS);
        }
    }

    /// The bytes, the last of them filled up.
    pub(in crate::model) fn into_bytes(mut self) -> Vec<u8> {
        let used = self.filled.div_ceil(8) as usize;
        self.bytes
            .extend_from_slice(&self.rest.to_le_bytes()[..used]);
        self.bytes
    }
}

/// Reads what a [`Writer`] wrote.
#[derive(Clone)]
pub(in crate::model) struct Reader<'a> {
    bytes: &'a [u8],
    /// Bits that were read.
    at: usize,
}

impl<'a> Reader<'a> {
    /// One that begins with these. Reading is quickest where other bytes follow.
    pub(in crate::model) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next bits, no more than [`AT_ONCE`].
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> u64 {
        let bits = lowest(self.ahead(), count);
        self.at += count as usize;
        bits
    }

    /// What [`Writer::put_number`] wrote.
    #[inline]
    pub(super) fn take_number<const WIDTH: u32>(&mut self) -> u64 {
        let counted = const { count_bits(WIDTH) };
        let ahead = self.ahead();
        let has = lowest(ahead, counted) as u32;
        let left = has.saturating_sub(1);
        let first = u64::from(has > 0) << left;
        if counted + WIDTH <= AT_ONCE || counted + left <= AT_ONCE {
            self.at += (counted + left) as usize;
            return first | lowest(ahead >> counted, left);
        }
        self.at += counted as usize;
        let low = self.take(u32::BITS);
        first | low | self.take(left - u32::BITS) << u32::BITS
    }

    /// The bits from here on, at least as many as are read at once; behind the end all are 0.
    #[inline]
    fn ahead(&self) -> u64 {
        let behind = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = behind.first_chunk().copied();
        u64::from_le_bytes(word.unwrap_or_else(|| filled_up(behind))) >> (self.at % 8)
    }
}

/// The last bytes, as a word.
#[cold]
fn filled_up(last: &[u8]) -> [u8; 8] {
    let mut word = [0; 8];
    word[..last.len()].copy_from_slice(last);
    word
}

const fn lowest(bits: u64, count: u32) -> u64 {
    bits & ((1 << count) - 1)
}

/// Bits that count the bits of a number of a type of `width` bits: none up to all.
const fn count_bits(width: u32) -> u32 {
    u32::BITS - width.leading_zeros()
}
