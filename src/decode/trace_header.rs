//! The X-Ray trace header: `Root=1-…;Parent=…;Sampled=1;Lineage=…`, keys in any order, some missing.

use super::words;
use crate::model::fact::TraceContext;
use crate::model::ids::{SpanId, TraceId};
use crate::model::maybe::Maybe;

/// Reads a trace header; `None` without a readable `Root`. Keys are compared without case, since execution logs of API
/// Gateway write `root=`; unknown ones (`Self`, `Lineage`) are skipped. A parent of only zeros is no parent.
pub(super) fn parse(header: &str) -> Option<TraceContext> {
    usual(header).or_else(|| any(header))
}

/// Reads a header as Lambda writes it; `None` if it is another.
fn usual(header: &str) -> Option<TraceContext> {
    let (trace, rest) = header.strip_prefix("Root=")?.split_at_checked(35)?;
    let (parent, rest) = rest.strip_prefix(";Parent=")?.split_at_checked(16)?;
    let (sampled, rest) = rest.strip_prefix(";Sampled=")?.split_at_checked(1)?;
    let lineage = rest.strip_prefix(";Lineage=").unwrap_or(rest);
    let is_other = |byte: u8| matches!(byte, b';' | b'=');
    if (!rest.is_empty() && lineage.len() == rest.len()) || lineage.bytes().any(is_other) {
        return None;
    }
    Some(TraceContext {
        trace: TraceId::parse(trace)?,
        segment: Maybe::default(),
        parent: SpanId::parse(parent).into(),
        sampled: is_sampled(sampled),
    })
}

fn is_sampled(value: &str) -> Option<bool> {
    match value {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

fn any(header: &str) -> Option<TraceContext> {
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
            sampled = is_sampled(value);
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
    fn what_lambda_writes_is_read_as_any_header_is() {
        let header = "Root=1-6b001a28-008ee28512297c42cc58e9d4;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:0";
        assert!(usual(header).is_some());
        for cut in 0..=header.len() {
            for put in [
                "",
                ";",
                "=",
                "x",
                " ",
                ";Parent=1c3755f605c6b5cd",
                ";Sampled=0",
            ] {
                let (before, behind) = header.split_at(cut);
                for changed in [format!("{before}{put}"), format!("{before}{put}{behind}")] {
                    let same = usual(&changed).is_none_or(|read| Some(read) == any(&changed));
                    assert!(same, "{changed}");
                }
            }
        }
    }

    #[test]
    fn without_a_root_there_is_nothing() {
        for text in ["", "Parent=53995c3f42cd8ad8", "Root=1-xyz", "====;;;"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
