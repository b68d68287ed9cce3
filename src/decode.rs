//! Floor 1: one raw record → facts. Pure, total (never panics on hostile text), allocation-free for lines that say nothing.
//!
//! [`Decoder::line`] looks at a log line once: the first byte picks the grammars worth trying.
