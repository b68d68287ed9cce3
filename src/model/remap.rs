//! Moves decoded values from one symbol table to another: out of a worker's table into the engine's, and out of a table
//! full of forgotten texts into a fresh one.

use super::fact::{
    Access, AppFact, EventId, Exception, Fact, Item, Produced, Refusal, Report, What,
};
use super::metric::MetricPoint;
use super::span::Span;
use super::symbols::Sym;

/// A value that holds symbols.
pub trait Remap {
    /// Replaces each symbol by what `to` gives for it.
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym);
}

impl Remap for Sym {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        *self = to(*self);
    }
}

impl<T: Remap> Remap for Option<T> {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        if let Some(value) = self {
            value.remap(to);
        }
    }
}

impl<T: Remap> Remap for Vec<T> {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        for value in self {
            value.remap(to);
        }
    }
}

impl<A: Remap, B: Remap> Remap for (A, B) {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.0.remap(to);
        self.1.remap(to);
    }
}

impl Remap for EventId {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        if let Self::Text(text) = self {
            text.remap(to);
        }
    }
}

impl Remap for Fact {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.event.remap(to);
        self.what.remap(to);
    }
}

impl Remap for What {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        match self {
            Self::InitStart {
                version, runtime, ..
            } => {
                version.remap(to);
                runtime.remap(to);
            }
            Self::Start { version, .. } => version.remap(to),
            Self::RestoreStart { runtime } => runtime.remap(to),
            Self::InitReport { error_type, .. }
            | Self::RestoreReport { error_type, .. }
            | Self::RuntimeDone { error_type, .. }
            | Self::RuntimeExit { error_type, .. } => error_type.remap(to),
            Self::Report(report) => report.remap(to),
            Self::App(app) => app.remap(to),
            Self::Access(access) => access.remap(to),
            Self::InitDone { .. }
            | Self::End { .. }
            | Self::TimedOut { .. }
            | Self::LogsDropped { .. } => {}
        }
    }
}

impl Remap for Report {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.error_type.remap(to);
    }
}

impl Remap for AppFact {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.items.remap(to);
        self.failed_items.remap(to);
        self.produced.remap(to);
        self.refused.remap(to);
        self.exception.remap(to);
        self.correlation.remap(to);
        self.durable_execution.remap(to);
    }
}

impl Remap for Item {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.identity.remap(to);
        self.resource.remap(to);
        self.order_key.remap(to);
        self.sequence.remap(to);
        self.deduplication_id.remap(to);
        if let Some((_, inner)) = &mut self.inner {
            inner.remap(to);
        }
    }
}

impl Remap for Produced {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.id.remap(to);
        self.target.remap(to);
    }
}

impl Remap for Refusal {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.resource.remap(to);
        self.reason.remap(to);
        self.aws_request_id.remap(to);
    }
}

impl Remap for Exception {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.error_type.remap(to);
        self.message.remap(to);
        self.frames.remap(to);
    }
}

impl Remap for Access {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.api.remap(to);
        self.stage.remap(to);
        self.gateway_request.remap(to);
        self.route.remap(to);
        self.response_type.remap(to);
        self.function.remap(to);
    }
}

impl Remap for Span {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.name.remap(to);
        self.request_id.remap(to);
        self.resource.remap(to);
        self.operation.remap(to);
        self.message_id.remap(to);
    }
}

impl Remap for MetricPoint {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        self.namespace.remap(to);
        self.name.remap(to);
        self.dimensions.remap(to);
    }
}
