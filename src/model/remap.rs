//! Moves decoded values from one symbol table to another: out of a worker's table into the engine's. The same way goes
//! whoever wants to know which symbols a value holds.

use super::config::FunctionConfig;
use super::event_id::EventId;
use super::fact::{Access, AppFact, Exception, Fact, Item, Produced, Refusal, Report, What};
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
            | Self::Serves { .. }
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

// Every field is named below, so that a new one does not compile until it is said whether it holds symbols.

impl Remap for AppFact {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            request_id: _,
            names_run: _,
            trace: _,
            level: _,
            items,
            failed_items,
            last_outcomes: _,
            produced,
            refused,
            exception,
            idempotent: _,
            correlation,
            durable_execution,
        } = self;
        items.remap(to);
        failed_items.remap(to);
        produced.remap(to);
        refused.remap(to);
        exception.remap(to);
        correlation.remap(to);
        durable_execution.remap(to);
    }
}

impl Remap for Item {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            source: _,
            identity,
            resource,
            index: _,
            receive_count: _,
            sent_at: _,
            order_key,
            partition: _,
            sequence,
            dense: _,
            deduplication_id,
            body: _,
            inner,
            replay: _,
            scheduled: _,
            trace: _,
        } = self;
        identity.remap(to);
        for text in [resource, order_key, sequence, deduplication_id] {
            text.remap(to);
        }
        if let Some((_, inner)) = inner {
            inner.remap(to);
        }
    }
}

impl Remap for Produced {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            kind: _,
            id,
            target,
        } = self;
        id.remap(to);
        target.remap(to);
    }
}

impl Remap for Refusal {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            resource,
            reason,
            aws_request_id,
            attempts: _,
        } = self;
        for text in [resource, reason, aws_request_id] {
            text.remap(to);
        }
    }
}

impl Remap for Exception {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            error_type,
            message,
            frames,
            unhandled: _,
        } = self;
        for text in [error_type, message, frames] {
            text.remap(to);
        }
    }
}

impl Remap for Access {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            api,
            stage,
            gateway_request,
            extended_request,
            route,
            status: _,
            integration_status: _,
            integration_request: _,
            response_type,
            trace: _,
            latency_ms: _,
            received_at: _,
            function,
        } = self;
        api.remap(to);
        let ids = [gateway_request, extended_request];
        for text in ids
            .into_iter()
            .chain([stage, route, response_type, function])
        {
            text.remap(to);
        }
    }
}

impl Remap for Span {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            trace: _,
            id: _,
            parent: _,
            segment: _,
            name,
            kind: _,
            start_us: _,
            end_us: _,
            request_id,
            message_id,
            invocation: _,
            resource,
            operation,
            status: _,
            error: _,
            fault: _,
            throttle: _,
            inferred: _,
            links: _,
        } = self;
        name.remap(to);
        for text in [request_id, message_id, resource, operation] {
            text.remap(to);
        }
    }
}

impl Remap for MetricPoint {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            namespace,
            name,
            dimensions,
            at: _,
            sum: _,
            count: _,
            min: _,
            max: _,
        } = self;
        namespace.remap(to);
        name.remap(to);
        dimensions.remap(to);
    }
}

impl Remap for FunctionConfig {
    fn remap(&mut self, to: &mut dyn FnMut(Sym) -> Sym) {
        let Self {
            runtime,
            memory_mb: _,
            timeout_s: _,
            modified: _,
            reserved_concurrency: _,
            account_concurrency: _,
            log_group,
            tracing_active: _,
            snap_start: _,
            managed_instances: _,
            provisioned,
            event_sources,
        } = self;
        runtime.remap(to);
        log_group.remap(to);
        for (qualifier, _) in provisioned {
            qualifier.remap(to);
        }
        for mapping in event_sources.iter_mut().flatten() {
            mapping.source.remap(to);
        }
    }
}
