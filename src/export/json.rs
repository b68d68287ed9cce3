//! JSON that is written piece by piece where there is very much of it: what stands between the values is known.

use serde::Serialize;

use crate::model::ids::hex_pair;

/// Appends a value. What is written so is text and numbers, and memory takes it: there is nothing that could fail.
pub(in crate::export) fn value(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok());
}

/// Appends a whole number as a string, as protobuf's JSON has those of 64 bits.
pub(in crate::export) fn long(out: &mut Vec<u8>, number: impl Serialize) {
    out.push(b'"');
    value(out, &number);
    out.push(b'"');
}

/// Appends bytes as a string of hex digits.
pub(in crate::export) fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    out.extend(bytes.iter().flat_map(|byte| hex_pair(*byte)));
    out.push(b'"');
}
