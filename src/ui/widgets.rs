//! What pages and the frame are drawn with.

pub mod bar;
pub mod columns;
pub mod crumb;
pub mod footer;
pub mod header;
pub mod help;
pub mod palette;
pub mod part;
pub mod popup;
pub mod prompt;
pub mod rule;
pub mod spark;
pub mod table;
pub mod tabs;
pub mod track;
