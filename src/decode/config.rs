//! One function's configuration, as `ListFunctions` gives it.

use super::DecodeError;
use super::json::Json;
use super::place::function_name;
use crate::model::config::FunctionConfig;
use crate::model::symbols::{Sym, Symbols};
use crate::model::time::Timestamp;

/// Reads one element of `Functions`. `ReservedConcurrentExecutions`, `AccountConcurrentExecutions` (of
/// `GetAccountSettings`) and `ProvisionedConcurrencyConfigs` (what
/// `ListProvisionedConcurrencyConfigs` answers) may stand beside its own fields.
pub(super) fn decode(
    json: &str,
    symbols: &mut Symbols,
) -> Result<(Sym, FunctionConfig), DecodeError> {
    let function = Json::parse(json).ok_or(DecodeError::Syntax)?;
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
    };
    Ok((name, config))
}

/// `2026-11-18T08:14:02.000+0000`: RFC 3339 but for the colon in the zone.
fn moment(text: &str) -> Option<Timestamp> {
    let utc = text.strip_suffix("+0000").map(|time| format!("{time}Z"));
    Timestamp::parse_rfc3339(utc.as_deref().unwrap_or(text))
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

    #[test]
    fn a_configuration_is_read_and_what_is_not_given_is_unknown() {
        let mut symbols = Symbols::default();
        let (name, config) = decode(
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
        let (_, bare) = decode(r#"{"FunctionName":"f"}"#, &mut symbols).expect("valid");
        assert_eq!(bare, FunctionConfig::default());
        assert_eq!(
            decode("{}", &mut symbols),
            Err(DecodeError::Missing("FunctionName"))
        );
    }
}
