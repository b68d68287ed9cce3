//! One function's configuration, as `ListFunctions` gives it.

use super::DecodeError;
use super::place::{arn_service, function_name, resource_name};
use crate::model::config::{EventSourceMapping, FunctionConfig};
use crate::model::json::Json;
use crate::model::symbols::{Sym, Symbols};
use crate::model::time::Timestamp;

/// Reads one element of `Functions`. `ReservedConcurrentExecutions`, `AccountConcurrentExecutions` (of
/// `GetAccountSettings`), `ProvisionedConcurrencyConfigs` (what `ListProvisionedConcurrencyConfigs` answers) and
/// `EventSourceMappings` (likewise) may stand beside its own fields.
pub(super) fn decode(
    function: &Json<'_>,
    symbols: &mut Symbols,
) -> Result<(Sym, FunctionConfig), DecodeError> {
    let name = function
        .text_at("FunctionName")
        .ok_or(DecodeError::Missing("FunctionName"))?;
    let name = symbols.intern(function_name(name));
    let whole = |key: &str| {
        let figure = function.number_at(key)?;
        (0.0..=f64::from(u32::MAX))
            .contains(&figure)
            .then_some(figure as u32)
    };
    let provisioned = function
        .get("ProvisionedConcurrencyConfigs")
        .map_or(&[][..], Json::items);
    let config = FunctionConfig {
        runtime: function
            .text_at("Runtime")
            .map(|runtime| symbols.intern(runtime)),
        memory_mb: whole("MemorySize"),
        timeout_s: whole("Timeout"),
        modified: function.text_at("LastModified").and_then(moment),
        reserved_concurrency: whole("ReservedConcurrentExecutions"),
        account_concurrency: whole("AccountConcurrentExecutions"),
        log_group: function
            .path(&["LoggingConfig", "LogGroup"])
            .and_then(Json::text)
            .map(|group| symbols.intern(group)),
        tracing_active: function
            .path(&["TracingConfig", "Mode"])
            .and_then(Json::text)
            .map(|mode| mode == "Active"),
        snap_start: function
            .path(&["SnapStart", "ApplyOn"])
            .and_then(Json::text)
            == Some("PublishedVersions"),
        managed_instances: matches!(
            function.get("CapacityProviderConfig"),
            Some(Json::Object(_))
        ),
        provisioned: provisioned
            .iter()
            .filter_map(|slots| slots_of(slots, symbols))
            .collect(),
        event_sources: function.get("EventSourceMappings").map(|mappings| {
            let mappings = mappings.items().iter();
            mappings
                .filter_map(|mapping| mapping_of(mapping, symbols))
                .collect()
        }),
    };
    Ok((name, config))
}

/// `2026-11-18T08:14:02.000+0000`: RFC 3339 but for the colon in the zone.
fn moment(text: &str) -> Option<Timestamp> {
    let utc = text.strip_suffix("+0000").map(|time| format!("{time}Z"));
    Timestamp::parse_rfc3339(utc.as_deref().unwrap_or(text))
}

/// One element of `EventSourceMappings`; `None` for sources without an ARN (Kafka on machines of one's own).
fn mapping_of(mapping: &Json<'_>, symbols: &mut Symbols) -> Option<EventSourceMapping> {
    let arn = mapping.text_at("EventSourceArn")?;
    let source = format!("{}:{}", arn_service(arn)?, resource_name(arn));
    let whole = |key: &str| mapping.number_at(key).map(|figure| figure as u32);
    let types = mapping
        .get("FunctionResponseTypes")
        .map_or(&[][..], Json::items);
    Some(EventSourceMapping {
        source: symbols.intern(&source),
        enabled: !matches!(
            mapping.text_at("State"),
            Some("Disabled" | "Disabling" | "Deleting")
        ),
        batch_size: whole("BatchSize"),
        batching_window_s: whole("MaximumBatchingWindowInSeconds"),
        maximum_concurrency: mapping
            .path(&["ScalingConfig", "MaximumConcurrency"])
            .and_then(Json::number)
            .map(|limit| limit as u32),
        parallelization: whole("ParallelizationFactor"),
        bisects: mapping
            .get("BisectBatchOnFunctionError")
            .and_then(Json::bool),
        reports_item_failures: types
            .iter()
            .any(|kind| kind.text() == Some("ReportBatchItemFailures")),
    })
}

