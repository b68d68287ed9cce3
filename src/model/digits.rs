//! Decimal digits, read eight at a time.

/// Digits of a whole number that surely fits into 63 bits.
const MOST: usize = 18;

/// How many digits stand at the start of a text, and the number that they are; of more than 18 some are left.
pub fn digits(text: &[u8]) -> (usize, u64) {
    let (mut at, mut number) = (0, 0);
    while at + 8 <= MOST
        && let Some(eight) = text[at..].first_chunk()
        && eight
            .iter()
            .fold(true, |all, byte| all & byte.is_ascii_digit())
    {
        (at, number) = (at + 8, number * 100_000_000 + of_eight(*eight));
    }
    while at <= MOST
        && let Some(digit @ b'0'..=b'9') = text.get(at)
    {
        (at, number) = (at + 1, number * 10 + u64::from(digit - b'0'));
    }
    (at, number)
}

/// The whole number at the start of a text as JSON writes it, without a sign, and its length; `None` if there is none, or none that
/// surely fits into 63 bits.
pub fn whole(text: &[u8]) -> Option<(usize, u64)> {
    let (length, number) = digits(text);
    let is_whole = (1..=MOST).contains(&length) && (length == 1 || text[0] != b'0');
    is_whole.then_some((length, number))
}

/// The number of eight digits: each step makes one digit of two neighbours.
pub fn of_eight(digits: [u8; 8]) -> u64 {
    let ones = u64::from_le_bytes(digits) & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = ones.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_and_read_up_to_the_first_that_is_none() {
        let all = "1795822208341795822";
        for length in 0..=all.len() {
            for behind in ["", ",", "/0", ":9", "a", "\u{ff}", ".5"] {
                let text = format!("{}{behind}", &all[..length]);
                let number = all[..length].parse().unwrap_or(0);
                assert_eq!(digits(text.as_bytes()), (length, number), "{text}");
            }
        }
        assert_eq!(digits(b"0012"), (4, 12));
        assert_eq!(digits(&[b'9'; 30]).0, MOST + 1);
    }

    #[test]
    fn a_whole_number_begins_with_no_zero_and_has_eighteen_digits_at_most() {
        assert_eq!(whole(b"0,"), Some((1, 0)));
        assert_eq!(whole(b"7"), Some((1, 7)));
        assert_eq!(whole(&[b'9'; 18]), Some((18, 999_999_999_999_999_999)));
        for other in ["", "a", "-1", "01", "00"] {
            assert_eq!(whole(other.as_bytes()), None, "{other}");
        }
        assert_eq!(whole(&[b'9'; 19]), None);
    }
}
