//! Gives the names in what was decoded their place ([`crate::model::placed`]), so that equal names of two places stay
//! apart. A line names what lies in its own account and region. Ids are the same everywhere and stay: they join places.

use crate::model::config::FunctionConfig;
use crate::model::fact::What;
use crate::model::metric::MetricPoint;
use crate::model::placed;
use crate::model::span::{Span, SpanKind};
use crate::model::symbols::{Sym, Symbols};

/// Gives names one place.
pub(super) struct Placing<'a> {
    pub place: &'a str,
    pub symbols: &'a mut Symbols,
}

impl Placing<'_> {
    pub(super) fn name(&mut self, name: &mut Sym) {
        let joined = placed::join(self.symbols.get(*name), Some(self.place)).into_owned();
        *name = self.symbols.intern(&joined);
    }

    fn name_if(&mut self, name: &mut Option<Sym>) {
        if let Some(name) = name {
            self.name(name);
        }
    }

    /// What a log line says.
    pub(super) fn line(&mut self, what: &mut What) {
        match what {
            What::App(app) => {
                for item in &mut app.items {
                    self.name_if(&mut item.resource);
                }
                for produced in &mut app.produced {
                    self.name_if(&mut produced.target);
                }
                if let Some(refusal) = &mut app.refused {
                    self.name_if(&mut refusal.resource);
                }
            }
            What::Access(access) => {
                self.name(&mut access.api);
                self.name_if(&mut access.function);
            }
            _ => {}
        }
    }

    /// A segment or span. Those of functions have the function's name, calls to a gateway that of its host.
    pub(super) fn span(&mut self, span: &mut Span) {
        self.name_if(&mut span.resource);
        let is_function = matches!(
            span.kind,
            SpanKind::LambdaService | SpanKind::LambdaFunction
        );
        if is_function || self.symbols.get(span.name).contains(".execute-api.") {
            self.name(&mut span.name);
        }
    }

    /// A metric: its function, else its account as a dimension of its own. A version or alias stands behind the name.
    pub(super) fn metric(&mut self, point: &mut MetricPoint) {
        let mut named = false;
        for (key, value) in &mut point.dimensions {
            if !matches!(self.symbols.get(*key), "FunctionName" | "Resource") {
                continue;
            }
            named = true;
            let text = self.symbols.get(*value);
            let (name, qualifier) = match text.split_once(':') {
                Some((name, qualifier)) => (name, format!(":{qualifier}")),
                None => (text, String::new()),
            };
            let text = format!("{}{qualifier}", placed::join(name, Some(self.place)));
            *value = self.symbols.intern(&text);
        }
        if !named {
            let pair = (
                self.symbols.intern("Place"),
                self.symbols.intern(self.place),
            );
            point.dimensions.push(pair);
            let symbols = &*self.symbols;
            point.dimensions.sort_by_key(|&(key, _)| symbols.get(key));
        }
    }

    /// What is known of a function beside its logs.
    pub(super) fn config(&mut self, config: &mut FunctionConfig) {
        self.name_if(&mut config.log_group);
        for mapping in config.event_sources.iter_mut().flatten() {
            self.name(&mut mapping.source);
        }
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::*;
    use crate::decode;
    use crate::model::json::Json;
    use crate::model::record::LogLine;
    use crate::model::settings::Settings;
    use crate::model::time::Timestamp;

    #[test]
    fn names_in_a_line_get_the_place_of_its_group_and_ids_do_not() {
        let mut symbols = Symbols::default();
        let line = LogLine {
            group: "/aws/lambda/checkout@eu-west-1",
            stream: "2026/11/20/[1]aa",
            timestamp: Timestamp(0),
            ingestion: None,
            event_id: None,
            message: r#"{"level":"ERROR","message":"Rate exceeded","errorType":"TooManyRequestsException","functionName":"payment","Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}"#.into(),
        };
        let named = decode::place(line.group, line.stream);
        assert_eq!(
            (named.function, named.at),
            (Some("checkout"), Some("eu-west-1"))
        );
        let decoder = decode::Decoder::new(&Settings::default()).unwrap();
        let fact = decoder
            .line(&line, named.function, &mut symbols, &Bump::new())
            .unwrap();
        let What::App(app) = fact.what else {
            panic!("an application line");
        };
        let refused = app.refused.unwrap().resource.unwrap();
        assert_eq!(symbols.get(refused), "lambda:payment@eu-west-1");
    }

    #[test]
    fn documents_say_their_place_themselves() {
        let mut symbols = Symbols::default();
        let (name, config) = decode::function_config(
            &Json::read(
                r#"{"place":"eu-west-1","FunctionName":"pay","LoggingConfig":{"LogGroup":"/shared"},
                "EventSourceMappings":[{"EventSourceArn":"arn:aws:sqs:eu-west-1:1:orders"}]}"#,
            )
            .unwrap(),
            &mut symbols,
        )
        .unwrap();
        let source = config.event_sources.unwrap()[0].source;
        assert_eq!(
            [name, config.log_group.unwrap(), source].map(|sym| symbols.get(sym)),
            ["pay@eu-west-1", "/shared@eu-west-1", "sqs:orders@eu-west-1"]
        );
        let mut point = |dimensions: &str| {
            let line = format!(
                r#"{{"place":"p","namespace":"AWS/Lambda","metric_name":"Throttles","dimensions":{dimensions},
                    "timestamp":0,"value":{{"sum":1,"count":1,"min":1,"max":1}}}}"#
            );
            let point = decode::metric(&Json::read(&line).unwrap(), &mut symbols).unwrap();
            let pairs = point.dimensions.iter();
            let pairs =
                pairs.map(|(key, value)| format!("{}={}", symbols.get(*key), symbols.get(*value)));
            pairs.collect::<Vec<_>>()
        };
        assert_eq!(
            point(r#"{"FunctionName":"f","Resource":"f:prod"}"#),
            ["FunctionName=f@p", "Resource=f@p:prod"]
        );
        assert_eq!(point("{}"), ["Place=p"], "of the whole account");
    }
}
