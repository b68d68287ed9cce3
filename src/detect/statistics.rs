//! The statistics that figures and findings rest on.
