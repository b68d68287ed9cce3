//! Ids of log events, 18 bytes each where they have AWS's form.

use super::digits::of_eight;
use super::symbols::{Sym, Symbols};
use super::time::Timestamp;

/// A CloudWatch event id. AWS's 56 digits are `timestamp << 144 | rest`: only the rest is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventId {
    None,
    /// The low 144 bits of an id of AWS's form whose high bits are the event's timestamp.
    Aws([u8; 18]),
    /// Any other id.
    Text(Sym),
}

impl EventId {
    /// Reads the id of an event stamped `at`.
    pub fn parse(text: Option<&str>, at: Timestamp, symbols: &mut Symbols) -> Self {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Self::None;
        };
        aws_rest(text, at).map_or_else(|| Self::Text(symbols.intern(text)), Self::Aws)
    }

    /// Orders events of one millisecond: the batch and index bits of AWS's form, 0 for any other id.
    pub fn order(self) -> u64 {
        match self {
            Self::Aws(rest) => low_bits(rest),
            Self::None | Self::Text(_) => 0,
        }
    }

    /// [`Self::order`] of the event with this id, for a line that becomes no fact.
    pub fn order_of(text: Option<&str>, at: Timestamp) -> u64 {
        text.and_then(|text| aws_rest(text, at)).map_or(0, low_bits)
    }

    /// The batch that an event of AWS's form was sent in, and its index there.
    pub(super) fn parts(rest: [u8; 18]) -> ([u8; 16], u16) {
        let mut batch = [0; 16];
        batch.copy_from_slice(&rest[..16]);
        (batch, u16::from_be_bytes([rest[16], rest[17]]))
    }

    /// The id of the event at an index of a batch.
    pub(crate) fn of_parts(batch: [u8; 16], index: u16) -> Self {
        let mut rest = [0; 18];
        rest[..16].copy_from_slice(&batch);
        rest[16..].copy_from_slice(&index.to_be_bytes());
        Self::Aws(rest)
    }

    /// The id as CloudWatch wrote it; `None` where there was none.
    pub fn text(self, at: Timestamp, symbols: &Symbols) -> Option<String> {
        match self {
            Self::None => None,
            Self::Text(sym) => Some(symbols.get(sym).to_owned()),
            Self::Aws(rest) => Some(aws_digits(at, rest)),
        }
    }
}

fn low_bits(rest: [u8; 18]) -> u64 {
    rest[10..]
        .iter()
        .fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

/// The 144 low bits of a 56-digit id whose high bits are `at`; `None` if it has another form.
fn aws_rest(text: &str, at: Timestamp) -> Option<[u8; 18]> {
    let digits: &[u8; 56] = text.as_bytes().try_into().ok()?;
    if !digits
        .iter()
        .fold(true, |all, byte| all & byte.is_ascii_digit())
    {
        return None;
    }
    // 56 decimal digits are at most 187 bits: three words, the lowest first, multiplied by eight digits at a time.
    let mut words = [0u64; 3];
    let (eights, _) = digits.as_chunks();
    for eight in eights {
        let mut carry = u128::from(of_eight(*eight));
        for word in &mut words {
            let product = u128::from(*word) * 100_000_000 + carry;
            *word = product as u64;
            carry = product >> 64;
        }
    }
    let [low, middle, high] = words;
    let mut rest = [0; 18];
    rest[..2].copy_from_slice(&(high as u16).to_be_bytes());
    rest[2..10].copy_from_slice(&middle.to_be_bytes());
    rest[10..].copy_from_slice(&low.to_be_bytes());
    ((high >> 16) as i64 == at.0).then_some(rest)
}

fn aws_digits(at: Timestamp, rest: [u8; 18]) -> String {
    let mut words = [0u32; 6];
    let mut bytes = [0u8; 24];
    bytes[..6].copy_from_slice(&(at.0 as u64).to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&rest);
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = chunk
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    }
    let mut groups = [0u32; 7];
    for group in groups.iter_mut().rev() {
        let mut remainder = 0u64;
        for word in &mut words {
            let value = remainder << 32 | u64::from(*word);
            *word = (value / 100_000_000) as u32;
            remainder = value % 100_000_000;
        }
        *group = remainder as u32;
    }
    let mut digits = String::with_capacity(56);
    for group in groups {
        digits.push_str(&format!("{group:08}"));
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aws_event_id_is_kept_in_18_bytes_and_comes_back_whole() {
        let mut symbols = Symbols::default();
        let text = "40033602025563129891242405994489553170594962871841456129";
        let at = Timestamp(1_795_168_801_274);
        let id = EventId::parse(Some(text), at, &mut symbols);
        assert!(matches!(id, EventId::Aws(_)), "{id:?}");
        assert_eq!(id.text(at, &symbols).as_deref(), Some(text));
        assert_eq!(
            id.order() & 0xffff,
            1,
            "the low 16 bits are the index in the batch"
        );
        assert!(symbols.is_empty());
    }

    #[test]
    fn other_ids_are_kept_as_text() {
        let mut symbols = Symbols::default();
        let at = Timestamp(5);
        for text in [
            "17",
            "40033602025563129891242405994489553170594962871841456129",
            "x".repeat(56).as_str(),
        ] {
            let id = EventId::parse(Some(text), at, &mut symbols);
            assert_eq!(
                (id.text(at, &symbols).as_deref(), id.order()),
                (Some(text), 0)
            );
        }
        assert_eq!(EventId::parse(None, at, &mut symbols), EventId::None);
    }

    #[test]
    fn any_digits_are_one_number_and_nothing_else_is() {
        let mut symbols = Symbols::default();
        for text in ["0".repeat(56), "9".repeat(56), "12345678".repeat(7)] {
            let high: i64 = match text.as_bytes()[0] {
                b'0' => 0,
                // The number by 2^144, reckoned elsewhere.
                b'9' => 4_484_155_085_839,
                _ => 553_599_353_454,
            };
            let at = Timestamp(high);
            let id = EventId::parse(Some(&text), at, &mut symbols);
            assert!(matches!(id, EventId::Aws(_)), "{text}");
            assert_eq!(id.text(at, &symbols).as_deref(), Some(text.as_str()));
            for letter in ['/', ':', 'a', ' '] {
                let other = format!("{letter}{}", &text[1..]);
                let id = EventId::parse(Some(&other), at, &mut symbols);
                assert!(matches!(id, EventId::Text(_)), "{other}");
            }
        }
    }
}
