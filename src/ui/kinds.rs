//! How kinds of trouble and severities are drawn: always a glyph and a colour together.

use crate::model::finding::{FindingKind, Severity};

use super::glyphs;
use super::theme::Role;

/// The glyph of a kind.
pub fn glyph(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::ColdStart => glyphs::COLD,
        FindingKind::Throttling => glyphs::THROTTLE,
        FindingKind::Duplicate => glyphs::DUPLICATE,
        FindingKind::Reordering => glyphs::DISORDER,
        FindingKind::Error | FindingKind::Timeout | FindingKind::OutOfMemory => glyphs::ERROR,
        FindingKind::IncompleteData => glyphs::UNKNOWN,
        FindingKind::Cost
        | FindingKind::Security
        | FindingKind::Governance
        | FindingKind::Coupling => "•",
    }
}

/// The colour of a kind.
pub fn role(kind: FindingKind) -> Role {
    match kind {
        FindingKind::ColdStart => Role::Cold,
        FindingKind::Throttling => Role::Throttle,
        FindingKind::Duplicate => Role::Duplicate,
        FindingKind::Reordering => Role::Disorder,
        FindingKind::Error | FindingKind::Timeout | FindingKind::OutOfMemory => Role::Error,
        FindingKind::IncompleteData => Role::Unknown,
        FindingKind::Cost
        | FindingKind::Security
        | FindingKind::Governance
        | FindingKind::Coupling => Role::Text,
    }
}

/// `▲P1`, in its colour.
pub fn severity(severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::P1 => ("▲P1", Role::P1),
        Severity::P2 => ("△P2", Role::P2),
        Severity::P3 => ("○P3", Role::P3),
        Severity::P4 => ("·P4", Role::P4),
    }
}
