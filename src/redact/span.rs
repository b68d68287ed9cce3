//! Stretches of a text that are to be replaced.

use super::Rule;

/// Quotes that a replaced JSON number needs: so many backslashes, then the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub(super) backslashes: u8,
    pub(super) mark: u8,
}

/// One stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) rule: u16,
    pub(super) quoted: Option<Quote>,
}

impl Span {
    pub(super) fn new(start: usize, end: usize, rule: Rule) -> Self {
        Self::of(start, end, rule as u16)
    }

    pub(super) fn of(start: usize, end: usize, rule: u16) -> Self {
        Self {
            start,
            end,
            rule,
            quoted: None,
        }
    }

    /// Writes the quote that the replacement needs, if it needs one.
    pub(super) fn quote(&self, out: &mut String) {
        if let Some(quote) = self.quoted {
            (0..quote.backslashes).for_each(|_| out.push('\\'));
            out.push(char::from(quote.mark));
        }
    }
}

/// Everything that was found in a text.
#[derive(Default)]
pub(super) struct Finds(Vec<Span>);

impl Finds {
    pub(super) fn push(&mut self, span: Span) {
        self.0.push(span);
    }

    /// Whether a byte lies in, or just behind, something found.
    pub(super) fn touches(&self, at: usize) -> bool {
        self.0.iter().any(|span| span.start <= at && at <= span.end)
    }

    /// In order and without overlap: what overlaps becomes one stretch under the rule of the first. `None` if empty.
    pub(super) fn settle(mut self, text: &str) -> Option<Vec<Span>> {
        if self.0.is_empty() {
            return None;
        }
        for span in &mut self.0 {
            span.start = behind_escape(text, span.start, span.end);
        }
        self.0
            .retain(|span| span.start < span.end && text.is_char_boundary(span.start));
        self.0
            .sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        let mut settled: Vec<Span> = Vec::with_capacity(self.0.len());
        for span in self.0 {
            match settled.last_mut() {
                Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                _ => settled.push(span),
            }
        }
        Some(settled)
    }
}

/// A stretch must not begin inside an escape (`\n`, `\u00e9`): cut there, the text would be no JSON any more.
fn behind_escape(text: &str, start: usize, end: usize) -> usize {
    let bytes = text.as_bytes();
    let backslashes = bytes[..start]
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\')
        .count();
    if backslashes % 2 == 0 {
        return start;
    }
    match bytes.get(start) {
        Some(b'n' | b't' | b'r' | b'b' | b'f' | b'/') => start + 1,
        Some(b'u') => (start + 5).min(end),
        _ => start,
    }
}

/// Whether the byte before `at` ends a word that goes on at `at`. The letter of an escape (`\n`) ends none.
pub(super) fn goes_on(bytes: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|before| bytes.get(before)) else {
        return false;
    };
    let escape = matches!(before, b'n' | b't' | b'r')
        && at.checked_sub(2).and_then(|before| bytes.get(before)) == Some(&b'\\');
    (before.is_ascii_alphanumeric() || before == b'_') && !escape
}

/// The quotes that stand for a number of a JSON document, so that it stays one.
pub(super) fn json_number(bytes: &[u8], start: usize, end: usize) -> Option<Quote> {
    let next = bytes[end..].iter().find(|byte| **byte != b' ')?;
    let mut before = bytes[..start].iter().enumerate().rev();
    let (at, opens) = before.find(|(_, byte)| **byte != b' ')?;
    if !matches!(next, b',' | b'}' | b']') {
        return None;
    }
    match opens {
        b':' if matches!(bytes[..at].last(), Some(b'"' | b'\'')) => {
            let mark = bytes[at - 1];
            let run = bytes[..at - 1].iter().rev();
            let backslashes = run.take_while(|byte| **byte == b'\\').count() as u8;
            Some(Quote { backslashes, mark })
        }
        b'[' | b',' if matches!(bytes.first(), Some(b'{' | b'[')) => Some(Quote {
            backslashes: 0,
            mark: b'"',
        }),
        _ => None,
    }
}
