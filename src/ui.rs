//! Floor 7: the screen. No IO, no clock, no async: a picture ([`Scene`](crate::store::scene::Scene)) and keys go in,
//! cells come out.
//!
//! A [`Step`](step::Step) names what is looked at. Its *page* is projected from the scene off the UI thread
//! ([`screen::Request`]): a list of parts with rows that are formatted one by one when they are placed, so drawing costs
//! what is visible and nothing else. Panes are the pages on the digits; drill-downs are pages on a stack above them.

pub mod action;
pub mod arrange;
pub mod complete;
pub mod counted;
pub mod explain;
pub mod figures;
pub mod filter;
pub mod find;
pub mod float;
pub mod frame;
pub mod glyphs;
pub mod kept;
pub mod keys;
pub mod kinds;
pub mod layout;
pub mod log_line;
pub mod page;
pub mod pages;
pub mod palette;
pub mod panes;
pub mod place;
pub mod prompt;
pub mod recall;
pub mod rows;
pub mod screen;
pub mod series;
pub mod span;
pub mod spots;
pub mod state;
pub mod step;
pub mod svg;
pub mod text;
pub mod theme;
pub mod value;
pub mod widgets;
pub mod writers;
pub mod zone;
