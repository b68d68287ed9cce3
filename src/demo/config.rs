//! Function configurations, as `ListFunctions` gives them with the reserved concurrency beside them.

use crate::model::record::Record;

use super::environment::Fleet;
use super::lines::{ACCOUNT, REGION, arn};
use super::text::put;

/// The configurations of all functions.
pub(super) fn functions(fleets: &[Fleet]) -> Vec<Record> {
    fleets.iter().map(function).collect()
}

/// The configuration of one function.
pub(super) fn function(fleet: &Fleet) -> Record {
    let spec = fleet.function.spec();
    let name = spec.name;
    let mut out = format!("{{\"FunctionName\":\"{name}\",\"FunctionArn\":\"");
    arn(&mut out, name);
    put!(
        &mut out,
        "\",\"Runtime\":\"{}\",\"Role\":\"arn:aws:iam::{ACCOUNT}:role/{name}\",\"Handler\":\"app.handler\",\"CodeSize\":1843201,\
         \"Description\":\"\",\"Timeout\":{},\"MemorySize\":{},\"LastModified\":\"2026-03-02T09:12:44.000+0000\",\
         \"Version\":\"$LATEST\",\"TracingConfig\":{{\"Mode\":\"Active\"}},\"PackageType\":\"Zip\",\
         \"Architectures\":[\"arm64\"],\"EphemeralStorage\":{{\"Size\":512}},\
         \"SnapStart\":{{\"ApplyOn\":\"{}\",\"OptimizationStatus\":\"{}\"}},\
         \"LoggingConfig\":{{\"LogFormat\":\"{}\",\"LogGroup\":\"/aws/lambda/{name}\"",
        spec.runtime.identifier(),
        spec.timeout_s,
        spec.memory_mb,
        if spec.snap_start {
            "PublishedVersions"
        } else {
            "None"
        },
        if spec.snap_start { "On" } else { "Off" },
        if spec.json() { "JSON" } else { "Text" },
    );
    if spec.json() {
        let level = if spec.logs == super::shop::Logs::JsonDebug {
            "DEBUG"
        } else {
            "INFO"
        };
        put!(
            &mut out,
            ",\"ApplicationLogLevel\":\"INFO\",\"SystemLogLevel\":\"{level}\""
        );
    }
    out.push('}');
    if let Some(slots) = fleet.reserved {
        put!(&mut out, ",\"ReservedConcurrentExecutions\":{slots}");
    }
    if spec.provisioned > 0 {
        put!(
            &mut out,
            ",\"ProvisionedConcurrencyConfigs\":[{{\"FunctionArn\":\"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:live\",\
             \"RequestedProvisionedConcurrentExecutions\":{0},\"AllocatedProvisionedConcurrentExecutions\":{0},\"Status\":\"READY\"}}]",
            spec.provisioned
        );
    }
    out.push('}');
    Record::Function(out.into())
}
