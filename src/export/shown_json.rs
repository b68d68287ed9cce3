//! JSON that may end on a terminal: what acts on one stands in it as an escape, which means the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::model::text::is_hostile;

/// Writes a value without line breaks. C0 controls are escaped by JSON's own rules; DEL, C1 controls, overrides of direction and
/// invisible characters, which its strings may hold as they are, are escaped like them.
pub fn write(out: impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Shown))?;
    Ok(())
}

/// As [`write()`], with a line end, in memory.
pub fn line(value: &impl Serialize) -> String {
    let mut out = Vec::with_capacity(128);
    let written = write(&mut out, value);
    debug_assert!(written.is_ok(), "memory takes it");
    out.push(b'\n');
    String::from_utf8(out).unwrap_or_default()
}

struct Shown;

impl Formatter for Shown {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // In ASCII that JSON leaves as it is nothing but DEL acts.
        if fragment.is_ascii() && !fragment.contains('\u{7f}') {
            return out.write_all(fragment.as_bytes());
        }
        let mut plain = 0;
        for (at, letter) in fragment.char_indices().filter(|(_, it)| is_hostile(*it)) {
            out.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = at + letter.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::text::plain;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_and_nothing_else() {
        let told = "\u{9d}52;c;x\u{9c} \u{1b}[2J \u{7f} \u{202e} \u{e0041} é 世 \"";
        let told = line(&[told]);
        let escaped = r#"["\u009d52;c;x\u009c \u001b[2J \u007f \u202e \udb40\udc41 é 世 \""]"#;
        assert_eq!(told, format!("{escaped}\n"));
    }

    proptest! {
        #[test]
        fn it_says_the_same_and_is_plain(told in "(?s)([ -~]|\\PC|[\\x00-\\xad]|[\u{200b}-\u{206f}]){0,40}") {
            let shown = line(&told);
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), told);
            prop_assert_eq!(plain(shown.trim_end_matches('\n')), shown.trim_end_matches('\n'));
        }
    }
}
