//! Text that makes a grammar look again and again: with anything worse than linear time it would take hours.

/// What is repeated.
pub(crate) const PIECES: [&str; 54] = [
    "a",
    " ",
    "\t",
    "\n",
    "\r",
    "\0",
    "{",
    "[",
    "(",
    "<",
    "'",
    "\"",
    "`",
    "\\",
    "\\ud800",
    "=",
    ":",
    "a=",
    "a: ",
    ": ",
    "{\"a\":",
    "[{\"a\":",
    "{'a': ",
    "{a: ",
    "{}",
    "[{}]",
    "at ",
    "\n\tat x.y(Z:1)",
    "Key: value\t",
    "Duration: ",
    "Traceback (most recent call last)\n",
    "File \"",
    "KeyError: ",
    "MessageId=",
    "correlation_id=",
    "of ",
    "table ",
    "arn:aws:",
    "awsRequestId=",
    "ThrottlingException ",
    "panicked at '",
    "\"message\":",
    "d46f2f88-",
    "é",
    "<a>",
    "</",
    ", ",
    "] \"",
    "\\\"",
    "\\u",
    "\"a\":{",
    "\"Records\":[",
    "1",
    "x-amzn-RequestId=",
];

/// Words that let a line through to every grammar.
pub(crate) const ALL_MARKS: &str = "Error 429 Records MessageId already correlation_id ";

/// A piece over and over behind a head.
pub(crate) fn repeated(head: &str, piece: &str, length: usize) -> String {
    format!("{head}{}", piece.repeat(length / piece.len()))
}
