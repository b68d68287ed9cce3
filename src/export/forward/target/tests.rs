use super::*;

fn otlp(url: Option<&str>, env: &[(&str, &str)]) -> Result<Target, TargetError> {
    otlp_of(url, &OtlpSettings::default(), env)
}

fn otlp_of(
    url: Option<&str>,
    settings: &OtlpSettings,
    env: &[(&str, &str)],
) -> Result<Target, TargetError> {
    let find = |name: &str| {
        let found = env.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Target::otlp(url, settings, &find)
}

fn addresses(target: &Target) -> Vec<(&'static str, &str)> {
    target.addresses()
}

#[test]
fn an_argument_is_a_base_and_wins() {
    let env = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://other:1/x")];
    let target = otlp(Some("https://here:4318/"), &env).unwrap();
    let wanted = [
        ("traces", "https://here:4318/v1/traces"),
        ("logs", "https://here:4318/v1/logs"),
    ];
    assert_eq!(addresses(&target), wanted);
}

#[test]
fn an_address_of_one_signal_is_taken_as_it_is() {
    let env = [(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "https://here/v2/trace/otlp",
    )];
    let target = otlp(None, &env).unwrap();
    assert_eq!(
        addresses(&target),
        [("traces", "https://here/v2/trace/otlp")],
        "and the other is not sent"
    );
    let env = [env[0], ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://base")];
    let target = otlp(None, &env).unwrap();
    assert_eq!(addresses(&target)[1], ("logs", "https://base/v1/logs"));
}

#[test]
fn headers_come_from_file_and_environment_the_narrower_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headers");
    fs::write(&path, "# keys\napi-key: from-file\nX-Team: a:b\n").unwrap();
    let settings = OtlpSettings {
        headers_file: Some(path),
        ..OtlpSettings::default()
    };
    let env = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=all,x-all=1"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "api-key=log%20s%3D"),
    ];
    let target = otlp_of(Some("https://here"), &settings, &env).unwrap();
    let Kind::Otlp(OtlpTarget {
        traces: Some(traces),
        logs: Some(logs),
        ..
    }) = &target.kind
    else {
        panic!("{target:?}");
    };
    let of = |endpoint: &Endpoint, name: &str| {
        let found: Vec<_> = endpoint
            .headers
            .iter()
            .filter(|(known, _)| known == name)
            .collect();
        assert_eq!(found.len(), 1, "{name}");
        found[0].1.clone()
    };
    assert_eq!(of(traces, "api-key"), "all");
    assert_eq!(of(logs, "api-key"), "log s=");
    assert_eq!(of(traces, "x-team"), "a:b");
    assert_eq!(of(traces, "content-type"), "application/x-protobuf");
    assert!(
        !format!("{target:?}").contains("log s="),
        "keys are not printed"
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (url, env, says) in [
        (None, vec![], "no address"),
        (Some("collector:4318"), vec![], "no address"),
        (Some("https://me:secret@here"), vec![], "holds a password"),
        (
            Some("https://here"),
            vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
            "only http/protobuf",
        ),
        (
            Some("https://here"),
            vec![("OTEL_EXPORTER_OTLP_HEADERS", "secret")],
            "not headers",
        ),
        (
            Some("https://here"),
            vec![("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd")],
            "gzip or none",
        ),
    ] {
        let said = otlp(url, &env).unwrap_err().to_string();
        assert!(said.contains(says), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn a_collector_is_found_from_any_of_its_addresses() {
    let token = |name: &str| (name == "SPLUNK_HEC_TOKEN").then(|| "t".to_owned());
    for url in [
        "https://splunk:8088",
        "https://splunk:8088/",
        "https://splunk:8088/services/collector",
        "https://splunk:8088/services/collector/event",
    ] {
        let target = Target::hec(Some(url), &HecSettings::default(), &token, "c".into()).unwrap();
        let Kind::Hec(target) = target.kind else {
            panic!("{url}");
        };
        assert_eq!(target.url, "https://splunk:8088/services/collector");
    }
    let none = Target::hec(
        Some("https://splunk"),
        &HecSettings::default(),
        &|_| None,
        "c".into(),
    );
    assert!(none.unwrap_err().to_string().contains("SPLUNK_HEC_TOKEN"));
}
