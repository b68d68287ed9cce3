//! One function's configuration as the AWS CLI prints it: the fields that matter here, and never its environment
//! variables, which hold secrets.

use serde_json::{Map, Value};

/// A function that was found.
pub(super) struct Configuration {
    pub name: String,
    pub log_group: Option<String>,
    /// `None`: there is no such function.
    pub fields: Option<Map<String, Value>>,
}

impl Configuration {
    /// A name without a function.
    pub(super) fn unknown(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            log_group: None,
            fields: None,
        }
    }
}

/// Keeps what is given.
pub(super) fn keep(fields: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(key.to_owned(), value);
    }
}

/// The two answers of the SDK that hold a configuration have the same fields and no common type.
macro_rules! configuration {
    ($function:expr) => {{
        use crate::sources::aws::inventory::configuration::{Configuration, keep};
        use serde_json::{Map, json};

        let function = $function;
        let mut fields = Map::new();
        let logging = function.logging_config.as_ref();
        let log_group = logging.and_then(|logging| logging.log_group.clone());
        let format = logging.and_then(|logging| logging.log_format.as_ref());
        let tracing = function.tracing_config.as_ref();
        let snap_start = function.snap_start.as_ref();
        keep(&mut fields, "FunctionName", function.function_name.clone().map(Into::into));
        keep(&mut fields, "FunctionArn", function.function_arn.clone().map(Into::into));
        keep(&mut fields, "Runtime", function.runtime.as_ref().map(|runtime| runtime.as_str().into()));
        keep(&mut fields, "MemorySize", function.memory_size.map(Into::into));
        keep(&mut fields, "Timeout", function.timeout.map(Into::into));
        keep(&mut fields, "LastModified", function.last_modified.clone().map(Into::into));
        keep(&mut fields, "Version", function.version.clone().map(Into::into));
        keep(
            &mut fields,
            "Architectures",
            function.architectures.as_ref().map(|all| all.iter().map(|one| one.as_str()).collect()),
        );
        keep(
            &mut fields,
            "TracingConfig",
            tracing
                .and_then(|tracing| tracing.mode.as_ref())
                .map(|mode| json!({ "Mode": mode.as_str() })),
        );
        keep(
            &mut fields,
            "SnapStart",
            snap_start
                .and_then(|snap_start| snap_start.apply_on.as_ref())
                .map(|apply_on| json!({ "ApplyOn": apply_on.as_str() })),
        );
        keep(
            &mut fields,
            "LoggingConfig",
            log_group.as_ref().map(|group| {
                json!({ "LogFormat": format.map(|format| format.as_str()), "LogGroup": group })
            }),
        );
        keep(
            &mut fields,
            "CapacityProviderConfig",
            function.capacity_provider_config.as_ref().map(|_| json!({})),
        );
        function.function_name.map(|name| Configuration {
            name,
            log_group,
            fields: Some(fields),
        })
    }};
}
pub(super) use configuration;
