//! nepho: a terminal dashboard for people on call for serverless systems.
//!
//! The tree has floors. Imports only point **down**, and neighbours on one floor do not import each other
//! (`tests/floors.rs` holds this). Everything below floor 5 is a pure function of (records, settings, time).
//!
//! | floor | module | holds |
//! |---|---|---|
//! | 9 | [`cli`] | command line arguments, one file a subcommand, settings files, exit codes |
//! | 8 | [`app`] | runtime, pumps, engine thread, event loop, terminal guard, the one clock |
//! | 7 | [`ui`] | panes, widgets, theme, keys, layout |
//! | 6 | [`export`] | the report and its renderings |
//! | 5 | [`sources`], [`demo`] | where raw records come from: AWS, files, the simulated cloud |
//! | 4 | [`engine`] | decode → correlate → detect → scene, a batch at a time |
//! | 3 | [`store`] | log text, the scene that readers hold, budgets |
//! | 2 | [`correlate`], [`detect`], [`redact`] | facts → invocations, environments, deliveries, links; those → rows and findings; records → records without secrets |
//! | 1 | [`decode`] | one raw record → facts: line grammars, payload shapes, X-Ray and metric documents |
//! | 0 | [`model`] | the nouns: time, ids, JSON, records, facts, invocations, findings, settings |

pub mod app;
pub mod cli;
pub mod correlate;
pub mod decode;
pub mod demo;
pub mod detect;
pub mod engine;
pub mod export;
pub mod model;
pub mod redact;
pub mod sources;
pub mod store;
pub mod ui;
