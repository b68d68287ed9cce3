//! Floor 3: what readers hold. A reader never takes a lock: it is given a picture and keeps it.

pub mod journal;
pub mod log_text;
pub mod lookup;
pub mod near;
pub mod recalled;
pub mod scene;
