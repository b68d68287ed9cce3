//! The X-Ray trace header: `Root=1-…;Parent=…;Sampled=1;Lineage=…`, keys in any order, some missing.

use super::words;
use crate::model::fact::TraceContext;
use crate::model::ids::{SpanId, TraceId};
use crate::model::maybe::Maybe;

/// Reads a trace header; `None` without a readable `Root`. Keys are compared without case, since execution logs of API
/// Gateway write `root=`; unknown ones (`Self`, `Lineage`) are skipped. A parent of only zeros is no parent.
pub(super) fn parse(header: &str) -> Option<TraceContext> {
    let mut trace = None;
    let mut parent = None;
    let mut sampled = None;
    for pair in words::parts(header, b';') {
        let Some((key, value)) = words::halves(pair, b'=') else {
            continue;
        };
        let (key, value) = (key.trim_ascii(), value.trim_ascii());
        if key.eq_ignore_ascii_case("root") {
            trace = TraceId::parse(value);
        } else if key.eq_ignore_ascii_case("parent") {
            parent = SpanId::parse(value);
        } else if key.eq_ignore_ascii_case("sampled") {
            sampled = match value {
                "1" => Some(true),
                "0" => Some(false),
                _ => None,
            };
        }
    }
    Some(TraceContext {
        trace: trace?,
        segment: Maybe::default(),
        parent: parent.into(),
        sampled,
    })
}

/// Reads a trace id that stands alone or as `Root=` of a header.
pub(super) fn trace_id(text: &str) -> Option<TraceId> {
    let text = text.trim_ascii();
    TraceId::parse(text).or_else(|| Some(parse(text)?.trace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_any_order_and_strange_ones_skipped() {
        let context = parse(
            "Self=1-x; Sampled=1 ;Parent=53995c3f42cd8ad8;Lineage=1:a:0;root=1-6b001a28-008ee28512297c42cc58e9d4",
        )
        .expect("it has a root");
        assert_eq!(
            context.trace.to_string(),
            "1-6b001a28-008ee28512297c42cc58e9d4"
        );
        assert_eq!(
            context.parent.get().map(SpanId::number),
            Some(0x5399_5c3f_42cd_8ad8)
        );
        assert_eq!((context.sampled, context.segment.get()), (Some(true), None));
    }

    #[test]
    fn an_undecided_sampling_and_a_zero_parent_are_unknown() {
        let context =
            parse("Root=1-6b001a28-008ee28512297c42cc58e9d4;Parent=0000000000000000;Sampled=?");
        let context = context.expect("it has a root");
        assert_eq!((context.parent.get(), context.sampled), (None, None));
    }

    #[test]
    fn without_a_root_there_is_nothing() {
        for text in ["", "Parent=53995c3f42cd8ad8", "Root=1-xyz", "====;;;"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
