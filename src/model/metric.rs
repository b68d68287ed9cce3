//! CloudWatch metric points.

use super::symbols::Sym;
use super::time::Timestamp;

/// One minute of one metric under one set of dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricPoint {
    pub namespace: Sym,
    pub name: Sym,
    /// (name, value), in the order of the names' texts.
    pub dimensions: Vec<(Sym, Sym)>,
    pub at: Timestamp,
    pub sum: f64,
    pub count: f64,
    pub min: f64,
    pub max: f64,
}