/// The qualifier at the end of `FunctionArn`, and how many environments it keeps.
fn slots_of(config: &Json<'_>, symbols: &mut Symbols) -> Option<(Sym, u32)> {
    let (_, function) = config.text_at("FunctionArn")?.split_once(":function:")?;
    let (_, qualifier) = function.split_once(':')?;
    let slots = config
        .number_at("AllocatedProvisionedConcurrentExecutions")
        .or_else(|| config.number_at("RequestedProvisionedConcurrentExecutions"))?;
    Some((symbols.intern(qualifier), slots as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function_config(
        json: &str,
        symbols: &mut Symbols,
    ) -> Result<(Sym, FunctionConfig), DecodeError> {
        decode(&Json::read(json).expect("JSON"), symbols)
    }

    #[test]
    fn a_configuration_is_read_and_what_is_not_given_is_unknown() {
        let mut symbols = Symbols::default();
        let (name, config) = function_config(
            r#"{"FunctionName":"pay","Runtime":"python3.13","LastModified":"2026-11-18T08:14:02.000+0000","Timeout":30,"MemorySize":256,"ReservedConcurrentExecutions":0,"AccountConcurrentExecutions":1000,
            "TracingConfig":{"Mode":"PassThrough"},"SnapStart":{"ApplyOn":"PublishedVersions"},
            "LoggingConfig":{"LogFormat":"Text","LogGroup":"/platform/shared"},
            "ProvisionedConcurrencyConfigs":[{"FunctionArn":"arn:aws:lambda:eu-west-1:1:function:pay:live","AllocatedProvisionedConcurrentExecutions":5}]}"#,
            &mut symbols,
        )
        .expect("valid");
        assert_eq!(symbols.get(name), "pay");
        assert_eq!((config.timeout_s, config.memory_mb), (Some(30), Some(256)));
        assert_eq!(
            config.modified,
            Timestamp::parse_rfc3339("2026-11-18T08:14:02Z")
        );
        assert_eq!(
            config.reserved_concurrency,
            Some(0),
            "0 is a setting, not unknown"
        );
        assert_eq!(config.account_concurrency, Some(1000));
        assert_eq!(
            (config.tracing_active, config.snap_start),
            (Some(false), true)
        );
        let (qualifier, slots) = config.provisioned[0];
        assert_eq!((symbols.get(qualifier), slots), ("live", 5));
        assert_eq!(config.event_sources, None, "not listed is not none");
        let (_, bare) = function_config(r#"{"FunctionName":"f"}"#, &mut symbols).expect("valid");
        assert_eq!(bare, FunctionConfig::default());
        assert_eq!(
            function_config("{}", &mut symbols),
            Err(DecodeError::Missing("FunctionName"))
        );
    }

    #[test]
    fn what_feeds_a_function_is_read_with_its_batches() {
        let mut symbols = Symbols::default();
        let (_, config) = function_config(
            r#"{"FunctionName":"worker","EventSourceMappings":[
              {"EventSourceArn":"arn:aws:sqs:eu-west-1:1:orders","State":"Enabled","BatchSize":10,"MaximumBatchingWindowInSeconds":5,
               "ScalingConfig":{"MaximumConcurrency":20},"FunctionResponseTypes":["ReportBatchItemFailures"]},
              {"EventSourceArn":"arn:aws:kinesis:eu-west-1:1:stream/clicks","State":"Disabled","BatchSize":100,"ParallelizationFactor":2,
               "BisectBatchOnFunctionError":true,"FunctionResponseTypes":[]},
              {"SelfManagedEventSource":{},"BatchSize":1}]}"#,
            &mut symbols,
        )
        .expect("valid");
        let sources = config.event_sources.expect("listed");
        let [queue, stream] = &sources[..] else {
            panic!("one without an ARN names no source: {sources:?}");
        };
        assert_eq!(symbols.get(queue.source), "sqs:orders");
        assert_eq!(
            (queue.batch_size, queue.batching_window_s),
            (Some(10), Some(5))
        );
        assert_eq!((queue.maximum_concurrency, queue.bisects), (Some(20), None));
        assert!(queue.enabled && queue.reports_item_failures);
        assert_eq!(symbols.get(stream.source), "kinesis:clicks");
        assert_eq!(
            (stream.parallelization, stream.bisects),
            (Some(2), Some(true))
        );
        assert!(!stream.enabled && !stream.reports_item_failures);
    }
}
