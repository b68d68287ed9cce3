//! Rows of the report as CSV (RFC 4180): a header, one record a line, quotes where a cell needs them.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::model::analysis::Analysis;

use super::report::rows::{FindingRow, InvocationRow};

/// Columns of `invocations.csv`: the rows of the report's list, by their names.
const INVOCATIONS: [&str; 12] = [
    "request_id",
    "attempt",
    "function",
    "version",
    "log_stream",
    "start",
    "end",
    "duration_ms",
    "billed_ms",
    "status",
    "trace_id",
    "init_kind",
];

/// Columns of `findings.csv`; of the evidence the number.
const FINDINGS: [&str; 8] = [
    "id", "severity", "kind", "subject", "since", "claim", "next", "evidence",
];

/// Writes every counted invocation, in order of start. Returns the rows.
pub fn invocations(analysis: &Analysis, out: &mut dyn Write) -> io::Result<u64> {
    let counted = analysis
        .assembled
        .invocations
        .iter()
        .filter(|row| row.counted);
    table(
        &INVOCATIONS,
        counted.map(|row| InvocationRow::of(analysis, row)),
        out,
    )
}

/// Writes every finding, worst first. Returns the rows.
pub fn findings(analysis: &Analysis, out: &mut dyn Write) -> io::Result<u64> {
    let rows = analysis
        .findings
        .iter()
        .map(|row| FindingRow::of(analysis, row));
    table(&FINDINGS, rows, out)
}

fn table<T: Serialize>(
    columns: &[&str],
    rows: impl Iterator<Item = T>,
    out: &mut dyn Write,
) -> io::Result<u64> {
    write!(out, "{}\r\n", columns.join(","))?;
    let mut count = 0;
    let mut line = String::new();
    for row in rows {
        let row = serde_json::to_value(row)?;
        line.clear();
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                line.push(',');
            }
            match &row[column] {
                Value::Null => {}
                Value::String(text) => cell(text, &mut line),
                Value::Array(list) => line.push_str(&list.len().to_string()),
                other => line.push_str(&other.to_string()),
            }
        }
        line.push_str("\r\n");
        out.write_all(line.as_bytes())?;
        count += 1;
    }
    Ok(count)
}

fn cell(text: &str, line: &mut String) {
    if !text.contains(['"', ',', '\n', '\r']) {
        line.push_str(text);
        return;
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_need_it_and_unknown_is_empty() {
        #[derive(Serialize)]
        struct Row {
            a: &'static str,
            b: Option<u8>,
            c: f64,
            d: Vec<u8>,
        }
        let row = Row {
            a: "one, \"two\"\nthree",
            b: None,
            c: 1.5,
            d: vec![7, 8],
        };
        let mut out = Vec::new();
        let rows = table(&["a", "b", "c", "d"], [row].into_iter(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            (rows, text.as_str()),
            (1, "a,b,c,d\r\n\"one, \"\"two\"\"\nthree\",,1.5,2\r\n")
        );
    }
}
