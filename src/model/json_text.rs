//! What stands in a JSON string as it is: looked for in eight bytes at once, as most of what is read and written is such strings.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const TOPS: u64 = ONES << 7;

/// How many of eight bytes stand before the first that a JSON string cannot hold as it is: a quote, a backslash, a control character.
pub fn plain(eight: [u8; 8]) -> usize {
    let word = u64::from_le_bytes(eight);
    // The top bit of each byte that is less than a bound of 128 at most. A byte above one that is may show it too: only the lowest
    // counts.
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word & TOPS;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let found = below(word, b' ') | is(b'"') | is(b'\\');
    found.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_must_be_escaped_is_found_at_every_place() {
        for byte in 0..=u8::MAX {
            let is_plain = byte >= b' ' && byte != b'"' && byte != b'\\';
            for at in 0..8 {
                let mut eight = *b"abc xyz\x7f";
                eight[at] = byte;
                assert_eq!(
                    plain(eight),
                    if is_plain { 8 } else { at },
                    "{byte} at {at}"
                );
            }
        }
        assert_eq!(plain(*b"a\"\\\"\\\"\"\""), 1, "the first of many");
        assert_eq!(
            plain([0xff; 8]),
            8,
            "letters beyond ASCII stand as they are"
        );
    }
}
